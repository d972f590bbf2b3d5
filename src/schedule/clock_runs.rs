//! Whether the clock may end something by its age. Nobody can say from one look at a clock whether it is right: a machine
//! without a battery starts with any time, and a clock can be set to a wrong year. So a clock is trusted only once it has
//! run for a while without being set, as the clock shows that nobody can set.

use super::expiry::{DRIFT_MS, EARLIEST_MS};
use serde::{Deserialize, Serialize};

/// So long it has to run, as far as this program has seen.
const UNDISTURBED_MS: i64 = 3_600_000;

/// So many machines may share a repository.
const MACHINES: usize = 8;

/// Since when the clock of a machine runs without being set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockRun {
    /// The machine, since its start.
    boot: String,
    /// When the machine was started, by the clock: it changes when the clock is set.
    started_ms: i64,
    /// When this was first seen, in milliseconds since the machine was started.
    since_ms: i64,
}

/// Whether the clock of the machine `boot` is trusted, which has run for `uptime_ms` and shows `at_ms`. What is seen now is
/// noted in `runs`.
pub fn is_clock_trusted(
    runs: &mut Vec<ClockRun>,
    boot: &str,
    (uptime_ms, at_ms): (i64, i64),
) -> bool {
    let started_ms = at_ms - uptime_ms;
    let is_same = |run: &&ClockRun| {
        run.boot == boot
            && run.since_ms <= uptime_ms
            && (run.started_ms - started_ms).abs() <= DRIFT_MS
    };
    if let Some(run) = runs.iter().find(is_same) {
        return at_ms >= EARLIEST_MS && uptime_ms - run.since_ms >= UNDISTURBED_MS;
    }
    runs.retain(|run| run.boot != boot);
    let boot = boot.to_owned();
    let since_ms = uptime_ms;
    let run = ClockRun {
        boot,
        started_ms,
        since_ms,
    };
    runs.insert(0, run);
    runs.truncate(MACHINES);
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;
    const YEAR: i64 = 365 * 24 * HOUR;
    const START: i64 = EARLIEST_MS + YEAR;

    /// What is seen after so long by the one clock and by the other.
    fn see(runs: &mut Vec<ClockRun>, boot: &str, uptime_ms: i64, since_start_ms: i64) -> bool {
        is_clock_trusted(runs, boot, (uptime_ms, START + since_start_ms))
    }

    #[test]
    fn a_clock_is_trusted_when_it_was_not_set_for_an_hour() {
        let mut runs = Vec::new();
        let seen = [0, HOUR - 1, HOUR, 9 * HOUR].map(|ms| see(&mut runs, "a", ms, ms));
        assert_eq!(seen, [false, false, true, true]);
        for jump in [YEAR, -YEAR / 2] {
            let wrong = [9, 10].map(|h| see(&mut runs, "a", h * HOUR - 1, h * HOUR + jump));
            assert_eq!(wrong, [false, true], "it is believed in the end");
            assert!(!see(&mut runs, "a", 10 * HOUR, 10 * HOUR), "set back");
        }
    }

    #[test]
    fn after_a_start_of_the_machine_and_before_the_program_existed_no_clock_is_trusted() {
        let mut runs = Vec::new();
        assert!(!see(&mut runs, "a", 0, 0) && see(&mut runs, "a", HOUR, HOUR));
        assert!(!see(&mut runs, "b", HOUR, HOUR), "another start");
        assert!(!see(&mut runs, "b", 0, 0), "a time that is over");
        let early = [0, HOUR, 2 * HOUR].map(|ms| is_clock_trusted(&mut runs, "c", (ms, ms)));
        assert_eq!(early, [false; 3]);
    }

    #[test]
    fn machines_that_share_a_repository_are_distinguished_and_bounded() {
        let mut runs = Vec::new();
        for ms in [0, HOUR] {
            let trusted = ["a", "b"].map(|boot| see(&mut runs, boot, ms, ms));
            assert_eq!(trusted, [ms == HOUR; 2]);
        }
        for n in 0..20 {
            see(&mut runs, &n.to_string(), 0, 0);
        }
        assert_eq!(runs.len(), MACHINES);
    }
}
