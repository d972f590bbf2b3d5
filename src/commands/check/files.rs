//! Owners and modes of what stands around: who can read secrets, who can run code, who can record.

use super::Findings;
use crate::git::Repository;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Looks at the files of a repository.
pub(super) fn look(repository: &Repository, findings: &mut Findings) {
    let git_dir = repository.git_dir();
    let config = git_dir.join("hooks.toml");
    if let Ok(meta) = fs::metadata(&config)
        && meta.mode() & 0o004 != 0
    {
        let message = format!("can be read by everybody (mode {:04o}), and so can secrets in it", meta.mode() & 0o7777);
        findings.warn(config.display().to_string(), message);
    }
    let hooks = git_dir.join("hooks");
    if fs::metadata(&hooks).is_ok_and(|m| m.mode() & 0o002 != 0) {
        findings
            .warn(hooks.display().to_string(), "can be written by everybody: whoever does runs code at the next push");
    }
    recordable(git_dir, findings);
}

/// Whether pushes by this user can be recorded.
fn recordable(git_dir: &Path, findings: &mut Findings) {
    let spool = git_dir.join("service-hook");
    let (place, what) = if spool.exists() { (spool.as_path(), "pushes") } else { (git_dir, "service-hook/") };
    if rustix::fs::access(place, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_err() {
        let message = format!("cannot be written by this user: {what} cannot be recorded there");
        findings.mistake(place.display().to_string(), message);
    }
    let (Ok(meta), Ok(of_repository)) = (fs::metadata(&spool), fs::metadata(git_dir)) else { return };
    if meta.uid() != of_repository.uid() && meta.mode() & 0o020 == 0 {
        let message = "belongs to another user than the repository: pushes of others cannot be recorded";
        findings.warn(spool.display().to_string(), message);
    }
}
