//! Computes the commits of `git rev-list TIP --not OTHERS`, their order, and the merge base.
//!
//! Two walks go back in time side by side, newest commit first: one from the tip, one from the others. The first stops at
//! every commit that the second has met, so the cost depends on the push and not on the age of the repository. Commit
//! dates are set by their authors' clocks and may be wrong: after the walk, the second one continues, and commits that it
//! meets are removed. If the commit-graph has the commits, it continues as far as they can be reached, so the result is
//! exact; otherwise a few steps, and far if a clock was seen to run backwards.

use super::ancestors::{AncestorWalk, CommitSet, DateQueue};
use super::history::{History, Node};
use super::object::Unreadable;

/// Commits that are counted for one ref. Past this limit totals are lower bounds.
pub(super) const BOUND: usize = 100_000;
/// Steps that the others' walk takes past the last commit that could matter by its date.
const EXTRA_STEPS: usize = 16;
/// If clocks run backwards, the walk takes this many steps, then continues until the dates are older by `SKEW_FACTOR`
/// times the largest skew seen, for at most `SKEWED_LIMIT` steps.
const EXTRA_STEPS_IF_SKEWED: usize = 64;
const SKEW_FACTOR: i64 = 4;
const SKEWED_LIMIT: usize = 10_000;
/// Candidates for a merge base that are compared with all others before the newest is taken.
const CANDIDATES: usize = 16;

/// The result of a walk.
#[derive(Debug, Default)]
pub(super) struct Difference {
    /// Newest first by date.
    pub(super) commits: Vec<Node>,
    /// Whether `commits` is complete.
    pub(super) exact: bool,
    /// Whether one of the commits is at the boundary of a shallow repository.
    pub(super) shallow: bool,
    /// The first commit that could not be read.
    pub(super) unreadable: Option<Unreadable>,
}

/// The commits that `tip` reaches and `others` do not.
pub(super) fn difference(
    history: &mut History<'_>,
    tip: Node,
    others: &mut AncestorWalk,
) -> Difference {
    difference_with(history, tip, others, &mut |_, _| {})
}

/// Computes the difference and calls `met` for each commit once it and its parents were read. Such a commit may still be
/// removed from the result.
pub(super) fn difference_with(
    history: &mut History<'_>,
    tip: Node,
    others: &mut AncestorWalk,
    met: &mut dyn FnMut(&mut History<'_>, Node),
) -> Difference {
    let mut found = Difference {
        exact: true,
        ..Difference::default()
    };
    let (mut queue, mut seen) = (DateQueue::default(), CommitSet::default());
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
    remove_reachable(history, &mut found.commits, others);
    found.exact &= !others.is_exhausted();
    found.shallow = found.commits.iter().any(|node| history.is_boundary(*node));
    found
}

fn visit(
    history: &mut History<'_>,
    node: Node,
    seen: &mut CommitSet,
    queue: &mut DateQueue,
    found: &mut Difference,
) {
    if !seen.insert(node) {
        return;
    }
    match history.links_with_text(node) {
        Ok(links) => queue.push(links.date, node),
        Err(error) => {
            found.unreadable.get_or_insert(error);
        }
    }
}

/// Removes commits that the others reach. For commits in the commit-graph, generations say what cannot reach them,
/// regardless of dates. For the rest the others' walk continues until it is past the oldest commit left, and until a
/// number of extra steps remove nothing.
pub(super) fn remove_reachable(
    history: &mut History<'_>,
    commits: &mut Vec<Node>,
    others: &mut AncestorWalk,
) {
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
                others.advance_by(history, EXTRA_STEPS);
            } else {
                others.advance_by(history, EXTRA_STEPS_IF_SKEWED);
                let past = oldest.saturating_sub(history.skew().saturating_mul(SKEW_FACTOR));
                others.advance_to(history, past, SKEWED_LIMIT);
            }
        }
        commits.retain(|node| !others.contains(*node));
        if commits.len() == before {
            return;
        }
    }
}

/// Sorts the commits of a walk into the order of `git rev-list --topo-order --reverse`: parents before children, lines of history
/// together. The order does not depend on dates: from the tip down, a commit follows once all its children have, and
/// of several that may follow, the one that was freed last comes first.
pub(super) fn topo_order_reversed(history: &History<'_>, tip: Node, commits: &[Node]) -> Vec<Node> {
    let mut pending = PendingChildren(vec![
        0;
        commits
            .iter()
            .map(|node| node.index() + 1)
            .max()
            .unwrap_or(0)
    ]);
    for node in commits {
        pending.insert(*node);
    }
    for node in commits {
        for parent in history.parents(*node) {
            pending.add_child(*parent);
        }
    }
    let mut order = Vec::with_capacity(commits.len());
    let mut free = if pending.is_free(tip) {
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
                .filter(|parent| pending.remove_child(**parent)),
        );
    }
    order.reverse();
    order
}

/// For each commit to sort, the number of its children that are not sorted yet, plus one; 0 for other commits.
struct PendingChildren(Vec<u32>);

impl PendingChildren {
    fn insert(&mut self, node: Node) {
        self.0[node.index()] = 1;
    }

    fn is_free(&self, node: Node) -> bool {
        self.0.get(node.index()) == Some(&1)
    }

    fn add_child(&mut self, node: Node) {
        if let Some(count @ 1..) = self.0.get_mut(node.index()) {
            *count += 1;
        }
    }

    /// Returns true when the last child was removed.
    fn remove_child(&mut self, node: Node) -> bool {
        match self.0.get_mut(node.index()) {
            Some(count @ 2..) => {
                *count -= 1;
                *count == 1
            }
            _ => false,
        }
    }
}

/// The merge base (git-merge-base(1)): the newest common ancestor that is not an ancestor of another one. `commits` is
/// the difference of `tip` and `others`.
pub(super) fn merge_base(
    history: &mut History<'_>,
    tip: Node,
    commits: &[Node],
    others: &AncestorWalk,
) -> Option<Node> {
    if others.contains(tip) {
        return Some(tip);
    }
    let mut seen = CommitSet::default();
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
            let others = shared.iter().copied().filter(|node| *node != candidate);
            let mut others = AncestorWalk::new(history, others);
            if !difference(history, candidate, &mut others)
                .commits
                .is_empty()
            {
                return Some(candidate);
            }
        }
    }
    shared.first().copied()
}
