//! A backlog as people think of it: each push once, however many deliveries it has, and each ref of it once. Knows no
//! words.

use crate::outgoing::{Outgoing, Waiting};
use crate::push::{Change, Push, PushEvent, RefKind, RefName, RefUpdate};
use std::collections::{BTreeMap, BTreeSet};

/// An update, with its event where there is one.
#[derive(Clone, Copy)]
pub(super) struct Moved<'a> {
    pub(super) update: &'a RefUpdate,
    pub(super) event: Option<&'a PushEvent>,
}

/// One push.
pub(super) struct Pushed<'a> {
    pub(super) push: &'a Push,
    pub(super) time: &'a str,
    pub(super) refs: Vec<Moved<'a>>,
}

/// Commits that are new, and whether that is all of them.
#[derive(Clone, Copy)]
pub(super) struct Commits {
    pub(super) distinct: usize,
    pub(super) exact: bool,
}

/// Who pushed: indices of [`Backlog::people`], and whether it is unknown of some push.
#[derive(Default)]
pub(super) struct Who {
    pub(super) known: BTreeSet<usize>,
    pub(super) unknown: bool,
}

/// What happened to one ref.
pub(super) struct Moves<'a> {
    pub(super) name: &'a RefName,
    pub(super) pushes: usize,
    pub(super) recovered: usize,
    pub(super) commits: Commits,
    /// What is more than an update, how often; the latest last.
    pub(super) changes: Vec<(Change, usize)>,
    pub(super) who: Who,
}

/// All of it.
pub(super) struct DigestBacklog<'a> {
    /// Oldest first.
    pub(super) pushes: Vec<Pushed<'a>>,
    /// In the order of events: the default branch, branches, tags, others, by name.
    pub(super) refs: Vec<Moves<'a>>,
    /// One push of each person, in the order of their first ones.
    pub(super) people: Vec<&'a Push>,
    pub(super) who: Who,
    pub(super) commits: Commits,
    pub(super) recovered: usize,
}

impl Commits {
    const NONE: Self = Self {
        distinct: 0,
        exact: true,
    };

    fn add(&mut self, moved: &Moved<'_>) {
        if let Some(event) = moved.event {
            self.distinct = self.distinct.saturating_add(event.total_distinct);
            self.exact &= event.total_commits_exact;
        }
    }
}

impl Who {
    fn add(&mut self, person: Option<usize>) {
        match person {
            Some(person) => _ = self.known.insert(person),
            None => self.unknown = true,
        }
    }
}

impl Moved<'_> {
    /// What happened, as a list shows it: a tag that moves is `Forced`, another ref outside of branches is
    /// `Updated`, and a branch that cannot be read is not called rewritten.
    fn change(&self, kind: RefKind) -> Change {
        let change = self
            .event
            .map_or_else(|| self.update.change(), |event| event.change);
        let readable = self.event.is_some_and(|event| event.error.is_none());
        match (change, kind) {
            (Change::Updated | Change::Forced, RefKind::Tag) => Change::Forced,
            (Change::Forced, RefKind::Other) => Change::Updated,
            (Change::Forced, RefKind::Branch) if !readable => Change::Updated,
            (change, _) => change,
        }
    }
}

impl<'a> Moves<'a> {
    fn none(name: &'a RefName) -> Self {
        let (changes, who) = (Vec::new(), Who::default());
        Self {
            name,
            pushes: 0,
            recovered: 0,
            commits: Commits::NONE,
            changes,
            who,
        }
    }

    fn add(&mut self, moved: &Moved<'_>, push: &Push, person: Option<usize>) {
        self.pushes += 1;
        self.recovered += usize::from(push.recovered);
        self.commits.add(moved);
        self.who.add(person);
        let change = moved.change(self.name.kind());
        if change != Change::Updated {
            let before = self
                .changes
                .iter()
                .position(|(c, _)| *c == change)
                .map(|at| self.changes.remove(at).1);
            self.changes.push((change, before.unwrap_or(0) + 1));
        }
    }
}

impl<'a> DigestBacklog<'a> {
    pub(super) fn new(out: &'a Outgoing) -> Self {
        let pushes = pushes(&out.backlog);
        let (mut persons, mut people) = (BTreeMap::new(), Vec::new());
        let (mut places, mut refs) = (BTreeMap::new(), Vec::<Moves<'a>>::new());
        let (mut who, mut commits) = (Who::default(), Commits::NONE);
        for Pushed {
            push, refs: moved, ..
        } in &pushes
        {
            let person = login(push).map(|login| {
                *persons.entry(login).or_insert_with(|| {
                    people.push(*push);
                    people.len() - 1
                })
            });
            who.add(person);
            for moved in moved {
                let name = &moved.update.name;
                let at = *places.entry(name).or_insert_with(|| {
                    refs.push(Moves::none(name));
                    refs.len() - 1
                });
                refs[at].add(moved, push, person);
                commits.add(moved);
            }
        }
        let default = out
            .project
            .default_branch
            .as_ref()
            .map(|branch| RefName::new(format!("refs/heads/{branch}")));
        refs.sort_by_key(|moves| {
            (
                default.as_ref() != Some(moves.name),
                moves.name.kind(),
                moves.name,
            )
        });
        let recovered = pushes.iter().filter(|pushed| pushed.push.recovered).count();
        Self {
            pushes,
            refs,
            people,
            who,
            commits,
            recovered,
        }
    }
}

/// The name of the pusher, if it is known who pushed.
fn login(push: &Push) -> Option<&str> {
    let names = [push.pusher.username.as_str(), push.pusher.name.as_str()];
    names
        .into_iter()
        .find(|name| !name.is_empty() && !push.recovered)
}

fn pushes(backlog: &[Waiting]) -> Vec<Pushed<'_>> {
    let (mut places, mut pushes) = (BTreeMap::new(), Vec::<Pushed<'_>>::new());
    let mut seen = BTreeSet::new();
    for Waiting {
        push,
        time,
        events,
        rest,
    } in backlog
    {
        let at = *places.entry(push.id.as_str()).or_insert_with(|| {
            pushes.push(Pushed {
                push,
                time,
                refs: Vec::new(),
            });
            pushes.len() - 1
        });
        let computed = events.iter().map(|event| Moved {
            update: &event.update,
            event: Some(event),
        });
        let bare = rest.iter().map(|update| Moved {
            update,
            event: None,
        });
        pushes[at].refs.extend(
            computed
                .chain(bare)
                .filter(|moved| seen.insert((at, &moved.update.name))),
        );
    }
    pushes
}
