//! Runs a command of root as the owner of the repository: in a child with the owner's user and group, no further groups,
//! and few variables of the caller's environment. Root never acts on the content of a repository that it does not own.

use super::drain::{self, Drain};
use super::{Failure, Session, parallel, print, relay, repositories};
use crate::accounts;
use crate::environment::Environment;
use crate::exit;
use std::fs;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdout, Command};

/// The variables that the child keeps.
const KEPT: [&str; 7] = [
    "PATH",
    "LANG",
    "TZ",
    "GIT_SERVICE_HOOK_CONFIG",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// The name by which the child is started.
const NAME: &str = "git-service-hook";

/// The text of one repository that is kept, in bytes.
const LONGEST_TEXT: u64 = 1 << 20;

/// Runs `here` in this process, or the command line in a child if root does not own the repository.
pub fn run_as_owner(
    session: &Session,
    here: impl FnOnce(&Session) -> Result<u8, Failure>,
) -> Result<u8, Failure> {
    let Some(git_dir) = foreign(session)? else {
        return here(session);
    };
    let stdout = |out: &mut ChildStdout| relay::copy(out, &mut std::io::stdout());
    relay::run(child(session, &git_dir)?, stdout).map_err(|error| cannot_start(&error))
}

/// Runs `drain`: for root, in one process for each repository, as its owner.
pub fn drain(session: &Session, mut arguments: Drain) -> Result<u8, Failure> {
    let destinations = drain::destinations(&arguments);
    arguments.below = arguments.all.clone();
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
    let mut session = session.clone();
    if print::is_terminal() {
        arguments.show_waiting = true;
        session.arguments.push("--show-waiting".into());
    }
    let all = std::mem::take(&mut arguments.all);
    if all.is_empty() {
        return run_as_owner(&session, |session| here(session, &arguments));
    }
    let mut found = repositories::below_all(&all)?;
    let session = session.with_all(&all);
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
    let Some(git_dir) = foreign(session)? else {
        return Ok(here(session));
    };
    let mut text = Vec::new();
    let code = relay::run(child(session, &git_dir)?, |out| {
        // What is longer is read and dropped.
        let _ = out.by_ref().take(LONGEST_TEXT).read_to_end(&mut text);
        let _ = std::io::copy(out, &mut std::io::sink());
    })
    .map_err(|error| cannot_start(&error))?;
    if text.is_empty() && code != exit::OK {
        let place = git_dir.display();
        return Err(Failure::new(format!("{place}: its owner cannot run this")));
    }
    Ok((String::from_utf8_lossy(&text).into_owned(), code))
}

fn cannot_start(error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot start the program itself: {error}"))
}

/// The Git directory, if root has to leave it to its owner; `None` if the command can run in this process.
fn foreign(session: &Session) -> Result<Option<PathBuf>, Failure> {
    if session.owner_settled || !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    // The code that opens a missing repository reports it.
    let Some(git_dir) = locate(session) else {
        return Ok(None);
    };
    if owner(&git_dir) != 0 {
        return Ok(Some(git_dir));
    }
    for dir in [git_dir.clone(), git_dir.join("service-hook")] {
        refuse_if_group_writes(&dir)?;
    }
    Ok(None)
}

fn owner(path: &Path) -> u32 {
    fs::metadata(path).map_or(0, |m| m.uid())
}

/// Root does not work in a directory of its own in which a group can exchange files.
fn refuse_if_group_writes(dir: &Path) -> Result<(), Failure> {
    let Ok(found) = fs::symlink_metadata(dir) else {
        return Ok(());
    };
    if found.is_dir() && found.mode() & 0o020 != 0 && found.gid() != 0 {
        let place = dir.display();
        return Err(Failure::new(format!(
            "{place} belongs to root, and its group can write it: run this as one of them, or let an account own the repository (`chown -R`)"
        )));
    }
    Ok(())
}

/// This program once more. Still as root, it leaves root's session and descriptors, then becomes the owner's: so the
/// owner cannot trace it while it has anything of root's.
fn child(session: &Session, git_dir: &Path) -> Result<Command, Failure> {
    let mut command = Command::new(program()?);
    command
        .arg0(NAME)
        .arg("--as-owner-of")
        .arg(git_dir)
        .args(&session.arguments)
        .env_clear()
        .envs(kept(&session.environment))
        .current_dir("/");
    Ok(command)
}

fn program() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|e| Failure::new(format!("cannot find the program itself: {e}")))
}

/// In the child that is still root: runs the same command line as the owner of the Git directory. `sends`: a program
/// that it starts may need rights of its own, such as a setgid `sendmail`. Returns only if that fails.
pub fn become_owner(session: &Session, sends: bool) -> Failure {
    let git_dir = session.dir.clone().unwrap_or_default();
    match owner_command(session, &git_dir, sends) {
        Ok(mut command) => {
            let error = command.exec();
            Failure::new(format!(
                "cannot run as user {}, the owner of {}: {error} (can they run the program?)",
                owner(&git_dir),
                git_dir.display()
            ))
        }
        Err(failure) => failure,
    }
}

fn owner_command(session: &Session, git_dir: &Path, sends: bool) -> Result<Command, Failure> {
    let (owner, place) = (owner(git_dir), git_dir.display());
    if owner == 0 {
        return Err(Failure::new(format!("{place} belongs to root")));
    }
    let account = accounts::find(owner).ok_or_else(|| {
        Failure::new(format!(
            "user {owner} owns {place} but is not known here: add them to /etc/passwd, or run this as that user"
        ))
    })?;
    let detached = rustix::process::setsid().and_then(|_| {
        if sends {
            return Ok(());
        }
        rustix::thread::set_no_new_privs(true)
    });
    detached.map_err(|e| Failure::new(format!("cannot leave the session of root: {e}")))?;
    close_fds::set_fds_cloexec_threadsafe(3, &[]);
    let mut command = Command::new(program()?);
    command.arg0(NAME).args(&session.arguments);
    command
        .env_clear()
        .envs(kept(&session.environment))
        .env("HOME", &account.home);
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
    fn the_child_keeps_a_few_variables_and_no_more() {
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
