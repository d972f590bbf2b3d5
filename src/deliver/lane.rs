//! One hook: its deliveries, oldest first, until something stops it.

use super::attempt::{self, Facts};
use super::{Report, Site, ending, note, with};
use crate::action::Attempt;
use crate::clock;
use crate::config::{Found, Hook};
use crate::schedule;
use crate::spool::{Delivery, Ended, Line, Outcome, Queued, Read, Record, Started, State};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How a walk over the records ended.
#[derive(PartialEq, Eq)]
enum Walk {
    /// Everything that was due has been tried.
    Done,
    /// A push is still being read; what comes after it must wait for it.
    Unread,
    /// A line could not be written: without it nothing may be sent.
    Unwritable,
}

/// What a walk remembers.
struct Lane<'a> {
    site: &'a Site<'a>,
    name: &'a str,
    report: &'a Report,
    /// Deliveries that have had their turn in this run.
    tried: BTreeSet<String>,
    /// Newest record that a walk has seen.
    newest: String,
}

/// Runs the lane until nothing is due. Somebody else's lane is left to them, after `patience`.
pub(super) fn run(site: &Site<'_>, name: &str, push: Option<&str>, patience: Duration, report: &Report) {
    let mut lane = Lane { site, name, report, tried: BTreeSet::new(), newest: String::new() };
    let mut until = Patience::new(patience);
    loop {
        let walk = match site.spool.lane(name) {
            Err(error) => return note(report, format!("the lane of `{name}` cannot be locked: {}", error.kind())),
            Ok(None) => None,
            Ok(Some(_lock)) => Some(lane.walk()),
        };
        match walk {
            // A push that was published after the walk and before the lock was given back has found the lane taken.
            Some(Walk::Done) if lane.has_news() => {}
            Some(Walk::Done | Walk::Unwritable) => return,
            Some(Walk::Unread) | None => {
                if !push.is_some_and(|push| lane.waits(push)) || !until.wait() {
                    return with(report, |r| r.busy = true);
                }
            }
        }
    }
}

/// Waits in growing steps, so long and no longer.
struct Patience {
    until: Instant,
    step: Duration,
}

impl Patience {
    fn new(patience: Duration) -> Self {
        Self { until: Instant::now() + patience, step: Duration::from_millis(4) }
    }

    fn wait(&mut self) -> bool {
        if Instant::now() + self.step > self.until {
            return false;
        }
        std::thread::sleep(self.step);
        self.step = (self.step * 3 / 2).min(Duration::from_millis(100));
        true
    }
}

impl Lane<'_> {
    fn walk(&mut self) -> Walk {
        // Behind how many, and since when, once something has stopped the lane.
        let (mut waiting, mut stopped) = (0, None);
        for id in self.site.spool.pending().unwrap_or_default() {
            self.newest.clone_from(&id);
            let Ok(Read::Record(record)) = self.site.spool.read(&id) else { continue };
            if record.events.is_none() {
                return Walk::Unread;
            }
            let mut ended = false;
            let name = self.name;
            for delivery in record.deliveries.iter().filter(|d| d.planned.hook == name) {
                if delivery.state != State::Pending {
                    continue;
                }
                if let Some(stop) = stopped {
                    self.queue(&id, delivery, waiting, stop);
                } else if !self.tried.contains(&delivery.planned.id) {
                    match self.turn(&record, delivery) {
                        Turn::Ended => {
                            ended = true;
                            continue;
                        }
                        Turn::PassedOver => {}
                        Turn::Stops(stop) => stopped = Some(stop),
                        Turn::Unwritable => return Walk::Unwritable,
                    }
                }
                waiting += 1;
            }
            if ended && matches!(self.site.spool.read(&id), Ok(Read::Record(record)) if record.is_finished()) {
                let _ = self.site.spool.finish(&id);
            }
        }
        with(self.report, |r| r.waiting += waiting);
        Walk::Done
    }

    /// The oldest delivery's turn: it is tried, or not due, or cancelled.
    fn turn(&mut self, record: &Record, delivery: &Delivery) -> Turn {
        let hook = match self.site.loaded.find(self.name) {
            Found::On(hook) => hook,
            Found::Broken => return Turn::PassedOver,
            Found::Gone => return self.write(record, ending::cancelled(delivery, clock::now_ms())),
        };
        let due = match delivery.open_since_ms {
            Some(at) => Some(schedule::after_crash(&delivery.planned.id, delivery.failures + 1, at)),
            None => delivery.next_attempt_ms,
        };
        if due.is_some_and(|due| due > clock::now_ms()) {
            let stops = delivery.whole_hook || delivery.open_since_ms.is_some();
            let since = delivery.failing_since_ms.or(delivery.open_since_ms).unwrap_or(delivery.since_ms);
            let cut_off = delivery.open_since_ms.is_some();
            return if stops { Turn::Stops(Stop { since_ms: since, cut_off }) } else { Turn::PassedOver };
        }
        self.attempt(record, delivery.clone(), hook)
    }

    fn attempt(&mut self, record: &Record, mut delivery: Delivery, hook: &Hook) -> Turn {
        let Some(events) = &record.events else { return Turn::PassedOver };
        self.tried.insert(delivery.planned.id.clone());
        loop {
            let now_ms = clock::now_ms();
            delivery.start(now_ms);
            let id = delivery.planned.id.clone();
            let started = Started { delivery: id, attempt: delivery.attempts, at_ms: now_ms };
            if let Err(error) = self.site.spool.append(&record.id, &Line::Started(started)) {
                note(self.report, format!("nothing is sent for `{}`: {}", self.name, error.kind()));
                return Turn::Unwritable;
            }
            let simplify = delivery.simplify;
            let attempt = Attempt { now_ms, number: delivery.attempts, simplify };
            let facts = Facts { push: &record.push, events, planned: &delivery.planned };
            let tried = attempt::make(self.site, hook, facts, attempt);
            let ended = ending::ended(hook, &delivery, tried, simplify, clock::now_ms());
            if ended.outcome == Outcome::Simplify {
                let _ = self.site.spool.append(&record.id, &Line::Ended(Box::new(ended)));
                (delivery.simplify, delivery.open_since_ms) = (true, None);
                continue;
            }
            return self.write(record, ended);
        }
    }

    /// Writes the end of an attempt. If that fails the delivery will be repeated: at least once is what is promised.
    fn write(&self, record: &Record, ended: Ended) -> Turn {
        let (outcome, at_ms, whole_hook) = (ended.outcome, ended.at_ms, ended.whole_hook);
        if let Err(error) = self.site.spool.append(&record.id, &Line::Ended(Box::new(ended))) {
            note(self.report, format!("the end of a delivery to `{}` is not recorded: {}", self.name, error.kind()));
        }
        match outcome {
            Outcome::Deferred if whole_hook => Turn::Stops(Stop { since_ms: at_ms, cut_off: false }),
            Outcome::Deferred | Outcome::Simplify => Turn::PassedOver,
            Outcome::Failed => {
                self.site.spool.note_failure(at_ms);
                with(self.report, |r| r.failed += 1);
                Turn::Ended
            }
            Outcome::Delivered | Outcome::Accepted | Outcome::Cancelled => Turn::Ended,
        }
    }

    /// Notes once, for whoever follows the record, that its turn has not come.
    fn queue(&self, id: &str, delivery: &Delivery, behind: usize, stop: Stop) {
        if !delivery.queued {
            let delivery = delivery.planned.id.clone();
            let Stop { since_ms, cut_off } = stop;
            let _ = self.site.spool.append(id, &Line::Queued(Queued { delivery, behind, since_ms, cut_off }));
        }
    }

    fn has_news(&self) -> bool {
        self.site.spool.pending().is_ok_and(|ids| ids.last().is_some_and(|id| *id > self.newest))
    }

    /// Whether a push still has something to do for this hook.
    fn waits(&self, push: &str) -> bool {
        let Ok(Read::Record(record)) = self.site.spool.read(push) else { return false };
        record.deliveries.iter().any(|d| d.planned.hook == self.name && d.state == State::Pending && !d.queued)
    }
}

/// Why a lane stands still, as far as people are told.
#[derive(Clone, Copy)]
struct Stop {
    since_ms: i64,
    cut_off: bool,
}

/// What came of a delivery's turn.
enum Turn {
    /// It is no longer pending.
    Ended,
    /// It waits, the others need not.
    PassedOver,
    /// It waits, and so do all after it.
    Stops(Stop),
    /// See [`Walk::Unwritable`].
    Unwritable,
}
