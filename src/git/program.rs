//! The `git` program, for the few things that gix cannot do. Never on the path of a push to a repository with loose and
//! packed refs.

use std::process::{Command, Stdio};

/// Runs git in the repository; its stdout, or nothing when it could not be run or failed. Git answers for itself: it
/// neither prompts, nor fetches what a partial clone lacks, nor takes locks that it can do without.
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
