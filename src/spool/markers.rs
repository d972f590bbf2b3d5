//! Small files that one run leaves to later ones: when a timer last ran `drain`, and failures that no pusher has seen.

use super::folder::{APPEND, READ, read_bounded};
use super::{Spool, modes};
use std::io::Write;

/// A push reports failures at most once in this time.
const DAY_MS: i64 = 24 * 3600 * 1000;

/// `drain` must have run without a push within this time for a timer to count as active.
const TIMER_MS: u64 = 2 * 3600 * 1000;

/// Size limit of the file of failures: where nobody pushes it must not fill the disk.
const MAX_BYTES: u64 = 64 * 1024;

/// A larger file of this kind was not written by this program.
const MAX_READ: u64 = 1 << 20;

/// Deliveries that have failed permanently and that no push has reported yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failures {
    /// How many.
    pub count: usize,
    /// When the first of them failed, in milliseconds since 1970.
    pub since_ms: i64,
}

impl Spool {
    /// Notes that `drain` ran without a push, as a timer runs it. Errors are ignored: without it the pusher only reads a
    /// weaker promise.
    pub fn record_timer_run(&self, now_ms: i64) {
        let file = self
            .create_root()
            .and_then(|root| modes::create_file(&root, "timer", self.shared));
        if let Ok(mut file) = file {
            let _ = file.set_len(0).and_then(|()| writeln!(file, "{now_ms}"));
        }
    }

    /// When `drain` last ran without a push.
    pub fn last_timer_run(&self) -> Option<i64> {
        self.times("timer")?.first().copied()
    }

    /// Whether `drain` ran without a push within two hours.
    pub fn timer_seen(&self, now_ms: i64) -> bool {
        self.last_timer_run()
            .is_some_and(|at| now_ms.abs_diff(at) <= TIMER_MS)
    }

    /// Counts a delivery that has failed permanently. Errors are ignored: the report is a convenience.
    pub fn add_failure(&self, now_ms: i64) {
        let file = self
            .open_root()
            .and_then(|root| modes::create_file(&root, "failed", self.shared));
        if let Ok(mut file) = file
            && file.metadata().is_ok_and(|m| m.len() < MAX_BYTES)
        {
            let _ = file.write_all(format!("{now_ms}\n").as_bytes());
        }
    }

    /// The failures to report now, at most once a day. The newest `just_reported` ones, which this push has shown already,
    /// are left for the next report. As long as nothing fails, `None` costs one open.
    pub fn take_failures(&self, just_reported: usize, now_ms: i64) -> Option<Failures> {
        let failed = self.times("failed")?;
        let last = self.times("told").and_then(|times| times.last().copied());
        if failed.len() <= just_reported
            || last.is_some_and(|last| (0..DAY_MS).contains(&(now_ms - last)))
        {
            return None;
        }
        // Of two simultaneous pushes the one that renames the file reports it.
        let root = self.open_root().ok()?;
        root.rename("failed", &root, "told").ok()?;
        let mut times = self.times("told")?;
        for shown in times.split_off(times.len().saturating_sub(just_reported)) {
            self.add_failure(shown);
        }
        // The last line is the time of this report.
        times.push(now_ms);
        let lines: Vec<String> = times.iter().map(ToString::to_string).collect();
        if let Ok(mut file) = root.open("told", APPEND) {
            let text = lines.join("\n") + "\n";
            let _ = file
                .set_len(0)
                .and_then(|()| file.write_all(text.as_bytes()));
        }
        // Of two simultaneous pushes one may find nothing left.
        let count = times.len() - 1;
        (count > 0).then_some(Failures {
            count,
            since_ms: times[0],
        })
    }

    fn times(&self, name: &str) -> Option<Vec<i64>> {
        let file = self
            .open_root()
            .and_then(|root| root.open(name, READ))
            .ok()?;
        let text = String::from_utf8(read_bounded(&file, MAX_READ).ok()?).ok()?;
        Some(text.lines().filter_map(|line| line.parse().ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spool() -> (tempfile::TempDir, Spool) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("service-hook")).unwrap();
        let spool = Spool::at(dir.path(), 0);
        (dir, spool)
    }

    #[test]
    fn failures_are_reported_once_a_day_by_one_push() {
        let (_dir, spool) = spool();
        assert_eq!(spool.take_failures(0, 5000), None);
        for at in [1000, 2000] {
            spool.add_failure(at);
        }
        assert_eq!(
            spool.take_failures(0, 5000),
            Some(Failures {
                count: 2,
                since_ms: 1000
            })
        );
        assert_eq!(spool.take_failures(0, 5000), None);
        spool.add_failure(6000);
        assert_eq!(spool.take_failures(0, 5000 + DAY_MS - 1), None);
        assert_eq!(
            spool.take_failures(0, 5000 + DAY_MS),
            Some(Failures {
                count: 1,
                since_ms: 6000
            })
        );
        spool.add_failure(7000);
        assert!(
            spool.take_failures(0, 9000).is_some(),
            "a clock that went back suppresses no report"
        );
    }

    #[test]
    fn failures_shown_by_this_push_are_left_for_the_next_report() {
        let (_dir, spool) = spool();
        spool.add_failure(1000);
        assert_eq!(spool.take_failures(1, 5000), None);
        spool.add_failure(2000);
        assert_eq!(
            spool.take_failures(1, 5000),
            Some(Failures {
                count: 1,
                since_ms: 1000
            })
        );
        assert_eq!(
            spool.take_failures(0, 5000 + DAY_MS),
            Some(Failures {
                count: 1,
                since_ms: 2000
            })
        );
    }

    #[test]
    fn the_file_of_failures_has_a_size_limit() {
        let (dir, spool) = spool();
        let path = dir.path().join("service-hook/failed");
        std::fs::write(&path, "1000\n".repeat(20_000)).unwrap();
        spool.add_failure(2000);
        assert_eq!(path.metadata().unwrap().len(), 100_000);
    }
}
