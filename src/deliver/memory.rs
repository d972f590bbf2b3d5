//! Sends the deliveries of a push that could not be recorded: one attempt each, within the time that a push may take.

use super::Site;
use super::attempt::{self, Facts};
use super::outcome::{self, AttemptContext};
use crate::action::Attempt;
use crate::clock;
use crate::config::Hook;
use crate::push::Push;
use crate::spool::{Delivery, Ended, Events, Outcome};
use std::collections::BTreeMap;
use std::sync::mpsc::Sender;
use std::time::Instant;

/// A push without a record.
#[derive(Clone, Copy)]
struct Unrecorded<'a> {
    site: Site<'a>,
    push: &'a Push,
    events: &'a Events,
    until: Instant,
}

/// Makes one attempt for each delivery, hooks in parallel, each hook's in order, and hands every end to `ends`. A hook
/// that is in trouble, or out of time, is given up; what it does not get is not reported.
pub fn send_from_memory(
    site: Site<'_>,
    push: &Push,
    events: &Events,
    until: Instant,
    ends: &Sender<Ended>,
) {
    let mut lanes: BTreeMap<&str, Vec<Delivery>> = BTreeMap::new();
    for planned in &events.deliveries {
        lanes
            .entry(&planned.hook)
            .or_default()
            .push(Delivery::new(planned, push.time_ms));
    }
    let unrecorded = Unrecorded {
        site,
        push,
        events,
        until,
    };
    std::thread::scope(|scope| {
        for (name, deliveries) in &lanes {
            let Some(hook) = site.loaded.hooks.iter().find(|h| h.name == *name) else {
                continue;
            };
            let ends = ends.clone();
            let for_thread = ends.clone();
            let lane = move || unrecorded.lane(hook, deliveries, &for_thread);
            if std::thread::Builder::new()
                .spawn_scoped(scope, lane)
                .is_err()
            {
                // No more threads: one hook after the other, then.
                unrecorded.lane(hook, deliveries, &ends);
            }
        }
    });
}

impl Unrecorded<'_> {
    fn lane(&self, hook: &Hook, deliveries: &[Delivery], ends: &Sender<Ended>) {
        for delivery in deliveries {
            if Instant::now() > self.until {
                return;
            }
            let ended = self.attempt(hook, delivery.clone());
            let stops = ended.outcome == Outcome::Deferred && ended.whole_hook;
            if ends.send(ended).is_err() || stops {
                return;
            }
        }
    }

    /// One attempt, and one in the plain form if the receiver asks for that.
    fn attempt(&self, hook: &Hook, mut delivery: Delivery) -> Ended {
        loop {
            let now_ms = clock::now_ms();
            delivery.start(now_ms);
            let attempt = Attempt {
                now_ms,
                number: delivery.attempts,
                simplify: delivery.simplify,
            };
            let facts = Facts {
                push: self.push,
                events: self.events,
                planned: &delivery.planned,
            };
            let outgoing = attempt::outgoing(&self.site, hook, facts);
            let result = attempt::make(hook, outgoing, attempt);
            let context = AttemptContext {
                hook,
                failures: 0,
                keep: self.site.loaded.deliver.keep,
                is_clock_trusted: false,
                digest: 0,
                at_ms: clock::now_ms(),
            };
            let (ended, _) = outcome::conclude(context, &delivery, &result);
            if ended.outcome != Outcome::Simplify {
                return ended;
            }
            delivery.end(&ended);
        }
    }
}
