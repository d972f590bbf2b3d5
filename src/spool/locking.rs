//! Locks files of the spool (flock). A lock counts only while its name leads to the locked file: a file that was removed
//! and created again would have two holders.

use super::folder::{Folder, OVERWRITE};
use rustix::io::Errno;
use std::fs::{File, TryLockError};
use std::io;
use std::time::Duration;

/// How often a file is opened again that was replaced while it was being locked.
const REPLACED_TRIES: u32 = 10;

/// The file that `open` opens or creates under this name, with its lock; `None` while another process has it locked.
pub(super) fn open_locked(
    folder: &Folder,
    name: &str,
    open: impl Fn() -> io::Result<File>,
) -> io::Result<Option<File>> {
    for _ in 0..REPLACED_TRIES {
        let file = open()?;
        if !try_lock(&file)? {
            return Ok(None);
        }
        if folder.leads_to(name, &file)? {
            return Ok(Some(file));
        }
    }
    Err(io::Error::other("it is replaced again and again"))
}

/// The same, but waits for another process: so often, and so long each time.
pub(super) fn open_locked_within(
    folder: &Folder,
    name: &str,
    (tries, pause): (u32, Duration),
    open: impl Fn() -> io::Result<File>,
) -> io::Result<Option<File>> {
    for _ in 0..tries {
        if let Some(file) = open_locked(folder, name, &open)? {
            return Ok(Some(file));
        }
        std::thread::sleep(pause);
    }
    Ok(None)
}

/// A new file with its lock. A process that takes it for an unfinished one of the dead may have it locked, and remove it.
pub(super) fn create_locked(
    folder: &Folder,
    name: &str,
    (tries, pause): (u32, Duration),
    create: impl Fn() -> io::Result<File>,
) -> io::Result<File> {
    for _ in 0..REPLACED_TRIES {
        let file = create()?;
        for _ in 0..tries {
            if try_lock(&file)? {
                break;
            }
            std::thread::sleep(pause);
        }
        if folder.leads_to(name, &file)? {
            return Ok(file);
        }
    }
    Err(io::Error::other("it is removed again and again"))
}

/// Whether the lock was free.
pub(super) fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(explain(error)),
    }
}

/// Whether files can be locked here. A lock that another process holds shows it as well.
pub(super) fn try_shared(file: &File) -> io::Result<()> {
    match file.try_lock_shared() {
        Ok(()) | Err(TryLockError::WouldBlock) => Ok(()),
        Err(TryLockError::Error(error)) => Err(explain(error)),
    }
}

/// Removes an unfinished file of a process that died: one that is being written is locked.
pub(super) fn remove_unlocked(folder: &Folder, name: &str) -> io::Result<()> {
    match open_locked(folder, name, || folder.open(name, OVERWRITE))? {
        Some(_lock) => folder.remove(name),
        None => Ok(()),
    }
}

/// Adds what to do where the file system has no locks.
fn explain(error: io::Error) -> io::Error {
    match Errno::from_io_error(&error) {
        Some(Errno::NOLCK | Errno::OPNOTSUPP | Errno::NOSYS) => io::Error::new(
            io::ErrorKind::Unsupported,
            format!(
                "files cannot be locked on this file system ({error}); use NFS 4, start rpc.statd, or mount it with \
                 `local_lock=flock` (NFS, one machine only) or `flock` (Lustre)"
            ),
        ),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::super::modes;
    use super::*;
    use std::cell::Cell;

    const WAITS: (u32, Duration) = (500, Duration::from_millis(2));

    fn folder() -> (tempfile::TempDir, Folder) {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::trusted(dir.path(), 0).unwrap();
        (dir, folder)
    }

    #[test]
    fn a_lock_of_a_file_that_was_replaced_is_not_taken() {
        let (_dir, folder) = folder();
        let opened = Cell::new(0);
        let open = || {
            let file = modes::create_state(&folder, "x", 0)?;
            opened.set(opened.get() + 1);
            if opened.get() == 1 {
                folder.remove("x")?;
            }
            Ok(file)
        };
        let locked = open_locked(&folder, "x", open).unwrap().unwrap();
        assert!(opened.get() == 2 && folder.leads_to("x", &locked).unwrap());
        assert!(
            open_locked(&folder, "x", || folder.open("x", OVERWRITE))
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn an_unfinished_file_is_removed_only_if_nobody_writes_it() {
        let (_dir, folder) = folder();
        let create = || modes::create_unnamed(&folder, "new-1", 0);
        let file = create_locked(&folder, "new-1", WAITS, create).unwrap();
        remove_unlocked(&folder, "new-1").unwrap();
        assert!(folder.has("new-1").unwrap(), "it is being written");
        drop(file);
        remove_unlocked(&folder, "new-1").unwrap();
        assert!(!folder.has("new-1").unwrap());
    }

    #[test]
    fn a_file_that_is_removed_before_it_is_locked_is_created_again() {
        let (_dir, folder) = folder();
        let created = Cell::new(0);
        let create = || {
            let file = modes::create_unnamed(&folder, "new-1", 0)?;
            created.set(created.get() + 1);
            if created.get() == 1 {
                remove_unlocked(&folder, "new-1")?;
            }
            Ok(file)
        };
        let file = create_locked(&folder, "new-1", WAITS, create).unwrap();
        assert!(created.get() == 2 && folder.leads_to("new-1", &file).unwrap());
    }
}
