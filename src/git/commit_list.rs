//! Lists the commits of one event, counts the distinct ones, and scans all of them for filters.

use super::ancestors::CommitSet;
use super::commit;
use super::commit_builder::Budget;
use super::difference::{Difference, remove_reachable, topo_order_reversed};
use super::event_draft::EventDraft;
use super::events::EventSession;
use super::history::Node;
use super::object;
use crate::push::{Commit, Needs};

impl EventSession<'_> {
    /// Fills the commits of an event and its head commit. `all_new`: no branch and no tag had any of the commits.
    pub(super) fn list_commits(
        &mut self,
        draft: &mut EventDraft<'_>,
        after: Node,
        found: &Difference,
        all_new: bool,
        mut budget: Budget,
    ) {
        let distinct = self.distinct(&found.commits, all_new);
        let order = topo_order_reversed(&self.history, after, &found.commits);
        draft.event.total_commits = order.len();
        draft.event.total_distinct = distinct.len();
        let distinct: CommitSet = distinct.into_iter().collect();
        budget.reset_prefetch(draft.needs);
        for node in order.iter().rev().take(draft.needs.max_commits) {
            self.builder.prefetch(&mut self.history, *node, &mut budget);
        }
        let mut commits = Vec::new();
        for (position, node) in order.iter().rev().enumerate() {
            if position < draft.needs.max_commits && self.builder.has_budget() {
                commits.extend(self.build_commit(draft, *node, &mut budget, &distinct));
            } else if draft.needs.all_authors || draft.needs.all_paths {
                self.scan(draft, *node);
            } else {
                break;
            }
        }
        commits.reverse();
        draft.event.truncated = commits.len() < order.len();
        let tip = object::from_gix(&self.history.id(after));
        draft.event.head_commit = match commits.last() {
            Some(newest) if newest.id == tip => Some(newest.clone()),
            _ => self.build_head(draft, after, &distinct),
        };
        draft.event.commits = commits;
    }

    /// Builds a head commit that is not listed. Its paths do not count for the scan.
    fn build_head(
        &mut self,
        draft: &mut EventDraft<'_>,
        after: Node,
        distinct: &CommitSet,
    ) -> Option<Commit> {
        let mut aside = EventDraft::new(draft.event.clone(), draft.needs);
        let mut budget = Budget::new(&Needs {
            all_paths: false,
            ..*draft.needs
        });
        let head = self.build_commit(&mut aside, after, &mut budget, distinct);
        draft.problems.append(&mut aside.problems);
        head
    }

    fn build_commit(
        &mut self,
        draft: &mut EventDraft<'_>,
        node: Node,
        budget: &mut Budget,
        distinct: &CommitSet,
    ) -> Option<Commit> {
        let (history, scan) = (&mut self.history, &mut draft.scan);
        match self.builder.commit(history, node, budget, scan) {
            Ok(mut commit) => {
                commit.distinct = distinct.contains(node);
                Some(commit)
            }
            Err(error) => {
                draft.add_problem(&error);
                None
            }
        }
    }

    /// Scans a commit that is not listed for filters.
    fn scan(&mut self, draft: &mut EventDraft<'_>, node: Node) {
        if draft.needs.all_paths && !draft.scan.bounded {
            self.builder
                .scan_commit(&mut self.history, node, &mut draft.scan);
        }
        if draft.needs.all_authors {
            match self.history.content(node).map(commit::author) {
                Ok(author) => drop(draft.scan.authors.insert((author.name, author.email))),
                Err(error) => draft.add_problem(&error),
            }
        }
    }

    /// The commits that no branch and no tag had before the push, and that no earlier event has.
    fn distinct(&mut self, commits: &[Node], all_new: bool) -> Vec<Node> {
        let mut new = commits.to_vec();
        if !all_new && !new.is_empty() {
            self.with_known(|session, known| {
                remove_reachable(&mut session.history, &mut new, known);
            });
        }
        new.retain(|node| !self.reported.contains(*node));
        new
    }
}
