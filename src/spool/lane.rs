use super::{Spool, modes};
use std::fs::{File, TryLockError};
use std::io;

/// The right to be the only sender for one hook of this repository. Dropping it, or dying, gives it back.
#[derive(Debug)]
pub struct Lane {
    pub(super) lock: File,
}

/// The right to be the one that stays in this repository for what is due soon.
#[derive(Debug)]
pub struct Stay {
    _lock: File,
}

impl Spool {
    /// `None` while another process has it. The name is a hook's: letters, digits, `_` and `-`.
    pub fn lane(&self, hook: &str) -> io::Result<Option<Lane>> {
        let lock = self.locked(&format!("lane/{hook}"))?;
        Ok(lock.map(|lock| Lane { lock }))
    }

    /// `None` while another process stays.
    pub fn stay(&self) -> io::Result<Option<Stay>> {
        Ok(self.locked("stay.lock")?.map(|lock| Stay { _lock: lock }))
    }

    fn locked(&self, name: &str) -> io::Result<Option<File>> {
        let file = modes::create_file(&self.folder(name), self.shared)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}
