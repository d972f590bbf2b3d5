use super::{Spool, modes};
use std::fs::{File, TryLockError};
use std::io;

/// The right to be the only sender for one hook of this repository. Dropping it, or dying, gives it back.
#[derive(Debug)]
pub struct Lane {
    _lock: File,
}

impl Spool {
    /// `None` while another process has it. The name is a hook's: letters, digits, `_` and `-`.
    pub fn lane(&self, hook: &str) -> io::Result<Option<Lane>> {
        let file = modes::create_file(&self.folder("lane").join(hook), self.shared)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lane { _lock: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}
