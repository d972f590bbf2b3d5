//! The paths of commits that will be told, worked out by a second thread while the walk goes on: comparing trees is most
//! of the work of a large push. Whoever tells the commits takes what is done and does his share meanwhile; so nothing is
//! lost where no thread can be had.
//!
//! ```text
//! walk ─► offer ─► blocks of pairs ─┬─► second thread ─┐
//!                                   └─► teller ────────┴─► take ─► Lists of a commit
//! ```

use super::history::Node;
use super::lists::{Lists, Pair};
use super::objects::{Elsewhere, Objects};
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

/// Fewer commits are told before a thread would have begun.
const WORTHWHILE: usize = 96;
/// Commits that one thread compares at a time: neighbours have trees in common.
const BLOCK: usize = 32;
/// Bytes of paths that may wait: as many as an event may have.
const BYTES: usize = 16 << 20;

/// Commits whose paths are wanted soon.
#[derive(Default)]
pub(super) struct Ahead {
    places: HashMap<Node, (usize, usize)>,
    work: Arc<Work>,
    begun: bool,
    second: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Work {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    blocks: Vec<Block>,
    /// Pairs of the block that is not full yet.
    next: Vec<Pair>,
    /// Before this one, no block is free.
    first: usize,
    over: bool,
}

enum Block {
    Free(Vec<Pair>),
    Taken,
    /// One for each pair; `None`: do it yourself.
    Done(Vec<Option<Lists>>),
}

impl Ahead {
    /// Adds a commit. Those that are told first should be offered first.
    pub(super) fn offer(&mut self, objects: &Objects<'_>, node: Node, pair: Pair) {
        let mut state = self.work.state();
        self.places
            .insert(node, (state.blocks.len(), state.next.len()));
        state.next.push(pair);
        if state.next.len() == BLOCK {
            state.close();
            drop(state);
            self.work.changed.notify_all();
        }
        if !self.begun && self.places.len() >= WORTHWHILE {
            self.begun = true;
            let (work, elsewhere) = (Arc::clone(&self.work), objects.elsewhere());
            self.second = Builder::new()
                .name("trees".to_owned())
                .spawn(move || work.run(&elsewhere))
                .ok();
        }
    }

    /// Whether the commit was offered.
    pub(super) fn has(&self, node: Node) -> bool {
        self.places.contains_key(&node)
    }

    /// What a commit lists, if there is a second thread that works such things out. Whoever would have to wait works
    /// meanwhile.
    pub(super) fn take(&self, objects: &Objects<'_>, node: Node) -> Option<Lists> {
        self.second.as_ref()?;
        let (block, at) = *self.places.get(&node)?;
        let mut state = self.work.state();
        state.close();
        loop {
            let mine = match state.blocks.get_mut(block)? {
                Block::Done(lists) => return lists.get_mut(at)?.take(),
                Block::Taken => state.claim(),
                free @ Block::Free(_) => Some((block, free.take())),
            };
            state = if let Some((block, pairs)) = mine {
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

impl Drop for Ahead {
    fn drop(&mut self) {
        self.work.state().over = true;
        self.work.changed.notify_all();
        if let Some(second) = self.second.take() {
            let _panicked = second.join();
        }
    }
}

impl Block {
    fn take(&mut self) -> Vec<Pair> {
        match std::mem::replace(self, Self::Taken) {
            Self::Free(pairs) => pairs,
            _ => Vec::new(),
        }
    }
}

impl State {
    fn close(&mut self) {
        if !self.next.is_empty() {
            let pairs = std::mem::take(&mut self.next);
            self.blocks.push(Block::Free(pairs));
        }
    }

    /// The next block that nobody has.
    fn claim(&mut self) -> Option<(usize, Vec<Pair>)> {
        let free = self.blocks[self.first..]
            .iter()
            .position(|block| matches!(block, Block::Free(_)));
        self.first = free.map_or(self.blocks.len(), |at| self.first + at);
        Some((self.first, self.blocks.get_mut(self.first)?.take()))
    }
}

impl Work {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The second thread.
    fn run(&self, elsewhere: &Elsewhere) {
        let (objects, mut bytes) = (elsewhere.objects(), 0);
        let mut state = self.state();
        while !state.over && bytes < BYTES {
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

    /// Works out a block; says how many bytes came of it.
    fn compare(&self, objects: &Objects<'_>, block: usize, pairs: Vec<Pair>) -> usize {
        let lists = catch_unwind(AssertUnwindSafe(|| {
            let one = |pair| {
                if self.state().over {
                    None
                } else {
                    complete(objects, pair)
                }
            };
            pairs.into_iter().map(one).collect::<Vec<_>>()
        }));
        let lists = lists.unwrap_or_default();
        let bytes = lists.iter().flatten().map(Lists::size).sum::<usize>();
        self.state().blocks[block] = Block::Done(lists);
        self.changed.notify_all();
        bytes
    }
}

/// Unless something cannot be read: then it is read again by whoever says so.
fn complete(objects: &Objects<'_>, pair: Pair) -> Option<Lists> {
    let (lists, complete) = Lists::of(objects, pair, None);
    complete.is_ok().then_some(lists)
}
