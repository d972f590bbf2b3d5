//! Other people's post-receive hooks, run after ours.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs the executable regular files of `post-receive.d/` in a folder of hooks, by name, each with the whole stdin and
/// the environment as we got it. Their status changes nothing.
pub(super) fn run(hooks: &Path, stdin: &[u8]) {
    let Ok(entries) = std::fs::read_dir(hooks.join("post-receive.d")) else { return };
    let is_program =
        |path: &std::path::PathBuf| path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0);
    let mut programs: Vec<_> = entries.flatten().map(|e| e.path()).filter(is_program).collect();
    programs.sort();
    for program in programs {
        let Ok(mut child) = Command::new(&program).stdin(Stdio::piped()).spawn() else { continue };
        if let Some(mut pipe) = child.stdin.take() {
            // One that does not read it all closes the pipe when it ends.
            let _ = pipe.write_all(stdin);
        }
        let _ = child.wait();
    }
}
