use super::{Spool, modes};
use std::fs::OpenOptions;
use std::io::Write;

/// Between two times of telling.
const DAY_MS: i64 = 24 * 3600 * 1000;

/// Bytes after which no more failures are counted: a place where nobody is told must not fill the disk.
const MOST: u64 = 64 * 1024;

/// Deliveries that have failed for good and that nobody was told about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failures {
    /// How many.
    pub count: usize,
    /// When the first of them failed, in milliseconds since 1970.
    pub since_ms: i64,
}

impl Spool {
    /// Counts a delivery that has failed for good. Errors are ignored: it is for people's convenience.
    pub fn note_failure(&self, now_ms: i64) {
        let path = self.folder("failed");
        let _ = modes::create_file(&path, self.shared);
        let file = OpenOptions::new().append(true).open(path);
        if let Ok(mut file) = file
            && file.metadata().is_ok_and(|m| m.len() < MOST)
        {
            let _ = file.write_all(format!("{now_ms}\n").as_bytes());
        }
    }

    /// What has failed and is to be told now, at most once a day. The newest `just_told` failures, which the same people
    /// have read about a moment ago, are left for the next time. `None` costs one open as long as nothing fails.
    pub fn take_failures(&self, just_told: usize, now_ms: i64) -> Option<Failures> {
        let failed = self.times("failed")?;
        let last = self.times("told").and_then(|times| times.last().copied());
        if failed.len() <= just_told
            || last.is_some_and(|last| (0..DAY_MS).contains(&(now_ms - last)))
        {
            return None;
        }
        // Of two pushes at once the one that moves it tells it.
        let told = self.folder("told");
        std::fs::rename(self.folder("failed"), &told).ok()?;
        let mut times = self.times("told")?;
        for read in times.split_off(times.len().saturating_sub(just_told)) {
            self.note_failure(read);
        }
        // Its last line is when it was told.
        times.push(now_ms);
        let lines: Vec<String> = times.iter().map(ToString::to_string).collect();
        let _ = std::fs::write(told, lines.join("\n") + "\n");
        // Two at once may leave one of them nothing to tell.
        let count = times.len() - 1;
        (count > 0).then_some(Failures {
            count,
            since_ms: times[0],
        })
    }

    fn times(&self, name: &str) -> Option<Vec<i64>> {
        let text = std::fs::read_to_string(self.folder(name)).ok()?;
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
    fn failures_are_told_once_a_day_and_by_one() {
        let (_dir, spool) = spool();
        assert_eq!(spool.take_failures(0, 5000), None);
        for at in [1000, 2000] {
            spool.note_failure(at);
        }
        assert_eq!(
            spool.take_failures(0, 5000),
            Some(Failures {
                count: 2,
                since_ms: 1000
            })
        );
        assert_eq!(spool.take_failures(0, 5000), None);
        spool.note_failure(6000);
        assert_eq!(spool.take_failures(0, 5000 + DAY_MS - 1), None);
        assert_eq!(
            spool.take_failures(0, 5000 + DAY_MS),
            Some(Failures {
                count: 1,
                since_ms: 6000
            })
        );
        spool.note_failure(7000);
        assert!(
            spool.take_failures(0, 9000).is_some(),
            "a clock that went back silences nobody"
        );
    }

    #[test]
    fn what_was_read_a_moment_ago_is_kept_for_the_next() {
        let (_dir, spool) = spool();
        spool.note_failure(1000);
        assert_eq!(spool.take_failures(1, 5000), None);
        spool.note_failure(2000);
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
    fn where_nobody_is_told_the_count_ends() {
        let (dir, spool) = spool();
        let path = dir.path().join("service-hook/failed");
        std::fs::write(&path, "1000\n".repeat(20_000)).unwrap();
        spool.note_failure(2000);
        assert_eq!(path.metadata().unwrap().len(), 100_000);
    }
}
