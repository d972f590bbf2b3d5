//! The commands, one file each: a command reads its arguments, calls the other modules and prints the result.

pub mod as_owner;
pub mod cancel;
pub mod catch_up;
pub mod check;
mod complete;
pub mod completions;
pub mod deliveries;
pub mod drain;
pub mod event;
pub mod event_selection;
pub mod hook_file;
pub mod install;
pub mod man;
mod many;
mod parallel;
pub mod preview;
pub mod print;
mod progress;
pub mod redeliver;
mod relay;
pub mod repositories;
pub mod schema;
pub mod status;
pub mod test;
pub mod uninstall;

use crate::environment::Environment;
use crate::exit;
use crate::git::{self, Repository};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What every command is given besides its own arguments.
#[derive(Clone, Debug)]
pub struct Session {
    /// `-C`; `None`: where we are.
    pub dir: Option<PathBuf>,
    /// Whether this process is already the one that runs as the repository's owner.
    pub owner_settled: bool,
    /// The command line without the program's name.
    pub arguments: Vec<OsString>,
    /// That of the process.
    pub environment: Environment,
}

impl Session {
    /// Opens the repository in question.
    pub fn repository(&self) -> Result<Repository, Failure> {
        git::find(&self.environment, self.dir.as_deref()).map_err(|e| Failure::new(e.to_string()))
    }

    /// The same session at another repository.
    #[must_use]
    pub fn at(&self, dir: &Path) -> Self {
        Self {
            dir: Some(dir.to_owned()),
            ..self.clone()
        }
    }

    /// The same session, with the directories of `--all` once more by their real paths. The child that runs as an owner
    /// starts elsewhere, and names the repository by its path below one of them.
    #[must_use]
    pub fn with_all(&self, dirs: &[PathBuf]) -> Self {
        let mut session = self.clone();
        if !dirs.is_empty() {
            let real = |dir: &PathBuf| dir.canonicalize().unwrap_or_else(|_| dir.clone());
            session.arguments.push("--all".into());
            session
                .arguments
                .extend(dirs.iter().map(|dir| real(dir).into_os_string()));
        }
        session
    }
}

/// Why a command could not do what it was asked, and the exit code that says so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// A lower-case fragment.
    pub message: String,
    /// From [`crate::exit`].
    pub code: u8,
}

impl Failure {
    /// It could not be done.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: exit::FAILURE,
        }
    }

    /// It was not asked rightly.
    pub fn usage(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: exit::USAGE,
        }
    }
}
