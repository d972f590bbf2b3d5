//! Whether Git is going to start us: the hook is there, once, can be executed, and is where Git looks.

use super::{Findings, mount};
use crate::commands::hook_file::{self, HookFile, Standing};
use crate::git::Repository;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

/// Looks at the hook of a repository, in which `drain --catch-up` runs or not.
pub(super) fn look(repository: &Repository, caught_up: bool, findings: &mut Findings) {
    let mut file = HookFile::of(repository.git_dir());
    if let Some(dir) = repository.hooks_path() {
        if dir.canonicalize().ok() != file.dir.canonicalize().ok() {
            findings.warn(None, format!("core.hooksPath is set: Git runs the hooks of {} only", dir.display()));
        }
        file.dir = dir;
    }
    let starts = post_receive(&file, caught_up, findings);
    for entry in file.chain_entries() {
        if matches!(hook_file::standing(&entry), Standing::Link(_) | Standing::Shim) {
            findings.mistake(shown(&entry), "is git-service-hook itself: every push would be told twice");
        } else {
            executable(&entry, findings);
        }
    }
    if configured_in_git(repository.git_dir()) && starts {
        findings
            .mistake(None, "hook.*.command in Git's configuration starts it as well: every push would be told twice");
    }
}

/// Whether `hooks/post-receive` starts us.
fn post_receive(file: &HookFile, caught_up: bool, findings: &mut Findings) -> bool {
    let path = file.path();
    match file.standing() {
        // A mirror that fetches never runs one.
        Standing::Missing if caught_up => {
            let message = "there is no hook: `drain --catch-up` alone finds what moves, later and without who did it \
                           (for pushes `git service-hook install` puts it there)";
            findings.warn(shown(&path), message);
            return false;
        }
        Standing::Missing => {
            findings.mistake(shown(&path), "there is no hook: `git service-hook install` puts it there");
            return false;
        }
        Standing::Link(target) if !path.exists() => {
            let message =
                format!("leads to {}, which is not there: `git service-hook install` mends it", target.display());
            findings.mistake(shown(&path), message);
            return true;
        }
        Standing::Link(target) => {
            if executable(&path, findings) {
                findings.fine(format!("{} -> {}", path.display(), target.display()));
            }
        }
        Standing::Shim => {
            if executable(&path, findings) {
                findings.fine(format!("{} is the shim", path.display()));
            }
        }
        Standing::Foreign if hook_file::mentions_us(&path) => {
            if executable(&path, findings) {
                findings.fine(format!("{} starts it", path.display()));
            }
        }
        Standing::Foreign => {
            let message = "is the hook of another program: `git service-hook install --chain` lets both run";
            findings.mistake(shown(&path), message);
            return false;
        }
    }
    true
}

/// Git passes over what it cannot execute without a word (by default), and so does the chain.
fn executable(path: &Path, findings: &mut Findings) -> bool {
    if !hook_file::is_executable(path) {
        findings.mistake(shown(path), "is not executable, so it never runs: chmod +x");
        return false;
    }
    if let Some(point) = mount::noexec(path) {
        let message = format!("lies on {}, which is mounted noexec: it never runs", point.display());
        findings.mistake(shown(path), message);
        return false;
    }
    owned(path, findings);
    true
}

/// Whoever owns the program or script can change what runs with the pusher's rights.
fn owned(path: &Path, findings: &mut Findings) {
    let owner = |path: &Path| fs::metadata(path).map(|m| m.uid());
    let above = path.ancestors().nth(2).unwrap_or(path);
    if let (Ok(of_file), Ok(of_repository)) = (owner(path), owner(above))
        && of_file != 0
        && of_file != of_repository
    {
        findings.warn(shown(path), format!("belongs to user {of_file}, who can change what runs here"));
    }
}

/// Git 2.54 and later also run hooks that its configuration names. Without a git on PATH nobody can tell.
fn configured_in_git(git_dir: &Path) -> bool {
    let mut git = Command::new("git");
    git.arg("--git-dir").arg(git_dir).args(["config", "--get-regexp", r"^hook\..*\.command$"]);
    git.output().is_ok_and(|o| String::from_utf8_lossy(&o.stdout).contains("service-hook"))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
