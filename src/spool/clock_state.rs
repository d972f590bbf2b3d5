//! Remembers since when the clock runs without being set, in the file `clock`.

use super::lanes::{read_state, write_state};
use super::{Spool, modes};
use crate::schedule::{self, ClockRun};
use serde::{Deserialize, Serialize};

/// Which start of which machine this is.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct ClockState {
    runs: Vec<ClockRun>,
}

impl Spool {
    /// Whether the clock, which shows `at_ms` after `uptime_ms` of this machine, may end something by its age. Where nothing can
    /// be remembered it may not.
    pub fn is_clock_trusted(&self, uptime_ms: i64, at_ms: i64) -> bool {
        let boot = std::fs::read_to_string(BOOT_ID).unwrap_or_default();
        let file = self
            .open_root()
            .and_then(|root| modes::create_state(&root, "clock", self.shared));
        let Ok(file) = file else { return false };
        let mut state: ClockState = read_state(&file);
        let before = state.clone();
        let trusted = schedule::is_clock_trusted(&mut state.runs, boot.trim(), (uptime_ms, at_ms));
        if state != before && write_state(&file, &state).is_err() {
            return false;
        }
        trusted
    }
}
