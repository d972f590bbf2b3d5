//! Finds the paths that differ between two trees, as `git diff-tree -r --no-renames` does. Ignores configuration and
//! attributes, and reads no blob.

use super::object::Unreadable;
use super::objects::{EntryMode, InvalidTree, Objects, Tree, TreeEntry};
use gix::ObjectId;
use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::sync::Arc;

/// What happened to a path. A change of mode, of type or of a submodule's commit is a modification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathChange {
    Added,
    Removed,
    Modified,
}

/// Depth of nested trees that are followed, the default of core.maxTreeDepth (git-config(1)).
const DEPTH: usize = 2048;

/// Calls `visit` for each changed path, in byte order of the full path, until it breaks. Unreadable trees are skipped; the
/// first error is returned.
pub(super) fn diff_trees(
    objects: &Objects<'_>,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
    visit: &mut dyn FnMut(&[u8], PathChange) -> ControlFlow<()>,
) -> Result<(), Unreadable> {
    let mut comparison = Comparison {
        objects,
        path: Vec::new(),
        levels: Vec::new(),
        unreadable: None,
    };
    comparison.descend(old, new);
    while let Some(level) = comparison.levels.last_mut() {
        comparison.path.truncate(level.prefix);
        match level.next(&mut comparison.path) {
            Ok(Some((old, new))) => {
                if comparison.compare(old, new, visit).is_break() {
                    break;
                }
            }
            Ok(None) => comparison.levels.pop().into_iter().for_each(Level::finish),
            Err(InvalidTree) => {
                let id = level.id;
                comparison
                    .unreadable
                    .get_or_insert(Unreadable::Damaged("tree", id));
                comparison.levels.pop();
            }
        }
    }
    comparison.unreadable.map_or(Ok(()), Err)
}

/// The mode and object of an entry.
type NamedObject = (EntryMode, ObjectId);
/// The entry of the old tree and of the new one.
type Sides = (Option<NamedObject>, Option<NamedObject>);

struct Comparison<'r> {
    objects: &'r Objects<'r>,
    path: Vec<u8>,
    levels: Vec<Level>,
    unreadable: Option<Unreadable>,
}

impl Comparison<'_> {
    /// Compares two trees at `self.path` next.
    fn descend(&mut self, old: Option<ObjectId>, new: Option<ObjectId>) {
        let Some(id) = new.or(old).filter(|_| old != new) else {
            return;
        };
        if self.levels.len() > DEPTH {
            self.unreadable
                .get_or_insert(Unreadable::Damaged("tree", id));
            return;
        }
        let tree = |id: Option<ObjectId>| match id {
            Some(id) => self.objects.tree(&id),
            None => Ok(Arc::new(Tree::new(
                Arc::default(),
                self.objects.repo.object_hash(),
            ))),
        };
        match (tree(old), tree(new)) {
            (Ok(old), Ok(new)) => self.levels.push(Level::new(old, new, self.path.len(), id)),
            (Err(error), _) | (_, Err(error)) => {
                self.unreadable.get_or_insert(error);
            }
        }
    }

    /// Reports two different entries at `self.path`, or descends into them.
    fn compare(
        &mut self,
        old: Option<NamedObject>,
        new: Option<NamedObject>,
        visit: &mut dyn FnMut(&[u8], PathChange) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if new.or(old).is_some_and(|(mode, _)| mode == EntryMode::Tree) {
            self.path.push(b'/');
            self.descend(old.map(|(_, id)| id), new.map(|(_, id)| id));
            return ControlFlow::Continue(());
        }
        let change = match (old, new) {
            (None, _) => PathChange::Added,
            (_, None) => PathChange::Removed,
            _ => PathChange::Modified,
        };
        visit(&self.path, change)
    }
}

/// Two trees at the same path, read side by side.
struct Level {
    old: Arc<Tree>,
    new: Arc<Tree>,
    /// Offset of the next entry of each.
    at: (usize, usize),
    /// Whether to follow the marks of the new tree rather than those of the old one.
    by_new: bool,
    /// Marks found for the other tree.
    found_marks: Vec<usize>,
    /// Length of the path of both.
    prefix: usize,
    /// One of the two trees, for error messages.
    id: ObjectId,
}

impl Level {
    fn new(old: Arc<Tree>, new: Arc<Tree>, prefix: usize, id: ObjectId) -> Self {
        if !old.has_marks() && !new.has_marks() && !old.is_empty() {
            // Damage is reported when the entry is read.
            let _damaged = new.find_marks();
        }
        let by_new = new.has_marks();
        Self {
            old,
            new,
            at: (0, 0),
            by_new,
            found_marks: Vec::new(),
            prefix,
            id,
        }
    }

    /// The next entries that differ: of one side, or of both if they have the same name and both or neither are trees.
    /// Appends the name to the path.
    fn next(&mut self, path: &mut Vec<u8>) -> Result<Option<Sides>, InvalidTree> {
        loop {
            let (old_at, new_at) = self.at;
            let common = if self.by_new {
                self.old
                    .common_bytes(old_at, &self.new, new_at, &mut self.found_marks)
            } else {
                self.new
                    .common_bytes(new_at, &self.old, old_at, &mut self.found_marks)
            };
            self.at = (old_at + common, new_at + common);
            let (old, new) = (self.old.entry(self.at.0)?, self.new.entry(self.at.1)?);
            let Some(name) = new.or(old).map(|either| either.name) else {
                return Ok(None);
            };
            let (old, new) = match old
                .zip(new)
                .map_or(Ordering::Equal, |(old, new)| old.order(&new))
            {
                Ordering::Less => (old, None),
                Ordering::Greater => (None, new),
                Ordering::Equal => (old, new),
            };
            self.at.0 = old.map_or(self.at.0, |entry| entry.end);
            self.at.1 = new.map_or(self.at.1, |entry| entry.end);
            if old.map(|e| (e.mode, e.id)) != new.map(|e| (e.mode, e.id)) {
                path.extend_from_slice(new.or(old).map_or(name, |either| either.name));
                let named =
                    |entry: TreeEntry<'_>| (entry.mode, ObjectId::from_bytes_or_panic(entry.id));
                return Ok(Some((old.map(named), new.map(named))));
            }
        }
    }

    /// Called once both trees were compared to their ends.
    fn finish(self) {
        let (marked, other) = if self.by_new {
            (self.new, self.old)
        } else {
            (self.old, self.new)
        };
        if marked.has_marks() {
            other.set_marks(self.found_marks);
        }
    }
}
