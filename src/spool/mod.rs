//! The durable record of a push: publish, append, fold, lanes, list, history, requeue, prune. To this room a hook is a name and an
//! event is bytes with a number; it knows no HTTP, no actions, no gix.
//!
//! One file a push below `service-hook/` in the Git directory (docs/operating.md, "Files"). It is created once, by
//! renaming a file that is complete and synced; afterwards it is only appended to, a line a write. Its state is a fold
//! over its lines, so no process ever has to rewrite what another one wrote.

mod announced;
mod append;
mod failures;
mod fold;
mod follow;
mod history;
mod lane;
mod line;
mod list;
mod modes;
mod once;
mod prune;
mod publish;
mod remembered;
mod remove;
mod requeue;
mod stamp;
mod standing;

pub use announced::Announced;
pub use failures::Failures;
pub use fold::{Delivery, Read, Record, State};
pub use follow::Follower;
pub use history::{Attempted, Step};
pub use lane::{Lane, Sole};
pub use line::{Ended, Events, Exchange, Line, Outcome, Planned, Queued, Started, VERSION};
pub use prune::Keep;
pub use publish::{Locked, new_id, time_of};
pub use remembered::{Memory, Remembered};
pub use standing::{Shared, Standing, change_shared, read_shared};

use std::path::{Path, PathBuf};

/// The folder `service-hook/` of one repository. It is created when something is published.
#[derive(Clone, Debug)]
pub struct Spool {
    root: PathBuf,
    /// Bits that `core.sharedRepository` adds to the modes of files.
    shared: u32,
}

impl Spool {
    /// `git_dir` is the (common) Git directory; `shared` as the git room gives it.
    pub fn at(git_dir: &Path, shared: u32) -> Self {
        Self {
            root: git_dir.join("service-hook"),
            shared,
        }
    }

    /// Its name within the Git directory, for people.
    pub fn place(&self) -> &'static str {
        "service-hook/"
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Where a record that still has something to do stands.
    fn pending_path(&self, id: &str) -> PathBuf {
        self.root.join("pending").join(id)
    }

    /// Where it stands when nothing is left to do.
    fn done_path(&self, id: &str) -> PathBuf {
        self.root.join("done").join(id)
    }
}
