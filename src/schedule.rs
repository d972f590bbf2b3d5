//! When to try again and when to give up (docs/operating.md, "When it is tried again"). Pure: the time is given.

mod clock_runs;
mod expiry;
mod pace;
mod recovery;
mod standing;

pub use clock_runs::{ClockRun, is_clock_trusted};
pub use expiry::{FailedProbes, OUTAGE, attempts_needed, is_believable, trouble_since};
pub use pace::Pace;
pub use recovery::Recovery;
pub use standing::{Obstacle, Standing};

use sha2::{Digest, Sha256};
use std::time::Duration;

/// Pauses after the first, second … failed attempt; the last one goes on for ever.
const PAUSES: [Duration; 6] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(30 * 60),
    LONGEST,
];

/// No pause is longer, whatever a receiver asks for.
const LONGEST: Duration = Duration::from_secs(3600);

/// Pauses after an attempt that may have had its effect, where each one may post or build again.
const UNKNOWN_PAUSES: [Duration; 2] = [Duration::from_secs(2 * 60), Duration::from_secs(10 * 60)];

/// What is known of a delivery right after a failed attempt.
#[derive(Clone, Copy, Debug)]
pub struct FailedAttempt<'a> {
    /// Its id: two deliveries do not come back at the same moment.
    pub delivery: &'a str,
    /// Failed attempts, this one included.
    pub failures: u32,
    /// Those of them that may have had their effect, where the receiver does not drop repeats; else 0.
    pub unknowns: u32,
    /// Whether this attempt is one of [`Self::unknowns`].
    pub unknown: bool,
    /// When the delivery was queued.
    pub since_ms: i64,
    /// How long it is tried, where its age ends it.
    pub retry_for: Option<Duration>,
    /// What the receiver asked for.
    pub after: Option<Duration>,
}

/// When the next attempt is due, in milliseconds since 1970; `None`: never, it has failed.
pub fn next_attempt(tried: &FailedAttempt<'_>, now_ms: i64) -> Option<i64> {
    let is_late = |retry_for| now_ms >= retry_deadline(tried.since_ms, retry_for);
    if tried.retry_for.is_some_and(is_late) {
        return None;
    }
    if tried.unknowns > 0 {
        // Counted over all attempts: an answer "503" between two cut connections does not allow more of them.
        let left = UNKNOWN_PAUSES.get(tried.unknowns as usize - 1);
        match (left, tried.unknown) {
            (None, _) => return None,
            (Some(pause), true) => {
                let after = tried.after.map_or(*pause, |a| a.clamp(*pause, LONGEST));
                return Some(now_ms + millis(after));
            }
            (Some(_), false) => {}
        }
    }
    let pause = match tried.after {
        Some(after) => after.clamp(Duration::from_secs(1), LONGEST),
        None => jittered(pause(tried.failures), tried.delivery, tried.failures),
    };
    Some(now_ms + millis(pause))
}

/// The pause of a hook after so many failed attempts in a row, where the delivery that was tried has no say in it.
pub fn retry_pause(delivery: &str, failures: u32) -> Duration {
    jittered(pause(failures), delivery, failures)
}

/// Within what time a delivery gives up, as a moment.
pub fn retry_deadline(since_ms: i64, retry_for: Duration) -> i64 {
    since_ms.saturating_add(millis(retry_for))
}

/// When a delivery is due whose attempt started then and never ended: its process died. `unknowns` are the attempts that
/// may have had their effect, this one included, where the receiver does not drop repeats; else 0.
pub fn due_after_crash(delivery: &str, failures: u32, unknowns: u32, started_ms: i64) -> i64 {
    let careful = unknowns
        .checked_sub(1)
        .and_then(|n| UNKNOWN_PAUSES.get(n as usize).copied());
    started_ms + millis(careful.unwrap_or_else(|| jittered(pause(failures), delivery, failures)))
}

/// Whether so many attempts that may have had their effect are all that a receiver gets that does not drop repeats.
pub fn is_last_unknown(unknowns: u32) -> bool {
    unknowns as usize > UNKNOWN_PAUSES.len()
}

fn pause(failures: u32) -> Duration {
    let index = (failures.max(1) as usize - 1).min(PAUSES.len() - 1);
    PAUSES[index]
}

/// ±20 %, always the same for the same attempt: a file can be folded again and says the same.
fn jittered(pause: Duration, delivery: &str, failures: u32) -> Duration {
    let hash = Sha256::new()
        .chain_update(delivery)
        .chain_update(failures.to_le_bytes())
        .finalize();
    let permille =
        800 + u32::from(u16::from_le_bytes([hash[0], hash[1]])) * 400 / u32::from(u16::MAX);
    pause * permille / 1000
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn tried(failures: u32) -> FailedAttempt<'static> {
        let retry_for = 72 * HOUR;
        FailedAttempt {
            delivery: "d",
            failures,
            unknowns: 0,
            unknown: false,
            since_ms: 0,
            retry_for: Some(retry_for),
            after: None,
        }
    }

    #[test]
    fn pauses_grow_to_an_hour_and_vary_by_a_fifth() {
        for (failures, seconds) in [
            (1, 5),
            (2, 30),
            (3, 120),
            (4, 600),
            (5, 1800),
            (6, 3600),
            (7, 3600),
            (99, 3600),
        ] {
            let pause = next_attempt(&tried(failures), 1000).unwrap() - 1000;
            assert!(
                (seconds * 800..=seconds * 1200).contains(&pause),
                "{failures}: {pause}"
            );
        }
        let of = |delivery| {
            next_attempt(
                &FailedAttempt {
                    delivery,
                    ..tried(3)
                },
                0,
            )
        };
        assert_ne!(
            of("a"),
            of("b"),
            "two deliveries do not come back at the same moment"
        );
        assert_eq!(of("a"), of("a"));
    }

    #[test]
    fn what_the_receiver_asks_for_is_obeyed_up_to_an_hour() {
        let at = |seconds| {
            next_attempt(
                &FailedAttempt {
                    after: Some(Duration::from_secs(seconds)),
                    ..tried(1)
                },
                0,
            )
        };
        assert_eq!(
            (at(0), at(90), at(7200)),
            (Some(1000), Some(90_000), Some(3_600_000))
        );
        // Also after an attempt that may have had its effect.
        let unknown = |after| FailedAttempt {
            unknowns: 1,
            unknown: true,
            after: Some(after),
            ..tried(1)
        };
        let at = |after| next_attempt(&unknown(after), 0);
        assert_eq!(at(Duration::MAX), Some(3_600_000));
        assert_eq!(at(Duration::from_secs(300)), Some(300_000));
        assert_eq!(at(Duration::ZERO), Some(120_000));
    }

    #[test]
    fn it_gives_up_right_after_an_attempt_past_its_time() {
        let near = FailedAttempt {
            since_ms: 0,
            ..tried(80)
        };
        assert!(next_attempt(&near, millis(72 * HOUR) - 1).is_some());
        assert_eq!(next_attempt(&near, millis(72 * HOUR)), None);
    }

    #[test]
    fn an_unknown_outcome_is_tried_twice_more_where_each_try_may_count() {
        let at = |unknowns| {
            next_attempt(
                &FailedAttempt {
                    unknowns,
                    unknown: true,
                    ..tried(unknowns)
                },
                0,
            )
        };
        assert_eq!((at(1), at(2), at(3)), (Some(120_000), Some(600_000), None));
        let after_503 = next_attempt(
            &FailedAttempt {
                unknowns: 2,
                unknown: false,
                ..tried(1)
            },
            0,
        )
        .unwrap();
        assert!(
            after_503 <= 6000,
            "a clear refusal in between follows the ordinary pauses"
        );
    }
}
