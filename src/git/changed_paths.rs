//! Lists the changed paths of one commit: added, removed, modified.

use super::object::Unreadable;
use super::objects::Objects;
use super::tree_diff::{PathChange, diff_trees};
use crate::push::Commit;
use gix::ObjectId;
use std::borrow::Cow;
use std::ops::ControlFlow;

/// Limits of the list of one commit. Only artificial trees exceed the limit of bytes.
const FILES: usize = 3000;
const BYTES: usize = 4 << 20;

/// Two trees to compare: that of a commit's first parent, and its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct TreePair {
    /// `None`: the commit is a root.
    pub(super) old: Option<ObjectId>,
    pub(super) new: ObjectId,
}

/// A callback that receives every changed path.
pub(super) type PathVisitor<'a> = &'a mut dyn FnMut(&[u8]);

/// The changed paths of a commit.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ChangedPaths {
    added: Vec<String>,
    removed: Vec<String>,
    modified: Vec<String>,
    truncated: bool,
    lossy: bool,
}

impl ChangedPaths {
    /// Compares two trees. Calls `visitor` for all paths, including those beyond the list's limit.
    pub(super) fn compare(
        objects: &Objects<'_>,
        pair: TreePair,
        mut visitor: Option<PathVisitor<'_>>,
    ) -> (Self, Result<(), Unreadable>) {
        let (mut lists, mut count, mut bytes) = (Self::default(), 0, 0);
        let complete = diff_trees(objects, pair.old, Some(pair.new), &mut |path, touch| {
            if let Some(visitor) = &mut visitor {
                visitor(path);
            }
            if count == FILES || bytes + path.len() > BYTES {
                lists.truncated = true;
                return if visitor.is_some() {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                };
            }
            (count, bytes) = (count + 1, bytes + path.len());
            lists.add(path, touch);
            ControlFlow::Continue(())
        });
        lists.truncated |= complete.is_err();
        (lists, complete)
    }

    fn add(&mut self, path: &[u8], touch: PathChange) {
        let text = String::from_utf8_lossy(path);
        self.lossy |= matches!(text, Cow::Owned(_));
        let list = match touch {
            PathChange::Added => &mut self.added,
            PathChange::Removed => &mut self.removed,
            PathChange::Modified => &mut self.modified,
        };
        list.push(text.into_owned());
    }

    /// Approximate size in bytes.
    pub(super) fn size(&self) -> usize {
        let all = [&self.added, &self.removed, &self.modified]
            .into_iter()
            .flatten();
        all.map(|path| path.len() + size_of::<String>()).sum()
    }

    /// Moves the lists into the commit.
    pub(super) fn fill(self, commit: &mut Commit) {
        (commit.added, commit.removed, commit.modified) = (self.added, self.removed, self.modified);
        (commit.files_truncated, commit.paths_lossy) = (self.truncated, self.lossy);
    }
}
