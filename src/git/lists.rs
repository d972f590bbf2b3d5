//! The paths of one commit, sorted by what happened to them.

use super::object::Unreadable;
use super::objects::Objects;
use super::paths::{Touch, changed};
use crate::push::Commit;
use gix::ObjectId;
use std::borrow::Cow;
use std::ops::ControlFlow;

/// Paths that are listed for one commit, and their bytes, of which only trees as no file system has them give so many.
const FILES: usize = 3000;
const BYTES: usize = 4 << 20;

/// Two trees to compare: a commit's first parent's, and its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    /// `None`: the commit is a root.
    pub(super) old: Option<ObjectId>,
    pub(super) new: ObjectId,
}

/// Who looks at every path.
pub(super) type Every<'a> = &'a mut dyn FnMut(&[u8]);

/// What a commit lists.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Lists {
    added: Vec<String>,
    removed: Vec<String>,
    modified: Vec<String>,
    truncated: bool,
    lossy: bool,
}

impl Lists {
    /// Compares two trees. Every path goes to `every` as well, past those that are listed too, until it breaks.
    pub(super) fn of(
        objects: &Objects<'_>,
        pair: Pair,
        mut every: Option<Every<'_>>,
    ) -> (Self, Result<(), Unreadable>) {
        let (mut lists, mut listed, mut bytes) = (Self::default(), 0, 0);
        let complete = changed(objects, pair.old, Some(pair.new), &mut |path, touch| {
            if let Some(every) = &mut every {
                every(path);
            }
            if listed == FILES || bytes + path.len() > BYTES {
                lists.truncated = true;
                return if every.is_some() {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                };
            }
            (listed, bytes) = (listed + 1, bytes + path.len());
            lists.add(path, touch);
            ControlFlow::Continue(())
        });
        lists.truncated |= complete.is_err();
        (lists, complete)
    }

    fn add(&mut self, path: &[u8], touch: Touch) {
        let text = String::from_utf8_lossy(path);
        self.lossy |= matches!(text, Cow::Owned(_));
        let list = match touch {
            Touch::Added => &mut self.added,
            Touch::Removed => &mut self.removed,
            Touch::Modified => &mut self.modified,
        };
        list.push(text.into_owned());
    }

    /// Bytes, about.
    pub(super) fn size(&self) -> usize {
        let all = [&self.added, &self.removed, &self.modified]
            .into_iter()
            .flatten();
        all.map(|path| path.len() + size_of::<String>()).sum()
    }

    /// Hands them over.
    pub(super) fn fill(self, commit: &mut Commit) {
        (commit.added, commit.removed, commit.modified) = (self.added, self.removed, self.modified);
        (commit.files_truncated, commit.paths_lossy) = (self.truncated, self.lossy);
    }
}
