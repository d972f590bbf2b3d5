//! What is reachable from a set of commits, found out step by step: newest first, and only as far back as is asked.

use super::history::{History, Node};
use super::object::Unreadable;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Commits that one set may visit; a push that needs more is told with inexact counts.
const BOUND: usize = 1_000_000;

/// A set of commit numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Set(Vec<u64>);

impl Set {
    /// Whether the commit was not in it before.
    pub(super) fn insert(&mut self, node: Node) -> bool {
        let (word, bit) = Self::place(node);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        let new = self.0[word] & bit == 0;
        self.0[word] |= bit;
        new
    }

    /// Whether the commit is in it.
    pub(super) fn contains(&self, node: Node) -> bool {
        let (word, bit) = Self::place(node);
        self.0.get(word).is_some_and(|w| w & bit != 0)
    }

    fn place(node: Node) -> (usize, u64) {
        (node.index() / 64, 1 << (node.index() % 64))
    }
}

/// Commits to visit: the newest first, in the order of arrival where dates are equal.
#[derive(Default)]
pub(super) struct Queue {
    heap: BinaryHeap<(i64, Reverse<u64>, Node)>,
    arrived: u64,
}

impl Queue {
    pub(super) fn push(&mut self, date: i64, node: Node) {
        self.arrived += 1;
        self.heap.push((date, Reverse(self.arrived), node));
    }

    pub(super) fn pop(&mut self) -> Option<(i64, Node)> {
        self.heap.pop().map(|(date, _, node)| (date, node))
    }

    fn newest(&self) -> Option<(i64, Node)> {
        self.heap.peek().map(|(date, _, node)| (*date, *node))
    }
}

/// Commits by generation, the highest first; those that the commit-graph does not know before all others.
type Levels = BinaryHeap<(u32, Node)>;

fn level(history: &History<'_>, node: Node) -> (u32, Node) {
    (history.generation(node).unwrap_or(u32::MAX), node)
}

/// A set of tips and all that they reach, as far as it was walked.
#[derive(Default)]
pub(super) struct Reach {
    seen: Set,
    /// What is left to visit, by date; and by generation, from when that is first asked for. What was visited already
    /// is dropped from each when it comes first.
    queue: Queue,
    levels: Option<Levels>,
    done: Set,
    visited: usize,
    unreadable: Option<Unreadable>,
}

impl Reach {
    /// Of these commits and all their ancestors.
    pub(super) fn new(history: &mut History<'_>, tips: impl IntoIterator<Item = Node>) -> Self {
        Self::with_unreadable(history, tips, None)
    }

    /// The same, where something else was meant to be a tip and could not be read.
    pub(super) fn with_unreadable(
        history: &mut History<'_>,
        tips: impl IntoIterator<Item = Node>,
        unreadable: Option<Unreadable>,
    ) -> Self {
        let mut reach = Self {
            unreadable,
            ..Self::default()
        };
        for tip in tips {
            reach.add(history, tip);
        }
        reach
    }

    /// Whether the commit is known to be reachable by now; see [`Self::advance`].
    pub(super) fn contains(&self, node: Node) -> bool {
        self.seen.contains(node)
    }

    /// Goes on until everything left to visit is older than `date`.
    pub(super) fn advance(&mut self, history: &mut History<'_>, date: i64) {
        self.advance_to(history, date, usize::MAX);
    }

    /// The same for so many commits at most.
    pub(super) fn advance_to(&mut self, history: &mut History<'_>, date: i64, most: usize) {
        let mut steps = 0..most;
        while self.newest().is_some_and(|(newest, _)| newest >= date)
            && steps.next().is_some()
            && self.step(history)
        {}
    }

    /// Goes on for so many commits.
    pub(super) fn advance_by(&mut self, history: &mut History<'_>, steps: usize) {
        for _ in 0..steps {
            if !self.step(history) {
                break;
            }
        }
    }

    /// Goes on until nothing left to visit can reach a commit of this generation that the commit-graph knows.
    pub(super) fn advance_to_generation(&mut self, history: &mut History<'_>, generation: u32) {
        if self.levels.is_none() {
            self.levels = Some(
                self.queue
                    .heap
                    .iter()
                    .map(|(.., node)| level(history, *node))
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

    /// Whether the walk stopped at its bound.
    pub(super) fn is_exhausted(&self) -> bool {
        self.visited >= BOUND
    }

    /// The first commit that could not be read: what lies behind it is not known to be reachable.
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
                if let Some(levels) = &mut self.levels {
                    levels.push(level(history, node));
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

    /// The newest that is left to visit.
    fn newest(&mut self) -> Option<(i64, Node)> {
        while let Some((date, node)) = self.queue.newest() {
            if !self.done.contains(node) {
                return Some((date, node));
            }
            self.queue.pop();
        }
        None
    }

    /// The one of the highest generation, once `levels` is kept.
    fn highest(&mut self) -> Option<(u32, Node)> {
        let levels = self.levels.as_mut()?;
        while let Some((reached, node)) = levels.peek().copied() {
            if !self.done.contains(node) {
                return Some((reached, node));
            }
            levels.pop();
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
