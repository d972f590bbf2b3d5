//! Walks the ancestors of a set of commits lazily: newest first, and only as far back as the caller requests.

use super::history::{History, Node};
use super::object::Unreadable;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Commits that one walk may visit. An event that needs more has inexact counts.
const BOUND: usize = 1_000_000;

/// A set of commit numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct CommitSet(Vec<u64>);

impl CommitSet {
    /// Adds a commit; returns false if it was present.
    pub(super) fn insert(&mut self, node: Node) -> bool {
        let (word, bit) = Self::position(node);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        new
    }

    pub(super) fn contains(&self, node: Node) -> bool {
        let (word, bit) = Self::position(node);
        self.0.get(word).is_some_and(|w| w & bit != 0)
    }

    fn position(node: Node) -> (usize, u64) {
        (node.index() / 64, 1 << (node.index() % 64))
    }
}

impl FromIterator<Node> for CommitSet {
    fn from_iter<I: IntoIterator<Item = Node>>(nodes: I) -> Self {
        let mut set = Self::default();
        for node in nodes {
            set.insert(node);
        }
        set
    }
}

/// Commits to visit: the newest first, in insertion order where dates are equal.
#[derive(Default)]
pub(super) struct DateQueue {
    heap: BinaryHeap<(i64, Reverse<u64>, Node)>,
    inserted: u64,
}

impl DateQueue {
    pub(super) fn push(&mut self, date: i64, node: Node) {
        self.inserted += 1;
        self.heap.push((date, Reverse(self.inserted), node));
    }

    pub(super) fn pop(&mut self) -> Option<(i64, Node)> {
        self.heap.pop().map(|(date, _, node)| (date, node))
    }

    fn peek(&self) -> Option<(i64, Node)> {
        self.heap.peek().map(|(date, _, node)| (*date, *node))
    }
}

/// Commits by generation, the highest first. Commits that are not in the commit-graph precede all others.
type GenerationQueue = BinaryHeap<(u32, Node)>;

fn generation_key(history: &History<'_>, node: Node) -> (u32, Node) {
    (history.generation(node).unwrap_or(u32::MAX), node)
}

/// A set of tips and their ancestors, as far as they were walked.
#[derive(Default)]
pub(super) struct AncestorWalk {
    seen: CommitSet,
    /// Commits left to visit, by date; and by generation, once a caller requests that order. Each queue drops commits
    /// that the other one has visited when they reach its front.
    queue: DateQueue,
    by_generation: Option<GenerationQueue>,
    done: CommitSet,
    visited: usize,
    unreadable: Option<Unreadable>,
}

impl AncestorWalk {
    /// Starts at these commits.
    pub(super) fn new(history: &mut History<'_>, tips: impl IntoIterator<Item = Node>) -> Self {
        Self::with_unreadable(history, tips, None)
    }

    /// Starts at these commits; `unreadable` is a tip that could not be read.
    pub(super) fn with_unreadable(
        history: &mut History<'_>,
        tips: impl IntoIterator<Item = Node>,
        unreadable: Option<Unreadable>,
    ) -> Self {
        let mut walk = Self {
            unreadable,
            ..Self::default()
        };
        for tip in tips {
            walk.add(history, tip);
        }
        walk
    }

    /// Whether the walk has met the commit; see [`Self::advance`].
    pub(super) fn contains(&self, node: Node) -> bool {
        self.seen.contains(node)
    }

    /// Walks until all commits left to visit are older than `date`.
    pub(super) fn advance(&mut self, history: &mut History<'_>, date: i64) {
        self.advance_to(history, date, usize::MAX);
    }

    /// Walks as [`Self::advance`] does, but visits at most `most` commits.
    pub(super) fn advance_to(&mut self, history: &mut History<'_>, date: i64, most: usize) {
        let mut steps = 0..most;
        while self.newest().is_some_and(|(newest, _)| newest >= date)
            && steps.next().is_some()
            && self.step(history)
        {}
    }

    /// Visits `steps` commits.
    pub(super) fn advance_by(&mut self, history: &mut History<'_>, steps: usize) {
        for _ in 0..steps {
            if !self.step(history) {
                break;
            }
        }
    }

    /// Walks until no commit left to visit can reach a commit of this generation.
    pub(super) fn advance_to_generation(&mut self, history: &mut History<'_>, generation: u32) {
        if self.by_generation.is_none() {
            self.by_generation = Some(
                self.queue
                    .heap
                    .iter()
                    .map(|(.., node)| generation_key(history, *node))
                    .collect(),
            );
        }
        while let Some((reached, node)) = self.highest() {
            if reached <= generation || self.is_exhausted() {
                break;
            }
            self.visit(history, node);
        }
    }

    /// Whether the walk stopped at its limit.
    pub(super) fn is_exhausted(&self) -> bool {
        self.visited >= BOUND
    }

    /// The first commit that could not be read. Its ancestors may be missing from the walk.
    pub(super) fn unreadable(&self) -> Option<&Unreadable> {
        self.unreadable.as_ref()
    }

    fn add(&mut self, history: &mut History<'_>, node: Node) {
        if !self.seen.insert(node) {
            return;
        }
        match history.links(node) {
            Ok(links) => {
                self.queue.push(links.date, node);
                if let Some(by_generation) = &mut self.by_generation {
                    by_generation.push(generation_key(history, node));
                }
            }
            Err(error) => {
                self.unreadable.get_or_insert(error);
            }
        }
    }

    fn step(&mut self, history: &mut History<'_>) -> bool {
        if self.is_exhausted() {
            return false;
        }
        let Some((_, node)) = self.newest() else {
            return false;
        };
        self.visit(history, node);
        true
    }

    /// The newest commit left to visit.
    fn newest(&mut self) -> Option<(i64, Node)> {
        while let Some((date, node)) = self.queue.peek() {
            if !self.done.contains(node) {
                return Some((date, node));
            }
            self.queue.pop();
        }
        None
    }

    /// The commit of the highest generation left to visit, once `by_generation` exists.
    fn highest(&mut self) -> Option<(u32, Node)> {
        let by_generation = self.by_generation.as_mut()?;
        while let Some((reached, node)) = by_generation.peek().copied() {
            if !self.done.contains(node) {
                return Some((reached, node));
            }
            by_generation.pop();
        }
        None
    }

    fn visit(&mut self, history: &mut History<'_>, node: Node) {
        self.visited += 1;
        self.done.insert(node);
        if let Ok(links) = history.links(node) {
            for at in links.parents() {
                self.add(history, history.parent(at));
            }
            history.note_skew(&links);
        }
    }
}
