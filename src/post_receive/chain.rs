//! Other people's post-receive hooks, run after ours, unless another program's hook started us: then the folder is its
//! own to run.

use super::hook_script;
use super::stdin::Copy;
use crate::environment::Environment;
use crate::report::Lines;
use rustix::io::Errno;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Names the folder whose files run, to what they start.
const RUNNING: &str = "GIT_SERVICE_HOOK_CHAIN";

/// Whether there is anything to run, or it cannot be said.
pub(super) fn has_programs(hooks: &Path, environment: &Environment) -> bool {
    programs(hooks, environment).map_or(true, |programs| !programs.is_empty())
}

/// Runs the executable regular files of `post-receive.d/` in a folder of hooks, by name, each with the whole stdin and
/// the environment as we got it. Their status changes nothing. One that starts us in turn does not begin again.
pub(super) fn run(hooks: &Path, stdin: &mut Copy, environment: &Environment, lines: &mut Lines) {
    let folder = folder(hooks);
    let programs = match programs(hooks, environment) {
        Ok(programs) => programs,
        Err(error) => return lines.say(&format!("post-receive.d is not run: {error}")),
    };
    if let (Copy::Failed(error), [_, ..]) = (&*stdin, &programs[..]) {
        return lines.say(&format!(
            "post-receive.d is not run: this push is large, and its copy cannot be written: {error}"
        ));
    }
    for program in programs {
        let mut child = match start(&program, &folder) {
            Ok(child) => child,
            Err(error) => {
                lines.say(&format!("{} cannot be started: {error}", program.display()));
                continue;
            }
        };
        if let Some(pipe) = child.stdin.take() {
            // One that does not read it all closes the pipe when it ends.
            let _ = stdin.write_to(pipe);
        }
        let _ = child.wait();
    }
}

/// The real path of the folder.
fn folder(hooks: &Path) -> PathBuf {
    let folder = hooks.join("post-receive.d");
    folder.canonicalize().unwrap_or(folder)
}

/// The programs in `post-receive.d/` of a folder of hooks, by name. None if it does not exist, is running already, or is
/// left to a script.
fn programs(hooks: &Path, environment: &Environment) -> io::Result<Vec<PathBuf>> {
    let folder = folder(hooks);
    let is_running = environment.path(RUNNING).is_some_and(|path| path == folder);
    if is_running || is_left_to_script(hooks) {
        return Ok(Vec::new());
    }
    let mut paths = chain_paths(&folder)?;
    paths.retain(|path| is_program(path));
    Ok(paths)
}

/// Everything in `post-receive.d/`, by name. None if it does not exist.
pub fn chain_paths(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let paths = entries.map(|entry| Ok(entry?.path()));
    let mut paths = paths.collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// Whether `post-receive` in a folder of hooks is a script of another program that started this one, or that runs
/// `post-receive.d/`. Beside any other script, Git has started this program by its configuration.
fn is_left_to_script(hooks: &Path) -> bool {
    let hook = hooks.join("post-receive");
    let Ok(real) = hook.canonicalize() else {
        return false;
    };
    let is_this = std::env::current_exe().is_ok_and(|this| this == real);
    !is_this
        && !hook_script::is_shim(&real)
        && (hook_script::starts_program(&real) || hook_script::runs_folder(&real))
}

/// A regular file, perhaps behind a link, that somebody may execute: what Git and this program start.
pub fn is_program(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

/// What names no interpreter is a script for the shell, as it is to Git.
fn start(program: &Path, folder: &Path) -> io::Result<Child> {
    let with = |command: &mut Command| command.env(RUNNING, folder).stdin(Stdio::piped()).spawn();
    with(&mut Command::new(program)).or_else(|error| match Errno::from_io_error(&error) {
        Some(Errno::NOEXEC) => with(Command::new("/bin/sh").arg(program)),
        _ => Err(error),
    })
}
