//! The only user of gix: opens the repository, walks, diffs trees, reads tags, and says who pushed. Knows no
//! configuration, hooks, HTTP or spool.
//!
//! ```text
//! open ─► refs (before the push) ─┐
//!         updates ────────────────┴► events ─► walk over reach over history ─► commit, tag, paths ─► PushEvent
//! ```

mod ahead;
mod commit;
mod events;
mod history;
mod identity;
mod lists;
mod loose;
mod newest;
mod object;
mod objects;
mod open;
mod paths;
mod person;
mod program;
mod reach;
mod receive_pack;
mod refs;
mod settings;
mod tag;
mod text;
mod told;
mod walk;

pub use receive_pack::receive_pack;
pub use settings::ConfiguredHook;

use crate::environment::Environment;
use crate::push::{Computed, Needs, ObjectId, Pusher, RefName, RefUpdate};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A repository that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct OpenError(pub String);

/// What the refs of a repository hold.
#[derive(Clone, Debug, Default)]
pub struct Refs {
    /// The object that each ref names; annotated tags are not peeled.
    pub objects: BTreeMap<RefName, ObjectId>,
    /// Names that stand for another one.
    symbolic: BTreeMap<RefName, RefName>,
}

/// An open repository.
pub struct Repository {
    git_dir: PathBuf,
    inner: gix::Repository,
}

impl Repository {
    /// Opens the repository whose Git directory, or whose work tree, is `dir`, as Git would (dubious ownership is an error).
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        open::open(dir)
    }

    /// Absolute path of the (common) Git directory: where `hooks.toml` and `service-hook/` stand.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The name of the repository as its directory says it: without `.git`, for a work tree that of the work tree.
    pub fn directory_name(&self) -> String {
        open::directory_name(&self.inner)
    }

    /// Short name of HEAD's branch, also when it does not exist yet or any more; `None` when detached.
    pub fn default_branch(&self) -> Option<String> {
        refs::head(&self.inner).map(|name| name.short().into_owned())
    }

    /// `core.sharedRepository` as the bits to add to a mode: 0, `0o060` (group) or `0o064` (all), or an octal value.
    pub fn shared_mode(&self) -> u32 {
        settings::shared_mode(&self.inner)
    }

    /// `core.hooksPath`, absolute, when it is set. Hooks of a push run in the Git directory, so a relative one starts there.
    pub fn hooks_path(&self) -> Option<PathBuf> {
        settings::hooks_path(&self.inner, &self.git_dir)
    }

    /// What Git's configuration starts after a push, beside what stands in `hooks/`.
    pub fn configured_hooks(&self) -> Vec<ConfiguredHook> {
        settings::configured_hooks(&self.inner, "post-receive")
    }

    /// Sorts updates into the order of the events: HEAD's branch, branches, tags, others; by name.
    pub fn order(&self, updates: &mut [RefUpdate]) {
        let head = refs::head(&self.inner);
        updates.sort_by(|a, b| {
            let key = |u: &RefUpdate| (head.as_ref() != Some(&u.name), u.name.kind());
            key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
        });
    }

    /// All refs as they are now; `None` when one of them cannot be read. Those that `receive.hideRefs` or
    /// `transfer.hideRefs` hides are left out.
    pub fn refs(&self) -> Option<Refs> {
        refs::now(&self.inner)
    }

    /// One event for each of the first `needs.max_refs` updates, in the order given. Never fails: what cannot be read
    /// leaves an event with `error`.
    pub fn events(&self, updates: &[RefUpdate], needs: &Needs) -> Vec<Computed> {
        events::compute(&self.inner, updates, needs)
    }

    /// The id that a revision names (gitrevisions(7)), `None` when there is none. A full id is taken as it is, the null
    /// id too.
    pub fn resolve(&self, revision: &str) -> Option<ObjectId> {
        newest::resolve(&self.inner, revision)
    }

    /// The newest commit of a ref as an update from its first parent (null for a root): what `event`, `preview` and
    /// `test` tell by default. A tag is told as created. Without a ref: HEAD's branch, else the branch with the newest
    /// commit.
    pub fn newest(&self, name: Option<&RefName>) -> Option<RefUpdate> {
        newest::update(&self.inner, name)
    }
}

/// Whether a full name can be that of a ref (git-check-ref-format(1)).
pub fn is_ref_name(name: &RefName) -> bool {
    newest::is_ref_name(name)
}

/// Where the hook finds its repository: `dir` or one of its parents; without it `GIT_DIR`, relative to the working
/// directory; else the working directory or one of its parents.
pub fn find(environment: &Environment, dir: Option<&Path>) -> Result<Repository, OpenError> {
    open::find(environment, dir)
}

/// Who pushed, by the precedence of docs/events.md. `trusted` are the variables of `[pusher] env`.
pub fn pusher(environment: &Environment, trusted: &[String]) -> Pusher {
    identity::pusher(environment, trusted)
}

/// `GIT_PUSH_OPTION_0` and so on, as many as `GIT_PUSH_OPTION_COUNT` says (at most 1000).
pub fn push_options(environment: &Environment) -> Vec<String> {
    identity::push_options(environment)
}

/// `REMOTE_ADDR`, else the first word of `SSH_CONNECTION`.
pub fn remote_addr(environment: &Environment) -> Option<String> {
    identity::remote_addr(environment)
}
