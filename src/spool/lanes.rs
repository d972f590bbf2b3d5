//! Locks, and the state that outlives them: of each hook (a lane), and of each destination that repositories share.

use super::folder::{Folder, READ};
use super::locking::{open_locked, open_locked_within, try_shared};
use super::stuck::Holder;
use super::{ReportedTrouble, Spool, modes};
use crate::schedule::{FailedProbes, Obstacle, Recovery, Standing};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

/// How often, and how long each time, a process waits for the lock of a destination.
const LOCK_TRIES: u32 = 100;
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// At most so many bytes of a state file are read.
const MAX_STATE: usize = 8 * 1024;

/// The lock of one hook of this repository: its holder is the only sender. Dropping it, or dying, releases it.
#[derive(Debug)]
pub struct Lane {
    pub(super) lock: File,
    folder: Folder,
    name: String,
}

/// Any other lock of the spool. Dropping it, or dying, releases it.
#[derive(Debug)]
pub struct ExclusiveLock {
    _lock: File,
}

/// The state of a hook: a cache, written in place. Losing it costs one attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaneState {
    /// Consecutive failed attempts, over all deliveries of the hook.
    #[serde(default)]
    pub failures: u32,
    /// When the first of them ended, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<i64>,
    /// When the newest of them ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_ms: Option<i64>,
    /// Nothing is sent before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_ms: Option<i64>,
    /// When the next delivery is due, as far as is known; read by the process that waits for early retries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_ms: Option<i64>,
    /// Since when it accepts messages again, after an outage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<Recovery>,
    /// The failed attempts that count towards the end of what waits.
    #[serde(default)]
    pub failed_probes: FailedProbes,
    /// How the newest failed attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<Obstacle>,
    /// When the event of the first of them was pushed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_ms: Option<i64>,
    /// Whether other events were tried as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub several_events: bool,
    /// When the latest messages were sent, where the receiver has a rate limit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sent: Vec<i64>,
    /// The process that holds the lane; it is set when the state is saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holder>,
}

/// The state of one destination, over all repositories.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationState {
    /// Since when it has accepted nothing; absent while it is up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<i64>,
    /// Nothing is sent before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
    /// As in [`LaneState`].
    #[serde(default)]
    pub failed_probes: FailedProbes,
    /// As in [`LaneState`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obstacle: Option<Obstacle>,
    /// As in [`LaneState`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sent: Vec<i64>,
    /// What trouble of it was reported to the server's hooks.
    #[serde(default)]
    pub reported: ReportedTrouble,
}

impl LaneState {
    /// Why the hook cannot deliver; `None` if its newest attempt did not fail.
    pub fn standing(&self) -> Option<Standing> {
        let failed_ms = self.failed_ms.filter(|_| self.failures > 0)?;
        Some(Standing {
            obstacle: self.obstacle.unwrap_or_default(),
            failures: self.failures as usize,
            since_ms: self.since_ms.unwrap_or(failed_ms),
            failed_ms,
            until_ms: self.next_ms.unwrap_or(failed_ms),
            event_ms: self.event_ms.filter(|_| !self.several_events),
        })
    }
}

impl Lane {
    /// The state of the hook; the default where the file is new or damaged.
    pub fn state(&self) -> LaneState {
        LaneState {
            holder: None,
            ..read_state(&self.lock)
        }
    }

    /// Whether this is still the only lock of the hook: the file may have been removed, and another process may have
    /// created and locked it again.
    pub fn is_current(&self) -> bool {
        self.folder.leads_to(&self.name, &self.lock).unwrap_or(true)
    }

    /// Writes the state, and that this process is at work. Errors are ignored: it is a cache.
    pub fn save(&self, state: &LaneState) {
        let state = LaneState {
            holder: Some(Holder::this()),
            ..state.clone()
        };
        let _ = write_state(&self.lock, &state);
    }

    /// Writes the state for the last time before the lane is unlocked.
    pub fn save_last(&self, state: &LaneState) {
        let _ = write_state(&self.lock, state);
    }
}

impl Spool {
    /// Locks a lane; `None` while another process has it. The name is a hook's: letters, digits, `_` and `-`.
    pub fn lane(&self, hook: &str) -> io::Result<Option<Lane>> {
        let folder = self.ensure_folder("lane")?;
        let lock = self.try_lock(&folder, hook)?;
        Ok(lock.map(|lock| Lane {
            lock,
            folder,
            name: hook.to_owned(),
        }))
    }

    /// Whether a process is sending for this hook. The check itself takes a shared lock for a moment.
    pub fn is_lane_locked(&self, hook: &str) -> bool {
        self.open_lane(hook)
            .is_ok_and(|lane| matches!(lane.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// The names of the hooks that have a lane. None where the folder cannot be read.
    pub fn lanes(&self) -> Vec<String> {
        self.names("lane").unwrap_or_default()
    }

    /// The state of a hook as its file has it now; the default where it is missing or damaged. No lock is taken.
    pub fn lane_state(&self, hook: &str) -> LaneState {
        self.open_lane(hook)
            .map(|file| read_state(&file))
            .unwrap_or_default()
    }

    /// Why files cannot be locked here; `None` if they can.
    pub fn lock_problem(&self) -> Option<String> {
        let file = self
            .open_root()
            .and_then(|root| root.open("publish.lock", READ))
            // Before the first push nothing of the spool exists.
            .or_else(|_| self.open_git_dir()?.open("config", READ))
            .ok()?;
        try_shared(&file).err().map(|error| error.to_string())
    }

    /// Lets one process wait for early retries; `None` while another one does.
    pub fn lock_retry_wait(&self) -> io::Result<Option<ExclusiveLock>> {
        let lock = self.try_lock(&self.open_root()?, "stay.lock")?;
        Ok(lock.map(|lock| ExclusiveLock { _lock: lock }))
    }

    /// Lets one process search for missed updates; `None` while another one does.
    pub fn lock_catch_up(&self) -> io::Result<Option<ExclusiveLock>> {
        let lock = self.try_lock(&self.create_root()?, "catch-up.lock")?;
        Ok(lock.map(|lock| ExclusiveLock { _lock: lock }))
    }

    /// Locks a file of the spool, without waiting.
    fn try_lock(&self, folder: &Folder, name: &str) -> io::Result<Option<File>> {
        open_locked(folder, name, || {
            modes::create_state(folder, name, self.shared)
        })
    }

    /// The earliest time at which a delivery of some hook is due, as far as the lanes know.
    pub fn next_due_ms(&self) -> Option<i64> {
        let names = self.names("lane").ok()?;
        let lanes = names.iter().filter_map(|name| self.open_lane(name).ok());
        lanes
            .filter_map(|file| read_state::<LaneState>(&file).due_ms)
            .min()
    }

    /// Clears `due_ms` of all lanes but those of `hooks`: they have no pending deliveries.
    pub fn clear_due_except(&self, hooks: &BTreeSet<String>) {
        for name in self.names("lane").unwrap_or_default() {
            if hooks.contains(&name) || !self.has_due(&name) {
                continue;
            }
            if let Ok(Some(lane)) = self.lane(&name) {
                lane.save_last(&LaneState {
                    due_ms: None,
                    ..lane.state()
                });
            }
        }
    }

    fn has_due(&self, hook: &str) -> bool {
        self.open_lane(hook)
            .is_ok_and(|file| read_state::<LaneState>(&file).due_ms.is_some())
    }

    pub(super) fn open_lane(&self, hook: &str) -> io::Result<File> {
        self.open_folder("lane")?.open(hook, READ)
    }
}

/// Changes the state of a destination under its lock. `name` is its file in the folder that all repositories share;
/// a user who may read and write the folder may read and write the file.
pub fn update_destination<T>(
    folder: &Path,
    name: &str,
    change: impl FnOnce(&mut DestinationState) -> T,
) -> io::Result<T> {
    let (folder, shared) = open_shared(folder)?;
    let open = || modes::create_state(&folder, name, shared);
    let locked = open_locked_within(&folder, name, (LOCK_TRIES, LOCK_PAUSE), open)?;
    let file = locked.ok_or(io::ErrorKind::WouldBlock)?;
    let mut state: DestinationState = read_state(&file);
    let result = change(&mut state);
    write_state(&file, &state)?;
    Ok(result)
}

/// The state of a destination; the default where its file is missing or damaged.
pub fn read_destination(folder: &Path, name: &str) -> DestinationState {
    open_shared(folder)
        .and_then(|(folder, _)| folder.open(name, READ))
        .map(|file| read_state(&file))
        .unwrap_or_default()
}

/// The folder of all destinations, and the mode bits that its files share.
fn open_shared(folder: &Path) -> io::Result<(Folder, u32)> {
    let shared = folder.metadata()?.permissions().mode() & 0o066;
    Ok((Folder::trusted(folder, shared)?, shared))
}

pub(super) fn read_state<T: Default + DeserializeOwned>(file: &File) -> T {
    let mut bytes = vec![0; MAX_STATE];
    let size = file.read_at(&mut bytes, 0).unwrap_or(0);
    serde_json::from_slice(&bytes[..size]).unwrap_or_default()
}

/// One write covers the old content, so that a reader without the lock sees either the old state or the new one.
pub(super) fn write_state(file: &File, state: &impl Serialize) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(state)?;
    let before = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    bytes.resize(
        bytes.len().max(before).min(MAX_STATE).max(bytes.len() + 1),
        b' ',
    );
    if let Some(last) = bytes.last_mut() {
        *last = b'\n';
    }
    file.write_all_at(&bytes, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_lane_file_is_the_default_state() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::at(dir.path(), 0);
        std::fs::create_dir_all(dir.path().join("service-hook/lane")).unwrap();
        let lane = spool.lane("ci").unwrap().unwrap();
        assert_eq!(
            (lane.state(), spool.next_due_ms()),
            (LaneState::default(), None)
        );
        let long = LaneState {
            failures: 3,
            due_ms: Some(7),
            sent: vec![1; 100],
            ..LaneState::default()
        };
        let short = LaneState {
            failures: 1,
            due_ms: Some(9),
            ..LaneState::default()
        };
        for state in [&long, &short] {
            lane.save(state);
            assert_eq!((&lane.state(), spool.next_due_ms()), (state, state.due_ms));
        }
        std::fs::write(dir.path().join("service-hook/lane/ci"), "{\"failures\":").unwrap();
        assert_eq!(lane.state(), LaneState::default());
    }

    #[test]
    fn a_lane_whose_file_was_removed_or_created_again_is_not_current() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::at(dir.path(), 0);
        std::fs::create_dir_all(dir.path().join("service-hook/lane")).unwrap();
        let first = spool.lane("ci").unwrap().unwrap();
        assert!(first.is_current() && spool.lane("ci").unwrap().is_none());
        std::fs::remove_file(dir.path().join("service-hook/lane/ci")).unwrap();
        assert!(!first.is_current());
        let second = spool.lane("ci").unwrap().unwrap();
        assert!(second.is_current() && !first.is_current());
    }

    #[test]
    fn a_lane_without_deliveries_is_never_due() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::at(dir.path(), 0);
        std::fs::create_dir_all(dir.path().join("service-hook/lane")).unwrap();
        for (name, due_ms) in [("a", 7), ("b", 9)] {
            let state = LaneState {
                failures: 2,
                due_ms: Some(due_ms),
                ..LaneState::default()
            };
            spool.lane(name).unwrap().unwrap().save(&state);
        }
        spool.clear_due_except(&BTreeSet::from(["b".to_owned()]));
        assert_eq!(spool.next_due_ms(), Some(9));
        assert_eq!(
            spool.lane("a").unwrap().unwrap().state().failures,
            2,
            "the rest of its state is kept"
        );
    }

    #[test]
    fn simultaneous_changes_of_a_destination_are_all_kept() {
        let dir = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for at in 0..8 {
                let dir = dir.path();
                scope.spawn(move || update_destination(dir, "x", |s| s.sent.push(at)).unwrap());
            }
        });
        let mut sent = update_destination(dir.path(), "x", |s| s.sent.clone()).unwrap();
        sent.sort_unstable();
        assert_eq!(sent, (0..8).collect::<Vec<_>>());
    }

    #[test]
    fn the_state_of_a_destination_is_not_written_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let (victim, folder) = (dir.path().join("victim"), dir.path().join("state"));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(&victim, "secret").unwrap();
        std::os::unix::fs::symlink(&victim, folder.join("symlink")).unwrap();
        std::fs::hard_link(&victim, folder.join("link")).unwrap();
        for (name, what) in [("symlink", "symbolic link"), ("link", "hard link")] {
            let error = update_destination(&folder, name, |s| s.sent.push(1)).unwrap_err();
            assert!(error.to_string().contains(what), "{error}");
            assert_eq!(read_destination(&folder, name), DestinationState::default());
        }
        assert_eq!(std::fs::read_to_string(victim).unwrap(), "secret");
    }
}
