//! Which paths differ between two trees, as `git diff-tree -r --no-renames` tells them. No configuration and no
//! attribute has a say, and no blob is read.

use super::object::Unreadable;
use super::objects::{Entry, Mode, NoTree, Objects, Tree};
use gix::ObjectId;
use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::sync::Arc;

/// What happened to a path. A change of mode, of type or of a submodule's commit is a modification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Touch {
    Added,
    Removed,
    Modified,
}

/// Trees within trees that are followed, as many as Git does (core.maxTreeDepth of git-config(1)).
const DEPTH: usize = 2048;

/// Calls `told` for each path, in the order of the bytes of the whole path, until it breaks. What is unreadable of a tree
/// is skipped; the first one is returned.
pub(super) fn changed(
    objects: &Objects<'_>,
    old: Option<ObjectId>,
    new: Option<ObjectId>,
    told: &mut dyn FnMut(&[u8], Touch) -> ControlFlow<()>,
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
                if comparison.compare(old, new, told).is_break() {
                    break;
                }
            }
            Ok(None) => comparison.levels.pop().into_iter().for_each(Level::end),
            Err(NoTree) => {
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

/// What an entry names.
type Named = (Mode, ObjectId);
/// Of the old tree and of the new one.
type Sides = (Option<Named>, Option<Named>);

struct Comparison<'r> {
    objects: &'r Objects<'r>,
    path: Vec<u8>,
    levels: Vec<Level>,
    unreadable: Option<Unreadable>,
}

impl Comparison<'_> {
    /// Compares two trees next; they stand at `self.path`.
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

    /// Two entries of one name, at `self.path`, that are not the same.
    fn compare(
        &mut self,
        old: Option<Named>,
        new: Option<Named>,
        told: &mut dyn FnMut(&[u8], Touch) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if new.or(old).is_some_and(|(mode, _)| mode == Mode::Tree) {
            self.path.push(b'/');
            self.descend(old.map(|(_, id)| id), new.map(|(_, id)| id));
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
    old: Arc<Tree>,
    new: Arc<Tree>,
    /// Where the next entry of each begins.
    at: (usize, usize),
    /// Whether the new one's marks are followed, not the old one's.
    by_new: bool,
    /// Marks of the other one.
    learnt: Vec<usize>,
    /// Length of the path of both.
    prefix: usize,
    /// Of one of them, for a message.
    id: ObjectId,
}

impl Level {
    fn new(old: Arc<Tree>, new: Arc<Tree>, prefix: usize, id: ObjectId) -> Self {
        if !old.is_marked() && !new.is_marked() && !old.is_empty() {
            // What is damaged will be met again.
            let _damaged = new.mark();
        }
        let by_new = new.is_marked();
        Self {
            old,
            new,
            at: (0, 0),
            by_new,
            learnt: Vec::new(),
            prefix,
            id,
        }
    }

    /// The next entry of one side, or of both where they have the same name and both or neither are trees, and differ.
    /// The name goes to the end of the path.
    fn next(&mut self, path: &mut Vec<u8>) -> Result<Option<Sides>, NoTree> {
        loop {
            let (old_at, new_at) = self.at;
            let alike = if self.by_new {
                self.old.alike(old_at, &self.new, new_at, &mut self.learnt)
            } else {
                self.new.alike(new_at, &self.old, old_at, &mut self.learnt)
            };
            self.at = (old_at + alike, new_at + alike);
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
                    |entry: Entry<'_>| (entry.mode, ObjectId::from_bytes_or_panic(entry.id));
                return Ok(Some((old.map(named), new.map(named))));
            }
        }
    }

    /// Both were compared to their ends.
    fn end(self) {
        let (teacher, learner) = if self.by_new {
            (self.new, self.old)
        } else {
            (self.old, self.new)
        };
        if teacher.is_marked() {
            learner.learn(self.learnt);
        }
    }
}
