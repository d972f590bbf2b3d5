//! Checks who can read and write secrets, hooks and records.

use super::results::{CheckResult, CheckResults};
use super::shown;
use crate::config::{Loaded, SecretFile, SourceMap};
use crate::diagnostic::Severity;
use crate::git::Repository;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Looks at the files of a repository, and at those that its hooks read secrets from.
pub(super) fn check(
    repository: &Repository,
    loaded: &Loaded,
    places: &SourceMap,
    results: &mut CheckResults,
) {
    let git_dir = repository.git_dir();
    for (path, name) in places.files_with_secrets() {
        if let Some(mode) = fs::metadata(path)
            .ok()
            .filter(|_| everybody_enters(path))
            .and_then(|m| open_to_all(&m))
        {
            let message = format!(
                "everybody can read it (mode {mode:04o}), and the secrets in it: chmod o-r"
            );
            results.warn(name.to_owned(), message);
        }
    }
    let shared = repository.shared_mode();
    for hook in &loaded.hooks {
        for file in places.secret_files(&hook.name) {
            if let Some(mistake) = secret_file(&file, git_dir, shared).and_then(|message| {
                places.locate_file(
                    &file,
                    Severity::Warning,
                    format!("`{}`: {message}", file.key),
                )
            }) {
                results.push(CheckResult::placed(&mistake, places.excerpt(&mistake)));
            }
        }
    }
    let hooks = git_dir.join("hooks");
    if fs::metadata(&hooks).is_ok_and(|m| m.mode() & 0o002 != 0) && everybody_enters(&hooks) {
        results.warn(
            shown(git_dir, &hooks),
            "everybody can write it, and so run code at the next push: chmod o-w",
        );
    }
    recordable(git_dir, shared, results);
}

/// Who can read a secret that should not, or cannot that should.
fn secret_file(file: &SecretFile, git_dir: &Path, shared: u32) -> Option<String> {
    let path = &file.path;
    let (meta, of_repository) = (fs::metadata(path).ok()?, fs::metadata(git_dir).ok()?);
    let name = path.display();
    let mode = meta.mode() & 0o7777;
    if everybody_enters(path)
        && let Some(mode) = open_to_all(&meta)
    {
        return Some(format!(
            "everybody can read {name} (mode {mode:04o}): chmod o-r"
        ));
    }
    // Whoever of the group pushes sends as well.
    let for_group = mode & 0o040 != 0 || mode & 0o004 != 0;
    (shared & 0o060 != 0 && !for_group).then(|| {
        let gid = of_repository.gid();
        format!(
            "only its owner can read {name} (mode {mode:04o}), but the repository is shared with group {gid}, whose \
             pushes send with it: chgrp {gid}, chmod 0640"
        )
    })
}

/// The mode of what everybody can read.
fn open_to_all(meta: &Metadata) -> Option<u32> {
    (meta.mode() & 0o004 != 0).then_some(meta.mode() & 0o7777)
}

/// Whether everybody can get as far as to the file: a closed folder above it closes it too.
fn everybody_enters(path: &Path) -> bool {
    let Ok(path) = path.canonicalize() else {
        return false;
    };
    path.ancestors()
        .skip(1)
        .all(|dir| fs::metadata(dir).is_ok_and(|m| m.mode() & 0o001 != 0))
}

/// Whether pushes by this user, and by all that the repository is shared with, can be recorded.
fn recordable(git_dir: &Path, shared: u32, results: &mut CheckResults) {
    let spool = git_dir.join("service-hook");
    let (place, what) = if spool.exists() {
        (spool.as_path(), "pushes")
    } else {
        (git_dir, "service-hook/")
    };
    if rustix::fs::access(
        place,
        rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK,
    )
    .is_err()
    {
        let message = format!("cannot be written by this user: {what} cannot be recorded there");
        results.mistake(shown(git_dir, place), message);
    }
    let Ok(of_repository) = fs::metadata(git_dir) else {
        return;
    };
    for folder in ["", "pending", "done", "lane"].map(|name| spool.join(name)) {
        let Ok(meta) = fs::metadata(&folder) else {
            continue;
        };
        let group_writes = meta.mode() & 0o020 != 0 && meta.gid() == of_repository.gid();
        let message = if meta.mode() & 0o002 != 0 && everybody_enters(&folder) {
            "everybody can write it, and so have anything sent: chmod o-w".to_owned()
        } else if shared & 0o020 != 0 && !group_writes {
            let gid = of_repository.gid();
            format!(
                "group {gid}, which shares the repository, cannot write it: chgrp {gid}, chmod g+ws"
            )
        } else if shared & 0o020 == 0
            && meta.uid() != of_repository.uid()
            && meta.mode() & 0o020 == 0
        {
            "belongs to another user than the repository: pushes of others cannot be recorded"
                .to_owned()
        } else {
            continue;
        };
        return results.warn(shown(git_dir, &folder), message);
    }
}
