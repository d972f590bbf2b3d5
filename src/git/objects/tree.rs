//! A tree object as its bytes, read entry by entry where somebody looks, and compared with another one by whole
//! stretches.

use gix::bstr::ByteSlice as _;
use std::cmp::Ordering;
use std::sync::{Arc, OnceLock};

/// Bytes from one mark to the next, about.
const STRIDE: usize = 256;

/// The entries of a tree: `MODE SP NAME NUL ID` over and over.
#[derive(Debug)]
pub(in crate::git) struct Tree {
    bytes: Arc<Vec<u8>>,
    id_bytes: usize,
    /// Some of the places at which an entry begins, ascending. No other way leads into the middle of a tree than from
    /// its first byte on, since an id may look like anything; marks shorten it.
    marks: OnceLock<Vec<usize>>,
}

/// One entry.
#[derive(Clone, Copy, Debug)]
pub(in crate::git) struct Entry<'t> {
    pub(in crate::git) mode: Mode,
    pub(in crate::git) name: &'t [u8],
    pub(in crate::git) id: &'t [u8],
    /// Where the next one begins.
    pub(in crate::git) end: usize,
}

impl Entry<'_> {
    /// A tree sorts as if its name ended in a slash, hence whole paths come in the order of their bytes.
    pub(in crate::git) fn order(&self, other: &Entry<'_>) -> Ordering {
        let slash = |entry: &Entry<'_>| (entry.mode == Mode::Tree).then_some(b'/');
        let shared = self.name.len().min(other.name.len());
        let rest = |entry: &Entry<'_>| entry.name.get(shared).copied().or_else(|| slash(entry));
        let tails = || match (rest(self), rest(other)) {
            (Some(a), Some(b)) if a == b => self.name.len().cmp(&other.name.len()),
            (a, b) => a.cmp(&b),
        };
        self.name[..shared]
            .cmp(&other.name[..shared])
            .then_with(tails)
    }
}

/// Bytes that are no tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::git) struct NoTree;

impl Tree {
    /// Looks at nothing yet.
    pub(in crate::git) fn new(bytes: Arc<Vec<u8>>, hash: gix::hash::Kind) -> Self {
        Self {
            bytes,
            id_bytes: hash.len_in_bytes(),
            marks: OnceLock::new(),
        }
    }

    /// The entry that begins at `at`; `None` at the end.
    pub(in crate::git) fn entry(&self, at: usize) -> Result<Option<Entry<'_>>, NoTree> {
        let rest = self.bytes.get(at..).ok_or(NoTree)?;
        if rest.is_empty() {
            Ok(None)
        } else {
            self.read(at, rest).map(Some).ok_or(NoTree)
        }
    }

    fn read<'t>(&self, at: usize, rest: &'t [u8]) -> Option<Entry<'t>> {
        let (mode, blank) = match rest {
            [b'1', b'0', b'0', b'6', b'4', b'4', b' ', ..] => (Mode::File, 6),
            [b'4', b'0', b'0', b'0', b'0', b' ', ..] => (Mode::Tree, 5),
            _ => {
                let blank = rest.find_byte(b' ')?;
                (Mode::parse(&rest[..blank])?, blank)
            }
        };
        let end = blank + rest[blank..].find_byte(0)?;
        let id = rest.get(end + 1..=end + self.id_bytes)?;
        Some(Entry {
            mode,
            name: &rest[blank + 1..end],
            id,
            end: at + end + 1 + self.id_bytes,
        })
    }

    /// Whether it has no entry.
    pub(in crate::git) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether it was read, or compared, from end to end.
    pub(in crate::git) fn is_marked(&self) -> bool {
        self.marks.get().is_some()
    }

    /// Reads all of it, once.
    pub(in crate::git) fn mark(&self) -> Result<(), NoTree> {
        let (mut marks, mut at) = (Vec::with_capacity(self.bytes.len() / STRIDE), 0);
        while let Some(entry) = self.entry(at)? {
            if entry.end >= marks.last().copied().unwrap_or(0) + STRIDE {
                marks.push(entry.end);
            }
            at = entry.end;
        }
        self.learn(marks);
        Ok(())
    }

    /// Takes the marks that a comparison from end to end has collected.
    pub(in crate::git) fn learn(&self, marks: Vec<usize>) {
        let _already = self.marks.set(marks);
    }

    /// How many bytes both trees go on alike, from an entry of each to the end of an entry. The other tree's marks are
    /// in these bytes marks of this one too, and go to `learnt`.
    pub(in crate::git) fn alike(
        &self,
        at: usize,
        other: &Self,
        other_at: usize,
        learnt: &mut Vec<usize>,
    ) -> usize {
        let common = other_at + common_prefix(&self.bytes[at..], &other.bytes[other_at..]);
        let marks = other.marks.get().map(Vec::as_slice).unwrap_or_default();
        let first = marks.partition_point(|mark| *mark < other_at);
        let mut end = other_at;
        for mark in marks[first..].iter().take_while(|mark| **mark <= common) {
            learnt.push(mark - other_at + at);
            end = *mark;
        }
        while let Ok(Some(entry)) = other.entry(end)
            && entry.end <= common
        {
            end = entry.end;
        }
        end - other_at
    }
}

/// In blocks that are long enough for memcmp(3), then in words.
fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    const BLOCK: usize = 1024;
    const WORD: usize = size_of::<u64>();
    let blocks = a
        .chunks_exact(BLOCK)
        .zip(b.chunks_exact(BLOCK))
        .take_while(|(a, b)| a == b)
        .count();
    let mut at = blocks * BLOCK;
    let words = a[at..]
        .as_chunks::<WORD>()
        .0
        .iter()
        .zip(b[at..].as_chunks::<WORD>().0);
    at += words
        .take_while(|(a, b)| u64::from_ne_bytes(**a) == u64::from_ne_bytes(**b))
        .count()
        * WORD;
    at + a[at..]
        .iter()
        .zip(&b[at..])
        .take_while(|(a, b)| a == b)
        .count()
}

/// The modes that Git knows; old writers left others, such as 100664, that mean the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::git) enum Mode {
    Tree,
    File,
    Executable,
    Link,
    Submodule,
}

impl Mode {
    fn parse(digits: &[u8]) -> Option<Self> {
        let mode = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()?;
        Some(match mode & 0o170_000 {
            0o040_000 => Self::Tree,
            0o100_000 if mode & 0o100 != 0 => Self::Executable,
            0o100_000 => Self::File,
            0o120_000 => Self::Link,
            _ => Self::Submodule,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, mode: Mode) -> Entry<'_> {
        Entry {
            mode,
            name: name.as_bytes(),
            id: b"",
            end: 0,
        }
    }

    fn tree(bytes: &[u8]) -> Tree {
        Tree::new(Arc::new(bytes.to_vec()), gix::hash::Kind::Sha1)
    }

    fn files(ids: impl Iterator<Item = u8>) -> Tree {
        let one =
            |(n, id): (usize, u8)| [format!("100644 file{n:04}\0").as_bytes(), &[id; 20]].concat();
        tree(&ids.enumerate().flat_map(one).collect::<Vec<u8>>())
    }

    #[test]
    fn a_tree_sorts_behind_a_file_whose_name_goes_on_with_a_dot() {
        assert_eq!(
            entry("a", Mode::Tree).order(&entry("a.c", Mode::File)),
            Ordering::Greater
        );
        assert_eq!(
            entry("a", Mode::File).order(&entry("a.c", Mode::File)),
            Ordering::Less
        );
        assert_eq!(
            entry("a", Mode::File).order(&entry("a", Mode::Submodule)),
            Ordering::Equal
        );
        assert_eq!(
            entry("a", Mode::File).order(&entry("a", Mode::Tree)),
            Ordering::Less
        );
        assert_eq!(
            entry("a", Mode::Tree).order(&entry("a0", Mode::File)),
            Ordering::Less
        );
        assert_eq!(
            entry("b", Mode::Tree).order(&entry("a0", Mode::Tree)),
            Ordering::Greater
        );
    }

    #[test]
    fn modes_of_old_writers_mean_the_same() {
        assert_eq!(Mode::parse(b"100664"), Some(Mode::File));
        assert_eq!(Mode::parse(b"100775"), Some(Mode::Executable));
        assert_eq!(Mode::parse(b"040000"), Mode::parse(b"40000"));
        assert_eq!(Mode::parse(b"x"), None);
    }

    #[test]
    fn bytes_that_are_no_tree_are_refused() {
        for damaged in [
            &b"100644"[..],
            b"100644 a",
            b"100644 a\0short",
            b"10x 4\0aaaaaaaaaaaaaaaaaaaa",
        ] {
            assert_eq!(tree(damaged).mark(), Err(NoTree));
            assert!(tree(damaged).entry(0).is_err());
        }
    }

    #[test]
    fn a_stretch_that_is_alike_ends_with_an_entry_and_hands_marks_on() {
        // Every second id begins like the next entry might, so that only reading from the front finds the entries.
        let (new, old) = (
            files((0..200).map(|n| n % 2 + b'0')),
            files((0..200).map(|n| if n == 90 { 9 } else { n % 2 + b'0' })),
        );
        let size = new.bytes.len() / 200;
        new.mark().unwrap();
        let mut learnt = Vec::new();
        assert_eq!(old.alike(0, &new, 0, &mut learnt), 90 * size);
        assert_eq!(
            old.alike(91 * size, &new, 91 * size, &mut learnt),
            109 * size
        );
        assert!(
            learnt.len() > 10 && learnt.iter().all(|mark| mark % size == 0),
            "{learnt:?}"
        );
        assert!(learnt.is_sorted());
    }
}
