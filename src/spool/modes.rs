//! Files and folders appear under their names with their final modes.

use super::folder::{APPEND, Folder, OVERWRITE};
use super::{new_id, optional};
use crate::clock;
use rustix::fs::OFlags;
use std::fs::File;
use std::io;

/// Prefix of unfinished files and folders. No hook may have such a name.
pub(super) const UNFINISHED: &str = ".new-";

/// How often a file is created again that another process, whose clock differs, took for an unfinished one of the dead.
const CREATE_TRIES: u32 = 3;

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
pub(super) fn create_folder(parent: &Folder, name: &str, shared: u32) -> io::Result<Folder> {
    let mut made = Ok(());
    for _ in 0..CREATE_TRIES {
        match optional(parent.folder(name))? {
            Some(folder) => return Ok(folder),
            // A dangling link is no reason to create its target; `folder` says what is in the way.
            None if parent.has(name)? => return parent.folder(name),
            None => made = make_named_folder(parent, name, shared),
        }
    }
    // Another process may have been faster.
    parent
        .folder(name)
        .map_err(|error| made.err().unwrap_or(error))
}

fn make_named_folder(parent: &Folder, name: &str, shared: u32) -> io::Result<()> {
    let new = temporary_name();
    parent.make_folder(&new, folder_mode(shared))?;
    // A plain rename would replace an empty folder that another process has just created and is about to fill.
    let renamed = parent.rename_to_free(&new, name);
    let renamed = renamed.unwrap_or_else(|| parent.rename(&new, parent, name));
    if renamed.is_err() {
        let _ = parent.remove_folder(&new);
    }
    renamed
}

/// Opens a file for appending, and creates it with the final mode if it is missing.
pub(super) fn create_file(folder: &Folder, name: &str, shared: u32) -> io::Result<File> {
    create_and_open(folder, name, shared, APPEND)
}

/// The same for a file whose content is overwritten in place.
pub(super) fn create_state(folder: &Folder, name: &str, shared: u32) -> io::Result<File> {
    create_and_open(folder, name, shared, OVERWRITE)
}

/// Creates a temporary file that the caller fills and renames.
pub(super) fn create_unnamed(folder: &Folder, name: &str, shared: u32) -> io::Result<File> {
    folder.create_new(name, file_mode(shared))
}

fn create_and_open(folder: &Folder, name: &str, shared: u32, how: OFlags) -> io::Result<File> {
    for _ in 0..CREATE_TRIES {
        if let Some(file) = optional(folder.open(name, how))? {
            return Ok(file);
        }
        if let Some(file) = optional(create_named(folder, name, shared, how))? {
            return Ok(file);
        }
    }
    Err(io::ErrorKind::NotFound.into())
}

/// The file appears under its name with its final mode: if this process died before setting it, the rest of the group
/// could never open the file. `NotFound` if the unfinished file was removed meanwhile.
fn create_named(folder: &Folder, name: &str, shared: u32, how: OFlags) -> io::Result<File> {
    let new = temporary_name();
    drop(create_unnamed(folder, &new, shared)?);
    let named = match folder.rename_to_free(&new, name) {
        Some(renamed) => renamed,
        None => folder.link(&new, name),
    };
    if named.is_ok() || folder.has(name)? {
        // Another process was faster, or the link has given the file a second name.
        let _ = folder.remove(&new);
    } else {
        // A file system without hard links: two that create it at once may get two files, once.
        folder.rename(&new, folder, name)?;
    }
    folder.open(name, how)
}

/// A name that `prune` removes.
fn temporary_name() -> String {
    format!("{UNFINISHED}{}", new_id(clock::now_ms()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creating_a_folder_twice_at_once_keeps_its_files() {
        let dir = tempfile::tempdir().unwrap();
        let parent = Folder::trusted(dir.path(), 0).unwrap();
        for round in 0..200 {
            let name = round.to_string();
            std::thread::scope(|scope| {
                for n in 0..4 {
                    let (parent, name) = (&parent, &name);
                    scope.spawn(move || {
                        let folder = create_folder(parent, name, 0).unwrap();
                        create_file(&folder, &n.to_string(), 0).unwrap();
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

    #[test]
    fn a_second_name_is_removed_only_if_a_dead_process_left_it() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::trusted(dir.path(), 0).unwrap();
        create_state(&folder, "a", 0).unwrap();
        folder.link("a", ".new-1").unwrap();
        folder.open("a", OVERWRITE).unwrap();
        assert!(!folder.has(".new-1").unwrap());
        folder.link("a", "b").unwrap();
        folder.open("a", OVERWRITE).unwrap_err();
        assert!(folder.has("b").unwrap());
    }
}
