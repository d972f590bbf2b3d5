//! Other people's post-receive hooks, run after ours.

use crate::environment::Environment;
use crate::report::Lines;
use rustix::io::Errno;
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Names the folder whose files run, to what they start.
const RUNNING: &str = "GIT_SERVICE_HOOK_CHAIN";

/// Runs the executable regular files of `post-receive.d/` in a folder of hooks, by name, each with the whole stdin and
/// the environment as we got it. Their status changes nothing. One that starts us in turn does not begin again.
pub(super) fn run(hooks: &Path, stdin: &[u8], environment: &Environment, lines: &mut Lines) {
    let folder = hooks.join("post-receive.d");
    let real = folder.canonicalize().unwrap_or_else(|_| folder.clone());
    if environment.path(RUNNING) == Some(&real) {
        return;
    }
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return;
    };
    let is_program = |path: &std::path::PathBuf| {
        path.metadata()
            .is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
    };
    let mut programs: Vec<_> = entries
        .flatten()
        .map(|e| e.path())
        .filter(is_program)
        .collect();
    programs.sort();
    for program in programs {
        let mut child = match start(&program, &real) {
            Ok(child) => child,
            Err(error) => {
                lines.say(&format!("{} cannot be started: {error}", program.display()));
                continue;
            }
        };
        if let Some(mut pipe) = child.stdin.take() {
            // One that does not read it all closes the pipe when it ends.
            let _ = pipe.write_all(stdin);
        }
        let _ = child.wait();
    }
}

/// What names no interpreter is a script for the shell, as it is to Git.
fn start(program: &Path, folder: &Path) -> io::Result<Child> {
    let with = |command: &mut Command| command.env(RUNNING, folder).stdin(Stdio::piped()).spawn();
    with(&mut Command::new(program)).or_else(|error| match Errno::from_io_error(&error) {
        Some(Errno::NOEXEC) => with(Command::new("/bin/sh").arg(program)),
        _ => Err(error),
    })
}
