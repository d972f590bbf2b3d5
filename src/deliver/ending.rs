//! From what came of an attempt to the line that says it: what it means for this delivery and for its hook.

use super::attempt::{End, Tried};
use super::plan::Health;
use crate::action::{Repeats, Verdict};
use crate::config::Hook;
use crate::schedule;
use crate::spool::{Delivery, Ended, Exchange, Outcome};
use std::time::Duration;

/// What is known of an attempt that has come to its end.
#[derive(Clone, Copy)]
pub(super) struct Made<'a> {
    pub(super) hook: &'a Hook,
    /// Failed attempts of the hook in a row, before this one.
    pub(super) failures: u32,
    /// Deliveries that it told, if several.
    pub(super) digest: usize,
    pub(super) at_ms: i64,
}

/// The line that ends an attempt for one delivery, which has counted it already, and how it leaves the hook.
pub(super) fn ended(made: Made<'_>, delivery: &Delivery, meaning: &Meaning) -> (Ended, Health) {
    let Made {
        hook,
        at_ms,
        digest,
        ..
    } = made;
    let base = Ended {
        delivery: delivery.planned.id.clone(),
        at_ms,
        outcome: meaning.outcome,
        why: meaning.why.clone(),
        unknown: meaning.unknown,
        whole_hook: meaning.whole_hook && !delivery.alone,
        digest,
        single: false,
        next_attempt_ms: None,
        exchange: meaning.exchange.clone(),
    };
    if meaning.outcome == Outcome::Failed && digest > 0 {
        // One of them may be to blame for all: each is tried alone.
        let why = format!(
            "{}; one message for {digest}, now each has its own",
            base.why
        );
        return (
            Ended {
                outcome: Outcome::Deferred,
                whole_hook: false,
                single: true,
                why,
                ..base
            },
            Health::Up,
        );
    }
    if meaning.outcome != Outcome::Deferred {
        return (
            base,
            if meaning.answered {
                Health::Up
            } else {
                Health::Same
            },
        );
    }
    let unknown = meaning.unknown && hook.kind.repeats == Repeats::Count;
    let failures = delivery
        .failures
        .max(if base.whole_hook { made.failures } else { 0 })
        + 1;
    let tried = schedule::Tried {
        delivery: &delivery.planned.id,
        failures,
        unknowns: if hook.kind.repeats == Repeats::Count {
            delivery.unknowns + u32::from(unknown)
        } else {
            0
        },
        unknown,
        since_ms: delivery.since_ms,
        retry_for: hook.retry_for,
        after: meaning.after,
    };
    let next = schedule::next(&tried, at_ms);
    let pause = || at_ms + millis(schedule::pause_of(&delivery.planned.id, failures));
    let next_ms = next.unwrap_or_else(pause);
    let health = match (base.whole_hook, meaning.answered || meaning.reached_out) {
        (false, _) => Health::Same,
        (true, true) => Health::Down { next_ms },
        (true, false) => Health::Held { next_ms },
    };
    let ended = match next {
        Some(at) => Ended {
            next_attempt_ms: Some(at),
            ..base
        },
        None => Ended {
            outcome: Outcome::Failed,
            why: format!("{}; given up", base.why),
            ..base
        },
    };
    (ended, health)
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

/// The line that ends what nobody is configured for any more.
pub(super) fn cancelled(delivery: &Delivery, now_ms: i64) -> Ended {
    let why = "its hook has gone from the configuration, or is off";
    unheard(delivery, Outcome::Cancelled, why, now_ms)
}

/// The line that ends what might have its effect once more each time, and whose process died each time.
pub(super) fn cut_off(delivery: &Delivery, now_ms: i64) -> Ended {
    let why = "what came of it is not known: the process that sent it died; given up";
    Ended {
        unknown: true,
        ..unheard(delivery, Outcome::Failed, why, now_ms)
    }
}

/// An end that no receiver has a part in.
fn unheard(delivery: &Delivery, outcome: Outcome, why: &str, now_ms: i64) -> Ended {
    Ended {
        delivery: delivery.planned.id.clone(),
        at_ms: now_ms,
        outcome,
        why: why.to_owned(),
        unknown: false,
        whole_hook: false,
        digest: 0,
        single: false,
        next_attempt_ms: None,
        exchange: None,
    }
}

/// What an attempt means, for whichever delivery.
pub(super) struct Meaning {
    pub(super) outcome: Outcome,
    /// Without anything secret.
    why: String,
    after: Option<Duration>,
    unknown: bool,
    whole_hook: bool,
    /// There was an answer.
    answered: bool,
    /// A request was tried.
    reached_out: bool,
    exchange: Option<Exchange>,
}

/// Reads what came of an attempt; `simplified` says that it was in the plain form.
pub(super) fn meaning(tried: Tried, simplified: bool) -> Meaning {
    let Tried {
        end,
        exchange,
        secrets,
    } = tried;
    let answered = matches!(end, End::Answered(_));
    let reached_out = answered || matches!(end, End::Unsent(_));
    let plain = |outcome, why: String| Meaning {
        outcome,
        why: secrets.redact(&why),
        after: None,
        unknown: false,
        whole_hook: false,
        answered,
        reached_out,
        exchange,
    };
    match end {
        End::Answered(Verdict::Delivered { note }) => plain(Outcome::Delivered, note),
        End::Answered(Verdict::Accepted { note }) => plain(Outcome::Accepted, note),
        End::Answered(Verdict::Simplify { why }) if !simplified => plain(Outcome::Simplify, why),
        End::Answered(Verdict::Simplify { why } | Verdict::Failed { why }) => {
            plain(Outcome::Failed, why)
        }
        End::Answered(Verdict::Deferred {
            why,
            after,
            unknown,
        }) => Meaning {
            after,
            unknown,
            whole_hook: true,
            ..plain(Outcome::Deferred, why)
        },
        End::Unsent(error) if error.permanent => plain(Outcome::Failed, error.what),
        End::Unsent(error) => Meaning {
            unknown: error.sent,
            whole_hook: true,
            ..plain(Outcome::Deferred, error.what)
        },
        End::Unresolved(unresolved) => Meaning {
            whole_hook: true,
            ..plain(Outcome::Deferred, unresolved.to_string())
        },
        End::Unrendered(why) => plain(Outcome::Deferred, why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::environment::Environment;
    use crate::secret::Secrets;
    use crate::spool::Planned;
    use crate::transport::SendError;

    const NOW: i64 = 1_800_000_000_000;

    fn tried(end: End) -> Tried {
        Tried {
            end,
            exchange: None,
            secrets: Secrets::default(),
        }
    }

    /// How a hook of this action takes the end of its first attempt.
    fn after(action: &str, end: End) -> Ended {
        let dir = tempfile::tempdir().unwrap();
        let hook = format!(
            "[hook.x]\naction = \"{action}\"\nservice_url = \"http://a.example/send?key=k\"\n"
        );
        std::fs::write(dir.path().join(config::REPOSITORY_FILE), hook).unwrap();
        let nowhere = dir.path().join("none.toml");
        let environment =
            Environment::from([(config::SERVER_FILE_VARIABLE, nowhere.to_str().unwrap())]);
        let loaded = config::load(dir.path(), &environment);
        let hook = loaded.hooks.first().unwrap();
        let (id, name, kind) = ("d".to_owned(), "x".to_owned(), crate::outgoing::Kind::Ref);
        let mut delivery = Delivery::new(
            &Planned {
                id,
                hook: name,
                kind,
                events: vec![0],
                rest: Vec::new(),
            },
            NOW,
        );
        delivery.start(NOW);
        let meaning = meaning(tried(end), false);
        ended(
            Made {
                hook,
                failures: 0,
                digest: 0,
                at_ms: NOW,
            },
            &delivery,
            &meaning,
        )
        .0
    }

    fn cut_off(sent: bool) -> End {
        End::Unsent(SendError {
            what: "no complete answer within 10 s".to_owned(),
            advice: "",
            sent,
            permanent: false,
            denied: false,
        })
    }

    fn pause(ended: &Ended) -> i64 {
        ended.next_attempt_ms.unwrap() - NOW
    }

    #[test]
    fn an_unknown_outcome_is_handled_with_care_where_a_repeat_counts() {
        assert!(
            pause(&after("webhook_http_post", cut_off(true))) <= 6000,
            "webhooks drop repeats by the id"
        );
        for action in ["wecom_group_chat_robot", "jenkins_generic_build_job"] {
            assert_eq!(pause(&after(action, cut_off(true))), 120_000, "{action}");
            assert!(
                pause(&after(action, cut_off(false))) <= 6000,
                "{action}: nothing was sent"
            );
        }
    }

    #[test]
    fn what_one_event_is_to_blame_for_does_not_stop_the_hook() {
        let unrendered = after(
            "webhook_http_post",
            End::Unrendered("`template`: no such member".to_owned()),
        );
        assert_eq!(
            (unrendered.outcome, unrendered.whole_hook),
            (Outcome::Deferred, false)
        );
        assert!(after("webhook_http_post", cut_off(false)).whole_hook);
    }

    #[test]
    fn the_plain_form_is_asked_for_once() {
        let refused = || {
            End::Answered(Verdict::Simplify {
                why: "card refused".to_owned(),
            })
        };
        assert_eq!(meaning(tried(refused()), false).outcome, Outcome::Simplify);
        assert_eq!(meaning(tried(refused()), true).outcome, Outcome::Failed);
    }
}
