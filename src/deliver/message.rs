//! Sends one message of a lane, from the `started` lines to the `ended` lines.

use super::attempt::{self, Facts};
use super::backlog::WaitingDelivery;
use super::destination::{Destination, move_sent_time};
use super::lane::LaneRun;
use super::outcome::{self, AttemptContext};
use super::plan::{Down, Health, apply_health};
use super::{add_problem, update};
use crate::action::Attempt;
use crate::config::Hook;
use crate::outgoing::Outgoing;
use crate::schedule::{Obstacle, Pace};
use crate::spool::{
    DeliveryState, Ended, Lane, LaneState, Outcome, Record, RecordFile, RecordLine, Started,
    time_of_id,
};

/// When the time limit of an attempt has passed by this, another process may probe the same destination.
const LEASE_MS: i64 = 2000;

/// What a message is sent with.
#[derive(Clone, Copy)]
pub(super) struct MessagePlan<'a> {
    pub(super) hook: &'a Hook,
    pub(super) pace: Pace,
    pub(super) lock: &'a Lane,
    pub(super) destination: Option<&'a Destination<'a>>,
    /// What was known of the destination when the message was planned.
    pub(super) down: Option<&'a Down>,
    /// The index of the oldest delivery, if this message is tried before it.
    pub(super) past: Option<usize>,
}

impl LaneRun<'_> {
    /// Sends the deliveries at these indexes in one message, unless they have changed since they were planned. `false`: their
    /// start cannot be written, or the lane is not locked any more, and nothing was sent.
    pub(super) fn send_message(
        &mut self,
        plan: &MessagePlan<'_>,
        places: &[usize],
        state: &mut LaneState,
    ) -> bool {
        let Some(mut records) = self.unchanged(places) else {
            return true;
        };
        // Of many repositories with the same failing receiver one probes it.
        let probed = plan.destination.filter(|_| state.failures > 0);
        let _probe = probed.map(Destination::probe);
        let found = probed.and_then(|destination| destination.down(self.site.transport.now_ms()));
        if found.is_some() && plan.down.is_none() {
            return true;
        }
        if !plan.lock.is_current() {
            return false;
        }
        let now_ms = self.site.transport.now_ms();
        if !self.reserve(plan, state, now_ms) {
            return true;
        }
        // If the disk fills up, only the deliveries whose start is written are sent.
        let started = places
            .iter()
            .take_while(|place| self.start(**place, now_ms))
            .count();
        let places = &places[..started];
        records.truncate(started);
        if places.is_empty() {
            return false;
        }
        let (ends, health, obstacle) = self.send(plan.hook, places, records, state.failures);
        let at_ms = self.site.transport.now_ms();
        move_sent_time(&mut state.sent, now_ms, at_ms);
        apply_health(state, health, self.site.transport.uptime_ms(), at_ms);
        if matches!(health, Health::Down { .. } | Health::Held { .. }) {
            self.note_obstacle(obstacle, places, state);
        }
        if let Some(destination) = plan.destination {
            destination.report_health(health, state, (now_ms, at_ms));
        }
        plan.lock.save(state);
        if let (Some(past), Health::Up) = (plan.past, health) {
            self.send_alone(past, at_ms);
        }
        self.record_ends(places, ends);
        true
    }

    /// The records of the deliveries at these indexes. `None` when one of them has changed; the backlog is updated then.
    pub(super) fn unchanged(&mut self, places: &[usize]) -> Option<Vec<Record>> {
        let mut records = Vec::with_capacity(places.len());
        for place in places {
            let entry = &self.backlog.entries[*place];
            let id = &entry.delivery.planned.id;
            let record = match self.site.spool.read(&entry.record) {
                Ok(RecordFile::Record(record)) if record.events.is_some() => record,
                _ => return self.drop_entry(*place),
            };
            match record.deliveries.iter().find(|d| d.planned.id == *id) {
                Some(now) if now.state != DeliveryState::Pending => return self.drop_entry(*place),
                Some(now) if *now == entry.delivery => records.push(*record),
                Some(now) => {
                    self.backlog.entries[*place].delivery = now.clone();
                    return None;
                }
                None => return self.drop_entry(*place),
            }
        }
        Some(records)
    }

    fn drop_entry<T>(&mut self, place: usize) -> Option<T> {
        self.backlog.entries.remove(place);
        None
    }

    /// Counts the message towards the rate limit; `false` when the limit is reached after all.
    fn reserve(&self, plan: &MessagePlan<'_>, state: &mut LaneState, now_ms: i64) -> bool {
        let lease_ms = i64::try_from(plan.hook.timeout.as_millis()).unwrap_or(0) + LEASE_MS;
        // The process that waits for early retries checks again if this one dies.
        state.due_ms = Some(now_ms + lease_ms);
        match plan.destination.map_or(Ok(true), |destination| {
            destination.reserve(plan.pace, plan.down, now_ms, lease_ms)
        }) {
            Ok(true) => {}
            Ok(false) => return false,
            Err(error) => add_problem(self.report, format!("`state_dir` cannot be used: {error}")),
        }
        if plan.pace.is_limited() {
            // Before it is sent: if this process dies, the message may have been sent.
            plan.pace.forget(&mut state.sent, now_ms);
            state.sent.push(now_ms);
        }
        plan.lock.save(state);
        true
    }

    /// Writes the start of an attempt. Nothing may be sent without it.
    fn start(&mut self, place: usize, now_ms: i64) -> bool {
        let entry = &mut self.backlog.entries[place];
        entry.delivery.start(now_ms);
        let (delivery, attempt) = (entry.delivery.planned.id.clone(), entry.delivery.attempts);
        self.tried.insert(delivery.clone());
        let started = RecordLine::Started(Started {
            delivery,
            attempt,
            at_ms: now_ms,
        });
        let written = self.site.spool.append(&entry.record, &started);
        if let Err(error) = &written {
            add_problem(
                self.report,
                format!("nothing is sent for `{}`: {}", self.name, error),
            );
        }
        written.is_ok()
    }

    /// Notes for people why the hook cannot deliver, and whether it is for one event alone.
    fn note_obstacle(&self, obstacle: Obstacle, places: &[usize], state: &mut LaneState) {
        state.obstacle = Some(obstacle);
        let pushed = |place: usize| time_of_id(&self.backlog.entries[place].delivery.planned.id);
        let event_ms = Some(pushed(places[0]));
        if state.failures <= 1 {
            (state.event_ms, state.several_events) = (event_ms, false);
        }
        state.several_events |= places.len() > 1 || state.event_ms != event_ms;
    }

    /// Sends the message, and once more in the plain form if the receiver refuses the rich one. Returns the end of each
    /// delivery.
    fn send(
        &mut self,
        hook: &Hook,
        places: &[usize],
        records: Vec<Record>,
        failures: u32,
    ) -> (Vec<Ended>, Health, Obstacle) {
        let digest = if places.len() > 1 { places.len() } else { 0 };
        let mut outgoing = self.outgoing(hook, places, records);
        loop {
            let delivery = &self.backlog.entries[places[0]].delivery;
            let now_ms = delivery
                .open_since_ms
                .unwrap_or_else(|| self.site.transport.now_ms());
            let attempt = Attempt {
                now_ms,
                number: delivery.attempts,
                simplify: delivery.simplify,
            };
            let result = self.site.transport.send(hook, outgoing.clone(), attempt);
            let context = AttemptContext {
                hook,
                failures,
                keep: self.site.loaded.deliver.keep,
                is_clock_trusted: self.site.is_clock_trusted,
                digest,
                at_ms: self.site.transport.now_ms(),
            };
            let end = |place: &usize| {
                outcome::conclude(context, &self.backlog.entries[*place].delivery, &result)
            };
            let (ends, healths): (Vec<Ended>, Vec<Health>) = places.iter().map(end).unzip();
            if !result.is_simplify() {
                return (ends, healths[0], result.obstacle);
            }
            self.record_ends(places, ends);
            if !places.iter().all(|place| self.start(*place, context.at_ms)) {
                outgoing = Err("the start of another attempt cannot be written".to_owned());
            }
        }
    }

    /// The content of the message. Each record is dropped as soon as it is read: together they may be large.
    fn outgoing(
        &self,
        hook: &Hook,
        places: &[usize],
        records: Vec<Record>,
    ) -> Result<Outgoing, String> {
        let missing = || "the stored event is missing".to_owned();
        let several = places.len() > 1;
        let (mut oldest, mut members) = (None, Vec::new());
        for (place, record) in places.iter().zip(records) {
            let planned = &self.backlog.entries[*place].delivery.planned;
            let events = record.events.as_ref().ok_or_else(missing)?;
            let facts = Facts {
                push: &record.push,
                events,
                planned,
            };
            if !several {
                return attempt::outgoing(self.site, hook, facts);
            }
            members.push(attempt::member(self.site, hook, facts)?);
            oldest.get_or_insert((record, planned));
        }
        let (record, planned) = oldest.ok_or_else(missing)?;
        let events = record.events.as_ref().ok_or_else(missing)?;
        let facts = Facts {
            push: &record.push,
            events,
            planned,
        };
        attempt::digest(self.site, hook, facts, members).ok_or_else(missing)
    }

    /// Ends a delivery that was interrupted too often. Nothing is sent.
    pub(super) fn give_up(&mut self, place: usize) {
        if self.unchanged(&[place]).is_some() {
            let ended = outcome::interrupted(
                &self.backlog.entries[place].delivery,
                self.site.transport.now_ms(),
            );
            self.record_ends(&[place], vec![ended]);
        }
    }

    /// Ends deliveries that waited too long. Nothing is sent.
    pub(super) fn expire(&mut self, places: &[usize]) {
        let now_ms = self.site.transport.now_ms();
        let end = |place: &usize| outcome::expired(&self.backlog.entries[*place].delivery, now_ms);
        let ends = places.iter().map(end).collect();
        self.end_unsent(places, ends);
    }

    /// Writes these ends, unless a delivery has changed: then the next step is planned anew. One record after the other is
    /// read for it, since they may be many.
    pub(super) fn end_unsent(&mut self, places: &[usize], ends: Vec<Ended>) {
        let mut places_left = places.iter();
        if places_left.all(|place| self.unchanged(&[*place]).is_some()) {
            self.record_ends(places, ends);
        }
    }

    /// The receiver accepts other deliveries: none waits for this one any more.
    fn send_alone(&mut self, place: usize, at_ms: i64) {
        let entry = &mut self.backlog.entries[place];
        entry.delivery.alone = true;
        let delivery = entry.delivery.planned.id.clone();
        let _ = self
            .site
            .spool
            .append(&entry.record, &RecordLine::Alone { delivery, at_ms });
    }

    /// Writes the ends. If that fails, the deliveries are repeated: delivery is at least once.
    pub(super) fn record_ends(&mut self, places: &[usize], ends: Vec<Ended>) {
        self.site.destinations.add_attempted(places.len());
        for (place, ended) in places.iter().zip(ends) {
            let WaitingDelivery { record, delivery } = &mut self.backlog.entries[*place];
            // The person who requeued it sees the result of the first attempt.
            let requeued = delivery.requeued_ms.is_some() && delivery.failures == 0;
            delivery.end(&ended);
            if ended.outcome == Outcome::Failed {
                // First, so that a pusher who reads the end finds it counted.
                if !requeued {
                    self.site.spool.add_failure(ended.at_ms);
                }
                update(self.report, |r| r.failed += 1);
            }
            if let Err(error) = self
                .site
                .spool
                .append(record, &RecordLine::Ended(Box::new(ended)))
            {
                add_problem(
                    self.report,
                    format!(
                        "the end of a delivery to `{}` is not recorded: {}",
                        self.name, error
                    ),
                );
            }
            if delivery.state != DeliveryState::Pending {
                let _ = self.site.spool.finish(record);
            }
        }
        self.backlog
            .entries
            .retain(|entry| entry.delivery.state == DeliveryState::Pending);
    }
}
