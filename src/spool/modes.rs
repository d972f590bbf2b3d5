//! Files and folders appear under their names with their final modes.

use super::new_id;
use crate::clock;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Prefix of unfinished files and folders. No hook may have such a name.
pub(super) const UNFINISHED: &str = ".new-";

/// Mode of files: private, plus what the repository shares. The umask is not applied, so that a push by one member of
/// the group can be delivered by another.
fn file_mode(shared: u32) -> u32 {
    0o600 | (shared & 0o666)
}

/// Mode of folders: read implies search; shared folders pass on their group.
fn folder_mode(shared: u32) -> u32 {
    let file = file_mode(shared);
    let enter = (file & 0o444) >> 2;
    let group = if shared & 0o060 == 0 { 0 } else { 0o2000 };
    file | enter | group
}

/// Creates a folder if it is not there.
pub(super) fn create_folder(path: &Path, shared: u32) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let new = temporary_name(path);
    DirBuilder::new().mode(0o700).create(&new)?;
    let made = std::fs::set_permissions(&new, Permissions::from_mode(folder_mode(shared)));
    match made.and_then(|()| rename_no_replace(&new, path)) {
        Ok(()) => Ok(()),
        // Another process was faster.
        Err(error) => {
            let _ = std::fs::remove_dir(&new);
            if path.is_dir() { Ok(()) } else { Err(error) }
        }
    }
}

/// A plain rename would replace an empty folder that another process has just created and is about to fill.
fn rename_no_replace(new: &Path, path: &Path) -> io::Result<()> {
    match renameat_with(CWD, new, CWD, path, RenameFlags::NOREPLACE) {
        // The file system does not support it.
        Err(Errno::INVAL | Errno::NOSYS) => std::fs::rename(new, path),
        renamed => Ok(renamed?),
    }
}

/// Opens a file for appending, and creates it with the final mode if it is missing.
pub(super) fn create_file(path: &Path, shared: u32) -> io::Result<File> {
    create_and_open(path, shared, OpenOptions::new().read(true).append(true))
}

/// The same for a file whose content is overwritten in place.
pub(super) fn create_state(path: &Path, shared: u32) -> io::Result<File> {
    create_and_open(path, shared, OpenOptions::new().read(true).write(true))
}

/// Creates a temporary file that the caller fills and renames.
pub(super) fn create_unnamed(path: &Path, shared: u32) -> io::Result<File> {
    let mode = file_mode(shared);
    let file = OpenOptions::new()
        .read(true)
        .append(true)
        .create_new(true)
        .mode(mode)
        .open(path)?;
    // `open` has applied the umask.
    file.set_permissions(Permissions::from_mode(mode))?;
    Ok(file)
}

/// The file appears under its name with its final mode: if this process died before setting it, the rest of the group
/// could never open the file.
fn create_and_open(path: &Path, shared: u32, how: &OpenOptions) -> io::Result<File> {
    match how.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        other => return other,
    }
    let new = temporary_name(path);
    drop(create_unnamed(&new, shared)?);
    let linked = std::fs::hard_link(&new, path);
    let moved = match linked {
        Ok(()) => std::fs::remove_file(&new),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => std::fs::remove_file(&new),
        // A file system without hard links: two that create it at once may get two files, once.
        Err(_) => std::fs::rename(&new, path),
    };
    moved.and_then(|()| how.open(path))
}

/// A name that `prune` removes.
fn temporary_name(path: &Path) -> PathBuf {
    path.with_file_name(format!("{UNFINISHED}{}", new_id(clock::now_ms())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creating_a_folder_twice_at_once_keeps_its_files() {
        let dir = tempfile::tempdir().unwrap();
        for round in 0..200 {
            let folder = dir.path().join(round.to_string());
            std::thread::scope(|scope| {
                for n in 0..4 {
                    let folder = &folder;
                    scope.spawn(move || {
                        create_folder(folder, 0).unwrap();
                        create_file(&folder.join(n.to_string()), 0).unwrap();
                    });
                }
            });
        }
    }

    #[test]
    fn modes_follow_shared_repository() {
        assert_eq!((file_mode(0), folder_mode(0)), (0o600, 0o700));
        assert_eq!((file_mode(0o060), folder_mode(0o060)), (0o660, 0o2770));
        assert_eq!((file_mode(0o064), folder_mode(0o064)), (0o664, 0o2775));
        assert_eq!((file_mode(0o640), folder_mode(0o640)), (0o640, 0o2750));
    }
}
