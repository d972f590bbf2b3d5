//! Publishes records, and appends lines to them.

use super::folder::{APPEND, Folder, too_large};
use super::line::{FirstLine, VERSION, seal};
use super::locking::{create_locked, open_locked, open_locked_within};
use super::{
    FOLDERS, FileId, MAX_PUBLISHED, MAX_RECORD, ROOM_FOR_ENDS, RecordLine, Spool, modes, optional,
};
use crate::outgoing::MessageKind;
use crate::push::{Push, RefName};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::time::Duration;
use uuid::{Builder, NoContext, Timestamp, Uuid};

/// How often, and how long each time, a push waits for another one that is being published.
const PUBLISH_TRIES: u32 = 500;
const PUBLISH_PAUSE: Duration = Duration::from_millis(2);

/// A record with its lock: no other process computes its events or moves it. Dropping it unlocks.
#[derive(Debug)]
pub struct LockedRecord {
    file: File,
}

impl LockedRecord {
    /// Appends a line.
    pub fn append(&self, line: &RecordLine) -> io::Result<()> {
        append_to_record(&self.file, line)
    }

    /// Which file it is.
    pub(super) fn file_id(&self) -> Option<FileId> {
        FileId::of(&self.file)
    }

    /// Makes the appended lines survive a crash of the machine.
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

/// The id of a delivery: a UUID of version 7 that begins with the push's time and else follows from the record, the kind of
/// message, the hook, and the ref where it reports one. So it is the same if its events have to be computed again.
pub fn delivery_id(push: &Push, kind: MessageKind, hook: &str, name: Option<&RefName>) -> String {
    let kind = match kind {
        MessageKind::Ref => "ref",
        MessageKind::Push | MessageKind::Test | MessageKind::Digest => "push",
        MessageKind::Summary => "summary",
        MessageKind::Trouble => "trouble",
    };
    let name = name.map_or(&b""[..], RefName::as_bytes);
    let parts = [push.id.as_bytes(), kind.as_bytes(), hook.as_bytes(), name];
    let hash = Sha256::digest(parts.join(&0));
    let mut random = [0; 10];
    random.copy_from_slice(&hash[..10]);
    let ms = u64::try_from(push.time_ms).unwrap_or(0);
    Builder::from_unix_timestamp_millis(ms, &random)
        .into_uuid()
        .to_string()
}

/// The time in an id made by [`new_id`], in milliseconds since 1970; 0 for any other text.
pub fn time_of_id(id: &str) -> i64 {
    let time = Uuid::parse_str(id).ok().and_then(|id| id.get_timestamp());
    let ms = time
        .map(|t| t.to_unix())
        .map_or(0, |(s, n)| s * 1000 + u64::from(n) / 1_000_000);
    i64::try_from(ms).unwrap_or(0)
}

impl Spool {
    /// Puts a push on disk: when this returns, it survives a crash of the machine. Gives the push its id, which is the
    /// name of its record and later than that of every pending record, even if the clock went back.
    pub fn publish(&self, push: &mut Push) -> io::Result<LockedRecord> {
        self.create_folders()?;
        let _lock = self.lock_publishing();
        self.publish_locked(push, None)
    }

    /// The caller holds the lock of `lock_publishing`.
    pub(super) fn publish_locked(
        &self,
        push: &mut Push,
        receive_pack: Option<&str>,
    ) -> io::Result<LockedRecord> {
        let newest = self.pending()?.last().map_or(0, |id| time_of_id(id));
        push.id = new_id(push.time_ms.max(newest + 1));
        let first = FirstLine {
            v: VERSION,
            receive_pack: receive_pack.map(str::to_owned),
            file: None,
            push: push.clone(),
        };

        let root = self.open_root()?;
        let pending = root.folder("pending")?;
        let temporary = format!("new-{}", push.id);
        let written = self.write_new(&root, &temporary, first).and_then(|file| {
            root.rename(&temporary, &pending, &push.id)?;
            Ok(file)
        });
        let file = written.inspect_err(|_| drop(root.remove(&temporary)))?;
        match pending.sync() {
            // The record may not survive a crash, so it is removed and the caller sends from memory, under other ids. No
            // other process has read it, since it is locked. If it cannot be removed, the push counts as recorded.
            Err(error) if pending.remove(&push.id).is_ok() => Err(error),
            _ => Ok(LockedRecord { file }),
        }
    }

    /// One push at a time takes an id and publishes its record, so that ids are in the order of recording. A push that
    /// cannot get the lock soon continues without it: order is worth less than the record.
    pub(super) fn lock_publishing(&self) -> Option<File> {
        let (root, name) = (self.open_root().ok()?, "publish.lock");
        let open = || modes::create_file(&root, name, self.shared);
        let waits = (PUBLISH_TRIES, PUBLISH_PAUSE);
        open_locked_within(&root, name, waits, open).ok().flatten()
    }

    fn write_new(&self, root: &Folder, name: &str, first: FirstLine) -> io::Result<File> {
        // `prune` of a machine whose clock differs may find the file before it is locked, and remove it.
        let create = || modes::create_unnamed(root, name, self.shared);
        let mut file = create_locked(root, name, (PUBLISH_TRIES, PUBLISH_PAUSE), create)?;
        let bytes = seal(&FirstLine {
            file: FileId::of(&file),
            ..first
        })?;
        if bytes.len() > MAX_PUBLISHED {
            return Err(too_large(MAX_PUBLISHED as u64));
        }
        file.write_all(&bytes)?;
        file.sync_all()?;
        Ok(file)
    }

    pub(super) fn create_folders(&self) -> io::Result<()> {
        let root = self.create_root()?;
        let mut created = false;
        for name in FOLDERS {
            if optional(root.folder(name))?.is_none() {
                modes::create_folder(&root, name, self.shared)?;
                created = true;
            }
        }
        if !created {
            return Ok(());
        }
        // A synced record survives a crash only if its folders do.
        root.sync()?;
        self.open_git_dir()?.sync()
    }

    /// Appends to a pending record. `NotFound` means that it is finished: a record is never created here. The start and the
    /// end of an attempt survive a crash of the machine when this returns: else the attempt could be made twice.
    pub fn append(&self, id: &str, line: &RecordLine) -> io::Result<()> {
        let file = self.open_folder("pending")?.open(id, APPEND)?;
        append_to_record(&file, line)?;
        match line {
            RecordLine::Started(_) | RecordLine::Ended(_) => file.sync_data(),
            _ => Ok(()),
        }
    }

    /// Locks a pending record; `None` while another process has it locked, or when it has been moved.
    pub fn lock_record(&self, id: &str) -> io::Result<Option<LockedRecord>> {
        self.lock_record_in("pending", id)
    }

    /// Locks a published record in one of the folders, without waiting.
    pub(super) fn lock_record_in(
        &self,
        folder: &str,
        id: &str,
    ) -> io::Result<Option<LockedRecord>> {
        let Some(folder) = optional(self.open_folder(folder))? else {
            return Ok(None);
        };
        let locked = optional(open_locked(&folder, id, || folder.open(id, APPEND)))?;
        Ok(locked.flatten().map(|file| LockedRecord { file }))
    }
}

/// Appends a line unless the record would be too large to be read. Only the end of an attempt may come close to that.
fn append_to_record(file: &File, line: &RecordLine) -> io::Result<()> {
    let room = match line {
        RecordLine::Ended(_) => 0,
        _ => ROOM_FOR_ENDS,
    };
    append_within(file, line, MAX_RECORD - room)
}

/// Appends one line with one write. A torn line of an earlier writer is ended first, so that it spoils only itself.
pub(super) fn append_within(mut file: &File, line: &impl Serialize, limit: u64) -> io::Result<()> {
    let mut bytes = Vec::new();
    if !ends_with_newline(file)? {
        bytes.push(b'\n');
    }
    bytes.extend(seal(line)?);
    if file.metadata()?.len() + bytes.len() as u64 > limit {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "the record is full",
        ));
    }
    let written = file.write(&bytes)?;
    if written < bytes.len() {
        // A second write for the rest would not be atomic: the next writer ends the torn line.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::{Ended, Outcome, Started};

    #[test]
    fn a_full_record_takes_the_end_of_an_attempt_and_nothing_else() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(MAX_RECORD - ROOM_FOR_ENDS).unwrap();
        let delivery = || "d".to_owned();
        let started = RecordLine::Started(Started {
            delivery: delivery(),
            attempt: 1,
            at_ms: 1,
        });
        let ended = RecordLine::Ended(Box::new(Ended {
            delivery: delivery(),
            at_ms: 1,
            outcome: Outcome::Delivered,
            why: String::new(),
            unknown: false,
            whole_hook: false,
            digest: 0,
            single: false,
            next_attempt_ms: None,
            exchange: None,
        }));
        let error = append_to_record(&file, &started).unwrap_err();
        assert_eq!(error.to_string(), "the record is full");
        append_to_record(&file, &ended).unwrap();
        file.set_len(MAX_RECORD).unwrap();
        append_to_record(&file, &ended).unwrap_err();
    }
}
