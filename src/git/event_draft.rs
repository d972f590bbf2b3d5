//! Fills the event of one update: its change, merge base and discarded commits.

use super::ancestors::AncestorWalk;
use super::commit_builder::Budget;
use super::difference::{Difference, difference, difference_with, merge_base};
use super::events::EventSession;
use super::history::Node;
use super::object::{self, Unreadable};
use super::tag::PeeledTag;
use crate::push::{Change, Computed, Needs, PushEvent, RefKind, Scan};

/// Ids of discarded commits that are listed.
const DISCARDED: usize = 20;

/// The refs before the push are those of now with the updates reverted, and the record does not list all of these.
const UNLISTED: &str =
    "too many refs in one push: commits that another ref of this push has too may be missing";

/// An event while it is computed.
pub(super) struct EventDraft<'a> {
    pub(super) event: PushEvent,
    pub(super) scan: Scan,
    pub(super) needs: &'a Needs,
    pub(super) problems: Vec<String>,
}

impl<'a> EventDraft<'a> {
    pub(super) fn new(event: PushEvent, needs: &'a Needs) -> Self {
        Self {
            event,
            scan: Scan::default(),
            needs,
            problems: Vec::new(),
        }
    }

    /// Adds an object that could not be read to the event's `error`, once.
    pub(super) fn add_problem(&mut self, problem: &Unreadable) {
        let text = problem.to_string();
        self.scan.bounded = true;
        if !self.problems.contains(&text) {
            self.problems.push(text);
        }
    }

    /// As [`Self::add_problem`], for a commit whose history is unknown: what is counted is not all.
    fn add_unreadable_commit(&mut self, problem: &Unreadable) {
        self.add_problem(problem);
        self.event.total_commits_exact = false;
    }

    /// The finished event.
    pub(super) fn finish(mut self) -> Computed {
        if !self.problems.is_empty() {
            self.event.error = Some(self.problems.join("; "));
        }
        self.scan.bounded |= !self.event.total_commits_exact;
        Computed {
            event: self.event,
            scan: self.scan,
        }
    }
}

impl EventSession<'_> {
    /// Describes an update after which the ref exists; returns its commits.
    pub(super) fn describe_tip(
        &mut self,
        draft: &mut EventDraft<'_>,
        old: Option<&PeeledTag>,
        new: &PeeledTag,
    ) -> Vec<Node> {
        if old.is_some() {
            // Until the walk proves that the new tip descends from the old one.
            draft.event.change = Change::Forced;
        }
        let before = old.and_then(|old| self.tip_commit(draft, old));
        let old_unreadable = !draft.problems.is_empty();
        let Some(after) = self.tip_commit(draft, new) else {
            return Vec::new();
        };
        let all_new = old.is_none() || old_unreadable;
        self.history.keep_texts(draft.needs.max_commits);
        let mut budget = Budget::new(draft.needs);
        let found = if all_new {
            self.compare_with_known(draft, after, &mut budget)
        } else {
            self.compare_with_old(draft, before, after, &mut budget)
        };
        if let Some(error) = &found.unreadable {
            draft.add_unreadable_commit(error);
        }
        draft.event.shallow |= found.shallow;
        draft.event.total_commits_exact &= found.exact;
        self.list_commits(draft, after, &found, all_new, budget);
        if let Some(before) = before
            && draft.needs.all_paths
            && draft.event.kind() == RefKind::Branch
        {
            self.builder
                .scan_between(&mut self.history, before, after, &mut draft.scan);
        }
        found.commits
    }

    /// The commit that a tip names; `None` if it names a tree or a blob, or is unreadable, which is a problem.
    fn tip_commit(&mut self, draft: &mut EventDraft<'_>, peeled: &PeeledTag) -> Option<Node> {
        let read = peeled.kind.clone().and_then(|_| {
            let node = peeled.commit().map(|id| self.history.node(id));
            node.map(|node| self.history.links(node).map(|_| node))
                .transpose()
        });
        read.unwrap_or_else(|error| {
            draft.add_unreadable_commit(&error);
            None
        })
    }

    /// For a created ref, or one whose old tip is unreadable: the commits that no branch and no tag had.
    fn compare_with_known(
        &mut self,
        draft: &mut EventDraft<'_>,
        after: Node,
        budget: &mut Budget,
    ) -> Difference {
        self.with_known(|session, known| {
            let found = session.walk(after, known, budget);
            if draft.event.kind() == RefKind::Branch {
                let base = merge_base(&mut session.history, after, &found.commits, known);
                draft.event.base = base.map(|node| object::from_gix(&session.history.id(node)));
            }
            if !session.all_listed {
                draft.scan.bounded = true;
                draft.event.total_commits_exact = false;
                draft.problems.push(UNLISTED.to_owned());
            }
            if !found.commits.is_empty() {
                if let Some(error) = known.unreadable() {
                    draft.add_unreadable_commit(error);
                }
                if session.refs_unreadable {
                    draft.event.total_commits_exact = false;
                    draft.problems.push(
                        "the refs cannot be listed: some of the reported commits may not be new"
                            .to_owned(),
                    );
                }
            }
            found
        })
    }

    /// For an updated ref: the commits that `after` has and `before` has not, and those that were discarded. `before` is
    /// `None` if the old tip is no commit.
    fn compare_with_old(
        &mut self,
        draft: &mut EventDraft<'_>,
        before: Option<Node>,
        after: Node,
        budget: &mut Budget,
    ) -> Difference {
        let mut old = AncestorWalk::new(&mut self.history, before);
        let found = self.walk(after, &mut old, budget);
        let Some(before) = before else { return found };
        if let Some(error) = old.unreadable().filter(|_| !found.commits.is_empty()) {
            draft.add_unreadable_commit(error);
        }
        let is_parent = |node: &Node| self.history.parents(*node).contains(&before);
        if before == after || found.commits.iter().any(is_parent) {
            // The walk reached the old tip, so the new tip descends from it.
            draft.event.change = Change::Updated;
            return found;
        }
        if self.discard(draft, before, after) {
            let base = merge_base(&mut self.history, after, &found.commits, &old);
            draft.event.base = base.map(|node| object::from_gix(&self.history.id(node)));
        }
        found
    }

    /// Records the commits that `before` has and `after` has not. Returns false if there are none.
    fn discard(&mut self, draft: &mut EventDraft<'_>, before: Node, after: Node) -> bool {
        let mut new = AncestorWalk::new(&mut self.history, [after]);
        let lost = difference(&mut self.history, before, &mut new);
        if let Some(error) = &lost.unreadable {
            draft.add_unreadable_commit(error);
        }
        let event = &mut draft.event;
        if lost.commits.is_empty() {
            event.change = Change::Updated;
            return false;
        }
        event.total_discarded = lost.commits.len();
        event.total_commits_exact &= lost.exact;
        event.shallow |= lost.shallow;
        if draft.needs.discarded {
            let newest = lost.commits.iter().take(DISCARDED);
            event.discarded = newest
                .map(|node| object::from_gix(&self.history.id(*node)))
                .collect();
        }
        true
    }

    fn walk(&mut self, after: Node, others: &mut AncestorWalk, budget: &mut Budget) -> Difference {
        let builder = &self.builder;
        difference_with(&mut self.history, after, others, &mut |history, node| {
            builder.prefetch(history, node, budget);
        })
    }
}
