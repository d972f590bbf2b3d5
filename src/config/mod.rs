//! hooks.toml: both files, how they layer, who is trusted, every mistake at its place, and what references name
//! (docs/configuration.md).
//!
//! Loading reads no secret: references are read when an attempt is made. Knows no repository beyond its directory, no
//! events beyond their links, and no HTTP.

mod ca;
mod defaults;
mod entry;
mod excerpt;
mod file;
mod form;
mod habit;
mod hook;
mod keys;
mod layers;
mod locate;
mod mistake;
mod named;
mod odd;
mod place;
mod project;
mod read;
mod reference;
mod schema;
mod settings;
mod shared;
mod suggest;
mod tokens;
mod value;
mod web;
mod written;

pub use excerpt::Excerpt;
pub use hook::{Hook, Per, Trial};
pub use layers::load;
pub use locate::{Places, SecretFile};
pub use mistake::Mistake;
pub use schema::schema;
pub use settings::Deliver;
pub use written::Written;

use crate::action::Severity;

/// The server's file, unless [`SERVER_FILE_VARIABLE`] names another.
pub const SERVER_FILE: &str = "/etc/git-service-hook/hooks.toml";

/// Names the server's file; an absolute path.
pub const SERVER_FILE_VARIABLE: &str = "GIT_SERVICE_HOOK_CONFIG";

/// Name of the repository's file in the Git directory.
pub const REPOSITORY_FILE: &str = "hooks.toml";

/// Everything that the two files say, as far as it can be used.
#[derive(Debug, Default)]
pub struct Loaded {
    /// `[deliver]`.
    pub deliver: Deliver,
    /// Hooks that are on and without mistakes; the server's first, each file in its order.
    pub hooks: Vec<Hook>,
    /// All mistakes and warnings, in file order.
    pub mistakes: Vec<Mistake>,
    /// Why nothing may be sent although pushes are recorded (docs/configuration.md, "Mistakes").
    pub hold: Option<String>,
    /// The repository's file cannot be read or parsed: pushes are recorded with their hooks unresolved.
    pub unresolved: bool,
    /// Whether any file exists at all.
    pub configured: bool,
    /// `[pusher] env`.
    pub pusher_env: Vec<String>,
    /// `[project]` as written in both files.
    project: settings::ProjectTable,
    /// Names of hooks that are switched off.
    pub off: Vec<String>,
    /// Names of hooks of the server's file that are for other repositories.
    others: Vec<String>,
    /// Hooks of the server's file whose `repositories` may match once gitolite's name is known.
    elsewhere: Vec<Hook>,
}

/// What the files say about a hook by its name.
#[derive(Debug)]
pub enum Found<'a> {
    /// It is on.
    On(&'a Hook),
    /// It may come back when a mistake is mended: its deliveries wait.
    Broken,
    /// It has gone from the files or is disabled: its deliveries are cancelled.
    Gone,
}

/// Every key of the tables of settings and of every hook, without those of the actions.
pub fn keys_of_settings_and_hooks() -> impl Iterator<Item = &'static str> {
    entry::common_keys().iter().copied().chain(
        keys::Settings::ALL
            .into_iter()
            .flat_map(keys::Settings::every_key),
    )
}

impl Loaded {
    /// Whether no hook is on, and none may come back: pushes need not be recorded.
    pub fn tells_nobody(&self) -> bool {
        self.hooks.is_empty() && self.hold.is_none() && !self.unresolved
    }

    /// Names of the hooks of the server's file whose `repositories` do not match here.
    pub fn not_here(&self) -> impl Iterator<Item = &str> {
        self.others
            .iter()
            .map(String::as_str)
            .chain(self.elsewhere.iter().map(|hook| hook.name.as_str()))
    }

    /// Looks a hook up for a delivery that was recorded earlier.
    pub fn find(&self, name: &str) -> Found<'_> {
        if let Some(hook) = self
            .hooks
            .iter()
            .chain(&self.elsewhere)
            .find(|hook| hook.name == name)
        {
            return Found::On(hook);
        }
        let broken =
            |m: &Mistake| m.severity == Severity::Mistake && m.hook.as_deref() == Some(name);
        if self.hold.is_some() || self.unresolved || self.mistakes.iter().any(broken) {
            Found::Broken
        } else {
            Found::Gone
        }
    }
}
