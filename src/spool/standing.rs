use super::{Lane, Spool, modes};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

/// How a hook stands with its receiver: a cache, written in place. Losing it costs one attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Failed attempts in a row, over all deliveries of the hook.
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
    /// When the hook has something to do again, as far as is known; for whoever stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_ms: Option<i64>,
    /// When messages went out lately, where the receiver takes only so many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sent: Vec<i64>,
}

/// How one destination stands, over all repositories.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shared {
    /// Since when it has not taken anything; absent: it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<i64>,
    /// Nobody tries it before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<i64>,
    /// As in [`Standing`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sent: Vec<i64>,
}

impl Lane {
    /// How the hook stands; nothing is known where the file is new or damaged.
    pub fn standing(&self) -> Standing {
        read(&self.lock)
    }

    /// Keeps it. Errors are ignored: it is a cache.
    pub fn keep(&self, standing: &Standing) {
        let _ = write(&self.lock, standing);
    }
}

impl Spool {
    /// The earliest moment at which some hook has something to do again, as far as the lanes know.
    pub fn due_ms(&self) -> Option<i64> {
        let names = self.names("lane").ok()?;
        let lanes = names
            .iter()
            .filter_map(|name| File::open(self.folder("lane").join(name)).ok());
        lanes
            .filter_map(|file| read::<Standing>(&file).due_ms)
            .min()
    }
}

impl Spool {
    /// Forgets when the other lanes had something to do: nothing waits there any more, whoever has seen to it.
    pub fn let_rest(&self, all_but: &BTreeSet<String>) {
        for name in self
            .names("lane")
            .unwrap_or_default()
            .iter()
            .filter(|name| !all_but.contains(*name))
        {
            let noted = File::open(self.folder("lane").join(name))
                .is_ok_and(|f| read::<Standing>(&f).due_ms.is_some());
            if let Some(lane) = noted.then(|| self.lane(name).ok().flatten()).flatten() {
                lane.keep(&Standing {
                    due_ms: None,
                    ..lane.standing()
                });
            }
        }
    }
}

/// So long another process may have a destination's file.
const TURNS: u32 = 100;
const TURN: Duration = Duration::from_millis(5);

/// Changes what is known of a destination, while nobody else does. `name` is its file in the folder that all
/// repositories share; who may read and write the folder may read and write the file.
pub fn change_shared<T>(
    folder: &Path,
    name: &str,
    change: impl FnOnce(&mut Shared) -> T,
) -> io::Result<T> {
    use std::os::unix::fs::PermissionsExt;
    let shared = folder.metadata()?.permissions().mode() & 0o066;
    let file = modes::create_state(&folder.join(name), shared)?;
    for turn in 0.. {
        match file.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if turn < TURNS => std::thread::sleep(TURN),
            Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    let mut state: Shared = read(&file);
    let result = change(&mut state);
    write(&file, &state)?;
    Ok(result)
}

/// What is known of a destination; nothing where it has no file, or one that is damaged.
pub fn read_shared(folder: &Path, name: &str) -> Shared {
    File::open(folder.join(name))
        .map(|file| read(&file))
        .unwrap_or_default()
}

/// Bytes of such a file that are read.
const LARGEST: usize = 8 * 1024;

fn read<T: Default + DeserializeOwned>(file: &File) -> T {
    let mut bytes = vec![0; LARGEST];
    let size = file.read_at(&mut bytes, 0).unwrap_or(0);
    serde_json::from_slice(&bytes[..size]).unwrap_or_default()
}

/// In one write that covers what was there: whoever reads meanwhile, without the lock, sees one state or the other.
fn write(file: &File, state: &impl Serialize) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(state)?;
    let before = usize::try_from(file.metadata()?.len()).unwrap_or(0);
    bytes.resize(
        bytes.len().max(before).min(LARGEST).max(bytes.len() + 1),
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
    fn a_lane_keeps_how_its_hook_stands_and_a_damaged_file_is_nothing_known() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::at(dir.path(), 0);
        std::fs::create_dir_all(dir.path().join("service-hook/lane")).unwrap();
        let lane = spool.lane("ci").unwrap().unwrap();
        assert_eq!(
            (lane.standing(), spool.due_ms()),
            (Standing::default(), None)
        );
        let long = Standing {
            failures: 3,
            due_ms: Some(7),
            sent: vec![1; 100],
            ..Standing::default()
        };
        let short = Standing {
            failures: 1,
            due_ms: Some(9),
            ..Standing::default()
        };
        for standing in [&long, &short] {
            lane.keep(standing);
            assert_eq!(
                (&lane.standing(), spool.due_ms()),
                (standing, standing.due_ms)
            );
        }
        std::fs::write(dir.path().join("service-hook/lane/ci"), "{\"failures\":").unwrap();
        assert_eq!(lane.standing(), Standing::default());
    }

    #[test]
    fn a_lane_where_nothing_waits_keeps_nobody_awake() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::at(dir.path(), 0);
        std::fs::create_dir_all(dir.path().join("service-hook/lane")).unwrap();
        for (name, due_ms) in [("a", 7), ("b", 9)] {
            let standing = Standing {
                failures: 2,
                due_ms: Some(due_ms),
                ..Standing::default()
            };
            spool.lane(name).unwrap().unwrap().keep(&standing);
        }
        spool.let_rest(&BTreeSet::from(["b".to_owned()]));
        assert_eq!(spool.due_ms(), Some(9));
        assert_eq!(
            spool.lane("a").unwrap().unwrap().standing().failures,
            2,
            "what is known stays"
        );
    }

    #[test]
    fn a_destination_is_changed_by_one_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for at in 0..8 {
                let dir = dir.path();
                scope.spawn(move || change_shared(dir, "x", |s| s.sent.push(at)).unwrap());
            }
        });
        let mut sent = change_shared(dir.path(), "x", |s| s.sent.clone()).unwrap();
        sent.sort_unstable();
        assert_eq!(sent, (0..8).collect::<Vec<_>>());
    }
}
