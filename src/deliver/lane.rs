//! Runs one hook: carries out the steps of the plan until nothing is due.

use super::backlog::{Backlog, WaitingDelivery};
use super::destination::Destination;
use super::message::MessagePlan;
use super::outcome;
use super::plan::{self, Down, LaneView, Rules, Step, WaitReason};
use super::{Report, Site, add_problem, update};
use crate::action::{AfterOutage, Repeats};
use crate::config::{Found, Hook};
use crate::push::RefName;
use crate::schedule::{self, Standing};
use crate::spool::{DeliveryState, Lane, LaneState, Queued, RecordFile, RecordLine};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// A push whose events are being computed is checked again after this time.
const RECHECK_MS: i64 = 1000;

/// How a walk over the records ended.
#[derive(PartialEq, Eq)]
enum Walk {
    /// Everything that was due was tried.
    Done,
    /// The events of a push are being computed; later pushes wait for it.
    Unread,
    /// A signal ends the process.
    Stopped,
    /// A line could not be written: without it nothing may be sent.
    Unwritable,
    /// The file of the lock was removed: another process may have the lane now.
    Unlocked,
}

/// The state of a run of a lane.
pub(super) struct LaneRun<'a> {
    pub(super) site: &'a Site<'a>,
    pub(super) name: &'a str,
    pub(super) report: &'a Report,
    pub(super) backlog: Backlog,
    /// Ids of the deliveries that were tried in this run.
    pub(super) tried: BTreeSet<String>,
}

/// Runs the lane until nothing is due. Waits up to `patience` for a lane that another process has locked.
pub(super) fn run(
    site: &Site<'_>,
    name: &str,
    backlog: Backlog,
    push: Option<&str>,
    patience: Duration,
    report: &Report,
) {
    let mut lane = LaneRun {
        site,
        name,
        report,
        backlog,
        tried: BTreeSet::new(),
    };
    let mut until = Backoff::new(patience);
    loop {
        let walk = match site.spool.lane(name) {
            Err(error) => {
                return add_problem(
                    report,
                    format!("the lane of `{name}` cannot be locked: {error}"),
                );
            }
            Ok(None) => None,
            Ok(Some(lock)) => Some(lane.walk(&lock)),
        };
        match walk {
            // A push that was published after the walk and before the unlock found the lane locked.
            Some(Walk::Done) if lane.backlog.has_new_records(site.spool) => {}
            Some(Walk::Unlocked) => {}
            Some(Walk::Done | Walk::Stopped | Walk::Unwritable) => break,
            Some(Walk::Unread) | None => {
                if !push.map_or(!lane.backlog.entries.is_empty(), |push| lane.waits(push))
                    || site.transport.is_stopping()
                    || !until.wait()
                {
                    update(report, |r| r.busy = true);
                    lane.report_stuck();
                    break;
                }
            }
        }
    }
    update(report, |r| r.waiting += lane.backlog.entries.len());
}

/// Why a message was not sent.
fn not_sent(lock: &Lane) -> Walk {
    if lock.is_current() {
        Walk::Unwritable
    } else {
        Walk::Unlocked
    }
}

/// What another lane has found, if it keeps this one from trying.
fn found_down(down: Option<&Down>, now_ms: i64) -> Option<Standing> {
    let down = down.filter(|down| down.until_ms > now_ms)?;
    Some(down.standing())
}

/// Sleeps in growing steps up to a total time.
pub(super) struct Backoff {
    until: Instant,
    step: Duration,
}

impl Backoff {
    pub(super) fn new(patience: Duration) -> Self {
        Self {
            until: Instant::now() + patience,
            step: Duration::from_millis(4),
        }
    }

    /// `false` when the time is over.
    pub(super) fn wait(&mut self) -> bool {
        if Instant::now() + self.step > self.until {
            return false;
        }
        std::thread::sleep(self.step);
        self.step = (self.step * 3 / 2).min(Duration::from_millis(100));
        true
    }
}

impl LaneRun<'_> {
    /// Names the process that holds the lane for too long.
    fn report_stuck(&self) {
        let timeout = self.site.loaded.timeout_of(self.name);
        if let Some(stuck) = self.site.spool.stuck_lane(self.name, timeout) {
            add_problem(self.report, format!("`{}`: {stuck}", self.name));
        }
    }

    /// With the lane's lock.
    fn walk(&mut self, lock: &Lane) -> Walk {
        if let Err(error) = self.backlog.refresh(self.site.spool, self.name) {
            add_problem(
                self.report,
                format!("the records cannot be listed: {error}"),
            );
            return Walk::Unwritable;
        }
        let mut state = lock.state();
        // A time in the past would keep the process that waits for early retries running for nothing.
        state.due_ms = None;
        lock.save(&state);
        let walk = match self.site.loaded.find(self.name) {
            Found::Active(hook) => self.steps(hook, lock, &mut state),
            Found::Broken => Walk::Done,
            Found::Gone => self.cancel(),
        };
        if walk == Walk::Unread {
            let recheck_ms = self.site.transport.now_ms() + RECHECK_MS;
            state.due_ms = Some(state.due_ms.map_or(recheck_ms, |due| due.min(recheck_ms)));
        }
        lock.save_last(&state);
        walk
    }

    fn steps(&mut self, hook: &Hook, lock: &Lane, state: &mut LaneState) -> Walk {
        let kind = hook.kind;
        let rules = Rules {
            pace: kind.pace,
            digests: kind.digests,
            repeats_count: kind.repeats == Repeats::Count,
            retry_for: hook.retry_for,
        };
        self.date();
        let shared = self.site.loaded.deliver.state_dir.as_deref();
        let destination = hook
            .destination()
            .map(|url| self.site.destinations.at(&url, shared));
        if hook.after_outage == AfterOutage::Newest && state.failed_probes.are_outage() {
            self.keep_newest();
        }
        loop {
            let now_ms = self.site.transport.now_ms();
            let down = destination
                .as_ref()
                .and_then(|destination| destination.down(now_ms));
            let room = |sent: &Vec<i64>| rules.pace.room(sent, now_ms);
            // Messages of this repository are in both, unless the shared file is lost or unusable.
            let shared_sent = destination.as_ref().and_then(Destination::sent);
            let shared_sent = shared_sent.filter(|shared| room(shared) <= room(&state.sent));
            let view = LaneView {
                waiting: self.backlog.readable(),
                tried: &self.tried,
                state,
                sent: shared_sent.as_ref().unwrap_or(&state.sent),
                down: down.as_ref(),
                at_once_ms: self.site.destinations.at_once_ms(),
                now_ms,
            };
            match plan::next(&view, rules) {
                Step::Send { .. } | Step::Pause { .. } if self.site.transport.is_stopping() => {
                    return Walk::Stopped;
                }
                Step::Send { places, past } => {
                    let message = MessagePlan {
                        hook,
                        pace: rules.pace,
                        lock,
                        destination: destination.as_ref(),
                        down: down.as_ref(),
                        past,
                    };
                    if !self.send_message(&message, &places, state) {
                        return not_sent(lock);
                    }
                }
                Step::GiveUp { place } => self.give_up(place),
                Step::Pause { until_ms } => self.site.transport.pause(until_ms),
                Step::Expire { places } => self.expire(&places),
                Step::Wait { due_ms, why } => {
                    // New deliveries sort after the known ones, so the earlier steps stay valid.
                    if self
                        .backlog
                        .refresh(self.site.spool, self.name)
                        .unwrap_or(false)
                    {
                        continue;
                    }
                    let standing = found_down(down.as_ref(), now_ms).or_else(|| state.standing());
                    self.queue(why, standing);
                    state.due_ms = due_ms;
                    return self.end_of_walk();
                }
            }
        }
    }

    /// Writes down when deliveries were found whose push was recorded by a wrong clock: else they would have failed already,
    /// or would never.
    fn date(&mut self) {
        let at_ms = self.site.transport.now_ms();
        let is_dated = |since_ms| schedule::is_believable(since_ms, at_ms);
        let wrong = self
            .backlog
            .entries
            .iter_mut()
            .filter(|entry| !is_dated(entry.delivery.since_ms));
        // By such a clock itself, nothing is better.
        for entry in wrong.take_while(|_| is_dated(at_ms)) {
            let delivery = entry.delivery.planned.id.clone();
            let dated = RecordLine::Dated { delivery, at_ms };
            if self.site.spool.append(&entry.record, &dated).is_ok() {
                entry.delivery.since_ms = at_ms;
            }
        }
    }

    /// Cancels what a later delivery for the same ref makes superfluous.
    fn keep_newest(&mut self) {
        let waiting = self.backlog.readable();
        let refs: Vec<_> = waiting.iter().map(|entry| self.only_ref(entry)).collect();
        let now_ms = self.site.transport.now_ms();
        let superseded = plan::superseded(waiting, &refs).into_iter();
        let end = |(place, by): (usize, usize)| {
            let by = &waiting[by].delivery.planned.id;
            (
                place,
                outcome::superseded(&waiting[place].delivery, by, now_ms),
            )
        };
        let (places, ends): (Vec<_>, Vec<_>) = superseded.map(end).unzip();
        self.end_unsent(&places, ends);
    }

    fn only_ref(&self, entry: &WaitingDelivery) -> Option<RefName> {
        match self.site.spool.read(&entry.record) {
            Ok(RecordFile::Record(record)) => {
                let mut refs = record.refs(&entry.delivery.planned).into_iter();
                refs.next().filter(|_| refs.next().is_none())
            }
            _ => None,
        }
    }

    fn end_of_walk(&self) -> Walk {
        // Nobody computes the events of a hook before the repository's file can be read.
        let is_computed_soon = !self.site.loaded.waits_for_file(self.name);
        if self.backlog.unread.is_some() && is_computed_soon {
            Walk::Unread
        } else {
            Walk::Done
        }
    }

    /// Writes once, for the pusher, that a delivery waits for others.
    fn queue(&mut self, why: Option<WaitReason>, standing: Option<Standing>) {
        let Some(why) = why else { return };
        let standing = standing.filter(|_| matches!(why, WaitReason::Down { .. }));
        let (since_ms, interrupted, paced) = match why {
            WaitReason::Down { since_ms } => (since_ms, false, false),
            WaitReason::Interrupted { since_ms } => (since_ms, true, false),
            WaitReason::Paced => (self.site.transport.now_ms(), false, true),
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
                standing: standing.clone(),
            });
            let _ = self.site.spool.append(&entry.record, &queued);
        }
    }

    /// Cancels all deliveries: the hook was removed or disabled.
    fn cancel(&mut self) -> Walk {
        while !self.backlog.entries.is_empty() {
            if self.unchanged(&[0]).is_none() {
                continue;
            }
            let entry = self.backlog.entries.remove(0);
            let ended = outcome::cancelled(&entry.delivery, self.site.transport.now_ms());
            if self
                .site
                .spool
                .append(&entry.record, &RecordLine::Ended(Box::new(ended)))
                .is_ok()
            {
                let _ = self.site.spool.finish(&entry.record);
            }
        }
        self.end_of_walk()
    }

    /// Whether a push has pending deliveries of this hook.
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
