use super::Spool;
use super::fold::{Read, Record};
use std::io;

impl Spool {
    /// Names of the records that have something to do, oldest first. None when nothing was ever published.
    pub fn pending(&self) -> io::Result<Vec<String>> {
        self.names("pending")
    }

    /// Names of the files in one of the folders, in their order.
    pub(super) fn names(&self, folder: &str) -> io::Result<Vec<String>> {
        let entries = match std::fs::read_dir(self.folder(folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        // A pipe or a link that somebody put there would be waited for, or read without end.
        let files = entries
            .flatten()
            .filter(|e| e.file_type().is_ok_and(|t| t.is_file()));
        let names = files.filter_map(|e| e.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(|n| !n.starts_with('.')).collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Reads a record. What is not ours is put aside into `corrupt/`, and said so; a newer version, and a file that
    /// cannot be read now, stay where they are.
    pub fn read(&self, id: &str) -> io::Result<Read> {
        let read = match std::fs::read(self.pending_path(id)) {
            Ok(bytes) => Record::parse(id, &bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Read::Gone,
            Err(error) => return Err(error),
        };
        if matches!(read, Read::Foreign) {
            let _ = std::fs::rename(self.pending_path(id), self.folder("corrupt").join(id));
        }
        Ok(read)
    }

    /// Locks a record whose events are to be computed; `None` while somebody else is at it, or when it has gone.
    pub fn claim(&self, id: &str) -> io::Result<Option<super::Locked>> {
        super::publish::claim(&self.pending_path(id))
    }
}
