//! The commits that a tip has and a set of others has not, as `git rev-list TIP --not OTHERS` tells them; their order,
//! and the merge base that they leave behind.
//!
//! Two walks go back in time side by side, newest commit first: one over what the tip reaches, one over what the others
//! reach. The first stops at every commit that the second has met, so a push costs what it brings and not the age of the
//! repository. Dates of commits are claims of their authors' clocks: after the walk, the second one goes on, and takes away
//! what it meets then. Where a commit-graph knows the commits, it goes as far as they can be reached, so that the outcome is
//! exact; else a little, and far once a clock was seen to run backwards.

use super::history::{History, Node};
use super::object::Unreadable;
use super::reach::{Queue, Reach, Set};

/// Commits that are counted for one ref; past it totals are lower bounds.
pub(super) const BOUND: usize = 100_000;
/// Steps that the others' walk goes on after the last commit that could matter by its date, for good measure.
const FURTHER: usize = 16;
/// The same where clocks were seen to run backwards: so many steps more, and then on until the dates are past by so many
/// times the worst that was seen; for a bounded number of steps.
const FURTHER_WHEN_SKEWED: usize = 64;
const WORSE: i64 = 4;
const FURTHEST: usize = 10_000;
/// Candidates for a merge base that are compared with all others before the newest is taken.
const CANDIDATES: usize = 16;

/// The outcome of a walk.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// Newest first by date.
    pub(super) commits: Vec<Node>,
    /// Whether that is all of them.
    pub(super) exact: bool,
    /// Whether a commit of them is the boundary of a shallow repository.
    pub(super) shallow: bool,
    /// The first commit that could not be read.
    pub(super) unreadable: Option<Unreadable>,
}

/// Walks from `tip` to what `others` reach.
pub(super) fn difference(history: &mut History<'_>, tip: Node, others: &mut Reach) -> Difference {
    difference_told(history, tip, others, &mut |_, _| {})
}

/// The same, telling each commit on the way: after it and its parents were read, and perhaps to be taken away again.
pub(super) fn difference_told(
    history: &mut History<'_>,
    tip: Node,
    others: &mut Reach,
    met: &mut dyn FnMut(&mut History<'_>, Node),
) -> Difference {
    let mut found = Difference {
        exact: true,
        ..Difference::default()
    };
    let (mut queue, mut seen) = (Queue::default(), Set::default());
    visit(history, tip, &mut seen, &mut queue, &mut found);
    while let Some((date, node)) = queue.pop() {
        others.advance(history, date);
        if others.contains(node) {
            continue;
        }
        if found.commits.len() == BOUND {
            found.exact = false;
            break;
        }
        found.commits.push(node);
        if let Ok(links) = history.links(node) {
            for at in links.parents() {
                visit(
                    history,
                    history.parent(at),
                    &mut seen,
                    &mut queue,
                    &mut found,
                );
            }
            history.note_skew(&links);
            met(history, node);
        }
    }
    settle(history, &mut found.commits, others);
    found.exact &= !others.is_exhausted();
    found.shallow = found.commits.iter().any(|node| history.is_boundary(*node));
    found
}

fn visit(
    history: &mut History<'_>,
    node: Node,
    seen: &mut Set,
    queue: &mut Queue,
    found: &mut Difference,
) {
    if !seen.insert(node) {
        return;
    }
    match history.links_to_tell(node) {
        Ok(links) => queue.push(links.date, node),
        Err(error) => {
            found.unreadable.get_or_insert(error);
        }
    }
}

/// Takes away what the others reach after all. Of commits that the commit-graph knows it also knows what cannot reach them,
/// whatever clocks say. For the rest the others' walk goes on until it is past the oldest commit that is left, and a
/// number of further steps take nothing away.
pub(super) fn settle(history: &mut History<'_>, commits: &mut Vec<Node>, others: &mut Reach) {
    while !commits.is_empty() {
        let before = commits.len();
        if let Some(lowest) = commits
            .iter()
            .filter_map(|node| history.generation(*node))
            .min()
        {
            others.advance_to_generation(history, lowest);
        }
        let dated = commits
            .iter()
            .filter(|node| history.generation(**node).is_none());
        if let Some(oldest) = dated.map(|node| history.date(*node)).min() {
            others.advance(history, oldest);
            if history.skew() == 0 {
                others.advance_by(history, FURTHER);
            } else {
                others.advance_by(history, FURTHER_WHEN_SKEWED);
                let past = oldest.saturating_sub(history.skew().saturating_mul(WORSE));
                others.advance_to(history, past, FURTHEST);
            }
        }
        commits.retain(|node| !others.contains(*node));
        if commits.len() == before {
            return;
        }
    }
}

/// Sorts the outcome of a walk into `git rev-list --topo-order --reverse`: parents before children, lines of history
/// together. The order does not depend on dates: from the tip down, a commit follows once all its children have, and
/// of several that may follow the one that was freed last comes first.
pub(super) fn oldest_first(history: &History<'_>, tip: Node, commits: &[Node]) -> Vec<Node> {
    let mut waiting = Waiting(vec![
        0;
        commits
            .iter()
            .map(|node| node.index() + 1)
            .max()
            .unwrap_or(0)
    ]);
    for node in commits {
        waiting.begin(*node);
    }
    for node in commits {
        for parent in history.parents(*node) {
            waiting.for_one_more(*parent);
        }
    }
    let mut order = Vec::with_capacity(commits.len());
    let mut free = if waiting.is_free(tip) {
        vec![tip]
    } else {
        Vec::new()
    };
    while let Some(node) = free.pop() {
        order.push(node);
        free.extend(
            history
                .parents(node)
                .iter()
                .filter(|parent| waiting.for_one_less(**parent)),
        );
    }
    order.reverse();
    order
}

/// For each commit that is sorted, how many of its children are still to come, plus one; 0 for other commits.
struct Waiting(Vec<u32>);

impl Waiting {
    fn begin(&mut self, node: Node) {
        self.0[node.index()] = 1;
    }

    fn is_free(&self, node: Node) -> bool {
        self.0.get(node.index()) == Some(&1)
    }

    fn for_one_more(&mut self, node: Node) {
        if let Some(count @ 1..) = self.0.get_mut(node.index()) {
            *count += 1;
        }
    }

    /// Whether that was the last one.
    fn for_one_less(&mut self, node: Node) -> bool {
        match self.0.get_mut(node.index()) {
            Some(count @ 2..) => {
                *count -= 1;
                *count == 1
            }
            _ => false,
        }
    }
}

/// The best commit that both sides have, `git merge-base`: the newest that is no ancestor of another such. `commits` are
/// the difference of `tip` and `others`.
pub(super) fn merge_base(
    history: &mut History<'_>,
    tip: Node,
    commits: &[Node],
    others: &Reach,
) -> Option<Node> {
    if others.contains(tip) {
        return Some(tip);
    }
    let mut seen = Set::default();
    let mut shared = Vec::new();
    for node in commits {
        for at in 0..history.parents(*node).len() {
            let parent = history.parents(*node)[at];
            if others.contains(parent) && history.links(parent).is_ok() && seen.insert(parent) {
                shared.push(parent);
            }
        }
    }
    shared.sort_by_key(|node| std::cmp::Reverse(history.date(*node)));
    if shared.len() > 1 {
        for at in 0..shared.len().min(CANDIDATES) {
            let candidate = shared[at];
            let rest = shared.iter().copied().filter(|node| *node != candidate);
            let mut rest = Reach::new(history, rest);
            if !difference(history, candidate, &mut rest).commits.is_empty() {
                return Some(candidate);
            }
        }
    }
    shared.first().copied()
}
