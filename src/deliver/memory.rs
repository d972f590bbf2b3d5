//! Delivering what could not be recorded: now or never, within the time that a push may take.

use super::Site;
use super::attempt::{self, Facts};
use super::ending::{self, Made};
use crate::action::Attempt;
use crate::clock;
use crate::push::Push;
use crate::spool::{Delivery, Ended, Events, Outcome};
use std::collections::BTreeMap;
use std::sync::mpsc::Sender;
use std::time::Instant;

/// Makes one attempt for each delivery, hooks in parallel, each hook's in order, and hands every end to `ends`. A hook
/// that is in trouble, or out of time, is given up; what it does not get is not reported.
pub fn from_memory(site: Site<'_>, push: &Push, events: &Events, until: Instant, ends: &Sender<Ended>) {
    let mut lanes: BTreeMap<&str, Vec<Delivery>> = BTreeMap::new();
    for planned in &events.deliveries {
        lanes.entry(&planned.hook).or_default().push(Delivery::new(planned, push.time_ms));
    }
    std::thread::scope(|scope| {
        for (name, deliveries) in lanes {
            let Some(hook) = site.loaded.hooks.iter().find(|h| h.name == name) else { continue };
            let ends = ends.clone();
            let lane = move || {
                for mut delivery in deliveries {
                    loop {
                        if Instant::now() > until {
                            return;
                        }
                        let now_ms = clock::now_ms();
                        delivery.start(now_ms);
                        let simplify = delivery.simplify;
                        let attempt = Attempt { now_ms, number: delivery.attempts, simplify };
                        let outgoing =
                            attempt::outgoing(&site, hook, Facts { push, events, planned: &delivery.planned });
                        let meaning = ending::meaning(attempt::make(hook, outgoing, attempt), simplify);
                        let made = Made { hook, failures: 0, digest: 0, at_ms: clock::now_ms() };
                        let (ended, _) = ending::ended(made, &delivery, &meaning);
                        if ended.outcome == Outcome::Simplify {
                            (delivery.simplify, delivery.open_since_ms) = (true, None);
                            continue;
                        }
                        let stops = ended.outcome == Outcome::Deferred && ended.whole_hook;
                        if ends.send(ended).is_err() || stops {
                            return;
                        }
                        break;
                    }
                }
            };
            let _ = std::thread::Builder::new().spawn_scoped(scope, lane);
        }
    });
}
