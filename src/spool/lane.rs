use super::{Spool, modes};
use std::fs::{File, TryLockError};
use std::io;

/// The right to be the only one at something: the sender for one hook of this repository. Dropping it, or dying, gives it back.
#[derive(Debug)]
pub struct Lane {
    _lock: File,
}

impl Spool {
    /// `None` while another process has it. The name is a hook's: letters, digits, `_` and `-`.
    pub fn lane(&self, hook: &str) -> io::Result<Option<Lane>> {
        hold(modes::create_file(&self.folder("lane").join(hook), self.shared)?)
    }
}

/// Locks a file without waiting; `None` while another process has it.
pub(super) fn hold(file: File) -> io::Result<Option<Lane>> {
    match file.try_lock() {
        Ok(()) => Ok(Some(Lane { _lock: file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
