//! The durable record of each push. This room knows no HTTP, no actions and no gix: a hook is a name and an event is
//! bytes with an index.
//!
//! Each push has one file below `service-hook/` in the Git directory (docs/operating.md, "Files"). The file is written
//! and synced under a temporary name and then renamed into place. Afterwards it is append-only, one line per write. The
//! state of a push is a fold over its lines, so no process has to rewrite what another one wrote.
//!
//! `line` and `record` are the format, `writer` and `reader` the access to one record, `history` moves records from
//! `pending/` to `done/` and back, `lanes` holds the locks and the state of each hook and destination.

mod catch_up_state;
mod dedup;
mod history;
mod lanes;
mod line;
mod markers;
mod modes;
mod reader;
mod record;
mod writer;

pub use catch_up_state::{AnnouncedUpdates, CatchUpState, SavedCatchUp};
pub use history::Retention;
pub use lanes::{
    DestinationState, ExclusiveLock, Lane, LaneState, read_destination, update_destination,
};
pub use line::{Ended, Events, Exchange, Outcome, Planned, Queued, RecordLine, Started, VERSION};
pub use markers::Failures;
pub use reader::{DeliveryStep, Follower, RecordedAttempt};
pub use record::{Delivery, DeliveryState, Record, RecordFile};
pub use writer::{LockedRecord, new_id, time_of_id};

use std::io;
use std::path::{Path, PathBuf};

/// The folder `service-hook/` of one repository. It is created when something is published.
#[derive(Clone, Debug)]
pub struct Spool {
    root: PathBuf,
    /// Bits that `core.sharedRepository` adds to the modes of files.
    shared: u32,
}

impl Spool {
    /// `git_dir` is the common Git directory; `shared` comes from `core.sharedRepository`.
    pub fn at(git_dir: &Path, shared: u32) -> Self {
        Self {
            root: git_dir.join("service-hook"),
            shared,
        }
    }

    /// The folder's name within the Git directory, for messages.
    pub fn place(&self) -> &'static str {
        "service-hook/"
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The path of a record that has deliveries to send.
    fn pending_path(&self, id: &str) -> PathBuf {
        self.root.join("pending").join(id)
    }

    /// The path of a finished record.
    fn done_path(&self, id: &str) -> PathBuf {
        self.root.join("done").join(id)
    }
}

/// Turns `NotFound` into `None`.
fn optional<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
