//! The only user of gix: opens the repository, walks, diffs trees, reads tags, and says who pushed. Knows no
//! configuration, hooks, HTTP or spool.

use crate::environment::Environment;
use crate::push::{Computed, Needs, ObjectId, Pusher, RefName, RefUpdate};
use std::path::{Path, PathBuf};

/// A repository that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct OpenError(pub String);

/// An open repository.
pub struct Repository {
    git_dir: PathBuf,
}

impl Repository {
    /// Opens the repository whose Git directory, or whose work tree, is `dir`, as Git would (dubious ownership is an error).
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        Ok(Self { git_dir: dir.to_owned() })
    }

    /// Absolute path of the (common) Git directory: where `hooks.toml` and `service-hook/` stand.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The name of the repository as its directory says it: without `.git`, for a work tree that of the work tree.
    pub fn directory_name(&self) -> String {
        String::new()
    }

    /// Short name of HEAD's branch, also when it does not exist yet or any more; `None` when detached.
    pub fn default_branch(&self) -> Option<String> {
        None
    }

    /// `core.sharedRepository` as the bits to add to a mode: 0, `0o060` (group) or `0o064` (all), or an octal value.
    pub fn shared_mode(&self) -> u32 {
        0
    }

    /// `core.hooksPath`, absolute, when it is set.
    pub fn hooks_path(&self) -> Option<PathBuf> {
        None
    }

    /// Sorts updates into the order of the events: HEAD's branch, branches, tags, others; by name.
    pub fn order(&self, updates: &mut [RefUpdate]) {
        let _ = updates;
    }

    /// One event for each of the first `needs.max_refs` updates, in the order given. Never fails: what cannot be read
    /// leaves an event with `error`.
    pub fn events(&self, updates: &[RefUpdate], needs: &Needs) -> Vec<Computed> {
        let _ = (updates, needs);
        Vec::new()
    }

    /// The id that a revision names, `None` when there is none.
    pub fn resolve(&self, revision: &str) -> Option<ObjectId> {
        let _ = revision;
        None
    }

    /// The newest commit of a ref as an update from its first parent (null for a root): what `event`, `preview` and
    /// `test` tell by default. Without a ref: HEAD's branch, else the branch with the newest commit.
    pub fn newest(&self, name: Option<&RefName>) -> Option<RefUpdate> {
        let _ = name;
        None
    }
}

/// Where the hook finds its repository: `GIT_DIR` relative to the working directory, else the working directory or
/// one of its parents.
pub fn find(environment: &Environment, dir: Option<&Path>) -> Result<Repository, OpenError> {
    let _ = environment;
    Repository::open(dir.unwrap_or(Path::new(".")))
}

/// Who pushed, by the precedence of interface 3.1. `trusted` are the variables of `[pusher] env`.
pub fn pusher(environment: &Environment, trusted: &[String]) -> Pusher {
    let _ = (environment, trusted);
    Pusher::default()
}

/// `GIT_PUSH_OPTION_0` and so on, as many as `GIT_PUSH_OPTION_COUNT` says (at most 1000).
pub fn push_options(environment: &Environment) -> Vec<String> {
    let _ = environment;
    Vec::new()
}

/// `REMOTE_ADDR`, else the first word of `SSH_CONNECTION`.
pub fn remote_addr(environment: &Environment) -> Option<String> {
    environment.non_empty("REMOTE_ADDR")
}
