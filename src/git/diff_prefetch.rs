//! Compares the trees of commits on a second thread while the walk continues: comparing trees is most of the work of a
//! large push. The builder of commits takes finished results and otherwise compares trees itself, so everything works
//! without a second thread too, and the results are the same.
//!
//! ```text
//! walk ─► request ─► blocks of pairs ─┬─► second thread ──┐
//!                                     └─► CommitBuilder ──┴─► take ─► ChangedPaths of a commit
//! ```

use super::changed_paths::{ChangedPaths, TreePair};
use super::history::Node;
use super::objects::{Objects, SharedObjects};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

/// Fewer commits are done before a thread would have started.
const WORTHWHILE: usize = 96;
/// Commits that one thread compares at a time. Neighbours share trees.
const BLOCK: usize = 32;
/// Bytes of paths that the second thread may produce: the limit of one event.
const BYTES: usize = 16 << 20;

/// Commits whose changed paths are needed soon.
#[derive(Default)]
pub(super) struct DiffPrefetch {
    positions: HashMap<Node, (usize, usize)>,
    work: Arc<Work>,
    started: bool,
    second: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Work {
    state: Mutex<PrefetchState>,
    changed: Condvar,
}

#[derive(Default)]
struct PrefetchState {
    blocks: Vec<PrefetchBlock>,
    /// The block that is not full yet.
    next: Vec<TreePair>,
    /// All blocks before this one are taken or done.
    first: usize,
    stopped: bool,
}

enum PrefetchBlock {
    Pending(Vec<TreePair>),
    Claimed,
    /// One result a pair; `None`: not compared, or a tree could not be read.
    Done(Vec<Option<ChangedPaths>>),
}

impl DiffPrefetch {
    /// Adds a commit. Commits should be requested in the order in which they are taken.
    pub(super) fn request(&mut self, objects: &Objects<'_>, node: Node, pair: TreePair) {
        let mut state = self.work.state();
        self.positions
            .insert(node, (state.blocks.len(), state.next.len()));
        state.next.push(pair);
        if state.next.len() == BLOCK {
            state.close();
            drop(state);
            self.work.changed.notify_all();
        }
        if !self.started && self.positions.len() >= WORTHWHILE {
            self.started = true;
            let (work, shared) = (Arc::clone(&self.work), objects.share());
            self.second = Builder::new()
                .name("tree-diff".to_owned())
                .spawn(move || work.run(&shared))
                .ok();
        }
    }

    /// Whether the commit was requested.
    pub(super) fn contains(&self, node: Node) -> bool {
        self.positions.contains_key(&node)
    }

    /// The changed paths of a commit, if there is a second thread. Compares other blocks while it would have to wait.
    pub(super) fn take(&self, objects: &Objects<'_>, node: Node) -> Option<ChangedPaths> {
        self.second.as_ref()?;
        let (block, at) = *self.positions.get(&node)?;
        let mut state = self.work.state();
        state.close();
        loop {
            let block = match state.blocks.get_mut(block)? {
                PrefetchBlock::Done(lists) => return lists.get_mut(at)?.take(),
                PrefetchBlock::Claimed => state.claim(),
                pending @ PrefetchBlock::Pending(_) => Some((block, pending.take())),
            };
            state = if let Some((block, pairs)) = block {
                drop(state);
                self.work.compare(objects, block, pairs);
                self.work.state()
            } else {
                self.work
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner)
            };
        }
    }
}

impl Drop for DiffPrefetch {
    fn drop(&mut self) {
        self.work.state().stopped = true;
        self.work.changed.notify_all();
        if let Some(second) = self.second.take() {
            let _panicked = second.join();
        }
    }
}

impl PrefetchBlock {
    fn take(&mut self) -> Vec<TreePair> {
        match std::mem::replace(self, Self::Claimed) {
            Self::Pending(pairs) => pairs,
            _ => Vec::new(),
        }
    }
}

impl PrefetchState {
    fn close(&mut self) {
        if !self.next.is_empty() {
            let pairs = std::mem::take(&mut self.next);
            self.blocks.push(PrefetchBlock::Pending(pairs));
        }
    }

    /// The next block that no thread has claimed.
    fn claim(&mut self) -> Option<(usize, Vec<TreePair>)> {
        let pending = self.blocks[self.first..]
            .iter()
            .position(|block| matches!(block, PrefetchBlock::Pending(_)));
        self.first = pending.map_or(self.blocks.len(), |at| self.first + at);
        Some((self.first, self.blocks.get_mut(self.first)?.take()))
    }
}

impl Work {
    fn state(&self) -> MutexGuard<'_, PrefetchState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs on the second thread.
    fn run(&self, shared: &SharedObjects) {
        let (objects, mut bytes) = (shared.objects(), 0);
        let mut state = self.state();
        while !state.stopped && bytes < BYTES {
            state = if let Some((block, pairs)) = state.claim() {
                drop(state);
                bytes += self.compare(&objects, block, pairs);
                self.state()
            } else {
                self.changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner)
            };
        }
    }

    /// Compares the pairs of a block; returns the bytes of the results.
    fn compare(&self, objects: &Objects<'_>, block: usize, pairs: Vec<TreePair>) -> usize {
        let lists = catch_unwind(AssertUnwindSafe(|| {
            let one = |pair| {
                if self.state().stopped {
                    None
                } else {
                    complete(objects, pair)
                }
            };
            pairs.into_iter().map(one).collect::<Vec<_>>()
        }));
        let lists = lists.unwrap_or_default();
        let bytes = lists
            .iter()
            .flatten()
            .map(ChangedPaths::size)
            .sum::<usize>();
        self.state().blocks[block] = PrefetchBlock::Done(lists);
        self.changed.notify_all();
        bytes
    }
}

/// `None` if a tree cannot be read: the builder reads it again and reports the error.
fn complete(objects: &Objects<'_>, pair: TreePair) -> Option<ChangedPaths> {
    let (lists, complete) = ChangedPaths::compare(objects, pair, None);
    complete.is_ok().then_some(lists)
}
