//! Shows one delivery in full, as text or as JSON.

mod again;
mod text;

use super::super::{Failure, Session, print};
use super::find::{Log, by_ids};
use super::row::{Row, outcome};
use crate::clock;
use crate::config;
use crate::deliver::{Destinations, Site};
use crate::exit;
use crate::git::Repository;
use crate::spool::{
    Delivery, DeliveryStep, Ended, Exchange, Record, RecordFile, RecordedAttempt, Spool,
};
use crate::terminal::Style;
use again::Again;
use serde_json::{Value, json};
use std::io::stdout;

/// Of `deliveries show`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Arguments {
    /// The delivery's id, or enough of its beginning or its end
    pub(super) id: String,
    /// One JSON object
    #[arg(long)]
    pub(super) json: bool,
}

/// All that is known of it.
struct Whole<'a> {
    record: &'a Record,
    delivery: &'a Delivery,
    row: Row,
    steps: Vec<DeliveryStep>,
    again: Again,
}

/// Runs it.
pub(super) fn run(
    session: &Session,
    repo: &Repository,
    spool: &Spool,
    arguments: &Arguments,
) -> Result<u8, Failure> {
    let mut log = Log::open(spool)?;
    let found = by_ids(&mut log, std::slice::from_ref(&arguments.id)).pop();
    log.report_problems();
    let found = found.unwrap_or_else(|| Err(Failure::new("no delivery is named")))?;
    let gone = || Failure::new("it has just been removed from the history");
    let Ok(RecordFile::Record(record)) = spool.read_anywhere(&found.record) else {
        return Err(gone());
    };
    let id = &found.delivery.planned.id;
    let delivery = record
        .deliveries
        .iter()
        .find(|d| d.planned.id == *id)
        .ok_or_else(gone)?;
    let steps = spool.delivery_steps(&record.id, id).unwrap_or_default();
    let loaded = config::load(repo.git_dir(), &session.environment);
    let destinations = Destinations::default();
    let site = Site::new(repo.git_dir(), spool, &loaded, &destinations);
    let again = again::of(&site, &record, delivery, &steps);
    let row = Row::of(spool, &record, delivery);
    let whole = Whole {
        record: &record,
        delivery,
        row,
        steps,
        again,
    };
    if arguments.json {
        print::json(&whole.json());
    } else {
        print::stdout(
            text::of(&whole, Style::for_stream(&stdout(), &session.environment)).trim_end(),
        );
    }
    Ok(exit::OK)
}

impl Whole<'_> {
    /// The newest exchange, and the number of its attempt.
    fn exchange(&self) -> Option<(Option<u32>, &Exchange)> {
        newest_exchange(&self.steps)
    }

    fn json(&self) -> Value {
        let Self {
            record,
            delivery,
            row,
            steps,
            again,
        } = self;
        let push = &record.push;
        let updates = push
            .updates
            .iter()
            .map(|u| json!({"ref": u.name.display(), "before": u.old, "after": u.new}));
        let pusher = &push.pusher;
        let mut value = row.json();
        let exchange = self.exchange().map(|(_, exchange)| exchange);
        let more = json!({
            "refs": record.refs(&delivery.planned).iter().map(|r| r.display().into_owned()).collect::<Vec<_>>(),
            "push": {
                "id": push.id,
                "time": clock::rfc3339(push.time_ms),
                "pusher": { "username": pusher.username, "name": pusher.name, "source": pusher.source },
                "updates": updates.collect::<Vec<_>>(),
                "trouble": push.trouble,
            },
            "log": steps.iter().map(step).collect::<Vec<_>>(),
            "request": exchange.map(|e| json!({
                "method": e.method, "url": e.url, "headers": e.headers,
                "body_size": e.body_size, "body_sha256": e.body_sha256,
            })),
            "answer": exchange.map(|e| &e.answer),
            "body": again.body,
            "body_cut": again.cut,
            "body_differs": again.differs,
            "body_error": again.why_not,
        });
        if let (Value::Object(members), Value::Object(more)) = (&mut value, more) {
            members.extend(more);
        }
        value
    }
}

fn newest_exchange(steps: &[DeliveryStep]) -> Option<(Option<u32>, &Exchange)> {
    let exchange = |attempted: &'_ RecordedAttempt| {
        attempted
            .ended
            .as_ref()
            .is_some_and(|e| e.exchange.is_some())
    };
    let newest = steps.iter().rev().find_map(|s| match s {
        DeliveryStep::Attempt(attempted) if exchange(attempted) => Some(attempted),
        _ => None,
    })?;
    Some((newest.number, newest.ended.as_ref()?.exchange.as_ref()?))
}

fn step(step: &DeliveryStep) -> Value {
    let RecordedAttempt {
        number,
        started_ms,
        ended,
    } = match step {
        DeliveryStep::Attempt(attempted) => attempted,
        DeliveryStep::Requeued { at_ms } => {
            return json!({"what": "requeued", "at": clock::rfc3339(*at_ms)});
        }
        DeliveryStep::Alone { at_ms } => {
            return json!({"what": "alone", "at": clock::rfc3339(*at_ms)});
        }
    };
    let end = |get: fn(&Ended) -> Value| ended.as_deref().map_or(Value::Null, get);
    let mut attempt = json!({
        "what": "attempt",
        "number": number,
        "started_at": started_ms.map(clock::rfc3339),
        "ended_at": end(|e| clock::rfc3339(e.at_ms).into()),
        "took_ms": end(|e| e.exchange.as_ref().map(|x| x.took_ms).into()),
        "outcome": end(|e| outcome(e.outcome).into()),
        "why": end(|e| e.why.as_str().into()),
        "status": end(|e| e.exchange.as_ref().and_then(|x| x.status).into()),
        "unknown": end(|e| e.unknown.into()),
    });
    // As in a row: absent where it was sent alone.
    if let (Some(digest @ 1..), Some(members)) =
        (ended.as_ref().map(|e| e.digest), attempt.as_object_mut())
    {
        members.insert("digest".to_owned(), digest.into());
    }
    attempt
}
