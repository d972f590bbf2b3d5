//! Inspects the folder of the spool for `check`. Changes nothing.

use super::folder::{Folder, READ};
use super::{FOLDER, FOLDERS, Spool, optional};
use std::io;

/// At most so many defects are listed: in a damaged spool each file may be one.
const LISTED: usize = 10;

impl Spool {
    /// What is wrong with the folder and the files in it, as sentences. A folder that does not exist yet is fine.
    pub fn defects(&self) -> Vec<String> {
        let mut defects = Vec::new();
        let root = match optional(self.open_root()) {
            Ok(None) => return defects,
            Ok(Some(root)) => root,
            Err(error) => return vec![sentence(&format!("{FOLDER}/"), &error)],
        };
        inspect_files(&root, &format!("{FOLDER}/"), &mut defects);
        for name in FOLDERS {
            let place = format!("{FOLDER}/{name}/");
            match optional(root.folder(name)) {
                Ok(Some(folder)) => inspect_files(&folder, &place, &mut defects),
                Ok(None) => {}
                Err(error) => defects.push(sentence(&place, &error)),
            }
        }
        if let Some(more @ 1..) = defects.len().checked_sub(LISTED) {
            defects.truncate(LISTED);
            defects.push(format!("{more} more files cannot be used"));
        }
        defects
    }
}

impl Spool {
    /// Names of the folders that have gone. None where nothing was ever recorded.
    pub fn missing_folders(&self) -> Vec<&'static str> {
        let Ok(root) = self.open_root() else {
            return Vec::new();
        };
        let is_missing = |name: &&'static str| root.has(name).is_ok_and(|has| !has);
        let missing: Vec<_> = FOLDERS.into_iter().filter(is_missing).collect();
        if missing.len() == FOLDERS.len() {
            return Vec::new();
        }
        missing
    }
}

/// Opens each file as the program would.
fn inspect_files(folder: &Folder, place: &str, defects: &mut Vec<String>) {
    let entries = match folder.entries() {
        Ok(entries) => entries,
        Err(error) => return defects.push(sentence(place, &error)),
    };
    for entry in entries {
        let is_folder = place == format!("{FOLDER}/") && FOLDERS.contains(&&*entry.name);
        if is_folder || entry.name.starts_with('.') {
            continue;
        }
        // Some other process may have moved or removed it meanwhile.
        if let Err(error) = optional(folder.open(&entry.name, READ)) {
            defects.push(sentence(&format!("{place}{}", entry.name), &error));
        }
    }
}

/// Errors of this room name the file.
fn sentence(place: &str, error: &io::Error) -> String {
    let text = error.to_string();
    if text.starts_with('`') {
        text
    } else {
        format!("`{place}` cannot be opened: {text}")
    }
}
