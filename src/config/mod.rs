//! Reads hooks.toml: merges the server's file with the repository's, checks who may write them, reports every mistake at
//! its place, and reads what references name (docs/configuration.md).
//!
//! Loading reads no secret: references are read when an attempt is made. Knows no repository beyond its directory, no
//! events beyond their links, and no HTTP.

mod credentials;
mod entry;
mod excerpt;
mod file;
mod filter_source;
mod form;
mod future_mistakes;
mod hook;
mod keys;
mod lint;
mod load;
mod merge;
mod network;
mod notes;
mod offset;
mod project;
mod reader;
mod references;
mod reserved;
#[cfg(test)]
mod schema;
mod secret_refs;
mod server_file;
mod settings;
mod source_map;
mod syntax_hints;
mod tokens;
mod value;

pub use crate::action::Per;
pub use excerpt::Excerpt;
pub use filter_source::FilterSource;
pub use hook::{Hook, Trial};
pub use load::{load, load_with};
pub use project::ProjectView;
pub use server_file::ServerFile;
pub use settings::{Deliver, Show};
pub use source_map::{SecretFile, SourceMap};

use crate::diagnostic::Diagnostic;
use std::time::Duration;

/// How long an attempt may take whose hook is not known any more: the longest default.
const UNKNOWN_TIMEOUT: Duration = Duration::from_secs(30);

/// The server's file, unless [`SERVER_FILE_VARIABLE`] names another.
pub const SERVER_FILE: &str = "/etc/git-service-hook/hooks.toml";

/// Names the server's file; an absolute path.
pub const SERVER_FILE_VARIABLE: &str = "GIT_SERVICE_HOOK_CONFIG";

/// Name of the repository's file in the Git directory.
pub const REPOSITORY_FILE: &str = "hooks.toml";

/// The merged configuration of both files, as far as it can be used.
#[derive(Debug, Default)]
pub struct Loaded {
    /// `[deliver]`.
    pub deliver: Deliver,
    /// Active hooks: enabled and without mistakes; the server's first, each file in its order.
    pub hooks: Vec<Hook>,
    /// All mistakes and warnings, in file order.
    pub diagnostics: Vec<Diagnostic>,
    /// Why nothing may be sent although pushes are recorded (docs/configuration.md, "Mistakes").
    pub hold: Option<String>,
    /// The repository's file cannot be read or parsed: pushes are recorded with their hooks unresolved. `hooks` has those
    /// that are locked, and no others.
    pub unresolved: bool,
    /// Whether any file exists at all.
    pub configured: bool,
    /// Whether there is a server's file: then repositories' files are somebody else's.
    server_file: bool,
    /// `[pusher] env`.
    pub pusher_env: Vec<String>,
    /// `[project]` as the hooks of each file see it.
    projects: project::Projects,
    /// Names of hooks with `enabled = false`.
    pub disabled: Vec<String>,
    /// Names of hooks of the server's file that are for other repositories.
    other_repositories: Vec<String>,
    /// Hooks of the server's file whose `repositories` may match once gitolite's name is known.
    pending_match: Vec<Hook>,
    /// Hooks of the server's file that the repository's file may change once it can be read: they fire for no push until
    /// then.
    pending_file: Vec<Hook>,
}

/// The state of a hook by its name.
#[derive(Debug)]
pub enum Found<'a> {
    /// It is active.
    Active(&'a Hook),
    /// It may become active when a mistake is fixed: its deliveries wait.
    Broken,
    /// It was removed from the files or is disabled: its deliveries are cancelled.
    Gone,
}

/// Every key of the tables of settings and of every hook, without those of the actions.
pub fn keys_of_settings_and_hooks() -> impl Iterator<Item = &'static str> {
    let settings = keys::Settings::ALL.into_iter();
    let settings = settings.flat_map(keys::Settings::every_key);
    entry::common_keys().iter().copied().chain(settings)
}

impl Loaded {
    /// Whether no hook is active, and none may become so by a fix: pushes need not be recorded.
    pub fn has_no_active_hooks(&self) -> bool {
        self.hooks.is_empty() && self.hold.is_none() && !self.unresolved
    }

    /// Whether a pusher sees no more of a receiver that cannot be reached than this: with the server's network before it, a
    /// repository's hook must not become a port scanner.
    pub fn hides_reachability(&self, hook: &Hook) -> bool {
        self.server_file && hook.layer == file::Layer::Repository
    }

    /// Whether a hook fires for no push until the repository's file can be read.
    pub fn waits_for_file(&self, name: &str) -> bool {
        self.unresolved && !self.hooks.iter().any(|hook| hook.name == name)
    }

    /// Names of the hooks of the server's file whose `repositories` do not match here.
    pub fn not_here(&self) -> impl Iterator<Item = &str> {
        let pending = self.pending_match.iter().map(|hook| hook.name.as_str());
        let others = self.other_repositories.iter().map(String::as_str);
        others.chain(pending)
    }

    /// The name of a hook that is given by its name or its label.
    pub fn name_of<'a>(&'a self, text: &'a str) -> &'a str {
        let known = self.pending_match.iter().chain(&self.pending_file);
        let mut known = self.hooks.iter().chain(known);
        if known.clone().any(|hook| hook.name == text) {
            return text;
        }
        known
            .find(|hook| hook.label == text)
            .map_or(text, |hook| &hook.name)
    }

    /// A hook as people call it; its name where it is not known any more.
    pub fn label_of<'a>(&'a self, name: &'a str) -> &'a str {
        match self.find(name) {
            Found::Active(hook) => &hook.label,
            Found::Broken | Found::Gone => name,
        }
    }

    /// How long one attempt of a hook may take; also of one that is not known any more.
    pub fn timeout_of(&self, name: &str) -> Duration {
        match self.find(name) {
            Found::Active(hook) => hook.timeout,
            Found::Broken | Found::Gone => self.deliver.timeout.unwrap_or(UNKNOWN_TIMEOUT),
        }
    }

    /// Finds a hook for a delivery that was recorded earlier.
    pub fn find(&self, name: &str) -> Found<'_> {
        let pending = self.pending_match.iter().chain(&self.pending_file);
        let mut known = self.hooks.iter().chain(pending);
        if let Some(hook) = known.find(|hook| hook.name == name) {
            return Found::Active(hook);
        }
        let disables = |diagnostic: &Diagnostic| diagnostic.disabled_hook() == Some(name);
        if self.hold.is_some() || self.unresolved || self.diagnostics.iter().any(disables) {
            Found::Broken
        } else {
            Found::Gone
        }
    }
}

#[cfg(test)]
#[path = "many_hooks_tests.rs"]
mod many_hooks_tests;
