use super::publish;
use crate::clock;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// What the names of files and folders begin with that are not finished; no hook is called so.
pub(super) const UNFINISHED: &str = ".new-";

/// Mode of files: private, plus what the repository shares. No umask has a say, so that a push by one member of the
/// group can be delivered by another.
pub(super) fn of_file(shared: u32) -> u32 {
    0o600 | (shared & 0o666)
}

/// Mode of folders: who may read may enter; shared ones hand their group down.
pub(super) fn of_folder(shared: u32) -> u32 {
    let file = of_file(shared);
    let enter = (file & 0o444) >> 2;
    let group = if shared & 0o060 == 0 { 0 } else { 0o2000 };
    file | enter | group
}

/// Creates a folder if it is not there.
pub(super) fn create_folder(path: &Path, shared: u32) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let new = beside(path);
    DirBuilder::new().mode(0o700).create(&new)?;
    let made = std::fs::set_permissions(&new, Permissions::from_mode(of_folder(shared)));
    match made.and_then(|()| rename_to_nothing(&new, path)) {
        Ok(()) => Ok(()),
        // Somebody else was faster.
        Err(error) => {
            let _ = std::fs::remove_dir(&new);
            if path.is_dir() { Ok(()) } else { Err(error) }
        }
    }
}

/// A plain rename would replace an empty folder, under the feet of who has just created it and is about to fill it.
fn rename_to_nothing(new: &Path, path: &Path) -> io::Result<()> {
    match renameat_with(CWD, new, CWD, path, RenameFlags::NOREPLACE) {
        // A file system that cannot promise it.
        Err(Errno::INVAL | Errno::NOSYS) => std::fs::rename(new, path),
        renamed => Ok(renamed?),
    }
}

/// Opens a file for appending, creating it with the right mode; an existing one is left as it is.
pub(super) fn create_file(path: &Path, shared: u32) -> io::Result<File> {
    create(path, shared, OpenOptions::new().read(true).append(true))
}

/// The same for a file whose content is replaced in its place.
pub(super) fn create_state(path: &Path, shared: u32) -> io::Result<File> {
    create(path, shared, OpenOptions::new().read(true).write(true))
}

/// A file that is given its name by whoever fills it.
pub(super) fn create_unnamed(path: &Path, shared: u32) -> io::Result<File> {
    let mode = of_file(shared);
    let file = OpenOptions::new()
        .read(true)
        .append(true)
        .create_new(true)
        .mode(mode)
        .open(path)?;
    // The umask has had its say.
    file.set_permissions(Permissions::from_mode(mode))?;
    Ok(file)
}

/// A file appears under its name with its final mode: else it would be closed to the rest of the group for ever, if
/// this process died before it has set it.
fn create(path: &Path, shared: u32, how: &OpenOptions) -> io::Result<File> {
    match how.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        other => return other,
    }
    let new = beside(path);
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

/// A name for what is not finished, which pruning knows.
fn beside(path: &Path) -> PathBuf {
    path.with_file_name(format!("{UNFINISHED}{}", publish::new_id(clock::now_ms())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_creates_a_folder_at_the_same_time_does_not_take_it_away() {
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
        assert_eq!((of_file(0), of_folder(0)), (0o600, 0o700));
        assert_eq!((of_file(0o060), of_folder(0o060)), (0o660, 0o2770));
        assert_eq!((of_file(0o064), of_folder(0o064)), (0o664, 0o2775));
        assert_eq!((of_file(0o640), of_folder(0o640)), (0o640, 0o2750));
    }
}
