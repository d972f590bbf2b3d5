use super::{Spool, modes};
use crate::catch_up::State;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};

/// The format of the file that this program writes. One of a newer version is left alone.
const VERSION: u32 = 1;

/// What one `drain --catch-up` leaves to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct Remembered {
    v: u32,
    /// What the refs held, and what may have been missed.
    pub state: State,
    /// Records whose updates have been taken into account.
    pub counted: BTreeSet<String>,
    /// `GL_REPO` of the newest push that had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gl_repo: Option<String>,
}

/// What the file turned out to be.
#[derive(Debug)]
pub enum Memory {
    /// There was no run yet.
    None,
    /// It can be read.
    Of(Box<Remembered>),
    /// It cannot be understood.
    Damaged,
    /// It was written by a newer version of this program.
    Newer(u32),
}

/// Enough of the file to tell a newer version from damage.
#[derive(Deserialize)]
struct VersionOnly {
    v: u32,
}

impl Remembered {
    /// In the format of this version.
    pub fn new(state: State, counted: BTreeSet<String>, gl_repo: Option<String>) -> Self {
        Self {
            v: VERSION,
            state,
            counted,
            gl_repo,
        }
    }
}

impl Spool {
    /// Whether somebody looks for what was missed.
    pub fn is_caught_up(&self) -> bool {
        self.folder("refs").exists()
    }

    /// What the last run left.
    pub fn remembered(&self) -> io::Result<Memory> {
        let bytes = match std::fs::read(self.folder("refs")) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Memory::None),
            Err(error) => return Err(error),
        };
        Ok(match serde_json::from_slice(&bytes) {
            Ok(Remembered {
                v: VERSION,
                state,
                counted,
                gl_repo,
            }) => Memory::Of(Box::new(Remembered {
                v: VERSION,
                state,
                counted,
                gl_repo,
            })),
            _ => match serde_json::from_slice(&bytes) {
                Ok(VersionOnly { v }) if v > VERSION => Memory::Newer(v),
                _ => Memory::Damaged,
            },
        })
    }

    /// Leaves this to the next run, durably: either all of it is there or what was there before.
    pub fn remember(&self, remembered: &Remembered) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(remembered)?;
        bytes.push(b'\n');
        // A name by which `prune` removes what a crash left.
        let temporary = self.folder("new-refs");
        let mut file = modes::create_file(&temporary, self.shared)?;
        file.set_len(0)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, self.folder("refs"))?;
        File::open(&self.root)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_known_and_anything_else_said_for_what_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::at(dir.path(), 0);
        assert!(matches!(spool.remembered().unwrap(), Memory::None));
        let turn = spool.catching_up().unwrap();
        assert!(
            turn.is_some() && spool.catching_up().unwrap().is_none(),
            "one at a time"
        );
        let remembered = Remembered::new(State::default(), BTreeSet::from(["a".into()]), None);
        // A longer file that a crash left must not show through.
        std::fs::write(dir.path().join("service-hook/new-refs"), "x".repeat(1000)).unwrap();
        spool.remember(&remembered).unwrap();
        assert!(matches!(spool.remembered().unwrap(), Memory::Of(found) if *found == remembered));
        for (text, newer) in [
            ("", false),
            ("{\"v\":1}", false),
            ("{\"v\":0}", false),
            ("{\"v\":2,\"x\":[]}", true),
        ] {
            std::fs::write(dir.path().join("service-hook/refs"), text).unwrap();
            match spool.remembered().unwrap() {
                Memory::Damaged => assert!(!newer, "{text}"),
                Memory::Newer(v) => assert!(newer && v == 2, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
    }
}
