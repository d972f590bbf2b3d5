//! Runs the `git` program for the few things that gix cannot do. A push to a repository with ref files never needs it.

use std::process::{Command, Stdio};

/// Runs git in the repository and returns its stdout. Git neither prompts, nor fetches objects that a partial clone lacks,
/// nor takes optional locks.
pub(super) fn git(repo: &gix::Repository, arguments: &[&str]) -> Result<Vec<u8>, ()> {
    let out = Command::new("git")
        .arg("--git-dir")
        .arg(repo.common_dir())
        .args(arguments)
        .env_remove("GIT_WORK_TREE")
        .env_remove("GIT_COMMON_DIR")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .map_err(|_| ())?;
    if out.status.success() {
        Ok(out.stdout)
    } else {
        Err(())
    }
}
