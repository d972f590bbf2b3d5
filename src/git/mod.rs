//! Reads repositories with gix: opens them, walks commits, compares trees, reads tags, and finds the pusher. Computes the
//! events of a push. Knows no configuration, hooks, HTTP or spool.
//!
//! ```text
//! open ─► refs (before the push) ─┐
//!         updates ────────────────┴► events ─► difference of ancestors in history ─► commits, tags, tree diffs ─► PushEvent
//! ```

mod ancestors;
mod changed_paths;
mod commit;
mod commit_builder;
mod commit_list;
mod commit_texts;
mod diff_prefetch;
mod difference;
mod event_draft;
mod events;
mod grafts;
mod history;
mod identity;
mod object;
mod objects;
mod open;
mod person;
mod program;
mod receive_pack;
mod ref_files;
mod refs;
mod rev_parse;
mod server;
mod settings;
mod tag;
mod text;
mod tree_diff;

pub use events::ComputedEvents;
#[cfg(any(test, fuzzing))]
pub(crate) use objects::fuzz;
pub use receive_pack::receive_pack;
pub use server::Server;
pub use settings::ConfiguredHook;

use crate::environment::Environment;
use crate::push::{Computed, Needs, ObjectId, Push, Pusher, RefName, RefUpdate};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A repository that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct OpenError(pub String);

/// The refs of a repository and their targets.
#[derive(Clone, Debug, Default)]
pub struct Refs {
    /// The object that each ref names; annotated tags are not peeled.
    pub objects: BTreeMap<RefName, ObjectId>,
    /// Symbolic refs and the names they point to.
    symbolic: BTreeMap<RefName, RefName>,
}

/// An open repository.
pub struct Repository {
    git_dir: PathBuf,
    inner: gix::Repository,
}

impl Repository {
    /// Opens the repository whose Git directory or work tree is `dir`, as Git would. Dubious ownership is an error.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        open::open(dir)
    }

    /// Absolute path of the (common) Git directory, which has `hooks.toml` and `service-hook/`.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The name of the repository by its directory: without `.git`; for a work tree the name of the work tree.
    pub fn directory_name(&self) -> String {
        open::directory_name(&self.inner)
    }

    /// Short name of HEAD's branch, which may not exist; `None` if HEAD is detached.
    pub fn default_branch(&self) -> Option<String> {
        refs::head(&self.inner).map(|name| name.short().into_owned())
    }

    /// `core.sharedRepository` as the bits to add to a mode: 0, `0o060` (group) or `0o064` (all), or an octal value.
    pub fn shared_mode(&self) -> u32 {
        settings::shared_mode(&self.inner)
    }

    /// `core.hooksPath` as an absolute path, if set. Hooks run in the Git directory, so a relative path starts there.
    pub fn hooks_path(&self) -> Option<PathBuf> {
        settings::hooks_path(&self.inner, &self.git_dir)
    }

    /// The post-receive hooks of Git's configuration, which run in addition to those in `hooks/`.
    pub fn configured_hooks(&self) -> Vec<ConfiguredHook> {
        settings::configured_hooks(&self.inner, "post-receive")
    }

    /// HEAD's branch, which may not exist; `None` if HEAD is detached.
    pub fn head_branch(&self) -> Option<RefName> {
        refs::head(&self.inner)
    }

    /// Sorts updates into the order of the events: HEAD's branch, branches, tags, others; by name.
    pub fn order(&self, updates: &mut [RefUpdate]) {
        let head = refs::head(&self.inner);
        updates.sort_by(|a, b| {
            let key = |u: &RefUpdate| (head.as_ref() != Some(&u.name), u.name.kind());
            key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
        });
    }

    /// All refs; `None` if one of them cannot be read. Refs that `receive.hideRefs` or `transfer.hideRefs` hides are left
    /// out.
    pub fn refs(&self) -> Option<Refs> {
        refs::current(&self.inner)
    }

    /// One event for each of the first `needs.max_refs` updates, in the order given. Never fails: an unreadable object leads
    /// to an event with `error`.
    pub fn events(&self, updates: &[RefUpdate], needs: &Needs) -> Vec<Computed> {
        events::compute(&self.inner, updates, needs, true).events
    }

    /// As [`Self::events`], of the updates that the push lists, with the number of commits of all of them.
    pub fn events_of_push(&self, push: &Push, needs: &Needs) -> ComputedEvents {
        events::compute(&self.inner, &push.updates, needs, push.unlisted.is_none())
    }

    /// The id that a revision names (gitrevisions(7)); `None` if there is none. A full id, also the null id, is returned as
    /// it is.
    pub fn resolve(&self, revision: &str) -> Option<ObjectId> {
        rev_parse::resolve(&self.inner, revision)
    }

    /// The newest commit of a ref as an update from its first parent (null for a root): the default of `event`, `preview` and
    /// `test`. A tag is an update that creates it. Without a ref: HEAD's branch, else the branch with the newest commit.
    pub fn newest(&self, name: Option<&RefName>) -> Option<RefUpdate> {
        rev_parse::newest_update(&self.inner, name)
    }
}

/// Whether a full name is valid for a ref (git-check-ref-format(1)).
pub fn is_ref_name(name: &RefName) -> bool {
    rev_parse::is_ref_name(name)
}

/// Opens the repository of the hook: `dir` or one of its parents; without `dir` that of `GIT_DIR`; else the working directory
/// or one of its parents.
pub fn find(environment: &Environment, dir: Option<&Path>) -> Result<Repository, OpenError> {
    open::find(environment, dir)
}

/// The pusher, by the precedence of docs/events.md. `trusted` are the variables of `[pusher] env`, `server` is that of the
/// repository.
pub fn pusher(environment: &Environment, trusted: &[String], server: Option<Server>) -> Pusher {
    identity::pusher(environment, trusted, server)
}

/// The push options: `GIT_PUSH_OPTION_0` up to `GIT_PUSH_OPTION_COUNT`, at most 1000.
pub fn push_options(environment: &Environment) -> Vec<String> {
    identity::push_options(environment)
}

/// `REMOTE_ADDR`, else the first word of `SSH_CONNECTION`.
pub fn remote_addr(environment: &Environment) -> Option<String> {
    identity::remote_addr(environment)
}
