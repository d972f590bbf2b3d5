//! Finds lanes that a process holds although it makes no step: one that is stopped, or waits for a dead disk.

use super::lanes::read_state;
use super::{LaneState, Spool};
use crate::clock;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::TryLockError;
use std::time::Duration;

/// The process that holds a lane, as of its last step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    process: u32,
    /// Monotonic: the machine has not been started again while a lock is held.
    step_ms: i64,
}

impl Holder {
    /// This process, which makes a step now.
    pub(super) fn this() -> Self {
        Self {
            process: std::process::id(),
            step_ms: clock::monotonic_ms(),
        }
    }
}

/// A lane whose process has made no step for longer than twice the `timeout` of its hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StuckLane {
    process: u32,
    age: Duration,
}

impl Spool {
    /// The process that holds the lane of a hook for too long. `timeout` is that of one attempt.
    pub fn stuck_lane(&self, hook: &str, timeout: Duration) -> Option<StuckLane> {
        let file = self.open_lane(hook).ok()?;
        if !matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)) {
            return None;
        }
        let holder = read_state::<LaneState>(&file).holder?;
        let age = u64::try_from(clock::monotonic_ms() - holder.step_ms).ok()?;
        let age = Duration::from_millis(age);
        (age > timeout * 2).then_some(StuckLane {
            process: holder.process,
            age,
        })
    }
}

impl fmt::Display for StuckLane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { process, age } = self;
        let (count, unit) = match age.as_secs() {
            seconds @ ..120 => (seconds, "s"),
            seconds @ ..7200 => (seconds / 60, "min"),
            seconds => (seconds / 3600, "h"),
        };
        write!(
            f,
            "process {process} holds its lane and has done nothing for {count} {unit}: let it continue (`kill -CONT {process}`) or end it"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_lane_is_stuck_once_its_process_makes_no_step() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::at(dir.path(), 0);
        std::fs::create_dir_all(dir.path().join("service-hook/lane")).unwrap();
        let hour = Duration::from_secs(3600);
        let state = LaneState::default();
        let lane = spool.lane("ci").unwrap().unwrap();
        lane.save(&state);
        assert_eq!(spool.stuck_lane("ci", hour), None);
        let long_ago = LaneState {
            holder: Some(Holder {
                process: 7,
                step_ms: clock::monotonic_ms() - 3 * 3_600_000,
            }),
            ..state.clone()
        };
        super::super::lanes::write_state(&lane.lock, &long_ago).unwrap();
        let stuck = spool.stuck_lane("ci", hour).unwrap().to_string();
        assert!(
            stuck.starts_with("process 7 holds its lane and has done nothing for 3 h"),
            "{stuck}"
        );
        assert_eq!(spool.stuck_lane("ci", 2 * hour), None);
        drop(lane);
        assert_eq!(spool.stuck_lane("ci", hour), None, "nobody holds it");
    }
}
