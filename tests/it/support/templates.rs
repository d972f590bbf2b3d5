//! Repositories to copy. Making one with Git starts a dozen processes, a copy none.

use super::{PROGRAM, Sandbox};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// Copies what `make` leaves in a sandbox under `name`. It is made once for each Git and each version of these files.
pub fn copy(name: &str, make: fn(&Sandbox), to: &Path) {
    let template = FOLDER.join(name);
    if !template.exists() {
        let sandbox = Sandbox::new();
        make(&sandbox);
        std::fs::create_dir_all(&*FOLDER).unwrap();
        let draft = tempfile::tempdir_in(&*FOLDER).unwrap();
        copy_folder(&sandbox.path(name), &draft.path().join(name));
        // Another test may have been first.
        let renamed = std::fs::rename(draft.path().join(name), &template);
        assert!(renamed.is_ok() || template.exists(), "{renamed:?}");
    }
    copy_folder(&template, to);
}

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let mut key = DefaultHasher::new();
    (
        include_str!("templates.rs"),
        include_str!("mod.rs"),
        PROGRAM,
    )
        .hash(&mut key);
    let git = Command::new("git").arg("version").output().unwrap();
    git.stdout.hash(&mut key);
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("templates-{:016x}", key.finish()))
});

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}
