//! Tries a server's file before it is put in place: which of its hooks apply to a repository, and what works there now
//! and would stop.

use super::hooks_toml;
use super::proposed_page;
use super::results::{CheckResult, CheckResults};
use super::{Arguments, Severity};
use crate::commands::{Failure, Session, many, print};
use crate::config::{self, Hook, Loaded, ServerFile, SourceMap};
use crate::diagnostic::Place;
use crate::exit;
use crate::git::Repository;
use crate::terminal::{self, Style};
use rustix::fs::Access;
use serde::{Deserialize, Serialize};
use std::io::{self, stdout};
use std::path::{Path, PathBuf};

/// What the proposed file means for one repository.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Trial {
    pub(super) repository: String,
    /// Hooks of the proposed file that apply.
    pub(super) server_hooks: Vec<String>,
    /// Hooks of the repository's own that work.
    pub(super) own_hooks: Vec<String>,
    /// Mistakes that there are only with the proposed file.
    pub(super) stops: Vec<Stop>,
    /// Hooks that work now, and are gone with the proposed file: their waiting deliveries would be cancelled.
    pub(super) gone: Vec<String>,
    /// Why the repository could not be checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<String>,
}

/// A mistake that there is only with the proposed file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Stop {
    /// None: it concerns the whole configuration.
    pub(super) file: Option<String>,
    /// From 1; 0: the whole file.
    pub(super) line: usize,
    pub(super) column: usize,
    /// The hook that is disabled.
    pub(super) hook: Option<String>,
    pub(super) message: String,
}

impl Trial {
    pub(super) fn failed(repository: String, why: String) -> Self {
        let error = Some(why);
        Self {
            repository,
            error,
            ..Self::default()
        }
    }

    fn json(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// Whether everything that works now works with the proposed file.
    pub(super) fn is_well(&self) -> bool {
        self.stops.is_empty() && self.error.is_none()
    }
}

impl From<&CheckResult> for Stop {
    fn from(result: &CheckResult) -> Self {
        let place = result.place.clone();
        let Place { file, line, column } = place.clone().unwrap_or(Place {
            file: String::new(),
            line: 0,
            column: 0,
        });
        Self {
            file: place.map(|_| file),
            line,
            column,
            hook: result.hook.clone(),
            message: result.message.clone(),
        }
    }
}

/// Tries `file` in one repository, or in all below some directories.
pub(super) fn run(session: &Session, arguments: &Arguments, file: &Path) -> Result<u8, Failure> {
    let unusable = |error: io::Error| Failure::new(format!("{}: {error}", file.display()));
    let mut session = session.clone();
    let file = std::path::absolute(file).map_err(unusable)?;
    if !session.owner_settled {
        // Not opened: a named pipe would wait for a writer.
        rustix::fs::access(&file, Access::READ_OK).map_err(|error| unusable(error.into()))?;
        // The child that runs as an owner starts elsewhere. The last one counts.
        let named = ["--config".into(), file.clone().into_os_string()];
        session.arguments.extend(named);
    }
    let here = |session: &Session| {
        let trial = examine(session, &file).unwrap_or_else(|failure| {
            let dir = session.dir.clone().unwrap_or_else(|| PathBuf::from("."));
            Trial::failed(dir.display().to_string(), failure.message)
        });
        (trial.json(), code(&[trial]))
    };
    many::run(&session, &arguments.all, here, |outputs| {
        let trials = outputs.into_iter().map(read).collect::<Vec<_>>();
        if arguments.json {
            for trial in &trials {
                print::stdout(&terminal::escape_json(&trial.json()));
            }
        } else {
            let style = Style::for_stream(&stdout(), &session.environment);
            let shown = file.display().to_string();
            print::stdout(proposed_page::write(&trials, &shown, &arguments.all, style).trim_end());
        }
        code(&trials)
    })
}

/// The trial that was printed for a repository.
fn read((dir, output): (PathBuf, many::Output)) -> Trial {
    let why = match output {
        Ok((json, _)) => match serde_json::from_str(&json) {
            Ok(trial) => return trial,
            Err(_) => "its owner cannot run this".to_owned(),
        },
        Err(failure) => failure.message,
    };
    Trial::failed(dir.display().to_string(), why)
}

fn code(trials: &[Trial]) -> u8 {
    if trials.iter().all(Trial::is_well) {
        exit::OK
    } else {
        exit::FAILURE
    }
}

/// Compares one repository with and without the proposed file.
fn examine(session: &Session, file: &Path) -> Result<Trial, Failure> {
    let repository = session.repository()?;
    let in_place = ServerFile::in_place(&session.environment);
    let proposed = ServerFile::proposed(file, &session.environment);
    let (now, found_now) = check_with(session, &repository, &in_place);
    let (then, found_then) = check_with(session, &repository, &proposed);
    let stops = found_then
        .sorted()
        .filter(|result| result.severity == Some(Severity::Mistake) && !found_now.has(result))
        .map(Stop::from)
        .collect();
    let names = |loaded: &Loaded, of_server_file: bool| {
        let hooks = loaded.hooks.iter();
        hooks
            .filter(|hook| hook.is_of_server_file() == of_server_file)
            .map(|hook| hook.name.clone())
            .collect()
    };
    let is_gone = |hook: &&Hook| matches!(then.find(&hook.name), config::Found::Gone);
    let gone = now.hooks.iter().filter(is_gone);
    Ok(Trial {
        repository: repository.git_dir().display().to_string(),
        server_hooks: names(&then, true),
        own_hooks: names(&then, false),
        stops,
        gone: gone.map(|hook| hook.name.clone()).collect(),
        error: None,
    })
}

fn check_with(
    session: &Session,
    repository: &Repository,
    server_file: &ServerFile,
) -> (Loaded, CheckResults) {
    let git_dir = repository.git_dir();
    let loaded = config::load_with(git_dir, &session.environment, server_file);
    let places = SourceMap::read_with(git_dir, server_file);
    let mut results = CheckResults::default();
    hooks_toml::check(repository, &loaded, &places, &mut results);
    (loaded, results)
}
