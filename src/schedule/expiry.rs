//! When a receiver has been silent for long enough that what waits for it may fail.
//!
//! The age of a delivery alone does not decide: a machine that was off for days must not lose its backlog to the first
//! attempt after it starts. So attempts have to fail over some time, measured by a clock that nobody sets.

use super::PAUSES;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Attempts that have to fail in a row.
pub const OUTAGE: u32 = 3;

/// They have to span this time, or `retry_for` if that is shorter.
const LONG_ENOUGH: Duration = Duration::from_secs(3600);

/// By so much two clocks may differ that count the same time. If they differ by more, the machine was off or suspended, or
/// its clock was set.
pub(super) const DRIFT_MS: i64 = 10 * 60 * 1000;

/// This program did not exist before: 2026-11-01 UTC, in milliseconds since 1970.
pub(super) const EARLIEST_MS: i64 = 1_793_491_200_000;

/// Clocks of the machines that share a repository may differ by so much.
const SKEW_MS: i64 = 3_600_000;

/// Whether a moment in the past can be right: a machine without a battery starts in 1970, and a clock that was ahead has
/// been set back.
pub fn is_believable(at_ms: i64, now_ms: i64) -> bool {
    (EARLIEST_MS..=now_ms.saturating_add(SKEW_MS)).contains(&at_ms)
}

/// Since when something is in trouble that was found then, and is found again now. A moment that a wrong clock wrote is
/// replaced.
pub fn trouble_since(found_ms: Option<i64>, at_ms: i64) -> i64 {
    let is_wrong = |ms: i64| ms > at_ms || (ms < EARLIEST_MS && at_ms >= EARLIEST_MS);
    found_ms.filter(|ms| !is_wrong(*ms)).unwrap_or(at_ms)
}

/// The failed attempts of a receiver since it last accepted something, as far as the machine was running all the time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedProbes {
    /// By the clock that counts from the start of the machine.
    first_ms: i64,
    last_ms: i64,
    count: usize,
    /// When the last one ended, in milliseconds since 1970.
    at_ms: i64,
}

impl FailedProbes {
    /// Counts one that ended now: in milliseconds since the machine was started, and since 1970.
    pub fn add(&mut self, uptime_ms: i64, at_ms: i64) {
        let drift = (at_ms - self.at_ms) - (uptime_ms - self.last_ms);
        if self.count == 0 || uptime_ms < self.last_ms || drift.abs() > DRIFT_MS {
            *self = Self {
                first_ms: uptime_ms,
                ..Self::default()
            };
        }
        self.last_ms = uptime_ms;
        self.count += 1;
        self.at_ms = at_ms;
    }

    /// Adds the newest of a lane's: all repositories that send to one destination count together.
    pub fn merge(&mut self, lane: &Self) {
        self.add(lane.last_ms, lane.at_ms);
    }

    /// How many, and when the last one ended, in milliseconds since 1970.
    pub fn count_and_newest(&self) -> (usize, i64) {
        (self.count, self.at_ms)
    }

    /// Whether the receiver was down, and not only slow once.
    pub fn are_outage(&self) -> bool {
        self.count >= OUTAGE as usize
    }

    /// Whether a delivery that was queued at `since_ms` has failed: `retry_for` was over when the last attempt failed.
    pub fn has_expired(&self, since_ms: i64, retry_for: Duration) -> bool {
        self.at_ms >= EARLIEST_MS
            && self.count >= attempts_needed(retry_for)
            && self.last_ms - self.first_ms >= super::millis(retry_for.min(LONG_ENOUGH))
            && self.at_ms >= super::retry_deadline(since_ms, retry_for)
    }
}

/// Failed attempts without which nothing ends by its age: three, or as many as the schedule makes within `retry_for`.
pub fn attempts_needed(retry_for: Duration) -> usize {
    let mut spent = Duration::ZERO;
    let within = PAUSES.iter().take_while(|pause| {
        spent += **pause;
        spent <= retry_for
    });
    (1 + within.count()).min(OUTAGE as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;
    const RETRY_FOR: Duration = Duration::from_secs(72 * 3600);
    /// What is queued at [`EARLIEST_MS`] is past its time.
    const LATE: i64 = EARLIEST_MS + 100 * 60 * MINUTE;

    /// By the time since the machine was started, which was so long ago by the other clock.
    fn failed(started_ms: i64, probes: &[i64]) -> FailedProbes {
        let mut failed = FailedProbes::default();
        for ms in probes {
            failed.add(*ms, started_ms + ms);
        }
        failed
    }

    #[test]
    fn three_attempts_over_an_hour_end_what_is_past_its_time() {
        let probes = failed(LATE, &[0, MINUTE, 60 * MINUTE]);
        assert!(probes.has_expired(EARLIEST_MS, RETRY_FOR));
        assert!(!probes.has_expired(LATE, RETRY_FOR), "it is younger");
        assert!(!failed(LATE, &[0, 60 * MINUTE]).has_expired(EARLIEST_MS, RETRY_FOR));
        assert!(!failed(LATE, &[0, 1, 59 * MINUTE]).has_expired(EARLIEST_MS, RETRY_FOR));
    }

    #[test]
    fn attempts_before_the_machine_was_off_or_its_clock_was_set_do_not_count() {
        let attempts = [0, MINUTE, 61 * MINUTE];
        for (uptime_ms, at_ms) in [
            (0, 90 * MINUTE),
            (62 * MINUTE, 90 * MINUTE),
            (90 * MINUTE, -MINUTE),
        ] {
            let mut failed = failed(LATE, &attempts);
            failed.add(uptime_ms, LATE + at_ms);
            assert!(!failed.has_expired(EARLIEST_MS, RETRY_FOR), "{uptime_ms}");
            for minutes in [5, 60] {
                failed.add(
                    uptime_ms + minutes * MINUTE,
                    LATE + at_ms + minutes * MINUTE,
                );
            }
            assert!(failed.has_expired(EARLIEST_MS, RETRY_FOR), "{uptime_ms}");
        }
    }

    #[test]
    fn a_short_retry_for_needs_no_more_attempts_than_it_allows() {
        let needed = |seconds| attempts_needed(Duration::from_secs(seconds));
        assert_eq!((needed(0), needed(4), needed(5)), (1, 1, 2));
        assert_eq!((needed(34), needed(35), needed(1_000_000)), (2, 3, 3));
        assert!(failed(LATE, &[7]).has_expired(LATE, Duration::ZERO));
    }

    #[test]
    fn trouble_does_not_begin_when_a_wrong_clock_says() {
        let since =
            [None, Some(LATE - 1), Some(LATE + 1), Some(7)].map(|ms| trouble_since(ms, LATE));
        assert_eq!(since, [LATE, LATE - 1, LATE, LATE]);
        assert_eq!(trouble_since(Some(7), 9), 7);
    }

    #[test]
    fn by_a_clock_that_must_be_wrong_nothing_ends() {
        let in_1970 = failed(0, &[0, 1, 80 * 60 * MINUTE]);
        assert!(!in_1970.has_expired(0, RETRY_FOR));
        let believed = [0, EARLIEST_MS - 1, LATE + SKEW_MS + 1].map(|at| is_believable(at, LATE));
        assert_eq!(believed, [false; 3]);
        assert!(is_believable(LATE - 1, LATE) && is_believable(LATE + 5, LATE));
    }
}
