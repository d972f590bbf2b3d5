//! Turns the result of an attempt into the record's `ended` line and the hook's health.

use super::plan::Health;
use crate::action::{Repeats, Verdict};
use crate::config::Hook;
use crate::schedule::{self, Obstacle};
use crate::spool::{Delivery, Ended, Exchange, Outcome};
use std::time::Duration;

/// The result of one attempt, with secrets removed.
pub(super) struct AttemptResult {
    pub(super) verdict: Verdict,
    pub(super) stage: Stage,
    pub(super) exchange: Option<Exchange>,
    /// What is in the way, if it is deferred.
    pub(super) obstacle: Obstacle,
}

/// How far an attempt got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// A secret or a file of the hook cannot be read.
    Unresolved,
    /// This event cannot be rendered.
    Unrendered,
    /// The request was sent, or was to be sent, and has no complete answer.
    Unanswered,
    /// The receiver answered.
    Answered,
}

impl AttemptResult {
    /// The action's verdict on an answer. The plain form is sent once: a receiver that refuses it as well has failed.
    pub(super) fn answered(verdict: Verdict, simplified: bool) -> Self {
        let verdict = match verdict {
            Verdict::Simplify { why } if simplified => Verdict::Failed { why },
            verdict => verdict,
        };
        Self {
            verdict,
            stage: Stage::Answered,
            exchange: None,
            obstacle: Obstacle::Refused,
        }
    }

    /// An attempt without an answer.
    pub(super) fn deferred(why: String, unknown: bool, stage: Stage) -> Self {
        let verdict = Verdict::Deferred {
            why,
            after: None,
            unknown,
        };
        let obstacle = match stage {
            Stage::Unresolved | Stage::Unrendered => Obstacle::Held,
            Stage::Unanswered | Stage::Answered => Obstacle::Unanswered,
        };
        Self {
            verdict,
            stage,
            exchange: None,
            obstacle,
        }
    }

    /// Whether the receiver is to get the plain form next.
    pub(super) fn is_simplify(&self) -> bool {
        matches!(self.verdict, Verdict::Simplify { .. })
    }

    /// The note or the reason, for people.
    pub(super) fn text_mut(&mut self) -> &mut String {
        match &mut self.verdict {
            Verdict::Delivered { note } | Verdict::Accepted { note } => note,
            Verdict::Deferred { why, .. } | Verdict::Simplify { why } | Verdict::Failed { why } => {
                why
            }
        }
    }
}

/// What is known of an attempt beside its result.
#[derive(Clone, Copy)]
pub(super) struct AttemptContext<'a> {
    pub(super) hook: &'a Hook,
    /// Consecutive failed attempts of the hook before this one.
    pub(super) failures: u32,
    /// How long it waits if no request can be made.
    pub(super) keep: Duration,
    /// Whether the delivery may end by its age.
    pub(super) is_clock_trusted: bool,
    /// Number of deliveries in the message, if several.
    pub(super) digest: usize,
    pub(super) at_ms: i64,
}

/// The line that ends the attempt for one delivery, which has counted its start already, and the hook's health.
pub(super) fn conclude(
    context: AttemptContext<'_>,
    delivery: &Delivery,
    result: &AttemptResult,
) -> (Ended, Health) {
    let (outcome, why) = match &result.verdict {
        Verdict::Delivered { note } => (Outcome::Delivered, note),
        Verdict::Accepted { note } => (Outcome::Accepted, note),
        Verdict::Simplify { why } => (Outcome::Simplify, why),
        Verdict::Failed { why } => (Outcome::Failed, why),
        Verdict::Deferred { why, .. } => (Outcome::Deferred, why),
    };
    let ended = Ended {
        digest: context.digest,
        exchange: result.exchange.clone(),
        ..ended_without_attempt(delivery, outcome, why, context.at_ms)
    };
    match &result.verdict {
        Verdict::Failed { .. } if context.digest > 0 => (split_digest(ended), Health::Up),
        Verdict::Deferred { after, unknown, .. } => {
            let ended = Ended {
                unknown: *unknown,
                whole_hook: result.stage != Stage::Unrendered && !delivery.alone,
                ..ended
            };
            retry(context, delivery, ended, *after, result.stage)
        }
        _ if result.stage == Stage::Answered => (ended, Health::Up),
        _ => (ended, Health::Same),
    }
}

/// A digest was refused: one of its deliveries may be the cause, so each is tried alone.
fn split_digest(ended: Ended) -> Ended {
    Ended {
        outcome: Outcome::Deferred,
        single: true,
        why: format!(
            "{}; one message for {}, now each has its own",
            ended.why, ended.digest
        ),
        ..ended
    }
}

/// Sets when a deferred delivery is due again, or ends it when its time is over. What waits for the receiver with all
/// others ends with them ([`super::plan`]).
fn retry(
    context: AttemptContext<'_>,
    delivery: &Delivery,
    ended: Ended,
    after: Option<Duration>,
    stage: Stage,
) -> (Ended, Health) {
    let AttemptContext { hook, at_ms, .. } = context;
    let hook_failures = if ended.whole_hook {
        context.failures
    } else {
        0
    };
    let failures = delivery.failures.max(hook_failures) + 1;
    let repeats_count = hook.kind.repeats == Repeats::Count;
    let retry_for = match stage {
        Stage::Unresolved | Stage::Unrendered => Some(context.keep),
        Stage::Unanswered | Stage::Answered if ended.whole_hook => None,
        Stage::Unanswered | Stage::Answered => Some(hook.retry_for)
            .filter(|retry_for| failures as usize >= schedule::attempts_needed(*retry_for)),
    };
    let retry_for = retry_for.filter(|_| context.is_clock_trusted);
    let unknown = ended.unknown && repeats_count;
    let failed = schedule::FailedAttempt {
        delivery: &delivery.planned.id,
        failures,
        unknowns: if repeats_count {
            delivery.unknowns + u32::from(unknown)
        } else {
            0
        },
        unknown,
        since_ms: delivery.since_ms,
        retry_for,
        after,
    };
    let next = schedule::next_attempt(&failed, at_ms);
    let next_ms = next.unwrap_or_else(|| {
        let pause = schedule::retry_pause(&delivery.planned.id, failures);
        at_ms + i64::try_from(pause.as_millis()).unwrap_or(i64::MAX / 4)
    });
    let health = match (ended.whole_hook, stage) {
        (false, _) => Health::Same,
        (true, Stage::Unresolved) => Health::Held { next_ms },
        (true, _) => Health::Down { next_ms },
    };
    let ended = match next {
        Some(at) => Ended {
            next_attempt_ms: Some(at),
            ..ended
        },
        None => Ended {
            outcome: Outcome::Failed,
            why: format!("{}; given up", ended.why),
            ..ended
        },
    };
    (ended, health)
}

/// The line that ends a delivery whose hook was removed or disabled.
pub(super) fn cancelled(delivery: &Delivery, now_ms: i64) -> Ended {
    let why = "its hook was removed or disabled";
    ended_without_attempt(delivery, Outcome::Cancelled, why, now_ms)
}

/// The line that ends a delivery that a person does not want to be sent.
pub(super) fn cancelled_by_person(delivery: &Delivery, now_ms: i64) -> Ended {
    let why = "cancelled by a person";
    ended_without_attempt(delivery, Outcome::Cancelled, why, now_ms)
}

/// The line that ends a delivery that a later one for the same ref makes superfluous.
pub(super) fn superseded(delivery: &Delivery, by: &str, now_ms: i64) -> Ended {
    let why = format!("superseded by {by}");
    ended_without_attempt(delivery, Outcome::Cancelled, &why, now_ms)
}

/// The line that ends a delivery whose `retry_for` was over when its receiver last failed.
pub(super) fn expired(delivery: &Delivery, now_ms: i64) -> Ended {
    let why = match &delivery.last {
        Some(last) => format!("{}; given up after `retry_for`", last.why),
        None => "never sent: the receiver was down for all of `retry_for`".to_owned(),
    };
    Ended {
        unknown: delivery.unknowns > 0,
        ..ended_without_attempt(delivery, Outcome::Failed, &why, now_ms)
    }
}

/// The line that ends a delivery whose every attempt may have had an effect, and was interrupted each time.
pub(super) fn interrupted(delivery: &Delivery, now_ms: i64) -> Ended {
    let why = "outcome unknown: the process that sent it died; given up";
    Ended {
        unknown: true,
        ..ended_without_attempt(delivery, Outcome::Failed, why, now_ms)
    }
}

fn ended_without_attempt(delivery: &Delivery, outcome: Outcome, why: &str, at_ms: i64) -> Ended {
    Ended {
        delivery: delivery.planned.id.clone(),
        at_ms,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::environment::Environment;
    use crate::spool::Planned;

    const NOW: i64 = 1_800_000_000_000;

    /// Marks a delivery that is tried while the clock is not trusted.
    const UNTRUSTED: Option<i64> = Some(i64::MIN);

    fn delivery() -> Delivery {
        let planned = Planned {
            id: "d".to_owned(),
            hook: "x".to_owned(),
            kind: crate::outgoing::MessageKind::Ref,
            events: vec![0],
            rest: Vec::new(),
            omitted: 0,
        };
        Delivery::new(&planned, NOW)
    }

    /// The line that ends the first attempt of a hook of this action.
    fn after(action: &str, result: &AttemptResult) -> Ended {
        after_with(action, result, |_| {}).0
    }

    /// The same, of a delivery that was changed before, with the hook's health.
    fn after_with(
        action: &str,
        result: &AttemptResult,
        change: impl Fn(&mut Delivery),
    ) -> (Ended, Health) {
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
        let mut delivery = delivery();
        change(&mut delivery);
        delivery.start(NOW);
        let context = AttemptContext {
            hook,
            failures: 0,
            keep: Duration::from_secs(30 * 86_400),
            is_clock_trusted: delivery.next_attempt_ms != UNTRUSTED,
            digest: 0,
            at_ms: NOW,
        };
        conclude(context, &delivery, result)
    }

    fn unanswered(sent: bool) -> AttemptResult {
        AttemptResult::deferred(
            "no complete answer within 10 s".to_owned(),
            sent,
            Stage::Unanswered,
        )
    }

    fn pause(ended: &Ended) -> i64 {
        ended.next_attempt_ms.unwrap() - NOW
    }

    #[test]
    fn an_unknown_outcome_pauses_longer_where_a_repeat_has_an_effect() {
        assert!(
            pause(&after("webhook_http_post", &unanswered(true))) <= 6000,
            "webhooks drop repeats by the id"
        );
        for action in ["wecom_group_chat_robot", "jenkins_generic_build_job"] {
            assert_eq!(
                pause(&after(action, &unanswered(true))),
                120_000,
                "{action}"
            );
            assert!(
                pause(&after(action, &unanswered(false))) <= 6000,
                "{action}: nothing was sent"
            );
        }
    }

    #[test]
    fn an_event_that_cannot_be_rendered_does_not_defer_the_hook() {
        let why = "`template`: no such member".to_owned();
        let unrendered = after(
            "webhook_http_post",
            &AttemptResult::deferred(why, false, Stage::Unrendered),
        );
        assert_eq!(
            (unrendered.outcome, unrendered.whole_hook),
            (Outcome::Deferred, false)
        );
        assert!(after("webhook_http_post", &unanswered(false)).whole_hook);
    }

    const DAY: i64 = 86_400_000;

    #[test]
    fn what_waits_without_a_request_ends_after_keep_and_not_after_retry_for() {
        for stage in [Stage::Unresolved, Stage::Unrendered] {
            let result = AttemptResult::deferred(String::new(), false, stage);
            for (days, outcome) in [(29, Outcome::Deferred), (31, Outcome::Failed)] {
                let (ended, _) = after_with("webhook_http_post", &result, |delivery| {
                    delivery.since_ms -= days * DAY;
                });
                assert_eq!(ended.outcome, outcome, "{stage:?} after {days} days");
            }
        }
    }

    #[test]
    fn one_that_is_sent_alone_ends_after_retry_for_by_its_own_third_failure() {
        for (failures, days, outcome) in [
            (1, 4, Outcome::Deferred),
            (2, 2, Outcome::Deferred),
            (2, 4, Outcome::Failed),
        ] {
            let (ended, health) = after_with("webhook_http_post", &unanswered(false), |delivery| {
                (delivery.alone, delivery.failures) = (true, failures);
                delivery.since_ms -= days * DAY;
            });
            assert_eq!(ended.outcome, outcome, "{failures} after {days} days");
            assert_eq!(health, Health::Same);
        }
        let (ended, _) = after_with("webhook_http_post", &unanswered(false), |delivery| {
            delivery.failures = 9;
            delivery.since_ms -= 4 * DAY;
        });
        assert_eq!(ended.outcome, Outcome::Deferred, "it ends with its lane");
    }

    #[test]
    fn nothing_ends_by_its_age_while_the_clock_is_not_trusted() {
        for stage in [Stage::Unresolved, Stage::Unrendered, Stage::Unanswered] {
            let result = AttemptResult::deferred(String::new(), false, stage);
            let (ended, _) = after_with("webhook_http_post", &result, |delivery| {
                (delivery.alone, delivery.failures) = (true, 9);
                delivery.since_ms -= 365 * DAY;
                delivery.next_attempt_ms = UNTRUSTED;
            });
            assert_eq!(ended.outcome, Outcome::Deferred, "{stage:?}");
        }
    }

    #[test]
    fn only_an_attempt_on_the_receiver_shows_that_it_is_down() {
        let health = |stage| {
            let result = AttemptResult::deferred(String::new(), false, stage);
            after_with("webhook_http_post", &result, |_| {}).1
        };
        assert!(matches!(health(Stage::Unresolved), Health::Held { .. }));
        assert_eq!(health(Stage::Unrendered), Health::Same);
        for stage in [Stage::Unanswered, Stage::Answered] {
            assert!(matches!(health(stage), Health::Down { .. }), "{stage:?}");
        }
    }

    #[test]
    fn what_ended_with_its_receiver_says_why_and_whether_it_may_have_arrived() {
        let mut delivery = delivery();
        let never = expired(&delivery, NOW);
        assert!(never.why.starts_with("never sent") && !never.unknown);
        delivery.start(NOW);
        let ended = after("webhook_http_post", &unanswered(true));
        delivery.end(&ended);
        let late = expired(&delivery, NOW);
        assert_eq!(
            (late.outcome, late.why.as_str(), late.unknown),
            (
                Outcome::Failed,
                "no complete answer within 10 s; given up after `retry_for`",
                true
            )
        );
    }

    #[test]
    fn the_plain_form_is_requested_once() {
        let result = |simplified| {
            let why = "card refused".to_owned();
            AttemptResult::answered(Verdict::Simplify { why }, simplified)
        };
        let outcome = |simplified| after("feishu_group_chat_robot", &result(simplified)).outcome;
        assert_eq!(outcome(false), Outcome::Simplify);
        assert_eq!(outcome(true), Outcome::Failed);
    }
}
