//! One delivery as a row of the log.

use crate::clock;
use crate::push::RefName;
use crate::report::clean;
use crate::spool::{Delivery, DeliveryState, Ended, Outcome, Record, RecordFile, Spool};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A delivery, or a push whose deliveries are not known yet.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Row {
    /// The name of the repository, where there are several.
    pub(super) repository: Option<String>,
    /// Absent until the events are computed; so is [`Self::hook`].
    pub(super) id: Option<String>,
    /// Name of the record.
    pub(super) push_id: String,
    /// Name of the hook.
    pub(super) hook: Option<String>,
    /// The refs that it reports, in this order.
    pub(super) refs: Vec<RefName>,
    /// How many more refs it reports, whose names the record does not have.
    pub(super) unlisted: usize,
    /// Where it stands.
    pub(super) state: DeliveryState,
    /// Attempts so far.
    pub(super) attempts: u32,
    /// When the push was recorded.
    pub(super) created_ms: i64,
    /// When it is due; absent: now, or never again.
    pub(super) next_attempt_ms: Option<i64>,
    /// Of the newest answer since it was queued.
    pub(super) status: Option<u16>,
    /// How long that exchange took.
    pub(super) took_ms: Option<u64>,
    /// In words: what is known beyond the state. A note where it is delivered, else the reason.
    pub(super) said: String,
    /// How many deliveries were sent in the same message; 0: this one alone.
    pub(super) digest: usize,
    /// Whether an attempt goes on right now.
    pub(super) sending: bool,
}

/// What became of an attempt without an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    No,
    Sending,
    CutOff,
}

impl Row {
    /// All of a record, the newest first.
    pub(super) fn all(spool: &Spool, record: &Record) -> Vec<Self> {
        if record.events.is_none() {
            return vec![Self::unread(record)];
        }
        let waiting = (!record.is_decided()).then(|| Self {
            said: "other hooks wait for hooks.toml".to_owned(),
            ..Self::unread(record)
        });
        let deliveries = record.deliveries.iter().rev();
        let rows = deliveries.map(|delivery| Self::of(spool, record, delivery));
        waiting.into_iter().chain(rows).collect()
    }

    /// One of a record.
    pub(super) fn of(spool: &Spool, record: &Record, delivery: &Delivery) -> Self {
        let open = open(spool, &record.id, delivery);
        let last = delivery
            .last
            .as_ref()
            .filter(|last| is_news(delivery, last));
        Self {
            id: Some(delivery.planned.id.clone()),
            hook: Some(delivery.planned.hook.clone()),
            refs: record.refs(&delivery.planned),
            unlisted: delivery.planned.omitted,
            state: delivery.state,
            attempts: delivery.attempts,
            next_attempt_ms: delivery
                .next_attempt_ms
                .filter(|_| delivery.state == DeliveryState::Pending),
            status: last.and_then(|l| l.exchange.as_ref()?.status),
            took_ms: last.and_then(|l| Some(l.exchange.as_ref()?.took_ms)),
            said: said(delivery, last, open),
            digest: last.map_or(0, |l| l.digest),
            sending: open == Open::Sending,
            ..Self::unread(record)
        }
    }

    fn unread(record: &Record) -> Self {
        Self {
            repository: None,
            id: None,
            push_id: record.id.clone(),
            hook: None,
            refs: record.push.updates.iter().map(|u| u.name.clone()).collect(),
            unlisted: record
                .push
                .unlisted
                .as_ref()
                .map_or(0, |unlisted| unlisted.count),
            state: DeliveryState::Pending,
            attempts: 0,
            created_ms: record.push.time_ms,
            next_attempt_ms: None,
            status: None,
            took_ms: None,
            said: "its events are not computed yet".to_owned(),
            digest: 0,
            sending: false,
        }
    }

    /// As scripts get it. Members may be added.
    pub(super) fn json(&self) -> Value {
        let error = Some(&self.said).filter(|said| {
            self.state != DeliveryState::Delivered && !self.sending && !said.is_empty()
        });
        let mut value = json!({
            "id": self.id,
            "push_id": self.push_id,
            "hook": self.hook,
            "ref": self.refs.first().map(RefName::display),
            "ref_count": self.refs.len() + self.unlisted,
            "state": self.state.name(),
            "attempts": self.attempts,
            "created_at": clock::rfc3339(self.created_ms),
            "next_attempt_at": self.next_attempt_ms.map(clock::rfc3339),
            "status": self.status,
            "took_ms": self.took_ms,
            "error": error.filter(|_| self.has_error()),
            "sending": self.sending,
        });
        if let Some(members) = value.as_object_mut() {
            if self.digest > 0 {
                members.insert("digest".to_owned(), self.digest.into());
            }
            if let Some(repository) = &self.repository {
                members.insert("repository".to_owned(), repository.clone().into());
            }
        }
        value
    }

    /// Whether what is said is a reason: nothing went wrong with what has not had its turn.
    fn has_error(&self) -> bool {
        self.said != WAITS && self.said != AGAIN
    }

    /// What the last end said, how long it took, and with how many others it was sent.
    pub(super) fn words(&self) -> String {
        self.joined(None)
    }

    /// The same, with when it is due in front.
    pub(super) fn words_with_due(&self, now_ms: i64) -> String {
        let due = self.next_attempt_ms.filter(|_| !self.sending).map(|at_ms| {
            if at_ms <= now_ms {
                "due now".to_owned()
            } else {
                format!("due {}", clock::local_moment(at_ms))
            }
        });
        self.joined(due.as_deref())
    }

    fn joined(&self, due: Option<&str>) -> String {
        let took = self.took_ms.map(|took| format!("{took} ms"));
        let took = took
            .filter(|_| self.state == DeliveryState::Delivered)
            .unwrap_or_default();
        let others = if self.digest > 0 {
            format!("one of {} in one message", self.digest)
        } else {
            String::new()
        };
        let parts = [due.unwrap_or_default(), &self.said, &took, &others];
        parts
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(", ")
    }
}

const WAITS: &str = "not tried yet";
const AGAIN: &str = "queued again";

/// What an end says of an earlier life is no news of this one.
fn is_news(delivery: &Delivery, last: &Ended) -> bool {
    delivery.state != DeliveryState::Pending
        || delivery.requeued_ms.is_none_or(|at| last.at_ms > at)
}

fn said(delivery: &Delivery, last: Option<&Ended>, open: Open) -> String {
    match (open, last) {
        (Open::Sending, _) => "being sent now".to_owned(),
        _ if delivery.is_held && delivery.state == DeliveryState::Pending => {
            "held: copied or restored with the repository".to_owned()
        }
        (Open::CutOff, _) => "interrupted: the sending process died".to_owned(),
        (Open::No, Some(last)) => clean(&last.why),
        (Open::No, None) if delivery.requeued_ms.is_some() => AGAIN.to_owned(),
        (Open::No, None) => WAITS.to_owned(),
    }
}

/// An attempt that has no end goes on if somebody sends for its hook; if nobody does, and it still has no end when that
/// is known, its process died.
fn open(spool: &Spool, record: &str, delivery: &Delivery) -> Open {
    let (DeliveryState::Pending, Some(since)) = (delivery.state, delivery.open_since_ms) else {
        return Open::No;
    };
    if spool.is_lane_locked(&delivery.planned.hook) {
        return Open::Sending;
    }
    let Ok(RecordFile::Record(now)) = spool.read_anywhere(record) else {
        return Open::No;
    };
    let still = now
        .deliveries
        .iter()
        .any(|d| d.planned.id == delivery.planned.id && d.open_since_ms == Some(since));
    if still { Open::CutOff } else { Open::Sending }
}

/// An end in one word.
pub(super) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Delivered => "delivered",
        Outcome::Accepted => "accepted",
        Outcome::Deferred => "deferred",
        Outcome::Simplify => "simplify",
        Outcome::Failed => "failed",
        Outcome::Cancelled => "cancelled",
    }
}
