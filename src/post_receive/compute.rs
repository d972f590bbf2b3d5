//! Computes the events of a push, decides which hooks fire, and gives the deliveries their ids. Used by the hook, and by
//! `drain` for records without events.

use super::fit_event::event_within;
use crate::config::{Hook, Loaded, Per};
use crate::filter::Decision;
use crate::git::{ComputedEvents, Repository};
use crate::outgoing::MessageKind;
use crate::push::{Computed, Push, PushEvent, RefUpdate, Scan};
use crate::spool::{Events, Planned, Record, delivery_id, ref_of};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// At most so many events of one push are computed; the other updates are sent as Git reported them.
const MAX_EVENTS: usize = 1000;

/// Size limit of the events of a record, in bytes.
const MAX_RECORD: usize = 16 << 20;

/// The computed events of a push.
#[derive(Debug)]
pub struct ComputedPush {
    /// For the record.
    pub events: Events,
    /// Refs past `max_refs`, as sentences for the pusher.
    pub omitted: Vec<String>,
}

/// The hooks to decide for.
pub struct Undecided<'a> {
    hooks: Vec<&'a Hook>,
    /// Whether others wait for the repository's file.
    others_wait: bool,
}

impl<'a> Undecided<'a> {
    /// The active hooks, without those that are decided already.
    pub fn new(loaded: &'a Loaded, decided: &[String]) -> Self {
        let hooks = loaded.hooks.iter();
        Self {
            hooks: hooks.filter(|h| !decided.contains(&h.name)).collect(),
            others_wait: loaded.unresolved,
        }
    }

    /// Whether nothing can be decided before the repository's file can be read.
    pub fn is_stuck(&self) -> bool {
        self.others_wait && self.hooks.is_empty()
    }
}

/// Computes the events of a push and its deliveries.
pub fn compute_deliveries(
    repository: &Repository,
    undecided: &Undecided<'_>,
    push: &Push,
) -> ComputedPush {
    let required = required_events(undecided, push);
    let hooks = undecided.hooks.iter();
    let needs = hooks.map(|hook| hook.needs()).reduce(|a, b| a.and(&b));
    let computed = match (needs, required) {
        (Some(mut needs), required @ 1..) => {
            needs.max_refs = required;
            repository.events_of_push(push, &needs)
        }
        _ => ComputedEvents::default(),
    };
    let default_branch = repository.default_branch();
    decide(
        undecided,
        push,
        computed,
        default_branch,
        "its commits were not computed: too many refs in one push",
    )
}

/// The deliveries of one hook for a recorded push, with their events: those that the record has, and others as they are
/// computed now.
pub fn compute_for_hook(repository: &Repository, hook: &Hook, record: &Record) -> Events {
    let hook = Undecided {
        hooks: vec![hook],
        others_wait: false,
    };
    let mut events = compute_deliveries(repository, &hook, &record.push).events;
    let stored = record.events.as_ref().map_or(&[][..], |e| &e.events);
    let names: Vec<_> = stored.iter().map(|event| ref_of(event)).collect();
    for event in &mut events.events {
        let place = names.iter().position(|name| *name == ref_of(event));
        if let Some(place) = place {
            event.clone_from(&stored[place]);
        }
    }
    events
}

/// The same without the repository: the updates as Git reported them, with the reason `why` there is no more.
pub fn compute_without_repository(
    undecided: &Undecided<'_>,
    push: &Push,
    why: &str,
) -> ComputedPush {
    decide(undecided, push, ComputedEvents::default(), None, why)
}

/// How many updates, from the first, must be computed so that every hook has the events that it may fire for.
fn required_events(undecided: &Undecided<'_>, push: &Push) -> usize {
    let last = undecided.hooks.iter().filter_map(|hook| {
        let passes = |update: &RefUpdate| hook.may_fire(push, update);
        let fired = push
            .updates
            .iter()
            .enumerate()
            .filter(|(_, update)| passes(update));
        fired
            .take(hook.max_refs.max(1))
            .last()
            .map(|(index, _)| index + 1)
    });
    last.max().unwrap_or(0).min(MAX_EVENTS)
}

fn decide(
    undecided: &Undecided<'_>,
    push: &Push,
    computed: ComputedEvents,
    branch: Option<String>,
    why: &str,
) -> ComputedPush {
    let push_total_commits = computed.total_distinct;
    let mut computed = computed.events;
    let known = computed.len();
    add_bare_events(push, &mut computed, why);
    let mut plan = Plan {
        push,
        known,
        events: Vec::new(),
        deliveries: Vec::new(),
        omitted: Vec::new(),
    };
    for hook in &undecided.hooks {
        let passes = |c: &&Computed| hook.decide(push, c) == Decision::Fire;
        let fired: Vec<usize> = computed
            .iter()
            .filter(passes)
            .map(|c| c.event.index)
            .collect();
        plan.add(hook, &fired);
    }
    let hooks = undecided.hooks.iter();
    let max_body = hooks.map(|h| h.max_body).max().unwrap_or(0);
    let events = stored_events(&plan.events, computed, max_body);
    ComputedPush {
        events: Events {
            default_branch: branch,
            push_total_commits,
            events,
            deliveries: plan.deliveries,
            hooks: undecided.others_wait.then(|| {
                let hooks = undecided.hooks.iter();
                hooks.map(|hook| hook.name.clone()).collect()
            }),
        },
        omitted: plan.omitted,
    }
}

/// The events that the record keeps, in the order of `used`, each truncated to its share of the record.
fn stored_events(used: &[usize], computed: Vec<Computed>, max_body: usize) -> Vec<Box<RawValue>> {
    let each = max_body.min(MAX_RECORD / used.len().max(1));
    let mut computed: BTreeMap<usize, PushEvent> = computed
        .into_iter()
        .map(|c| (c.event.index, c.event))
        .collect();
    used.iter()
        .filter_map(|index| event_within(computed.remove(index)?, each))
        .collect()
}

/// Adds an event without commits for each update after the computed ones; `why` says why there are none.
fn add_bare_events(push: &Push, computed: &mut Vec<Computed>, why: &str) {
    let known = computed.len();
    for (index, update) in push.updates.iter().enumerate().skip(known) {
        let event = PushEvent {
            error: Some(why.to_owned()),
            ..PushEvent::bare(update.clone(), index)
        };
        computed.push(Computed {
            event,
            scan: Scan {
                bounded: true,
                ..Scan::default()
            },
        });
    }
}

/// Collects the deliveries of a push.
struct Plan<'a> {
    push: &'a Push,
    /// Number of updates with a computed event.
    known: usize,
    /// Indexes of the updates whose events are stored.
    events: Vec<usize>,
    deliveries: Vec<Planned>,
    omitted: Vec<String>,
}

/// The updates past `max_refs` that a hook fires for.
#[derive(Clone, Copy, Default)]
struct Rest<'a> {
    /// Their indexes.
    listed: &'a [usize],
    /// How many more the record does not list.
    unlisted: usize,
}

impl Rest<'_> {
    fn count(self) -> usize {
        self.listed.len() + self.unlisted
    }
}

impl Plan<'_> {
    /// Deliveries of one hook for the updates that it fires for.
    fn add(&mut self, hook: &Hook, fired: &[usize]) {
        let (own, rest) = fired.split_at(fired.len().min(hook.max_refs.max(1)));
        let rest = Rest {
            listed: rest,
            unlisted: self.unlisted(hook),
        };
        match hook.per {
            _ if own.is_empty() => {}
            Per::Push => self.plan(hook, MessageKind::Push, own, rest),
            Per::Ref => {
                for update in own {
                    self.plan(hook, MessageKind::Ref, &[*update], Rest::default());
                }
                if rest.count() > 0 {
                    self.summarize(hook, rest);
                }
            }
        }
    }

    /// How many updates that the record does not list the hook may fire for. For a hook that was added later: all.
    fn unlisted(&self, hook: &Hook) -> usize {
        let Some(unlisted) = &self.push.unlisted else {
            return 0;
        };
        let judged = unlisted.passing.get(&hook.name).copied();
        judged.unwrap_or(unlisted.count)
    }

    /// One summary event for the refs past `max_refs`, if the receiver understands it.
    fn summarize(&mut self, hook: &Hook, rest: Rest<'_>) {
        let understood = hook.parameters.reads_summary()
            && (!hook.parameters.has_template() || hook.parameters.template_reads("updates"));
        if understood {
            self.plan(hook, MessageKind::Summary, &[], rest);
        }
        let treatment = if understood {
            "sent in one summary"
        } else {
            "not sent"
        };
        let (name, limit, n) = (&hook.label, hook.max_refs, rest.count());
        self.omitted.push(format!(
            "{name}: {n} refs past `max_refs` ({limit}) are {treatment}"
        ));
    }

    fn plan(&mut self, hook: &Hook, kind: MessageKind, events: &[usize], rest: Rest<'_>) {
        let updated = events.first().filter(|_| kind == MessageKind::Ref);
        let name = updated.and_then(|index| Some(&self.push.updates.get(*index)?.name));
        let id = delivery_id(self.push, kind, &hook.name, name);
        // If no event was computed, the first update becomes an event all the same: a message needs one.
        let (full, bare): (Vec<usize>, Vec<usize>) =
            events.iter().partition(|index| **index < self.known);
        let (full, bare) = if full.is_empty() {
            bare.split_at(bare.len().min(1))
        } else {
            (&full[..], &bare[..])
        };
        let omitted = rest.unlisted;
        let rest = bare.iter().chain(rest.listed).copied().collect();
        let events = full.iter().map(|index| self.store(*index)).collect();
        self.deliveries.push(Planned {
            id,
            hook: hook.name.clone(),
            kind,
            events,
            rest,
            omitted,
        });
    }

    /// The index of an update's event among the stored ones.
    fn store(&mut self, index: usize) -> usize {
        let place = self.events.iter().position(|stored| *stored == index);
        place.unwrap_or_else(|| {
            self.events.push(index);
            self.events.len() - 1
        })
    }
}

#[cfg(test)]
#[path = "compute_tests.rs"]
mod tests;
