//! When a receiver has been silent for long enough that what waits for it may fail.
//!
//! The age of a delivery alone does not decide: a machine that was off for days must not lose its backlog to the first
//! attempt after it starts. So attempts have to fail over some time, measured by a clock that nobody sets.

use super::PAUSES;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Attempts that have to fail in a row.
const ENOUGH: usize = 3;

/// They have to span this time, or `retry_for` if that is shorter.
const LONG_ENOUGH: Duration = Duration::from_secs(3600);

/// A moment by the clock that counts from the start of the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uptime {
    /// Which start: random, and another one each time.
    pub boot: String,
    /// Milliseconds that the machine has been running, without the time when it was suspended.
    pub ms: i64,
}

/// The failed attempts of a receiver since it last accepted something, as far as they belong to one start of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedProbes {
    boot: String,
    first_ms: i64,
    last_ms: i64,
    count: usize,
    /// When the last one ended, in milliseconds since 1970.
    at_ms: i64,
}

impl FailedProbes {
    /// Counts one that ended now, by both clocks.
    pub fn add(&mut self, uptime: Uptime, at_ms: i64) {
        if self.count == 0 || self.boot != uptime.boot || uptime.ms < self.last_ms {
            *self = Self {
                first_ms: uptime.ms,
                boot: uptime.boot,
                ..Self::default()
            };
        }
        self.last_ms = uptime.ms;
        self.count += 1;
        self.at_ms = at_ms;
    }

    /// Adds the newest of a lane's: all repositories that send to one destination count together.
    pub fn merge(&mut self, lane: &Self) {
        let (boot, ms) = (lane.boot.clone(), lane.last_ms);
        self.add(Uptime { boot, ms }, lane.at_ms);
    }

    /// Whether a delivery that was queued at `since_ms` has failed: `retry_for` was over when the last attempt failed.
    pub fn end(&self, since_ms: i64, retry_for: Duration) -> bool {
        self.count >= attempts_needed(retry_for)
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
    (1 + within.count()).min(ENOUGH)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;
    const RETRY_FOR: Duration = Duration::from_secs(72 * 3600);
    /// What is queued at 0 is past its time.
    const LATE: i64 = 100 * 60 * MINUTE;

    fn failed(probes: &[(&str, i64)]) -> FailedProbes {
        let mut failed = FailedProbes::default();
        for (boot, ms) in probes {
            let (boot, ms) = ((*boot).to_owned(), *ms);
            failed.add(Uptime { boot, ms }, LATE);
        }
        failed
    }

    #[test]
    fn three_attempts_over_an_hour_end_what_is_past_its_time() {
        let probes = failed(&[("a", 0), ("a", MINUTE), ("a", 60 * MINUTE)]);
        assert!(probes.end(0, RETRY_FOR));
        assert!(
            !probes.end(LATE - 71 * 60 * MINUTE, RETRY_FOR),
            "it is younger"
        );
        assert!(!failed(&[("a", 0), ("a", 60 * MINUTE)]).end(0, RETRY_FOR));
        assert!(!failed(&[("a", 0), ("a", 1), ("a", 59 * MINUTE)]).end(0, RETRY_FOR));
    }

    #[test]
    fn attempts_before_the_machine_started_do_not_count() {
        let earlier = [("a", 0), ("a", MINUTE), ("a", 61 * MINUTE)];
        let first_after = [&earlier[..], &[("b", 90 * MINUTE)]].concat();
        assert!(!failed(&first_after).end(0, RETRY_FOR));
        let later = [("b", 95 * MINUTE), ("b", 151 * MINUTE)];
        assert!(failed(&[&first_after[..], &later].concat()).end(0, RETRY_FOR));
    }

    #[test]
    fn a_short_retry_for_needs_no_more_attempts_than_it_allows() {
        let needed = |seconds| attempts_needed(Duration::from_secs(seconds));
        assert_eq!((needed(0), needed(4), needed(5)), (1, 1, 2));
        assert_eq!((needed(34), needed(35), needed(1_000_000)), (2, 3, 3));
        assert!(failed(&[("a", 7)]).end(LATE, Duration::ZERO));
    }
}
