//! Runs a command of root as the owner of the repository: in a child with the owner's user and group, no further groups,
//! and four variables of the caller's environment. Root never acts on the content of a repository that it does not own.

use super::drain::{self, Drain};
use super::{Failure, Session, parallel, print, repositories};
use crate::accounts;
use crate::deliver::Destinations;
use crate::environment::Environment;
use crate::exit;
use crate::terminal::Style;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

/// The variables that the child keeps.
const KEPT: [&str; 4] = ["PATH", "LANG", "TZ", "GIT_SERVICE_HOOK_CONFIG"];

/// Runs `here` in this process, or the command line in a child if root does not own the repository.
pub fn run_as_owner(
    session: &Session,
    here: impl FnOnce(&Session) -> Result<u8, Failure>,
) -> Result<u8, Failure> {
    match child(session)? {
        Some(code) => Ok(code),
        None => here(session),
    }
}

/// Runs `drain`: for root, in one process for each repository, as its owner.
pub fn drain(session: &Session, mut arguments: Drain) -> Result<u8, Failure> {
    let destinations = Destinations::default();
    let here = |session: &Session, arguments: &Drain| {
        Ok(drain::run(
            arguments,
            session.dir.as_deref(),
            &session.environment,
            &destinations,
        ))
    };
    if session.owner_settled {
        arguments.all.clear();
    }
    // The deliverer that the hook starts runs as the pusher, as the hook did.
    let settled =
        session.owner_settled || arguments.push.is_some() || !rustix::process::geteuid().is_root();
    if settled {
        return here(session, &arguments);
    }
    let mut found = Vec::new();
    for dir in std::mem::take(&mut arguments.all) {
        found.push(repositories::below(&dir)?);
    }
    if found.is_empty() {
        return run_as_owner(session, |session| here(session, &arguments));
    }
    let mut found = found.concat();
    // Nothing was ever recorded elsewhere, but something may have been missed there.
    found.retain(|git_dir| arguments.catch_up || git_dir.join("service-hook").is_dir());
    let each = |git_dir: &PathBuf| {
        let result = run_as_owner(&session.at(git_dir), |session| here(session, &arguments));
        result.unwrap_or_else(|failure| {
            print::error(&failure.message);
            failure.code
        })
    };
    Ok(parallel::worst(&found, each))
}

/// Like [`run_as_owner`], but returns the text: the stdout of the child.
pub fn capture_as_owner(
    session: &Session,
    here: impl FnOnce(&Session) -> (String, u8),
) -> Result<(String, u8), Failure> {
    let Some(mut child) = Child::of(session)? else {
        return Ok(here(session));
    };
    child.command.stdin(Stdio::null()).stderr(Stdio::inherit());
    let out = child.command.output().map_err(|e| child.cannot(&e))?;
    Ok((
        String::from_utf8_lossy(&out.stdout).into_owned(),
        code(out.status),
    ))
}

/// The exit code of the child; `None` if no child is needed.
fn child(session: &Session) -> Result<Option<u8>, Failure> {
    let Some(mut child) = Child::of(session)? else {
        return Ok(None);
    };
    let status = child.command.status().map_err(|e| child.cannot(&e))?;
    Ok(Some(code(status)))
}

fn code(status: ExitStatus) -> u8 {
    status
        .code()
        .and_then(|c| u8::try_from(c).ok())
        .unwrap_or(exit::FAILURE)
}

/// The same program, about to run as the owner of a repository.
struct Child {
    command: Command,
    owner: u32,
    git_dir: PathBuf,
}

impl Child {
    /// `None` if no child is needed.
    fn of(session: &Session) -> Result<Option<Self>, Failure> {
        if session.owner_settled || !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        // The code that opens a missing repository reports it.
        let Some(git_dir) = locate(session) else {
            return Ok(None);
        };
        let owner = fs::metadata(&git_dir).map_or(0, |m| m.uid());
        if owner == 0 {
            return Ok(None);
        }
        Ok(Some(Self {
            command: command(session, &git_dir, owner)?,
            owner,
            git_dir,
        }))
    }

    fn cannot(&self, error: &std::io::Error) -> Failure {
        let Self { owner, git_dir, .. } = self;
        Failure::new(format!(
            "cannot run as user {owner}, the owner of {}: {error} (can they run the program?)",
            git_dir.display()
        ))
    }
}

/// The same command line, as the owner.
fn command(session: &Session, git_dir: &Path, owner: u32) -> Result<Command, Failure> {
    let program = std::env::current_exe()
        .map_err(|e| Failure::new(format!("cannot find the program itself: {e}")))?;
    let account = accounts::find(owner).ok_or_else(|| {
        Failure::new(format!(
            "user {owner} owns {} but is not known here: add them to /etc/passwd, or run this as that user",
            git_dir.display()
        ))
    })?;
    let mut command = Command::new(program);
    command
        .arg0("git-service-hook")
        .arg("--as-owner-of")
        .arg(git_dir)
        .args(&session.arguments);
    command.env_clear().envs(kept(&session.environment));
    // The terminal's colours are decided here: the child has only four variables.
    if !Style::of(&std::io::stdout(), &session.environment).is_coloured() {
        command.env("NO_COLOR", "1");
    }
    // With a uid alone std also drops the supplementary groups of root.
    command.current_dir(git_dir).uid(owner).gid(account.group);
    Ok(command)
}

fn kept(environment: &Environment) -> Vec<(&'static str, String)> {
    KEPT.iter()
        .filter_map(|name| Some((*name, environment.get(name)?)))
        .collect()
}

/// The Git directory that the command is about, by its look alone: opening it is for its owner.
fn locate(session: &Session) -> Option<PathBuf> {
    let named = session
        .dir
        .clone()
        .or_else(|| session.environment.non_empty("GIT_DIR").map(PathBuf::from));
    let start = named
        .clone()
        .unwrap_or_else(|| PathBuf::from("."))
        .canonicalize()
        .ok()?;
    let levels = if named.is_some() { 1 } else { usize::MAX };
    start.ancestors().take(levels).find_map(|dir| {
        let inside = dir.join(".git");
        if repositories::is_git_dir(dir) {
            Some(dir.to_owned())
        } else if inside.is_dir() {
            Some(inside)
        } else {
            let link = fs::read_to_string(inside).ok()?;
            dir.join(link.strip_prefix("gitdir:")?.trim())
                .canonicalize()
                .ok()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_child_keeps_four_variables_and_no_more() {
        let all = Environment::from([
            ("PATH", "/bin"),
            ("LD_PRELOAD", "x"),
            ("HTTP_PROXY", "y"),
            ("TZ", "UTC"),
        ]);
        assert_eq!(
            kept(&all),
            [("PATH", "/bin".to_owned()), ("TZ", "UTC".to_owned())]
        );
    }
}
