use super::{Line, Spool};
use serde::Serialize;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;

/// Appends one line with one write. What an earlier writer left torn is ended first, so that it spoils only itself.
pub(super) fn to(mut file: &File, line: &impl Serialize) -> io::Result<()> {
    let mut bytes = Vec::new();
    if !ends_with_newline(file)? {
        bytes.push(b'\n');
    }
    serde_json::to_writer(&mut bytes, line)?;
    bytes.push(b'\n');
    let written = file.write(&bytes)?;
    if written < bytes.len() {
        // The rest would no longer be one write: whoever comes next ends the torn line.
        return Err(io::Error::new(
            io::ErrorKind::StorageFull,
            "the record could only be written in part",
        ));
    }
    Ok(())
}

fn ends_with_newline(file: &File) -> io::Result<bool> {
    let size = file.metadata()?.len();
    if size == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.read_exact_at(&mut last, size - 1)?;
    Ok(last == *b"\n")
}

impl Spool {
    /// Appends to a record that waits. It is never created here: `NotFound` means that it has nothing to do any more.
    pub fn append(&self, id: &str, line: &Line) -> io::Result<()> {
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .open(self.pending_path(id))?;
        to(&file, line)
    }
}
