//! What one `drain --catch-up` leaves to the next, and the ref updates that the records announce.

use super::folder::{READ, read_bounded, too_large};
use super::line::{FirstLine, VERSION, json_lines, newer_version};
use super::locking::open_locked;
use super::reader::read_first_line;
use super::writer::append_within;
use super::{Spool, modes, optional};
use crate::catch_up::{RefSnapshot, UpdateMark};
use crate::push::{Push, RefUpdate, Unlisted};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// The version of the file `refs`. One of a newer version is left alone.
const STATE_VERSION: u32 = 1;

/// Size limit of the file `announced`: a larger one means that catching up is no longer used.
const MAX_ANNOUNCED: u64 = 64 << 20;

/// At most so many bytes of `refs` and `announced` are read, and none is written past it; a million refs have 150 MiB.
const MAX_REFS: u64 = 512 << 20;

/// The state after a catch-up run: the file `refs`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct CatchUpState {
    v: u32,
    /// The values of the refs, and what may have been missed.
    #[serde(rename = "state")]
    pub snapshot: RefSnapshot,
    /// Ids of the records whose updates have been counted.
    pub counted: BTreeSet<String>,
    /// `GL_REPO` of the newest push that had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gl_repo: Option<String>,
}

/// The content of the file `refs`.
#[derive(Debug)]
pub enum SavedCatchUp {
    /// There was no run yet.
    None,
    /// The state of the last run.
    State(Box<CatchUpState>),
    /// It cannot be parsed.
    Damaged,
    /// It was written by a newer version of this program.
    Newer(u32),
}

/// The ref updates in the records.
#[derive(Debug, Default)]
pub struct AnnouncedUpdates {
    /// Ids of all records.
    pub records: BTreeSet<String>,
    /// Updates of the records that were not counted before, in the order of recording.
    pub updates: Vec<RefUpdate>,
    /// The updates of those records that are not listed, because their push had too many.
    pub marks: Vec<UpdateMark>,
    /// `GL_REPO` of the newest of those.
    pub gl_repo: Option<String>,
}

/// A record that was pruned: a line of the file `announced`.
#[derive(Deserialize, Serialize)]
struct RemovedRecord {
    id: String,
    updates: Vec<RefUpdate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unlisted: Option<Unlisted>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gl_repo: Option<String>,
}

impl RemovedRecord {
    fn new(id: &str, push: Push) -> Self {
        Self {
            id: id.to_owned(),
            updates: push.updates,
            unlisted: push.unlisted,
            gl_repo: push.gl_repo,
        }
    }
}

impl CatchUpState {
    /// A state of the current version.
    pub fn new(snapshot: RefSnapshot, counted: BTreeSet<String>, gl_repo: Option<String>) -> Self {
        Self {
            v: STATE_VERSION,
            snapshot,
            counted,
            gl_repo,
        }
    }
}

impl Spool {
    /// Whether catching up is used here.
    pub fn has_catch_up_state(&self) -> bool {
        self.open_root()
            .and_then(|root| root.has("refs"))
            .unwrap_or(false)
    }

    /// Reads the state of the last run.
    pub fn catch_up_state(&self) -> io::Result<SavedCatchUp> {
        let opened = self.open_root().and_then(|root| root.open("refs", READ));
        let Some(file) = optional(opened)? else {
            return Ok(SavedCatchUp::None);
        };
        let bytes = read_bounded(&file, MAX_REFS)?;
        Ok(match serde_json::from_slice::<CatchUpState>(&bytes) {
            Ok(state) if state.v == STATE_VERSION => SavedCatchUp::State(Box::new(state)),
            _ => newer_version(&bytes, STATE_VERSION)
                .map_or(SavedCatchUp::Damaged, SavedCatchUp::Newer),
        })
    }

    /// Writes the state durably: a crash leaves either the old state or the new one.
    pub fn save_catch_up_state(&self, state: &CatchUpState) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(state)?;
        bytes.push(b'\n');
        if bytes.len() as u64 > MAX_REFS {
            return Err(too_large(MAX_REFS));
        }
        // `prune` removes files of this name that a crash left.
        let (root, temporary) = (self.open_root()?, "new-refs");
        let open = || modes::create_file(&root, temporary, self.shared);
        let locked = open_locked(&root, temporary, open)?;
        let mut file = locked.ok_or(io::ErrorKind::WouldBlock)?;
        file.set_len(0)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        root.rename(temporary, &root, "refs")?;
        root.sync()
    }

    /// The updates of all records except the `counted` ones. It fails when a record cannot be read now: its updates would
    /// look as if they had been missed. The caller holds the lock of `lock_catch_up`.
    pub fn announced_updates(&self, counted: &BTreeSet<String>) -> io::Result<AnnouncedUpdates> {
        let mut records: BTreeMap<String, Option<RemovedRecord>> = BTreeMap::new();
        // A record may move to `done/`, or back, between the listings.
        for folder in ["pending", "done", "pending"] {
            for id in self.names(folder)? {
                if counted.contains(&id) || records.get(&id).is_some_and(Option::is_some) {
                    records.entry(id).or_default();
                    continue;
                }
                let push = self
                    .first_line(&id)
                    .map_err(|e| io::Error::new(e.kind(), format!("record {id}: {e}")))?;
                records.insert(id.clone(), push.map(|push| RemovedRecord::new(&id, push)));
            }
        }
        // A record may also be pruned; `prune` has noted its updates before.
        for removed in self.take_removed()? {
            let record = records.entry(removed.id.clone()).or_default();
            if !counted.contains(&removed.id) {
                record.get_or_insert(removed);
            }
        }
        let mut announced = AnnouncedUpdates::default();
        for (id, record) in records {
            announced.records.insert(id);
            let Some(record) = record else { continue };
            announced.updates.extend(record.updates);
            let mark = |unlisted: Unlisted| UpdateMark::decode(unlisted.mark.as_deref());
            announced.marks.extend(record.unlisted.map(mark));
            announced.gl_repo = record.gl_repo.or(announced.gl_repo);
        }
        Ok(announced)
    }

    /// The push of a record, pending or finished; `None` when it is missing or not a record.
    fn first_line(&self, id: &str) -> io::Result<Option<Push>> {
        let Some(file) = self.open(id)? else {
            return Ok(None);
        };
        let line = read_first_line(file)?;
        match serde_json::from_slice(&line) {
            Ok(FirstLine {
                v: VERSION, push, ..
            }) => Ok(Some(push)),
            _ => newer_version(&line, VERSION).map_or(Ok(None), |v| {
                Err(io::Error::other(format!(
                    "written by a newer version of this program (format {v})"
                )))
            }),
        }
    }

    /// Reads the updates of pruned records. The file is renamed first, so that `clear_removed` loses none that are added
    /// meanwhile.
    fn take_removed(&self) -> io::Result<Vec<RemovedRecord>> {
        let (announced, counted) = ("announced", "announced-counted");
        let root = self.open_root()?;
        if !root.has(counted)? {
            optional(root.rename(announced, &root, counted))?;
        }
        let mut removed = Vec::new();
        for name in [counted, announced] {
            if let Some(file) = optional(root.open(name, READ))? {
                let mut text = read_bounded(&file, MAX_REFS)?;
                removed.extend(json_lines::<RemovedRecord>(&mut text));
            }
        }
        Ok(removed)
    }

    /// Deletes the updates of pruned records that [`Self::announced_updates`] returned: they are in the saved state.
    pub fn clear_removed(&self) -> io::Result<()> {
        optional(self.open_root()?.remove("announced-counted")).map(drop)
    }

    /// Notes the updates of finished records durably, before these are pruned. Does nothing where catching up is not
    /// used.
    pub(super) fn note_removed(&self, ids: &[&String]) -> io::Result<()> {
        if ids.is_empty() || !self.has_catch_up_state() {
            return Ok(());
        }
        let root = self.open_root()?;
        let file = modes::create_file(&root, "announced", self.shared)?;
        for id in ids {
            if let Ok(Some(push)) = self.first_line(id) {
                append_within(&file, &RemovedRecord::new(id, push), MAX_REFS)?;
            }
        }
        file.sync_all()?;
        if file.metadata()?.len() > MAX_ANNOUNCED {
            // The next catch-up, if there is one, starts from nothing.
            optional(root.remove("refs"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_state_is_read_back_and_damage_is_reported() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::at(dir.path(), 0);
        assert!(matches!(
            spool.catch_up_state().unwrap(),
            SavedCatchUp::None
        ));
        let lock = spool.lock_catch_up().unwrap();
        assert!(
            lock.is_some() && spool.lock_catch_up().unwrap().is_none(),
            "one process at a time"
        );
        let state = CatchUpState::new(RefSnapshot::default(), BTreeSet::from(["a".into()]), None);
        // A longer file that a crash left must not show through.
        std::fs::write(dir.path().join("service-hook/new-refs"), "x".repeat(1000)).unwrap();
        spool.save_catch_up_state(&state).unwrap();
        assert!(
            matches!(spool.catch_up_state().unwrap(), SavedCatchUp::State(found) if *found == state)
        );
        for (text, newer) in [
            ("", false),
            ("{\"v\":1}", false),
            ("{\"v\":0}", false),
            ("{\"v\":2,\"x\":[]}", true),
        ] {
            std::fs::write(dir.path().join("service-hook/refs"), text).unwrap();
            match spool.catch_up_state().unwrap() {
                SavedCatchUp::Damaged => assert!(!newer, "{text}"),
                SavedCatchUp::Newer(v) => assert!(newer && v == 2, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
    }
}
