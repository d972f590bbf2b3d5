//! Taking the folder away. A record that waits, or appears meanwhile, is never taken with it.

use super::{Read, Spool, State, modes};
use std::io::{self, ErrorKind};

impl Spool {
    /// Whether anything was ever recorded here.
    pub fn exists(&self) -> bool {
        self.root.is_dir()
    }

    /// Deliveries that wait. A record whose events nobody has computed yet, or that cannot be told, counts as one.
    pub fn waiting(&self) -> io::Result<usize> {
        let open = |id: &String| match self.read(id) {
            Ok(Read::Record(record)) if record.events.is_some() => record
                .deliveries
                .iter()
                .filter(|delivery| delivery.state == State::Pending)
                .count(),
            Ok(Read::Gone | Read::Foreign) => 0,
            _ => 1,
        };
        Ok(self.pending()?.iter().map(open).sum())
    }

    /// Removes history and state; whether nothing is left. What was put aside stays, and what a push writes meanwhile.
    /// `DirectoryNotEmpty` when a record waits: then nothing was removed.
    pub fn remove(&self) -> io::Result<bool> {
        // The first step is also the check: a push that comes later makes its own folder, which nothing below touches.
        gone(std::fs::remove_dir(self.folder("pending")))?;
        for folder in ["done", "lane"] {
            gone(std::fs::remove_dir_all(self.folder(folder)))?;
        }
        let _ = std::fs::remove_dir(self.folder("corrupt"));
        for entry in std::fs::read_dir(&self.root)?.flatten() {
            let name = entry.file_name();
            let unfinished = name.to_string_lossy().starts_with(modes::UNFINISHED);
            if entry.file_type()?.is_file()
                && !unfinished
                && !name.to_string_lossy().starts_with("new-")
            {
                gone(std::fs::remove_file(entry.path()))?;
            }
        }
        Ok(std::fs::remove_dir(&self.root).is_ok())
    }
}

fn gone(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        result => result,
    }
}
