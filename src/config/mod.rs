//! hooks.toml: both files, how they layer, who is trusted, every mistake at its place, and what references name.

mod ca;

use crate::action::{Action, Kind, Parameters, Severity};
use crate::environment::Environment;
use crate::filter::{self, Decision, Filters};
use crate::outgoing::Project;
use crate::parameter::Unresolved;
use crate::push::{Computed, Needs, Push, PushEvent};
use crate::secret::Secrets;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Everything that the two files say, as far as it can be used.
#[derive(Debug, Default)]
pub struct Loaded {
    /// `[deliver]`.
    pub deliver: Deliver,
    /// Hooks that are on and without mistakes; the server's first, each file in its order.
    pub hooks: Vec<Hook>,
    /// All mistakes and warnings, in file order.
    pub mistakes: Vec<Mistake>,
    /// Why nothing may be sent although pushes are recorded (interface 2, "Mistakes").
    pub hold: Option<String>,
    /// The repository's file does not parse: pushes are recorded with their hooks unresolved.
    pub unresolved: bool,
    /// Whether any file exists at all.
    pub configured: bool,
    /// `[pusher] env`.
    pub pusher_env: Vec<String>,
}

/// `[deliver]` with its defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deliver {
    /// How long the push shows results.
    pub wait: Duration,
    /// One attempt.
    pub timeout: Option<Duration>,
    /// Connecting alone.
    pub connect_timeout: Duration,
    /// Then the delivery has failed.
    pub retry_for: Duration,
    /// History by age.
    pub keep: Duration,
    /// History by number of pushes.
    pub keep_count: usize,
    /// History by bytes.
    pub keep_size: u64,
}

impl Default for Deliver {
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(5),
            timeout: None,
            connect_timeout: Duration::from_secs(3),
            retry_for: Duration::from_secs(72 * 3600),
            keep: Duration::from_secs(30 * 86400),
            keep_count: 1000,
            keep_size: 64 << 20,
        }
    }
}

/// One delivery an updated ref, or one for the whole push.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// One delivery for each updated ref.
    Ref,
    /// One for the push.
    Push,
}

/// A hook as configured, defaults filled in, references unresolved.
#[derive(Debug)]
pub struct Hook {
    /// Its name in the file.
    pub name: String,
    /// A name for people; the name when absent.
    pub label: String,
    /// Its action.
    pub kind: Kind,
    /// Both must pass.
    pub filters: Vec<Filters>,
    /// Of the whole attempt.
    pub timeout: Duration,
    /// Of connecting.
    pub connect_timeout: Duration,
    /// Then the delivery has failed.
    pub retry_for: Duration,
    /// PEM file of additional roots.
    pub ca_file: Option<PathBuf>,
    /// Accept any certificate.
    pub insecure_skip_verify: bool,
    /// `service-hook.skip` counts for it.
    pub skippable: bool,
    /// Deliveries by ref or by push.
    pub per: Per,
    /// Commits listed.
    pub max_commits: usize,
    /// Bytes of the body.
    pub max_body: usize,
    /// Refs with a delivery of their own.
    pub max_refs: usize,
    /// Of the action.
    pub parameters: Box<dyn Parameters>,
}

impl Hook {
    /// What must be computed of an event for it.
    pub fn needs(&self) -> Needs {
        Needs::everything(self.max_commits)
    }

    /// Whether it fires for an event: its filters, and what the pusher asked for by push options.
    pub fn decide(&self, push: &Push, computed: &Computed) -> Decision {
        match filter::skip_option(&self.name, push).filter(|_| self.skippable) {
            Some(reason) => Decision::Skip(reason),
            None => filter::decide(&self.filters, push, computed),
        }
    }

    /// Reads references and builds the action, with every secret met on the way.
    pub fn action(&self) -> Result<(Box<dyn Action>, Secrets), Unresolved> {
        Err(Unresolved { key: String::new(), why: String::new() })
    }
}

/// Something wrong, at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// As people may see it: `hooks.toml` or the server's path.
    pub file: String,
    /// From 1; 0 when it concerns the whole file.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// One sentence fragment; never a value.
    pub message: String,
    /// The hook that is off because of it.
    pub hook: Option<String>,
    /// How bad.
    pub severity: Severity,
}

/// Loads both files for a repository.
pub fn load(git_dir: &Path, environment: &Environment) -> Loaded {
    let _ = (git_dir, environment);
    Loaded::default()
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

impl Loaded {
    /// Looks a hook up for a delivery that was recorded earlier.
    pub fn find(&self, name: &str) -> Found<'_> {
        self.hooks.iter().find(|hook| hook.name == name).map_or(Found::Gone, Found::On)
    }

    /// `[project]`, complete. `directory_name` and `gl_repo` are where the name comes from when none is configured.
    pub fn project(&self, git_dir: &Path, gl_repo: Option<&str>, default_branch: Option<&str>) -> Project {
        let _ = (git_dir, gl_repo, default_branch);
        Project::default()
    }

    /// Fills `url` and `compare` of an event from `[project]`.
    pub fn link(&self, project: &Project, event: &mut PushEvent) {
        let _ = (project, event);
    }
}
