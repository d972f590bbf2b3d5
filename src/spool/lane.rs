use super::{Spool, modes};
use std::fs::{File, TryLockError};
use std::io;

/// The right to be the only sender for one hook of this repository. Dropping it, or dying, gives it back.
#[derive(Debug)]
pub struct Lane {
    pub(super) lock: File,
}

/// The right to be the only one at something else. Dropping it, or dying, gives it back.
#[derive(Debug)]
pub struct Sole {
    _lock: File,
}

impl Spool {
    /// `None` while another process has it. The name is a hook's: letters, digits, `_` and `-`.
    pub fn lane(&self, hook: &str) -> io::Result<Option<Lane>> {
        Ok(self
            .locked(&format!("lane/{hook}"))?
            .map(|lock| Lane { lock }))
    }

    /// The right to stay for what is due soon; `None` while another process does.
    pub fn stay(&self) -> io::Result<Option<Sole>> {
        Ok(self.locked("stay.lock")?.map(|lock| Sole { _lock: lock }))
    }

    /// The right to look for what was missed; `None` while another process does.
    pub fn catching_up(&self) -> io::Result<Option<Sole>> {
        modes::create_folder(&self.root, self.shared)?;
        Ok(self
            .locked("catch-up.lock")?
            .map(|lock| Sole { _lock: lock }))
    }

    /// A file of the spool, locked without waiting.
    fn locked(&self, name: &str) -> io::Result<Option<File>> {
        let file = modes::create_state(&self.folder(name), self.shared)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}
