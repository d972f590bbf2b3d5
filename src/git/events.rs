//! Computes the events of a push, one after the other. All of them share one walk state, so each commit is read once.

use super::ancestors::{AncestorWalk, CommitSet};
use super::commit_builder::CommitBuilder;
use super::event_draft::EventDraft;
use super::history::{History, Node};
use super::object::{self, Unreadable};
use super::objects::Objects;
use super::refs;
use super::tag::{self, PeeledTag};
use crate::push::{Computed, Needs, ObjectId, PushEvent, RefKind, RefUpdate, Scan};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Bytes of messages and paths of all events of a push.
const PUSH_BYTES: usize = 64 << 20;

/// At most so many updates of a push are counted.
const MAX_COUNTED: usize = 1000;

/// The events of a push.
#[derive(Debug, Default)]
pub struct ComputedEvents {
    /// One for each of the first `max_refs` updates.
    pub events: Vec<Computed>,
    /// How many commits of all updates no branch and no tag had before the push; of the first 1000 updates.
    pub total_distinct: usize,
}

/// One event for each of the first `needs.max_refs` updates. A problem with one of them, also a panic in a library, becomes
/// the `error` of that event. Of the other updates only the commits are counted. `all_listed`: whether `updates` are all of
/// the push.
pub(super) fn compute(
    repo: &gix::Repository,
    updates: &[RefUpdate],
    needs: &Needs,
    all_listed: bool,
) -> ComputedEvents {
    let objects = Objects::new(repo);
    let mut session = EventSession::new(&objects, updates, true, PUSH_BYTES);
    session.all_listed = all_listed;
    let count = updates.len().min(needs.max_refs);
    let events: Vec<Computed> = (0..count).map(|index| session.next(index, needs)).collect();
    let counted = (count..updates.len().min(MAX_COUNTED))
        .map(|index| session.next(index, &Needs::only_counts()).event);
    let total_distinct = counted.map(|event| event.total_distinct).sum::<usize>()
        + events.iter().map(|c| c.event.total_distinct).sum::<usize>();
    ComputedEvents {
        events,
        total_distinct,
    }
}

/// The state that the events of one push share.
pub(super) struct EventSession<'r> {
    pub(super) objects: &'r Objects<'r>,
    updates: &'r [RefUpdate],
    pub(super) history: History<'r>,
    pub(super) builder: CommitBuilder<'r>,
    /// The ancestors of branches and tags before the push, once they were needed.
    known: Option<AncestorWalk>,
    pub(super) refs_unreadable: bool,
    /// Whether no other update belongs to the push: the refs of others are not what they were before it.
    pub(super) all_listed: bool,
    /// Commits of earlier events.
    pub(super) reported: CommitSet,
}

impl<'r> EventSession<'r> {
    fn new(
        objects: &'r Objects<'r>,
        updates: &'r [RefUpdate],
        use_graph: bool,
        bytes: usize,
    ) -> Self {
        Self {
            objects,
            updates,
            history: History::new(objects, use_graph),
            builder: CommitBuilder::new(objects, updates.len() > 1, bytes),
            known: None,
            refs_unreadable: false,
            all_listed: true,
            reported: CommitSet::default(),
        }
    }

    /// The event of an update.
    fn next(&mut self, index: usize, needs: &Needs) -> Computed {
        let mut result = self.attempt(index, needs);
        let failed = result
            .as_ref()
            .is_none_or(|(computed, _)| computed.event.error.is_some());
        if failed && self.history.has_graph() {
            // The commit-graph is a cache. After an error, read the objects themselves.
            self.restart(false);
            result = self.attempt(index, needs);
        }
        let Some((computed, commits)) = result else {
            return unreadable_event(self.updates[index].clone(), index);
        };
        for node in commits {
            self.reported.insert(node);
        }
        computed
    }

    /// Drops all that was read, but not which commits were reported.
    fn restart(&mut self, use_graph: bool) {
        let bytes = self.builder.bytes_left();
        let mut new = Self::new(self.objects, self.updates, use_graph, bytes);
        new.all_listed = self.all_listed;
        for id in self.history.ids(&self.reported) {
            new.reported.insert(new.history.node(id));
        }
        *self = new;
    }

    /// The event and its commits; `None` after a panic.
    fn attempt(&mut self, index: usize, needs: &Needs) -> Option<(Computed, Vec<Node>)> {
        let update = &self.updates[index];
        let result = catch_unwind(AssertUnwindSafe(|| self.event(update, index, needs)));
        if result.is_err() {
            self.restart(self.history.has_graph());
        }
        result.ok()
    }

    fn event(&mut self, update: &RefUpdate, index: usize, needs: &Needs) -> (Computed, Vec<Node>) {
        let mut draft = EventDraft::new(PushEvent::bare(update.clone(), index), needs);
        let (old, new) = (self.peel(&update.old), self.peel(&update.new));
        if update.name.kind() == RefKind::Tag {
            let peeled = new.as_ref().or(old.as_ref());
            draft.event.tag = peeled.map(|peeled| tag::facts(&update.name, peeled));
        }
        let commits = match (&new, &old) {
            (Some(new), old) => self.describe_tip(&mut draft, old.as_ref(), new),
            (None, Some(old)) if draft.event.tag.is_some() => {
                if let Err(error) = &old.kind {
                    draft.add_problem(error);
                }
                Vec::new()
            }
            // A deleted branch needs no object. Git may have pruned it.
            (None, _) => Vec::new(),
        };
        (draft.finish(), commits)
    }

    fn peel(&self, id: &ObjectId) -> Option<PeeledTag> {
        if id.is_null() {
            return None;
        }
        let repo = self.objects.repo;
        let Some(known) = object::to_gix(repo, id) else {
            // An id of the other hash function.
            let null = gix::ObjectId::null(repo.object_hash());
            return Some(PeeledTag {
                id: null,
                kind: Err(Unreadable::Missing("object", null)),
                outermost: None,
            });
        };
        Some(tag::peel(self.objects, known))
    }

    /// Calls `use_known` with the ancestors of branches and tags before the push.
    pub(super) fn with_known<T>(
        &mut self,
        use_known: impl FnOnce(&mut Self, &mut AncestorWalk) -> T,
    ) -> T {
        let mut known = self.known.take().unwrap_or_else(|| self.start_known());
        let result = use_known(self, &mut known);
        self.known = Some(known);
        result
    }

    fn start_known(&mut self) -> AncestorWalk {
        let (tips, complete) = refs::tips_before(self.objects.repo, self.updates);
        self.refs_unreadable = !complete;
        let mut unreadable = None;
        let mut commits = Vec::with_capacity(tips.len());
        for tip in tips {
            let node = self.history.node(tip);
            if self.history.links(node).is_ok() {
                commits.push(node);
                continue;
            }
            // Nearly all tips are commits. Only the others need peeling.
            let peeled = tag::peel(self.objects, tip);
            commits.extend(peeled.commit().map(|id| self.history.node(id)));
            unreadable = unreadable.or(peeled.kind.err());
        }
        AncestorWalk::with_unreadable(&mut self.history, commits, unreadable)
    }
}

/// The event of an update whose history led to a panic.
fn unreadable_event(update: RefUpdate, index: usize) -> Computed {
    let mut event = PushEvent::bare(update, index);
    event.error =
        Some("the history could not be read: an object is damaged in an unexpected way".to_owned());
    let scan = Scan {
        bounded: true,
        ..Scan::default()
    };
    Computed { event, scan }
}
