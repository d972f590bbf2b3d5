use super::line::{First, VERSION, VersionOnly};
use super::{Ended, Events, Line, Outcome, Planned};
use crate::push::Push;
use std::collections::BTreeMap;

/// What a file in `pending/` turned out to be.
#[derive(Debug)]
pub enum Read {
    /// A record.
    Record(Box<Record>),
    /// It has been moved away meanwhile.
    Gone,
    /// Its first line is not complete: nothing can be said about it yet.
    Torn,
    /// Written by a newer version of this program.
    Newer(u32),
    /// Not ours.
    Foreign,
}

/// The state of a push: what its lines add up to.
#[derive(Debug)]
pub struct Record {
    /// Name of the file, and id of the push.
    pub id: String,
    /// What Git said.
    pub push: Push,
    /// How often somebody set out to compute the events.
    pub computing: u32,
    /// Absent until they are computed.
    pub events: Option<Events>,
    /// In the order of [`Events::deliveries`].
    pub deliveries: Vec<Delivery>,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// To be sent, or sent again.
    Pending,
    /// Done.
    Delivered,
    /// Given up.
    Failed,
    /// Its hook has gone.
    Cancelled,
}

/// The state of one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What is to be sent to whom.
    pub planned: Planned,
    /// Where it stands.
    pub state: State,
    /// Attempts so far.
    pub attempts: u32,
    /// Failed attempts since it was queued: decides when it is tried again.
    pub failures: u32,
    /// Those of them that may have had their effect.
    pub unknowns: u32,
    /// When it was queued: its time to give up counts from here.
    pub since_ms: i64,
    /// When it is due; `None`: now.
    pub next_attempt_ms: Option<i64>,
    /// Whether what deferred it defers its whole hook.
    pub whole_hook: bool,
    /// Whether the receiver asked for the plain form.
    pub simplify: bool,
    /// Whether it is already noted that it waits behind others.
    pub queued: bool,
    /// Start of an attempt that has no end: it goes on right now, or its process died.
    pub open_since_ms: Option<i64>,
    /// When it was first deferred since it was queued.
    pub failing_since_ms: Option<i64>,
    /// Whether it goes alone: nothing waits for it.
    pub alone: bool,
    /// Whether it must not be told together with others.
    pub single: bool,
    /// When somebody asked for it again.
    pub requeued_ms: Option<i64>,
    /// The newest end.
    pub last: Option<Ended>,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Pending,
        Self::Delivered,
        Self::Failed,
        Self::Cancelled,
    ];

    /// As people and scripts write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Record {
    /// Folds the lines of a record. Lines that cannot be read are skipped, except the first.
    pub fn parse(id: &str, bytes: &[u8]) -> Read {
        let Some(end) = bytes.iter().position(|b| *b == b'\n') else {
            return Read::Torn;
        };
        let (first, rest) = (&bytes[..end], &bytes[end + 1..]);
        let Ok(First {
            v: VERSION, push, ..
        }) = serde_json::from_slice::<First>(first)
        else {
            return match serde_json::from_slice::<VersionOnly>(first) {
                Ok(VersionOnly { v }) if v > VERSION => Read::Newer(v),
                _ => Read::Foreign,
            };
        };
        let mut record = Self {
            id: id.to_owned(),
            push,
            computing: 0,
            events: None,
            deliveries: Vec::new(),
        };
        let mut index = BTreeMap::new();
        for line in rest.split(|b| *b == b'\n') {
            if let Ok(line) = serde_json::from_slice::<Line>(line) {
                record.fold(line, &mut index);
            }
        }
        Read::Record(Box::new(record))
    }

    fn fold(&mut self, line: Line, index: &mut BTreeMap<String, usize>) {
        let mut with = |delivery: &str, change: &mut dyn FnMut(&mut Delivery)| {
            if let Some(delivery) = index
                .get(delivery)
                .and_then(|i| self.deliveries.get_mut(*i))
            {
                change(delivery);
            }
        };
        match line {
            Line::Computing(_) => self.computing += 1,
            Line::Events(events) if self.events.is_none() => {
                self.deliveries = events
                    .deliveries
                    .iter()
                    .map(|p| Delivery::new(p, self.push.time_ms))
                    .collect();
                index.extend(
                    self.deliveries
                        .iter()
                        .enumerate()
                        .map(|(i, d)| (d.planned.id.clone(), i)),
                );
                self.events = Some(*events);
            }
            Line::Events(_) => {}
            Line::Started(started) => with(&started.delivery, &mut |d| d.start(started.at_ms)),
            Line::Ended(ended) => with(&ended.delivery.clone(), &mut |d| d.end(&ended)),
            Line::Queued(queued) => with(&queued.delivery, &mut |d| d.queued = true),
            Line::Requeued { delivery, at_ms } => with(&delivery, &mut |d| d.requeue(at_ms)),
            Line::Alone { delivery, .. } => with(&delivery, &mut |d| d.alone = true),
        }
    }

    /// Whether nothing is left to do.
    pub fn is_finished(&self) -> bool {
        self.events.is_some() && self.deliveries.iter().all(|d| d.state != State::Pending)
    }
}

impl Delivery {
    /// One that has not been tried yet.
    pub fn new(planned: &Planned, since_ms: i64) -> Self {
        Self {
            planned: planned.clone(),
            state: State::Pending,
            attempts: 0,
            failures: 0,
            unknowns: 0,
            since_ms,
            next_attempt_ms: None,
            whole_hook: false,
            simplify: false,
            queued: false,
            open_since_ms: None,
            failing_since_ms: None,
            alone: false,
            single: false,
            requeued_ms: None,
            last: None,
        }
    }

    /// Counts an attempt that is about to be made.
    pub fn start(&mut self, at_ms: i64) {
        // A start that follows a start: the process in between died, perhaps after the request was out.
        if self.open_since_ms.is_some() {
            self.failures += 1;
            self.unknowns += 1;
        }
        self.attempts += 1;
        self.open_since_ms = Some(at_ms);
    }

    /// Counts what came of an attempt.
    pub fn end(&mut self, ended: &Ended) {
        self.open_since_ms = None;
        self.next_attempt_ms = ended.next_attempt_ms;
        self.whole_hook = ended.whole_hook;
        self.single |= ended.single;
        match ended.outcome {
            Outcome::Delivered | Outcome::Accepted => self.state = State::Delivered,
            Outcome::Failed => self.state = State::Failed,
            Outcome::Cancelled => self.state = State::Cancelled,
            Outcome::Simplify => self.simplify = true,
            Outcome::Deferred => {
                self.failures += 1;
                self.unknowns += u32::from(ended.unknown);
                self.failing_since_ms.get_or_insert(ended.at_ms);
            }
        }
        self.last = Some(ended.clone());
    }

    fn requeue(&mut self, at_ms: i64) {
        let attempts = self.attempts;
        let last = self.last.take();
        *self = Self {
            attempts,
            last,
            requeued_ms: Some(at_ms),
            ..Self::new(&self.planned, at_ms)
        };
    }
}

#[cfg(test)]
#[path = "fold_tests.rs"]
mod tests;
