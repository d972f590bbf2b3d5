//! `check`: validates the configuration and the set-up before the first push. Changes nothing, and sends nothing but the
//! question of `--handshake`.

mod access;
pub(super) mod disk;
mod dry_run;
mod git_program;
mod handshake;
mod hook;
mod hooks_toml;
mod mount;
mod page;
mod proposed;
mod proposed_page;
mod pushers;
mod records;
mod results;
mod row;
mod state_dir;

use super::hook_file::{HookFile, Standing};
use super::{Failure, Session, as_owner, many, parallel, print, repositories};
use crate::action::Severity;
use crate::config::{self, Loaded, SourceMap};
use crate::git::Repository;
use crate::spool::Spool;
use crate::terminal::{self, Style};
use crate::{clock, exit};
use page::Page;
use results::CheckResults;
use row::Row;
use serde_json::json;
use std::io::{IsTerminal, stdout};
use std::path::{Path, PathBuf};

/// Lines are never longer on a wide terminal: nobody likes to read them.
const WIDEST: usize = 100;

/// Of `check`.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Every repository below these directories: each problem once, and a summary
    #[arg(long, value_name = "DIR", num_args = 1..)]
    all: Vec<PathBuf>,
    /// Try FILE as the server's file before it is put in place: which of its hooks apply where, and what stops
    #[arg(long, value_name = "FILE", overrides_with = "config")]
    config: Option<PathBuf>,
    /// Ask the receiver of a CloudEvents hook for its consent, with an OPTIONS request; checks nothing else
    #[arg(long, value_name = "HOOK", conflicts_with_all = ["all", "config", "json"])]
    handshake: Option<String>,
    /// One JSON object a line instead of words
    #[arg(long)]
    json: bool,
}

/// Checks one repository, or all below some directories.
pub fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    if let Some(hook) = &arguments.handshake {
        return as_owner::run_as_owner(session, |session| handshake::run(session, hook));
    }
    if let Some(file) = &arguments.config {
        return proposed::run(session, arguments, file);
    }
    if arguments.all.is_empty() {
        return as_owner::run_as_owner(session, |session| one(session, arguments));
    }
    if session.owner_settled {
        let (text, code) = part(session, arguments);
        print::stdout(&text);
        return Ok(code);
    }
    all(session, arguments)
}

fn one(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    let (repository, results) = examine(session)?;
    let name = repository.git_dir().display().to_string();
    if arguments.json {
        results.sorted().for_each(|f| print::json(&f.json(&name)));
    } else {
        let width = terminal::width(&stdout()).min(WIDEST);
        let page = Page {
            style: Style::for_stream(&stdout(), &session.environment),
            width,
        };
        print::stdout(page.write(&name, &results).trim_end());
    }
    Ok(code(&results))
}

/// Each problem once, and a sum; as JSON a line for each result, in the order of the repositories' names.
fn all(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    let found = many::find(session, &arguments.all)?;
    let each = |git_dir: &PathBuf| {
        let session = session.at(git_dir);
        as_owner::capture_as_owner(&session, |session| part(session, arguments))
            .unwrap_or_else(|failure| (not_looked_at(&session, &failure, arguments), failure.code))
    };
    let said = parallel::map(&found, each).into_iter();
    let said = said
        .map(|said| said.unwrap_or_else(|| (String::new(), exit::FAILURE)))
        .collect::<Vec<_>>();
    let code = said.iter().map(|(_, code)| *code).max().unwrap_or(exit::OK);
    if arguments.json {
        said.iter()
            .filter(|(text, _)| !text.is_empty())
            .for_each(|(text, _)| print::stdout(text.trim_end()));
        return Ok(code);
    }
    let name = |git_dir: &PathBuf| repositories::path_below(git_dir, &arguments.all);
    let name = |git_dir: &PathBuf| name(git_dir).display().to_string();
    let rows = found
        .iter()
        .map(name)
        .zip(said.iter().map(|(text, _)| Row::parse(text)))
        .collect::<Vec<_>>();
    let width = stdout().is_terminal().then(|| terminal::width(&stdout()));
    print::stdout(
        row::table(
            &rows,
            width,
            Style::for_stream(&stdout(), &session.environment),
        )
        .trim_end(),
    );
    Ok(code)
}

/// One of many repositories: a row, or its results as JSON.
fn part(session: &Session, arguments: &Arguments) -> (String, u8) {
    match examine(session) {
        Err(failure) => (not_looked_at(session, &failure, arguments), failure.code),
        Ok((repository, results)) if arguments.json => {
            let name = repository.git_dir().display().to_string();
            let lines = results
                .sorted()
                .map(|f| terminal::escape_json(&f.json(&name).to_string()))
                .collect::<Vec<_>>();
            (lines.join("\n"), code(&results))
        }
        Ok((_, results)) => (Row::of(&results).to_string(), code(&results)),
    }
}

/// A repository that could not be opened.
fn not_looked_at(session: &Session, failure: &Failure, arguments: &Arguments) -> String {
    let repository = session
        .dir
        .as_deref()
        .unwrap_or_else(|| Path::new("."))
        .display()
        .to_string();
    let message = &failure.message;
    if arguments.json {
        json!({"repository": repository, "severity": "error", "message": message}).to_string()
    } else {
        Row::failed(message).to_string()
    }
}

fn code(results: &CheckResults) -> u8 {
    if results.count(Severity::Mistake) == 0 {
        exit::OK
    } else {
        exit::FAILURE
    }
}

/// Looks at everything in one repository.
fn examine(session: &Session) -> Result<(Repository, CheckResults), Failure> {
    let repository = session.repository()?;
    let git_dir = repository.git_dir();
    let loaded = config::load(git_dir, &session.environment);
    let mut results = CheckResults::default();
    let bare = loaded.has_no_active_hooks() && loaded.diagnostics.is_empty();
    if bare
        && repository.hooks_path().is_none()
        && HookFile::in_repository(git_dir).standing() == Standing::Missing
    {
        results.unused(
            "nothing is configured here and no hook is in place: `git service-hook install` begins",
        );
        return Ok((repository, results));
    }
    let places = SourceMap::read(git_dir, &session.environment);
    hooks_toml::check(&repository, &loaded, &places, &mut results);
    let spool = Spool::at(git_dir, repository.shared_mode());
    hook::check(&repository, spool.has_catch_up_state(), &mut results);
    access::check(&repository, &loaded, &places, &mut results);
    disk::check(git_dir, &mut results);
    state_dir::check(&loaded, &mut results);
    records::check(&loaded, &spool, &mut results);
    pushers::check(&loaded, &spool, &mut results);
    timer(&loaded, &spool, &mut results);
    Ok((repository, results))
}

/// Whether somebody tries again what has failed.
fn timer(loaded: &Loaded, spool: &Spool, results: &mut CheckResults) {
    let now_ms = clock::now_ms();
    match spool.last_timer_run().filter(|_| spool.timer_seen(now_ms)) {
        Some(at) => results.passed(format!("a timer ran `drain` {} min ago", (now_ms - at).max(0) / 60_000)),
        None if loaded.hooks.is_empty() => {}
        None => results.warn(
            None,
            "no timer was seen in the last 2 hours: what fails is tried again at the next push only (let cron or systemd \
             run `git service-hook drain --timer`, see docs/operating.md)",
        ),
    }
}

/// A path as people may see it: within the Git directory where it is there.
fn shown(git_dir: &Path, path: &Path) -> String {
    match path.strip_prefix(git_dir) {
        Ok(inside) if !inside.as_os_str().is_empty() => inside.display().to_string(),
        _ => path.display().to_string(),
    }
}

/// Says on stderr what is off because of a mistake, where another command leaves it out silently.
pub fn print_mistakes(loaded: &Loaded) {
    for mistake in loaded
        .diagnostics
        .iter()
        .filter(|m| m.severity == Severity::Mistake)
    {
        print::error(&mistake.to_string());
    }
}
