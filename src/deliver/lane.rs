//! One hook: what the plan says, step by step, until there is nothing to do now.

use super::backlog::Backlog;
use super::destination::Destination;
use super::ending;
use super::plan::{self, Rules, Step, View, Why};
use super::turn::Turn;
use super::{Report, Site, note, with};
use crate::action::Repeats;
use crate::config::{Found, Hook};
use crate::spool::{DeliveryState, Lane as Lock, LaneState, Queued, RecordFile, RecordLine};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// A push that is being read is looked at again so soon.
const LOOK_AGAIN_MS: i64 = 1000;

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

/// What a run of a lane remembers.
pub(super) struct Lane<'a> {
    pub(super) site: &'a Site<'a>,
    pub(super) name: &'a str,
    pub(super) report: &'a Report,
    pub(super) backlog: Backlog,
    /// Deliveries that have had their turn in this run.
    pub(super) tried: BTreeSet<String>,
}

/// Runs the lane until nothing is due. Somebody else's lane is left to them, after `patience`.
pub(super) fn run(
    site: &Site<'_>,
    name: &str,
    backlog: Backlog,
    push: Option<&str>,
    patience: Duration,
    report: &Report,
) {
    let mut lane = Lane {
        site,
        name,
        report,
        backlog,
        tried: BTreeSet::new(),
    };
    let mut until = Patience::new(patience);
    loop {
        let walk = match site.spool.lane(name) {
            Err(error) => {
                return note(
                    report,
                    format!("the lane of `{name}` cannot be locked: {}", error.kind()),
                );
            }
            Ok(None) => None,
            Ok(Some(lock)) => Some(lane.walk(&lock)),
        };
        match walk {
            // A push that was published after the walk and before the lock was given back has found the lane taken.
            Some(Walk::Done) if lane.backlog.is_behind(site.spool) => {}
            Some(Walk::Done | Walk::Unwritable) => break,
            Some(Walk::Unread) | None => {
                if !push.map_or(!lane.backlog.entries.is_empty(), |push| lane.waits(push))
                    || !until.wait()
                {
                    with(report, |r| r.busy = true);
                    break;
                }
            }
        }
    }
    with(report, |r| r.waiting += lane.backlog.entries.len());
}

/// Waits in growing steps, so long and no longer.
struct Patience {
    until: Instant,
    step: Duration,
}

impl Patience {
    fn new(patience: Duration) -> Self {
        Self {
            until: Instant::now() + patience,
            step: Duration::from_millis(4),
        }
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
    /// With the lane's lock.
    fn walk(&mut self, lock: &Lock) -> Walk {
        if let Err(error) = self.backlog.refresh(self.site.spool, self.name) {
            note(
                self.report,
                format!("the records cannot be listed: {}", error.kind()),
            );
            return Walk::Unwritable;
        }
        let mut standing = lock.state();
        // Whatever comes of it: a moment that has passed would keep somebody staying for nothing.
        standing.due_ms = None;
        let walk = match self.site.loaded.find(self.name) {
            Found::Active(hook) => self.steps(hook, lock, &mut standing),
            Found::Broken => Walk::Done,
            Found::Gone => self.cancel(),
        };
        if walk == Walk::Unread {
            let look_again = self.site.carrier.now_ms() + LOOK_AGAIN_MS;
            standing.due_ms = Some(
                standing
                    .due_ms
                    .map_or(look_again, |due| due.min(look_again)),
            );
        }
        lock.save(&standing);
        walk
    }

    fn steps(&mut self, hook: &Hook, lock: &Lock, standing: &mut LaneState) -> Walk {
        let kind = hook.kind;
        let rules = Rules {
            pace: kind.pace,
            digests: kind.digests,
            repeats_count: kind.repeats == Repeats::Count,
        };
        let shared = self.site.loaded.deliver.state_dir.as_deref();
        let destination = hook
            .destination()
            .map(|url| self.site.destinations.at(&url, shared));
        loop {
            let now_ms = self.site.carrier.now_ms();
            let down = destination
                .as_ref()
                .and_then(|destination| destination.down(now_ms));
            let room = |sent: &Vec<i64>| rules.pace.room(sent, now_ms);
            // What went out from here is in both, unless the shared file has got lost or cannot be used.
            let shared_sent = destination.as_ref().and_then(Destination::sent);
            let shared_sent = shared_sent.filter(|shared| room(shared) <= room(&standing.sent));
            let view = View {
                waiting: self.backlog.readable(),
                tried: &self.tried,
                standing,
                sent: shared_sent.as_ref().unwrap_or(&standing.sent),
                down,
                now_ms,
            };
            match plan::next(&view, rules) {
                Step::Send { places, past } => {
                    let turn = Turn {
                        hook,
                        pace: rules.pace,
                        lock,
                        destination: destination.as_ref(),
                        down,
                        past,
                    };
                    if !self.turn(&turn, &places, standing) {
                        return Walk::Unwritable;
                    }
                }
                Step::GiveUp { place } => self.give_up(place),
                Step::Rest { due_ms, why } => {
                    // News come after everything that is known, so they change nothing before this moment.
                    if self
                        .backlog
                        .refresh(self.site.spool, self.name)
                        .unwrap_or(false)
                    {
                        continue;
                    }
                    self.queue(why);
                    standing.due_ms = due_ms;
                    return if self.backlog.unread.is_some() {
                        Walk::Unread
                    } else {
                        Walk::Done
                    };
                }
            }
        }
    }

    /// Notes once, for whoever follows a record, that the turn of its deliveries has not come.
    fn queue(&mut self, why: Option<Why>) {
        let Some(why) = why else { return };
        let (since_ms, interrupted, paced) = match why {
            Why::Down { since_ms } => (since_ms, false, false),
            Why::CutOff { since_ms } => (since_ms, true, false),
            Why::Paced => (self.site.carrier.now_ms(), false, true),
        };
        for (behind, entry) in self.backlog.entries.iter_mut().enumerate() {
            let delivery = &mut entry.delivery;
            if delivery.attempts > 0 || std::mem::replace(&mut delivery.queued, true) {
                continue;
            }
            let delivery = delivery.planned.id.clone();
            let queued = RecordLine::Queued(Queued {
                delivery,
                behind,
                since_ms,
                interrupted,
                paced,
            });
            let _ = self.site.spool.append(&entry.record, &queued);
        }
    }

    /// Nobody is configured for them any more.
    fn cancel(&mut self) -> Walk {
        while !self.backlog.entries.is_empty() {
            if self.unchanged(&[0]).is_none() {
                continue;
            }
            let entry = self.backlog.entries.remove(0);
            let ended = ending::cancelled(&entry.delivery, self.site.carrier.now_ms());
            if self
                .site
                .spool
                .append(&entry.record, &RecordLine::Ended(Box::new(ended)))
                .is_ok()
            {
                let _ = self.site.spool.finish(&entry.record);
            }
        }
        if self.backlog.unread.is_some() {
            Walk::Unread
        } else {
            Walk::Done
        }
    }

    /// Whether a push still has something to do for this hook.
    fn waits(&self, push: &str) -> bool {
        let Ok(RecordFile::Record(record)) = self.site.spool.read(push) else {
            return false;
        };
        record
            .deliveries
            .iter()
            .any(|d| d.planned.hook == self.name && d.state == DeliveryState::Pending && !d.queued)
    }
}
