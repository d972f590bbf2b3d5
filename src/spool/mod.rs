//! The durable record of each push. This room knows no HTTP, no actions and no gix: a hook is a name and an event is
//! bytes with an index.
//!
//! Each push has one file below `service-hook/` in the Git directory (docs/operating.md, "Files"). The file is written
//! and synced under a temporary name and then renamed into place. Afterwards it is append-only, one line per write. The
//! state of a push is a fold over its lines, so no process has to rewrite what another one wrote.
//!
//! `line` and `record` are the format, `writer` and `reader` the access to one record, `history` moves records from
//! `pending/` to `done/` and back, `folder`, `locking` and `modes` reach files by descriptors, `lanes` holds the locks and
//! the state of each hook and destination. `failed`, `inspect` and `stuck` find what a person should see, and
//! `reported` keeps what was shown.

mod adopt;
mod catch_up_state;
mod clock_state;
mod dedup;
mod failed;
mod file_id;
mod folder;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod history;
mod inspect;
mod lanes;
mod line;
mod locking;
mod markers;
mod modes;
mod reader;
mod record;
mod reported;
mod stuck;
mod trouble_state;
mod writer;

pub use adopt::held_problem;
pub use catch_up_state::{AnnouncedUpdates, CatchUpState, SavedCatchUp};
pub use failed::FailedDelivery;
pub use file_id::FileId;
pub use history::Retention;
pub use lanes::{
    DestinationState, ExclusiveLock, Lane, LaneState, read_destination, update_destination,
};
pub use line::{Ended, Events, Exchange, Outcome, Planned, Queued, RecordLine, Started, VERSION};
pub use markers::Failures;
pub use reader::{DeliveryStep, Follower, RecordedAttempt};
pub use record::{Delivery, DeliveryState, Record, RecordFile, ref_of};
pub use stuck::{Holder, StuckLane};
pub use trouble_state::ReportedTrouble;
pub use writer::{LockedRecord, delivery_id, new_id, time_of_id};

use folder::Folder;
use std::io;
use std::path::{Path, PathBuf};

/// The name of the folder in the Git directory.
const FOLDER: &str = "service-hook";

/// The folders in it.
const FOLDERS: [&str; 4] = ["pending", "done", "corrupt", "lane"];

/// At most so many bytes of a record are read, and none is written past it.
const MAX_RECORD: u64 = 512 << 20;

/// At most so many bytes are published: the rest of a record is for its events, 16 MiB at most, and attempts.
const MAX_PUBLISHED: usize = 256 << 20;

/// So many bytes are left for the ends of attempts: a line that begins something is not written into them.
const ROOM_FOR_ENDS: u64 = 16 << 20;

/// The folder `service-hook/` of one repository. It is created when something is published.
#[derive(Clone, Debug)]
pub struct Spool {
    git_dir: PathBuf,
    /// Bits that `core.sharedRepository` adds to the modes of files.
    shared: u32,
}

impl Spool {
    /// `git_dir` is the common Git directory; `shared` comes from `core.sharedRepository`.
    pub fn at(git_dir: &Path, shared: u32) -> Self {
        Self {
            git_dir: git_dir.to_owned(),
            shared,
        }
    }

    /// The folder's name within the Git directory, for messages.
    pub fn place(&self) -> &'static str {
        "service-hook/"
    }

    fn open_git_dir(&self) -> io::Result<Folder> {
        Folder::trusted(&self.git_dir, self.shared)
    }

    /// The folder itself.
    fn open_root(&self) -> io::Result<Folder> {
        self.open_git_dir()?.folder(FOLDER)
    }

    /// One of the folders in it.
    fn open_folder(&self, name: &str) -> io::Result<Folder> {
        self.open_root()?.folder(name)
    }

    /// One of the folders in it. One that has gone is created again: an interrupted copy or removal must not stop what
    /// comes after it.
    fn ensure_folder(&self, name: &str) -> io::Result<Folder> {
        let root = self.open_root()?;
        if let Some(folder) = optional(root.folder(name))? {
            return Ok(folder);
        }
        let folder = modes::create_folder(&root, name, self.shared)?;
        root.sync()?;
        Ok(folder)
    }

    /// Creates the folder itself if it is missing.
    fn create_root(&self) -> io::Result<Folder> {
        modes::create_folder(&self.open_git_dir()?, FOLDER, self.shared)
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
