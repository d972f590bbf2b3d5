//! From what came of an attempt to the line that says it: what it means for this delivery and for its hook.

use super::attempt::{End, Tried};
use crate::action::{Kind, Verdict};
use crate::config::Hook;
use crate::schedule;
use crate::spool::{Delivery, Ended, Outcome};
use std::time::Duration;

/// The line that ends an attempt. `delivery` has counted it already; `simplified` says that it was in the plain form.
pub(super) fn ended(hook: &Hook, delivery: &Delivery, tried: Tried, simplified: bool, now_ms: i64) -> Ended {
    let Tried { end, exchange, secrets } = tried;
    let meaning = meaning(end, simplified);
    let base = Ended {
        delivery: delivery.planned.id.clone(),
        at_ms: now_ms,
        outcome: meaning.outcome,
        why: secrets.redact(&meaning.why),
        unknown: meaning.unknown,
        whole_hook: meaning.whole_hook,
        next_attempt_ms: None,
        exchange,
    };
    if meaning.outcome != Outcome::Deferred {
        return base;
    }
    let unknown = meaning.unknown && repeats_count(hook.kind);
    let tried = schedule::Tried {
        delivery: &delivery.planned.id,
        failures: delivery.failures + 1,
        unknowns: if repeats_count(hook.kind) { delivery.unknowns + u32::from(unknown) } else { 0 },
        unknown,
        since_ms: delivery.since_ms,
        retry_for: hook.retry_for,
        after: meaning.after,
    };
    match schedule::next(&tried, now_ms) {
        Some(at) => Ended { next_attempt_ms: Some(at), ..base },
        None => Ended { outcome: Outcome::Failed, why: format!("{}; given up", base.why), ..base },
    }
}

/// The line that ends what nobody is configured for any more.
pub(super) fn cancelled(delivery: &Delivery, now_ms: i64) -> Ended {
    Ended {
        delivery: delivery.planned.id.clone(),
        at_ms: now_ms,
        outcome: Outcome::Cancelled,
        why: "its hook has gone from the configuration, or is off".to_owned(),
        unknown: false,
        whole_hook: false,
        next_attempt_ms: None,
        exchange: None,
    }
}

/// Whether a request that is repeated posts or builds once more; webhooks drop repeats by the delivery id.
fn repeats_count(kind: Kind) -> bool {
    kind.is_robot() || kind == Kind::JenkinsGenericBuildJob
}

struct Meaning {
    outcome: Outcome,
    why: String,
    after: Option<Duration>,
    unknown: bool,
    whole_hook: bool,
}

fn meaning(end: End, simplified: bool) -> Meaning {
    let plain = |outcome, why| Meaning { outcome, why, after: None, unknown: false, whole_hook: false };
    match end {
        End::Answered(Verdict::Delivered { note }) => plain(Outcome::Delivered, note),
        End::Answered(Verdict::Accepted { note }) => plain(Outcome::Accepted, note),
        End::Answered(Verdict::Simplify { why }) if !simplified => plain(Outcome::Simplify, why),
        End::Answered(Verdict::Simplify { why } | Verdict::Failed { why }) => plain(Outcome::Failed, why),
        End::Answered(Verdict::Deferred { why, after, unknown }) => {
            Meaning { outcome: Outcome::Deferred, why, after, unknown, whole_hook: true }
        }
        End::Unsent(error) if error.permanent => plain(Outcome::Failed, error.what),
        End::Unsent(error) => Meaning { unknown: error.sent, whole_hook: true, ..plain(Outcome::Deferred, error.what) },
        End::Unresolved(unresolved) => Meaning { whole_hook: true, ..plain(Outcome::Deferred, unresolved.to_string()) },
        End::Unrendered(why) => plain(Outcome::Deferred, why),
    }
}
