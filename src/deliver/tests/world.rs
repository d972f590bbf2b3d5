//! An invented world of receivers and time.

use crate::action::{Attempt, Verdict};
use crate::config::Hook;
use crate::deliver::outcome::{AttemptResult, Stage};
use crate::deliver::transport::Transport;
use crate::outgoing::{MessageKind, Outgoing};
use crate::push::Push;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::resume_unwind;
use std::sync::Mutex;

/// The hooks of the model, by the place of their moods.
pub(super) const HOOKS: [&str; 2] = ["web", "bot"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    Takes,
    /// Says that it cannot now.
    Busy,
    /// Takes the request and never answers: what came of it is not known.
    Hangs,
    /// Will never take anything.
    Refuses,
    /// Cannot take pushes with an odd number, and takes the others.
    Poisoned,
    /// Refuses pushes with an odd number for good, also within a message for several.
    Picky,
}

/// One attempt, as the receiver has seen it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) hook: String,
    pub(super) at_ms: i64,
    /// Number of each push that it received.
    pub(super) pushes: Vec<usize>,
    pub(super) end: Ending,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Taken,
    Deferred,
    Unknown,
    Refused,
    Died,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) now_ms: Mutex<i64>,
    /// When the machine was started.
    pub(super) started_ms: Mutex<i64>,
    pub(super) moods: Mutex<[Mood; 2]>,
    pub(super) dies: Mutex<Option<bool>>,
    pub(super) seen: Mutex<Vec<Seen>>,
    /// Delivery ids by hook and push.
    pub(super) ids: Mutex<BTreeMap<(String, usize), BTreeSet<String>>>,
}

/// The number of a push stands in its ref.
pub(super) fn number(push: &Push) -> usize {
    push.updates[0]
        .name
        .display()
        .rsplit('/')
        .next()
        .unwrap()
        .parse()
        .unwrap()
}

impl World {
    fn see(&self, hook: &Hook, pushes: Vec<usize>, end: Ending) {
        self.seen.lock().unwrap().push(Seen {
            hook: hook.name.clone(),
            at_ms: self.now_ms(),
            pushes,
            end,
        });
    }
}

impl Transport for World {
    fn now_ms(&self) -> i64 {
        *self.now_ms.lock().unwrap()
    }

    fn uptime_ms(&self) -> i64 {
        self.now_ms() - *self.started_ms.lock().unwrap()
    }

    fn is_stopping(&self) -> bool {
        false
    }

    fn pause(&self, until_ms: i64) {
        let mut now_ms = self.now_ms.lock().unwrap();
        *now_ms = until_ms.max(*now_ms);
    }

    fn send(&self, hook: &Hook, outgoing: Result<Outgoing, String>, _: Attempt) -> AttemptResult {
        let outgoing = outgoing.unwrap();
        let pushes: Vec<usize> = match outgoing.kind {
            MessageKind::Digest => outgoing.backlog.iter().map(|w| number(&w.push)).collect(),
            _ => vec![number(&outgoing.push)],
        };
        let key = (hook.name.clone(), pushes[0]);
        self.ids
            .lock()
            .unwrap()
            .entry(key)
            .or_default()
            .insert(outgoing.delivery.clone());
        let dies = self.dies.lock().unwrap().take();
        if let Some(after) = dies {
            self.see(
                hook,
                pushes,
                if after { Ending::Taken } else { Ending::Died },
            );
            resume_unwind(Box::new("died"));
        }
        let mood = self.moods.lock().unwrap()[HOOKS.iter().position(|h| **h == hook.name).unwrap()];
        let odd = pushes.iter().any(|n| n % 2 == 1);
        let ending = match mood {
            Mood::Busy => Ending::Deferred,
            Mood::Hangs => Ending::Unknown,
            Mood::Poisoned if odd => Ending::Deferred,
            Mood::Refuses => Ending::Refused,
            Mood::Picky if odd => Ending::Refused,
            _ => Ending::Taken,
        };
        self.see(hook, pushes, ending);
        let why = String::new();
        let verdict = match ending {
            Ending::Taken => Verdict::Delivered { note: why },
            Ending::Deferred => Verdict::Deferred {
                why,
                after: None,
                unknown: false,
            },
            Ending::Unknown => return AttemptResult::deferred(why, true, Stage::Unanswered),
            Ending::Refused | Ending::Died => Verdict::Failed { why },
        };
        AttemptResult::answered(verdict, false)
    }
}
