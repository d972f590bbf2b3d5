//! Moves records: from `pending/` to `done/` when they are finished, back when a delivery is requeued, and out of the
//! spool when they are pruned or the folder is removed.

use super::writer::lock_record;
use super::{
    Delivery, DeliveryState, LockedRecord, RecordFile, RecordLine, Spool, modes, optional,
    time_of_id,
};
use std::fs::{DirEntry, File};
use std::io;
use std::time::Duration;

/// How often, and how long each time, `requeue` waits for a record that another process has locked.
const REQUEUE_TRIES: u32 = 150;
const REQUEUE_PAUSE: Duration = Duration::from_millis(20);

/// The same for `finish`.
const FINISH_TRIES: u32 = 50;
const FINISH_PAUSE: Duration = Duration::from_millis(2);

/// A temporary file of this age belongs to a process that died.
const ABANDONED: Duration = Duration::from_secs(3600);

/// How much history is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// By age.
    pub age: Duration,
    /// By number of pushes.
    pub count: usize,
    /// By bytes.
    pub size: u64,
}

impl Spool {
    /// Moves a finished record into `done/`. Another process may have moved it already. A record that stays locked is
    /// left for a later run.
    pub fn finish(&self, id: &str) -> io::Result<()> {
        let Some(_lock) = self.lock_briefly(id)? else {
            return Ok(());
        };
        // Read again under the lock: a record that was just requeued must not go to the history.
        if !matches!(self.read(id)?, RecordFile::Record(record) if record.is_finished()) {
            return Ok(());
        }
        optional(std::fs::rename(self.pending_path(id), self.done_path(id))).map(drop)
    }

    /// Two lanes that finish the same record at once both need its lock, and neither may leave the move to the other.
    fn lock_briefly(&self, id: &str) -> io::Result<Option<LockedRecord>> {
        for _ in 0..FINISH_TRIES {
            let lock = self.lock_record(id)?;
            if lock.is_some() || !self.pending_path(id).try_exists()? {
                return Ok(lock);
            }
            std::thread::sleep(FINISH_PAUSE);
        }
        Ok(None)
    }

    /// Queues deliveries of a record again, under the same ids. `NotFound`: the record has been removed; `WouldBlock`:
    /// another process keeps it locked.
    ///
    /// The record is moved first and gets its lines then. A process that dies in between leaves a finished record in
    /// `pending/`, which the next run moves to `done/`, and never one in `done/` that has deliveries to send.
    pub fn requeue(&self, id: &str, deliveries: &[String], at_ms: i64) -> io::Result<()> {
        let lock = self.lock_anywhere(id)?;
        if !self.pending_path(id).try_exists()? {
            std::fs::rename(self.done_path(id), self.pending_path(id))?;
        }
        for delivery in deliveries {
            lock.append(&RecordLine::Requeued {
                delivery: delivery.clone(),
                at_ms,
            })?;
        }
        lock.sync()?;
        File::open(self.folder("pending"))?.sync_all()
    }

    /// Locks a record, pending or finished: only the process that has the lock moves it.
    fn lock_anywhere(&self, id: &str) -> io::Result<LockedRecord> {
        for _ in 0..REQUEUE_TRIES {
            for path in [self.pending_path(id), self.done_path(id)] {
                if let Some(lock) = lock_record(&path)? {
                    return Ok(lock);
                }
            }
            if matches!(self.read_anywhere(id)?, RecordFile::Gone) {
                return Err(io::ErrorKind::NotFound.into());
            }
            std::thread::sleep(REQUEUE_PAUSE);
        }
        Err(io::ErrorKind::WouldBlock.into())
    }

    /// Removes the oldest finished records past any of the limits, and temporary files of processes that died.
    pub fn prune(&self, keep: &Retention, now_ms: i64) -> io::Result<()> {
        let oldest = now_ms.saturating_sub(i64::try_from(keep.age.as_millis()).unwrap_or(i64::MAX));
        let (mut count, mut size) = (0, 0);
        let done = self.names("done")?;
        let surplus = done.iter().rev().filter(|id| {
            count += 1;
            size += self.done_path(id).metadata().map_or(0, |m| m.len());
            count > keep.count || size > keep.size || time_of_id(id) < oldest
        });
        let surplus: Vec<_> = surplus.collect();
        self.note_removed(&surplus)?;
        for id in surplus {
            let _ = std::fs::remove_file(self.done_path(id));
        }
        self.remove_abandoned();
        Ok(())
    }

    fn remove_abandoned(&self) {
        for folder in [self.root.clone(), self.folder("lane")] {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let in_root = entry.path().parent() == Some(&*self.root);
                if is_temporary(&entry, in_root) && age(&entry).is_some_and(|age| age > ABANDONED) {
                    let _ = std::fs::remove_file(entry.path())
                        .or_else(|_| std::fs::remove_dir(entry.path()));
                }
            }
        }
    }

    /// Whether anything was ever recorded here.
    pub fn exists(&self) -> bool {
        self.root.is_dir()
    }

    /// Number of pending deliveries. A record without computed events, or one that cannot be read, counts as one.
    pub fn count_pending(&self) -> io::Result<usize> {
        let count = |id: &String| match self.read(id) {
            Ok(RecordFile::Record(record)) => {
                let is_pending = |d: &&Delivery| d.state == DeliveryState::Pending;
                let pending = record.deliveries.iter().filter(is_pending).count();
                pending + usize::from(!record.is_decided())
            }
            Ok(RecordFile::Gone | RecordFile::Foreign) => 0,
            _ => 1,
        };
        Ok(self.pending()?.iter().map(count).sum())
    }

    /// Removes history and state; returns whether nothing is left. `corrupt/` is kept if it has files, and so is what a
    /// push writes meanwhile. `DirectoryNotEmpty` when a record is pending: then nothing was removed.
    pub fn remove(&self) -> io::Result<bool> {
        // The first step is also the check: a later push creates its own folder, which nothing below touches.
        optional(std::fs::remove_dir(self.folder("pending")))?;
        for folder in ["done", "lane"] {
            optional(std::fs::remove_dir_all(self.folder(folder)))?;
        }
        let _ = std::fs::remove_dir(self.folder("corrupt"));
        for entry in std::fs::read_dir(&self.root)?.flatten() {
            if entry.file_type()?.is_file() && !is_temporary(&entry, true) {
                optional(std::fs::remove_file(entry.path()))?;
            }
        }
        Ok(std::fs::remove_dir(&self.root).is_ok())
    }
}

/// Whether a file or folder is not finished. Records are written as `new-ID` beside the folders.
fn is_temporary(entry: &DirEntry, in_root: bool) -> bool {
    let name = entry.file_name();
    let name = name.as_encoded_bytes();
    name.starts_with(modes::UNFINISHED.as_bytes()) || (in_root && name.starts_with(b"new-"))
}

fn age(entry: &DirEntry) -> Option<Duration> {
    entry.metadata().ok()?.modified().ok()?.elapsed().ok()
}
