//! Remembers what trouble of which hook has been reported, in the file `trouble`.

use super::folder::read_bounded;
use super::locking::open_locked;
use super::{Spool, modes};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::FileExt;

/// At most so many bytes of the file are read.
const MAX_BYTES: u64 = 1 << 20;

/// What has been reported of a hook, or of a destination.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedTrouble {
    /// Since when the receiver is down, if that was reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down_ms: Option<i64>,
    /// Failures up to this moment were reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counted_ms: Option<i64>,
    /// When failures were last reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_ms: Option<i64>,
    /// When anything was last reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<i64>,
}

impl Spool {
    /// Changes what was reported, by names of hooks. `None` while another process does.
    pub fn update_reported<T>(
        &self,
        change: impl FnOnce(&mut BTreeMap<String, ReportedTrouble>) -> T,
    ) -> io::Result<Option<T>> {
        let root = self.open_root()?;
        let open = || modes::create_state(&root, "trouble", self.shared);
        let Some(file) = open_locked(&root, "trouble", open)? else {
            return Ok(None);
        };
        let bytes = read_bounded(&file, MAX_BYTES)?;
        let mut reported: BTreeMap<String, ReportedTrouble> =
            serde_json::from_slice(&bytes).unwrap_or_default();
        let before = reported.clone();
        let result = change(&mut reported);
        if reported != before {
            let bytes = serde_json::to_vec(&reported)?;
            file.write_all_at(&bytes, 0)?;
            file.set_len(bytes.len() as u64)?;
        }
        Ok(Some(result))
    }
}
