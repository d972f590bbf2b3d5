//! Holds a tree object as bytes. Reads it entry by entry on demand, and skips equal ranges of two trees.

use gix::bstr::ByteSlice as _;
use std::cmp::Ordering;
use std::sync::{Arc, OnceLock};

/// Approximate bytes between two marks.
const STRIDE: usize = 256;

/// A tree: entries of the form `MODE SP NAME NUL ID`.
#[derive(Debug)]
pub(in crate::git) struct Tree {
    bytes: Arc<Vec<u8>>,
    id_bytes: usize,
    /// Some offsets at which entries begin, ascending. Entries are otherwise found only by reading from the first byte,
    /// since ids may contain any bytes.
    marks: OnceLock<Vec<usize>>,
}

/// An entry of a tree.
#[derive(Clone, Copy, Debug)]
pub(in crate::git) struct TreeEntry<'t> {
    pub(in crate::git) mode: EntryMode,
    pub(in crate::git) name: &'t [u8],
    pub(in crate::git) id: &'t [u8],
    /// Offset of the next entry.
    pub(in crate::git) end: usize,
}

impl TreeEntry<'_> {
    /// Compares two entries as Git sorts them: the name of a tree has a slash at its end, so full paths are in byte order.
    pub(in crate::git) fn order(&self, other: &TreeEntry<'_>) -> Ordering {
        let slash = |entry: &TreeEntry<'_>| (entry.mode == EntryMode::Tree).then_some(b'/');
        let shared = self.name.len().min(other.name.len());
        let next = |entry: &TreeEntry<'_>| entry.name.get(shared).copied().or_else(|| slash(entry));
        let tails = || match (next(self), next(other)) {
            (Some(a), Some(b)) if a == b => self.name.len().cmp(&other.name.len()),
            (a, b) => a.cmp(&b),
        };
        self.name[..shared]
            .cmp(&other.name[..shared])
            .then_with(tails)
    }
}

/// An error: the bytes are not a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::git) struct InvalidTree;

impl Tree {
    /// Reads no entry yet.
    pub(in crate::git) fn new(bytes: Arc<Vec<u8>>, hash: gix::hash::Kind) -> Self {
        Self {
            bytes,
            id_bytes: hash.len_in_bytes(),
            marks: OnceLock::new(),
        }
    }

    /// The entry at offset `at`; `None` at the end.
    pub(in crate::git) fn entry(&self, at: usize) -> Result<Option<TreeEntry<'_>>, InvalidTree> {
        let rest = self.bytes.get(at..).ok_or(InvalidTree)?;
        if rest.is_empty() {
            Ok(None)
        } else {
            self.read(at, rest).map(Some).ok_or(InvalidTree)
        }
    }

    fn read<'t>(&self, at: usize, rest: &'t [u8]) -> Option<TreeEntry<'t>> {
        let (mode, blank) = match rest {
            [b'1', b'0', b'0', b'6', b'4', b'4', b' ', ..] => (EntryMode::File, 6),
            [b'4', b'0', b'0', b'0', b'0', b' ', ..] => (EntryMode::Tree, 5),
            _ => {
                let blank = rest.find_byte(b' ')?;
                (EntryMode::parse(&rest[..blank])?, blank)
            }
        };
        let end = blank + rest[blank..].find_byte(0)?;
        let id = rest.get(end + 1..=end + self.id_bytes)?;
        Some(TreeEntry {
            mode,
            name: &rest[blank + 1..end],
            id,
            end: at + end + 1 + self.id_bytes,
        })
    }

    pub(in crate::git) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether the marks are known.
    pub(in crate::git) fn has_marks(&self) -> bool {
        self.marks.get().is_some()
    }

    /// Reads the whole tree to find the marks.
    pub(in crate::git) fn find_marks(&self) -> Result<(), InvalidTree> {
        let (mut marks, mut at) = (Vec::with_capacity(self.bytes.len() / STRIDE), 0);
        while let Some(entry) = self.entry(at)? {
            if entry.end >= marks.last().copied().unwrap_or(0) + STRIDE {
                marks.push(entry.end);
            }
            at = entry.end;
        }
        self.set_marks(marks);
        Ok(())
    }

    /// Sets marks that were found while the tree was compared from end to end.
    pub(in crate::git) fn set_marks(&self, marks: Vec<usize>) {
        let _already = self.marks.set(marks);
    }

    /// The number of equal bytes of both trees, from an entry of each to the end of an entry. In this range the marks of
    /// the other tree hold for this one too, and are added to `found_marks`.
    pub(in crate::git) fn common_bytes(
        &self,
        at: usize,
        other: &Self,
        other_at: usize,
        found_marks: &mut Vec<usize>,
    ) -> usize {
        let common = other_at + common_prefix(&self.bytes[at..], &other.bytes[other_at..]);
        let marks = other.marks.get().map(Vec::as_slice).unwrap_or_default();
        let first = marks.partition_point(|mark| *mark < other_at);
        let mut end = other_at;
        for mark in marks[first..].iter().take_while(|mark| **mark <= common) {
            found_marks.push(mark - other_at + at);
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

/// The number of equal bytes. Compares blocks that suit memcmp(3), then words, then bytes.
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

/// The type of an entry. Old versions of Git wrote other modes, such as 100664, with the same meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::git) enum EntryMode {
    Tree,
    File,
    Executable,
    Link,
    Submodule,
}

impl EntryMode {
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

    fn entry(name: &str, mode: EntryMode) -> TreeEntry<'_> {
        TreeEntry {
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
    fn a_tree_sorts_after_a_file_of_the_same_name_and_a_suffix() {
        assert_eq!(
            entry("a", EntryMode::Tree).order(&entry("a.c", EntryMode::File)),
            Ordering::Greater
        );
        assert_eq!(
            entry("a", EntryMode::File).order(&entry("a.c", EntryMode::File)),
            Ordering::Less
        );
        assert_eq!(
            entry("a", EntryMode::File).order(&entry("a", EntryMode::Submodule)),
            Ordering::Equal
        );
        assert_eq!(
            entry("a", EntryMode::File).order(&entry("a", EntryMode::Tree)),
            Ordering::Less
        );
        assert_eq!(
            entry("a", EntryMode::Tree).order(&entry("a0", EntryMode::File)),
            Ordering::Less
        );
        assert_eq!(
            entry("b", EntryMode::Tree).order(&entry("a0", EntryMode::Tree)),
            Ordering::Greater
        );
    }

    #[test]
    fn modes_of_old_git_versions_are_known() {
        assert_eq!(EntryMode::parse(b"100664"), Some(EntryMode::File));
        assert_eq!(EntryMode::parse(b"100775"), Some(EntryMode::Executable));
        assert_eq!(EntryMode::parse(b"040000"), EntryMode::parse(b"40000"));
        assert_eq!(EntryMode::parse(b"x"), None);
    }

    #[test]
    fn invalid_trees_are_errors() {
        for damaged in [
            &b"100644"[..],
            b"100644 a",
            b"100644 a\0short",
            b"10x 4\0aaaaaaaaaaaaaaaaaaaa",
        ] {
            assert_eq!(tree(damaged).find_marks(), Err(InvalidTree));
            assert!(tree(damaged).entry(0).is_err());
        }
    }

    #[test]
    fn a_common_range_ends_at_an_entry_and_passes_marks_on() {
        // Ids contain the digits of a mode, so entries are found only by reading from the first byte.
        let (new, old) = (
            files((0..200).map(|n| n % 2 + b'0')),
            files((0..200).map(|n| if n == 90 { 9 } else { n % 2 + b'0' })),
        );
        let size = new.bytes.len() / 200;
        new.find_marks().unwrap();
        let mut found_marks = Vec::new();
        assert_eq!(old.common_bytes(0, &new, 0, &mut found_marks), 90 * size);
        assert_eq!(
            old.common_bytes(91 * size, &new, 91 * size, &mut found_marks),
            109 * size
        );
        assert!(
            found_marks.len() > 10 && found_marks.iter().all(|mark| mark % size == 0),
            "{found_marks:?}"
        );
        assert!(found_marks.is_sorted());
    }
}
