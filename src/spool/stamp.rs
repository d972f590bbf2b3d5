use super::{Spool, modes};
use std::io::Write;

/// A timer that has not run for so long is none.
const TIMER_MS: u64 = 2 * 3600 * 1000;

impl Spool {
    /// Notes that `drain` ran without a push, as a timer runs it. Errors are ignored: it only makes promises bolder.
    pub fn stamp_timer(&self, now_ms: i64) {
        let _ = modes::create_folder(&self.root, self.shared);
        if let Ok(mut file) = modes::create_file(&self.folder("timer"), self.shared) {
            let _ = file.set_len(0).and_then(|()| writeln!(file, "{now_ms}"));
        }
    }

    /// When `drain` last ran without a push.
    pub fn timer_stamp(&self) -> Option<i64> {
        std::fs::read_to_string(self.folder("timer"))
            .ok()?
            .trim()
            .parse()
            .ok()
    }

    /// Whether a timer can be counted on: `drain` ran without a push within two hours.
    pub fn timer_seen(&self, now_ms: i64) -> bool {
        self.timer_stamp()
            .is_some_and(|at| now_ms.abs_diff(at) <= TIMER_MS)
    }
}
