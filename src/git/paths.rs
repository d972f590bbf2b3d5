//! Which paths differ between two trees, as `git diff-tree -r --no-renames` tells them. No configuration and no
//! attribute has a say, and no blob is read.

use super::object::{Objects, Unreadable};
use gix::ObjectId;
use gix::objs::Kind;
use std::cmp::Ordering;
use std::ops::ControlFlow;

/// What happened to a path. A change of mode, of type or of a submodule's commit is a modification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Touch {
    Added,
    Removed,
    Modified,
}

/// Trees within trees that are followed, as many as Git does (core.maxTreeDepth of git-config(1)).
const DEPTH: usize = 2048;

/// Calls `told` for each path, in the order of the bytes of the whole path, until it breaks. An unreadable tree is
/// skipped; the first one is returned.
pub(super) fn changed(
    objects: Objects<'_>,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
    told: &mut dyn FnMut(&[u8], Touch) -> ControlFlow<()>,
) -> Result<(), Unreadable> {
    let mut comparison = Comparison { objects, path: Vec::new(), levels: Vec::new(), unreadable: None };
    comparison.descend(old, new);
    while let Some(level) = comparison.levels.last_mut() {
        comparison.path.truncate(level.prefix);
        let pair = level.next();
        match pair {
            None => {
                comparison.levels.pop();
            }
            Some((old, new)) => {
                if comparison.compare(old.as_ref(), new.as_ref(), told).is_break() {
                    break;
                }
            }
        }
    }
    comparison.unreadable.map_or(Ok(()), Err)
}

struct Comparison<'r> {
    objects: Objects<'r>,
    path: Vec<u8>,
    levels: Vec<Level>,
    unreadable: Option<Unreadable>,
}

impl Comparison<'_> {
    /// Compares two trees next; they stand at `self.path`.
    fn descend(&mut self, old: Option<ObjectId>, new: Option<ObjectId>) {
        if old == new {
            return;
        }
        if self.levels.len() >= DEPTH {
            let id = new.or(old).unwrap_or_else(|| ObjectId::null(self.objects.0.object_hash()));
            self.unreadable.get_or_insert(Unreadable::Damaged("tree", id));
            return;
        }
        match (self.tree(old), self.tree(new)) {
            (Ok(old), Ok(new)) => self.levels.push(Level { old, new, prefix: self.path.len() }),
            (Err(error), _) | (_, Err(error)) => {
                self.unreadable.get_or_insert(error);
            }
        }
    }

    fn tree(&self, id: Option<ObjectId>) -> Result<Tree, Unreadable> {
        let mut data = Vec::new();
        let Some(id) = id else { return Ok(Tree::default()) };
        let data = self.objects.read(Kind::Tree, &id, &mut data)?;
        Tree::parse(data, self.objects.0.object_hash()).ok_or(Unreadable::Damaged("tree", id))
    }

    fn compare(
        &mut self,
        old: Option<&Entry>,
        new: Option<&Entry>,
        told: &mut dyn FnMut(&[u8], Touch) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Some(either) = new.or(old) else { return ControlFlow::Continue(()) };
        if old.map(|e| (e.mode, e.id)) == new.map(|e| (e.mode, e.id)) {
            return ControlFlow::Continue(());
        }
        self.path.extend_from_slice(&either.name);
        if either.mode == Mode::Tree {
            self.path.push(b'/');
            self.descend(old.map(|e| e.id), new.map(|e| e.id));
            return ControlFlow::Continue(());
        }
        let touch = match (old, new) {
            (None, _) => Touch::Added,
            (_, None) => Touch::Removed,
            _ => Touch::Modified,
        };
        told(&self.path, touch)
    }
}

/// Two trees that stand at the same path, read side by side.
struct Level {
    old: Tree,
    new: Tree,
    /// Length of the path of both.
    prefix: usize,
}

impl Level {
    /// The next entry of one side, or of both where they have the same name and both or neither are trees.
    fn next(&mut self) -> Option<(Option<Entry>, Option<Entry>)> {
        Some(match (self.old.peek(), self.new.peek()) {
            (None, None) => return None,
            (Some(_), None) => (self.old.take(), None),
            (None, Some(_)) => (None, self.new.take()),
            (Some(old), Some(new)) => match old.order(new) {
                Ordering::Less => (self.old.take(), None),
                Ordering::Greater => (None, self.new.take()),
                Ordering::Equal => (self.old.take(), self.new.take()),
            },
        })
    }
}

#[derive(Default)]
struct Tree(std::vec::IntoIter<Entry>);

impl Tree {
    /// `None` when the bytes are no tree: `MODE SP NAME NUL ID` over and over.
    fn parse(mut data: &[u8], hash: gix::hash::Kind) -> Option<Self> {
        let mut entries = Vec::with_capacity(data.len() / 36);
        while !data.is_empty() {
            let blank = data.iter().position(|b| *b == b' ')?;
            let end = blank + data[blank..].iter().position(|b| *b == 0)?;
            let id = data.get(end + 1..=end + hash.len_in_bytes())?;
            entries.push(Entry {
                mode: Mode::parse(&data[..blank])?,
                name: data[blank + 1..end].to_vec(),
                id: ObjectId::try_from(id).ok()?,
            });
            data = &data[end + 1 + hash.len_in_bytes()..];
        }
        Some(Self(entries.into_iter()))
    }

    fn peek(&self) -> Option<&Entry> {
        self.0.as_slice().first()
    }

    fn take(&mut self) -> Option<Entry> {
        self.0.next()
    }
}

#[derive(Clone, Debug)]
struct Entry {
    mode: Mode,
    name: Vec<u8>,
    id: ObjectId,
}

impl Entry {
    /// A tree sorts as if its name ended in a slash, hence whole paths come in the order of their bytes.
    fn order(&self, other: &Self) -> Ordering {
        let slash = |entry: &Self| (entry.mode == Mode::Tree).then_some(b'/');
        self.name.iter().copied().chain(slash(self)).cmp(other.name.iter().copied().chain(slash(other)))
    }
}

/// The modes that Git knows; old writers left others, such as 100664, that mean the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
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

    fn entry(name: &str, mode: Mode) -> Entry {
        Entry { mode, name: name.into(), id: ObjectId::null(gix::hash::Kind::Sha1) }
    }

    #[test]
    fn a_tree_sorts_behind_a_file_whose_name_goes_on_with_a_dot() {
        assert_eq!(entry("a", Mode::Tree).order(&entry("a.c", Mode::File)), Ordering::Greater);
        assert_eq!(entry("a", Mode::File).order(&entry("a.c", Mode::File)), Ordering::Less);
        assert_eq!(entry("a", Mode::File).order(&entry("a", Mode::Submodule)), Ordering::Equal);
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
        for damaged in [&b"100644"[..], b"100644 a", b"100644 a\0short", b"10x 4\0aaaaaaaaaaaaaaaaaaaa"] {
            assert!(Tree::parse(damaged, gix::hash::Kind::Sha1).is_none());
        }
    }
}
