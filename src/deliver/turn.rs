//! One message of a lane, from the lines that announce it to the lines that end it.

use super::attempt::{self, Facts};
use super::backlog::Entry;
use super::destination::{Destination, counted_at};
use super::ending::{self, Made};
use super::lane::Lane;
use super::plan::{self, Down, Health};
use super::{note, with};
use crate::action::Attempt;
use crate::config::Hook;
use crate::outgoing::Outgoing;
use crate::schedule::Pace;
use crate::spool::{
    DeliveryState, Ended, Lane as Lock, LaneState, Outcome, Record, RecordFile, RecordLine, Started,
};

/// Beyond its time limit, what an attempt may take before somebody else may probe the same destination.
const LEASE_MS: i64 = 2000;

/// What a message is sent with.
#[derive(Clone, Copy)]
pub(super) struct Turn<'a> {
    pub(super) hook: &'a Hook,
    pub(super) pace: Pace,
    pub(super) lock: &'a Lock,
    pub(super) destination: Option<&'a Destination<'a>>,
    /// What was known of the destination when this was planned.
    pub(super) down: Option<Down>,
    /// The place of the oldest, if this message goes past it on trial.
    pub(super) past: Option<usize>,
}

impl Lane<'_> {
    /// Sends the deliveries at these places in one message, if they still are as the plan has seen them. `false`: their
    /// start cannot be written, and nothing was sent.
    pub(super) fn turn(
        &mut self,
        turn: &Turn<'_>,
        places: &[usize],
        standing: &mut LaneState,
    ) -> bool {
        let Some(mut records) = self.unchanged(places) else {
            return true;
        };
        // Of many repositories with the same sick receiver one finds out, and the others need not.
        let probed = turn.destination.filter(|_| standing.failures > 0);
        let _probe = probed.map(Destination::probe);
        let found = probed.and_then(|destination| destination.down(self.site.carrier.now_ms()));
        if found.is_some() && turn.down.is_none() {
            return true;
        }
        let now_ms = self.site.carrier.now_ms();
        if !self.reserve(turn, standing, now_ms) {
            return true;
        }
        // Where the disk fills up in between, those whose start is written are sent, and no others.
        let started = places
            .iter()
            .take_while(|place| self.start(**place, now_ms))
            .count();
        let places = &places[..started];
        records.truncate(started);
        if places.is_empty() {
            return false;
        }
        let (ends, health) = self.carry(turn, places, records, standing);
        let at_ms = self.site.carrier.now_ms();
        counted_at(&mut standing.sent, now_ms, at_ms);
        if let Some(destination) = turn.destination {
            destination.give(health, now_ms, at_ms);
        }
        plan::settle(standing, health, at_ms);
        turn.lock.save(standing);
        if let (Some(past), Health::Up) = (turn.past, health) {
            self.leave_alone(past, at_ms);
        }
        self.write(places, ends);
        true
    }

    /// The records of the deliveries at these places; `None` when one of them has changed meanwhile, and then the
    /// backlog knows.
    pub(super) fn unchanged(&mut self, places: &[usize]) -> Option<Vec<Record>> {
        let mut records = Vec::with_capacity(places.len());
        for place in places {
            let entry = &self.backlog.entries[*place];
            let id = &entry.delivery.planned.id;
            let record = match self.site.spool.read(&entry.record) {
                Ok(RecordFile::Record(record)) if record.events.is_some() => record,
                _ => return self.gone(*place),
            };
            match record.deliveries.iter().find(|d| d.planned.id == *id) {
                Some(now) if now.state != DeliveryState::Pending => return self.gone(*place),
                Some(now) if *now == entry.delivery => records.push(*record),
                Some(now) => {
                    self.backlog.entries[*place].delivery = now.clone();
                    return None;
                }
                None => return self.gone(*place),
            }
        }
        Some(records)
    }

    fn gone<T>(&mut self, place: usize) -> Option<T> {
        self.backlog.entries.remove(place);
        None
    }

    /// Takes a place within the pace; `false` when there is none after all.
    fn reserve(&self, turn: &Turn<'_>, standing: &mut LaneState, now_ms: i64) -> bool {
        let lease_ms = i64::try_from(turn.hook.timeout.as_millis()).unwrap_or(0) + LEASE_MS;
        // Whoever stays looks here again if this process dies, and does not leave before it has come to an end.
        standing.due_ms = Some(now_ms + lease_ms);
        match turn.destination.map_or(Ok(true), |destination| {
            destination.take(turn.pace, turn.down, now_ms, lease_ms)
        }) {
            Ok(true) => {}
            Ok(false) => return false,
            Err(error) => note(
                self.report,
                format!("`state_dir` cannot be used: {}", error.kind()),
            ),
        }
        if turn.pace.is_limited() {
            // Before the message: a process that dies with it has sent it, for all that is known.
            turn.pace.forget(&mut standing.sent, now_ms);
            standing.sent.push(now_ms);
        }
        turn.lock.save(standing);
        true
    }

    /// Notes that an attempt is about to be made. Without it nothing may be sent.
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
            note(
                self.report,
                format!("nothing is sent for `{}`: {}", self.name, error.kind()),
            );
        }
        written.is_ok()
    }

    /// The message, once more in the plain form if the receiver asks for that. An end for each delivery.
    fn carry(
        &mut self,
        turn: &Turn<'_>,
        places: &[usize],
        records: Vec<Record>,
        standing: &LaneState,
    ) -> (Vec<Ended>, Health) {
        let hook = turn.hook;
        let digest = if places.len() > 1 { places.len() } else { 0 };
        let mut outgoing = self.outgoing(hook, places, records);
        loop {
            let delivery = &self.backlog.entries[places[0]].delivery;
            let simplify = delivery.simplify;
            let now_ms = delivery
                .open_since_ms
                .unwrap_or_else(|| self.site.carrier.now_ms());
            let attempt = Attempt {
                now_ms,
                number: delivery.attempts,
                simplify,
            };
            let tried = self.site.carrier.carry(hook, outgoing.clone(), attempt);
            let meaning = ending::meaning(tried, simplify);
            let made = Made {
                hook,
                failures: standing.failures,
                digest,
                at_ms: self.site.carrier.now_ms(),
            };
            let of = |place: &usize| {
                ending::ended(made, &self.backlog.entries[*place].delivery, &meaning)
            };
            let (ends, healths): (Vec<Ended>, Vec<Health>) = places.iter().map(of).unzip();
            if meaning.outcome != Outcome::Simplify {
                return (ends, healths[0]);
            }
            self.write(places, ends);
            if !places.iter().all(|place| self.start(*place, made.at_ms)) {
                outgoing = Err("the start of another attempt cannot be written".to_owned());
            }
        }
    }

    /// What the message says. Each record is let go as soon as it is read: together they may be large.
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

    /// Ends what was cut off too often. Nothing is sent.
    pub(super) fn give_up(&mut self, place: usize) {
        if self.unchanged(&[place]).is_some() {
            let ended = ending::cut_off(
                &self.backlog.entries[place].delivery,
                self.site.carrier.now_ms(),
            );
            self.write(&[place], vec![ended]);
        }
    }

    /// The receiver takes others: nothing waits for this one any more.
    fn leave_alone(&mut self, place: usize, at_ms: i64) {
        let entry = &mut self.backlog.entries[place];
        entry.delivery.alone = true;
        let delivery = entry.delivery.planned.id.clone();
        let _ = self
            .site
            .spool
            .append(&entry.record, &RecordLine::Alone { delivery, at_ms });
    }

    /// Writes how it ended. If that fails the delivery will be repeated: at least once is what is promised.
    fn write(&mut self, places: &[usize], ends: Vec<Ended>) {
        self.site.destinations.count(places.len());
        for (place, ended) in places.iter().zip(ends) {
            let Entry { record, delivery } = &mut self.backlog.entries[*place];
            // Whoever asked for it again reads what came of the first attempt.
            let asked = delivery.requeued_ms.is_some() && delivery.failures == 0;
            delivery.end(&ended);
            let failed_ms = (ended.outcome == Outcome::Failed).then_some(ended.at_ms);
            if let Err(error) = self
                .site
                .spool
                .append(record, &RecordLine::Ended(Box::new(ended)))
            {
                note(
                    self.report,
                    format!(
                        "the end of a delivery to `{}` is not recorded: {}",
                        self.name,
                        error.kind()
                    ),
                );
            }
            if let Some(failed_ms) = failed_ms {
                if !asked {
                    self.site.spool.add_failure(failed_ms);
                }
                with(self.report, |r| r.failed += 1);
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
