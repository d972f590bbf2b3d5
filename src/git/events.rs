//! The events of a push, one after the other: each update told from what Git holds, one walk state for all of them.

use super::history::{History, Node};
use super::object::{self, Unreadable};
use super::objects::Objects;
use super::reach::{Reach, Set};
use super::refs;
use super::tag::{self, Peeled};
use super::told::{Asked, Teller};
use super::walk::{Difference, difference, difference_told, merge_base, oldest_first, settle};
use crate::push::{Change, Commit, Computed, Needs, ObjectId, PushEvent, RefKind, RefUpdate, Scan};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Ids of discarded commits that are listed.
const DISCARDED: usize = 20;

/// Bytes of messages and paths of all events of a push.
const PUSH_BYTES: usize = 64 << 20;

/// One event for each of the first `needs.max_refs` updates. What goes wrong in one of them, a panic in a library included,
/// is that event's `error`.
pub(super) fn compute(
    repo: &gix::Repository,
    updates: &[RefUpdate],
    needs: &Needs,
) -> Vec<Computed> {
    let objects = Objects::new(repo);
    let mut session = Session::new(&objects, updates, true, PUSH_BYTES);
    let count = updates.len().min(needs.max_refs);
    (0..count).map(|index| session.next(index, needs)).collect()
}

struct Session<'r> {
    objects: &'r Objects<'r>,
    updates: &'r [RefUpdate],
    history: History<'r>,
    teller: Teller<'r>,
    /// What branches and tags reached before the push; walked when first asked for.
    known: Option<Reach>,
    refs_unreadable: bool,
    /// Commits of the events so far.
    listed: Set,
}

/// One event in the making.
struct Draft<'a> {
    event: PushEvent,
    scan: Scan,
    needs: &'a Needs,
    problems: Vec<String>,
}

impl Draft<'_> {
    fn problem(&mut self, problem: &Unreadable) {
        let text = problem.to_string();
        self.scan.bounded = true;
        if !self.problems.contains(&text) {
            self.problems.push(text);
        }
    }
}

impl<'r> Session<'r> {
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
            teller: Teller::new(objects, updates.len() > 1, bytes),
            known: None,
            refs_unreadable: false,
            listed: Set::default(),
        }
    }

    /// The event of an update.
    fn next(&mut self, index: usize, needs: &Needs) -> Computed {
        let mut told = self.attempt(index, needs);
        if self.history.has_graph()
            && told
                .as_ref()
                .is_none_or(|(computed, ..)| computed.event.error.is_some())
        {
            // The commit-graph is a cache. Where something is wrong, the objects themselves are asked.
            self.begin_again(false);
            told = self.attempt(index, needs);
        }
        let (computed, listed) = told.unwrap_or_else(|| {
            let mut event = PushEvent::bare(self.updates[index].clone(), index);
            event.error = Some(
                "the history could not be read: an object is damaged in an unexpected way"
                    .to_owned(),
            );
            (
                Computed {
                    event,
                    scan: Scan {
                        bounded: true,
                        ..Scan::default()
                    },
                },
                Vec::new(),
            )
        });
        for node in listed {
            self.listed.insert(node);
        }
        computed
    }

    /// Forgets all that was read, but not what was told.
    fn begin_again(&mut self, use_graph: bool) {
        let mut new = Self::new(
            self.objects,
            self.updates,
            use_graph,
            self.teller.bytes_left(),
        );
        for id in self.history.ids(&self.listed) {
            new.listed.insert(new.history.node(id));
        }
        *self = new;
    }

    /// `None` after a panic.
    fn attempt(&mut self, index: usize, needs: &Needs) -> Option<(Computed, Vec<Node>)> {
        let update = &self.updates[index];
        let told = catch_unwind(AssertUnwindSafe(|| self.tell(update, index, needs)));
        if told.is_err() {
            self.begin_again(self.history.has_graph());
        }
        told.ok()
    }

    fn tell(&mut self, update: &RefUpdate, index: usize, needs: &Needs) -> (Computed, Vec<Node>) {
        let event = PushEvent::bare(update.clone(), index);
        let mut draft = Draft {
            event,
            scan: Scan::default(),
            needs,
            problems: Vec::new(),
        };
        let (old, new) = (self.peel(&update.old), self.peel(&update.new));
        if update.name.kind() == RefKind::Tag {
            draft.event.tag = new
                .as_ref()
                .or(old.as_ref())
                .map(|peeled| tag::facts(&update.name, peeled));
        }
        let told = new.or_else(|| {
            // A deleted branch needs no object; Git may have pruned it by now.
            let old = old.as_ref().filter(|_| draft.event.tag.is_some())?;
            old.kind
                .as_ref()
                .err()
                .into_iter()
                .for_each(|error| draft.problem(error));
            None
        });
        let walked = told.map_or_else(Vec::new, |new| {
            self.tell_tip(&mut draft, old.as_ref(), &new)
        });
        if !draft.problems.is_empty() {
            draft.event.error = Some(draft.problems.join("; "));
        }
        draft.scan.bounded |= !draft.event.total_commits_exact;
        (
            Computed {
                event: draft.event,
                scan: draft.scan,
            },
            walked,
        )
    }

    fn peel(&self, id: &ObjectId) -> Option<Peeled> {
        if id.is_null() {
            return None;
        }
        let repo = self.objects.repo;
        let Some(known) = object::id(repo, id) else {
            // An id of the other hash function names nothing here.
            let null = gix::ObjectId::null(repo.object_hash());
            return Some(Peeled {
                id: null,
                kind: Err(Unreadable::Missing("object", null)),
                outermost: None,
            });
        };
        Some(tag::peel(self.objects, known))
    }

    /// An update after which the ref exists.
    fn tell_tip(&mut self, draft: &mut Draft<'_>, old: Option<&Peeled>, new: &Peeled) -> Vec<Node> {
        if old.is_some() {
            // Until it is shown that the new tip descends from the old one.
            draft.event.change = Change::Forced;
        }
        let before = match old.map(|old| self.commit(old)) {
            Some(Err(error)) => {
                draft.problem(&error);
                None
            }
            other => other.and_then(Result::ok).flatten(),
        };
        let after = match self.commit(new) {
            Ok(Some(after)) => after,
            Ok(None) => return Vec::new(),
            Err(error) => {
                draft.problem(&error);
                return Vec::new();
            }
        };
        let beside_known = old.is_none() || !draft.problems.is_empty();
        self.history.keep(draft.needs.max_commits);
        let mut asked = Asked::new(draft.needs);
        let found = if beside_known {
            self.tell_beside_known(draft, after, &mut asked)
        } else {
            self.tell_beside(draft, before, after, &mut asked)
        };
        if let Some(error) = &found.unreadable {
            draft.problem(error);
        }
        draft.event.shallow |= found.shallow;
        draft.event.total_commits_exact &= found.exact;
        self.tell_commits(draft, after, &found, beside_known, asked);
        if let Some(before) =
            before.filter(|_| draft.needs.all_paths && draft.event.kind() == RefKind::Branch)
        {
            self.teller
                .scan_between(&mut self.history, before, after, &mut draft.scan);
        }
        found.commits
    }

    /// The commit that a tip names, read; `Ok(None)` when it names a tree or a blob.
    fn commit(&mut self, peeled: &Peeled) -> Result<Option<Node>, Unreadable> {
        peeled.kind.clone()?;
        let Some(id) = peeled.commit() else {
            return Ok(None);
        };
        let node = self.history.node(id);
        self.history.links(node).map(|_| Some(node))
    }

    /// A created ref, or one whose old end cannot be read: what no branch and no tag had.
    fn tell_beside_known(
        &mut self,
        draft: &mut Draft<'_>,
        after: Node,
        asked: &mut Asked,
    ) -> Difference {
        let mut known = self.take_known();
        let found = self.walk(after, &mut known, asked);
        if draft.event.kind() == RefKind::Branch {
            let base = merge_base(&mut self.history, after, &found.commits, &known);
            draft.event.base = base.map(|node| object::plain(&self.history.id(node)));
        }
        if !found.commits.is_empty() {
            if let Some(error) = known.unreadable() {
                draft.problem(error);
            }
            if self.refs_unreadable {
                draft.scan.bounded = true;
                draft.problems.push(
                    "the refs cannot be listed: commits may be told that are not new".to_owned(),
                );
            }
        }
        self.known = Some(known);
        found
    }

    /// An updated ref: what `after` has and `before` has not, and the other way round. A `before` that is no commit has
    /// nothing.
    fn tell_beside(
        &mut self,
        draft: &mut Draft<'_>,
        before: Option<Node>,
        after: Node,
        asked: &mut Asked,
    ) -> Difference {
        let mut old = Reach::new(&mut self.history, before);
        let found = self.walk(after, &mut old, asked);
        let history = &mut self.history;
        let Some(before) = before else { return found };
        if let Some(error) = old.unreadable().filter(|_| !found.commits.is_empty()) {
            draft.problem(error);
        }
        if before == after
            || found
                .commits
                .iter()
                .any(|node| history.parents(*node).contains(&before))
        {
            // The new tip descends from the old one: that is how the walk would have come to it.
            draft.event.change = Change::Updated;
            return found;
        }
        let mut new = Reach::new(history, [after]);
        let lost = difference(history, before, &mut new);
        if let Some(error) = &lost.unreadable {
            draft.problem(error);
        }
        if lost.commits.is_empty() {
            draft.event.change = Change::Updated;
            return found;
        }
        let base = merge_base(history, after, &found.commits, &old);
        let event = &mut draft.event;
        event.base = base.map(|node| object::plain(&history.id(node)));
        event.total_discarded = lost.commits.len();
        event.total_commits_exact &= lost.exact;
        event.shallow |= lost.shallow;
        if draft.needs.discarded {
            let newest = lost.commits.iter().take(DISCARDED);
            event.discarded = newest
                .map(|node| object::plain(&history.id(*node)))
                .collect();
        }
        found
    }

    fn walk(&mut self, after: Node, others: &mut Reach, asked: &mut Asked) -> Difference {
        let teller = &self.teller;
        difference_told(&mut self.history, after, others, &mut |history, node| {
            teller.expect(history, node, asked);
        })
    }

    fn take_known(&mut self) -> Reach {
        if let Some(known) = self.known.take() {
            return known;
        }
        let (tips, whole) = refs::before(self.objects.repo, self.updates);
        self.refs_unreadable = !whole;
        let nodes: Vec<Node> = tips.iter().map(|tip| self.history.node(*tip)).collect();
        let mut unreadable = None;
        let commits = nodes.into_iter().zip(tips).filter_map(|(node, tip)| {
            if self.history.links(node).is_ok() {
                return Some(node);
            }
            // Nearly all tips are commits. What could not be read as one is looked at more closely.
            let peeled = tag::peel(self.objects, tip);
            let commit = peeled.commit().map(|id| self.history.node(id));
            unreadable = unreadable.take().or(peeled.kind.err());
            commit
        });
        let commits = commits.collect::<Vec<_>>();
        Reach::with_unreadable(&mut self.history, commits, unreadable)
    }

    /// Lists the commits, counts the distinct ones, scans all of them for the filters, and tells the tip.
    fn tell_commits(
        &mut self,
        draft: &mut Draft<'_>,
        after: Node,
        found: &Difference,
        all_new: bool,
        mut asked: Asked,
    ) {
        let (distinct, new) = self.distinct(&found.commits, all_new);
        let order = oldest_first(&self.history, after, &found.commits);
        draft.event.total_commits = order.len();
        draft.event.total_distinct = new.len();
        asked.expect_again(draft.needs);
        for node in order.iter().rev().take(draft.needs.max_commits) {
            self.teller.expect(&mut self.history, *node, &mut asked);
        }
        let mut commits = Vec::new();
        for (place, node) in order.iter().rev().enumerate() {
            if place < draft.needs.max_commits && self.teller.may_go_on() {
                commits.extend(self.tell_commit(draft, *node, &mut asked, &distinct));
            } else if draft.needs.all_authors || draft.needs.all_paths {
                self.scan(draft, *node);
            } else {
                break;
            }
        }
        commits.reverse();
        draft.event.truncated = commits.len() < order.len();
        let listed = commits
            .last()
            .filter(|newest| newest.id == object::plain(&self.history.id(after)))
            .cloned();
        draft.event.head_commit = listed.or_else(|| {
            let mut aside = Draft {
                event: draft.event.clone(),
                scan: Scan::default(),
                needs: draft.needs,
                problems: Vec::new(),
            };
            let mut asked = Asked::new(&Needs {
                all_paths: false,
                ..*draft.needs
            });
            let head = self.tell_commit(&mut aside, after, &mut asked, &distinct);
            draft.problems.append(&mut aside.problems);
            head
        });
        draft.event.commits = commits;
    }

    fn tell_commit(
        &mut self,
        draft: &mut Draft<'_>,
        node: Node,
        asked: &mut Asked,
        distinct: &Set,
    ) -> Option<Commit> {
        match self
            .teller
            .commit(&mut self.history, node, asked, &mut draft.scan)
        {
            Ok(mut commit) => {
                commit.distinct = distinct.contains(node);
                Some(commit)
            }
            Err(error) => {
                draft.problem(&error);
                None
            }
        }
    }

    /// A commit that is not listed, but that filters look at.
    fn scan(&mut self, draft: &mut Draft<'_>, node: Node) {
        if draft.needs.all_paths && !draft.scan.bounded {
            self.teller.scan(&mut self.history, node, &mut draft.scan);
        }
        if draft.needs.all_authors {
            match self.history.content(node).map(super::commit::author) {
                Ok(author) => drop(draft.scan.authors.insert((author.name, author.email))),
                Err(error) => draft.problem(&error),
            }
        }
    }

    /// The commits that no branch and no tag had before the push, and no earlier event has told.
    fn distinct(&mut self, commits: &[Node], all_new: bool) -> (Set, Vec<Node>) {
        let mut new = commits.to_vec();
        if !all_new && !new.is_empty() {
            let mut known = self.take_known();
            settle(&mut self.history, &mut new, &mut known);
            self.known = Some(known);
        }
        new.retain(|node| !self.listed.contains(*node));
        let mut distinct = Set::default();
        for node in &new {
            distinct.insert(*node);
        }
        (distinct, new)
    }
}
