use super::{Line, Spool};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Reads what is new in a record, also after it has been moved away.
#[derive(Debug)]
pub struct Follower {
    file: File,
    offset: u64,
    partial: Vec<u8>,
}

impl Spool {
    /// From its beginning.
    pub fn follow(&self, id: &str) -> io::Result<Follower> {
        Ok(Follower {
            file: File::open(self.pending_path(id))?,
            offset: 0,
            partial: Vec::new(),
        })
    }
}

impl Follower {
    /// The complete lines since the last call; those that cannot be read are left out.
    pub fn news(&mut self) -> io::Result<Vec<Line>> {
        let mut block = [0; 16 * 1024];
        loop {
            let size = self.file.read_at(&mut block, self.offset)?;
            if size == 0 {
                break;
            }
            self.offset += size as u64;
            self.partial.extend_from_slice(&block[..size]);
        }
        let Some(end) = self.partial.iter().rposition(|b| *b == b'\n') else {
            return Ok(Vec::new());
        };
        let rest = self.partial.split_off(end + 1);
        let complete = std::mem::replace(&mut self.partial, rest);
        Ok(complete
            .split(|b| *b == b'\n')
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect())
    }
}
