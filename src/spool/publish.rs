use super::line::{First, VERSION};
use super::{Line, Spool, append, modes};
use crate::push::Push;
use std::fs::File;
use std::io::{self, Write};
use uuid::{NoContext, Timestamp, Uuid};

/// How often, and how long each time, a push waits for another one that is being written.
const TURNS: u32 = 500;
const TURN: std::time::Duration = std::time::Duration::from_millis(2);

/// A record that was just published, locked: nobody else computes its events meanwhile. Dropping it unlocks.
#[derive(Debug)]
pub struct Locked {
    file: File,
}

impl Locked {
    /// Appends a line.
    pub fn append(&self, line: &Line) -> io::Result<()> {
        append::to(&self.file, line)
    }

    /// Makes the lines survive a crash of the machine.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// A new UUID of version 7 for that time; they sort by it.
pub fn new_id(ms: i64) -> String {
    let ms = u64::try_from(ms).unwrap_or(0);
    let nanos = u32::try_from(ms % 1000 * 1_000_000).unwrap_or(0);
    Uuid::new_v7(Timestamp::from_unix(NoContext, ms / 1000, nanos)).to_string()
}

/// The time in a name made by [`new_id`], in milliseconds since 1970; 0 when it is none.
pub fn time_of(id: &str) -> i64 {
    let time = Uuid::parse_str(id).ok().and_then(|id| id.get_timestamp());
    let ms = time
        .map(|t| t.to_unix())
        .map_or(0, |(s, n)| s * 1000 + u64::from(n) / 1_000_000);
    i64::try_from(ms).unwrap_or(0)
}

impl Spool {
    /// Puts a push on disk: when this returns, it survives a crash of the machine. Gives the push its id, which is the
    /// name of its record and later than that of every record that still waits, even if the clock went back.
    pub fn publish(&self, push: &mut Push) -> io::Result<Locked> {
        self.create_folders()?;
        let _turn = self.publishing()?;
        self.publish_in_turn(push, None)
    }

    /// While nobody else takes a name.
    pub(super) fn publish_in_turn(
        &self,
        push: &mut Push,
        receive_pack: Option<&str>,
    ) -> io::Result<Locked> {
        let newest = self.pending()?.last().map_or(0, |id| time_of(id));
        push.id = new_id(push.time_ms.max(newest + 1));
        let first = First {
            v: VERSION,
            receive_pack: receive_pack.map(str::to_owned),
            push: push.clone(),
        };
        let mut bytes = serde_json::to_vec(&first)?;
        bytes.push(b'\n');

        let temporary = self.folder(&format!("new-{}", push.id));
        let written = self.write_new(&temporary, &bytes).and_then(|file| {
            std::fs::rename(&temporary, self.pending_path(&push.id))?;
            Ok(file)
        });
        let file = written.inspect_err(|_| drop(std::fs::remove_file(&temporary)))?;
        match File::open(self.folder("pending")).and_then(|folder| folder.sync_all()) {
            // It may not survive a crash, so it must not stand there: the caller sends it from memory, under other ids.
            // Nobody has read its events, since it is locked. What cannot be taken away again is recorded all the same.
            Err(error) if std::fs::remove_file(self.pending_path(&push.id)).is_ok() => Err(error),
            _ => Ok(Locked { file }),
        }
    }

    /// One push at a time chooses its name and appears under it, so that the order of names is that of recording.
    /// Whoever cannot have the turn soon goes on without it: order is worth less than the record.
    pub(super) fn publishing(&self) -> io::Result<File> {
        let file = modes::create_file(&self.folder("publish.lock"), self.shared)?;
        for _ in 0..TURNS {
            if file.try_lock().is_ok() {
                break;
            }
            std::thread::sleep(TURN);
        }
        Ok(file)
    }

    fn write_new(&self, path: &std::path::Path, bytes: &[u8]) -> io::Result<File> {
        let mut file = modes::create_unnamed(path, self.shared)?;
        file.lock()?;
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(file)
    }

    pub(super) fn create_folders(&self) -> io::Result<()> {
        if self.folder("lane").is_dir() {
            return Ok(());
        }
        modes::create_folder(&self.root, self.shared)?;
        for name in ["pending", "done", "corrupt", "lane"] {
            modes::create_folder(&self.folder(name), self.shared)?;
        }
        // The folders themselves must survive a crash, or a synced record is in none.
        File::open(&self.root)?.sync_all()?;
        self.root
            .parent()
            .map_or(Ok(()), |git_dir| File::open(git_dir)?.sync_all())
    }
}

/// Locks a published record, without waiting.
pub(super) fn claim(path: &std::path::Path) -> io::Result<Option<Locked>> {
    let file = match std::fs::OpenOptions::new()
        .read(true)
        .append(true)
        .open(path)
    {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(Locked { file })),
        Err(std::fs::TryLockError::WouldBlock) => Ok(None),
        Err(std::fs::TryLockError::Error(error)) => Err(error),
    }
}
