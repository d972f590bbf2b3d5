//! Moves records: from `pending/` to `done/` when they are finished, back when a delivery is requeued, and out of the
//! spool when they are pruned or the folder is removed.

use super::folder::{Entry, Folder};
use super::{
    Delivery, DeliveryState, Events, FOLDER, LockedRecord, RecordFile, RecordLine, Spool, locking,
    modes, optional,
};
use crate::schedule;
use std::io;
use std::time::Duration;

/// How often, and how long each time, `requeue` waits for a record that another process has locked.
const REQUEUE_TRIES: u32 = 150;
const REQUEUE_PAUSE: Duration = Duration::from_millis(20);

/// The same for `finish`.
const FINISH_TRIES: u32 = 50;
const FINISH_PAUSE: Duration = Duration::from_millis(2);

/// A temporary file of this age belongs to a process that died.
const ABANDONED_SECONDS: i64 = 3600;

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
        let done = self.ensure_folder("done")?;
        optional(self.open_folder("pending")?.rename(id, &done, id)).map(drop)
    }

    /// Two lanes that finish the same record at once both need its lock, and neither may leave the move to the other.
    fn lock_briefly(&self, id: &str) -> io::Result<Option<LockedRecord>> {
        for _ in 0..FINISH_TRIES {
            let lock = self.lock_record(id)?;
            let pending = optional(self.open_folder("pending"))?;
            let gone = pending.map_or(Ok(true), |pending| pending.has(id).map(|has| !has))?;
            if lock.is_some() || gone {
                return Ok(lock);
            }
            std::thread::sleep(FINISH_PAUSE);
        }
        Ok(None)
    }

    /// Queues deliveries of a record again, under the same ids, each unless its state has changed. `NotFound`: the record
    /// has been removed; `WouldBlock`: another process keeps it locked.
    ///
    /// The record is moved first and gets its lines then. A process that dies in between leaves a finished record in
    /// `pending/`, which the next run moves to `done/`, and never one in `done/` that has deliveries to send.
    pub fn requeue(
        &self,
        id: &str,
        deliveries: &[(String, DeliveryState)],
        at_ms: i64,
    ) -> io::Result<()> {
        let (lock, pending) = self.reopen(id)?;
        for (delivery, was) in deliveries {
            lock.append(&RecordLine::Requeued {
                delivery: delivery.clone(),
                at_ms,
                was: Some(*was),
                file: lock.file_id(),
            })?;
        }
        lock.sync()?;
        pending.sync()
    }

    /// Adds deliveries to a record, pending or finished, unless it has them. Errors as for [`Spool::requeue`].
    pub fn add_deliveries(&self, id: &str, events: Events, at_ms: i64) -> io::Result<()> {
        let (lock, pending) = self.reopen(id)?;
        let events = Box::new(events);
        lock.append(&RecordLine::Added {
            at_ms,
            file: lock.file_id(),
            events,
        })?;
        lock.sync()?;
        pending.sync()
    }

    /// Locks a record and moves it to `pending/`.
    fn reopen(&self, id: &str) -> io::Result<(LockedRecord, Folder)> {
        let lock = self.lock_anywhere(id)?;
        let pending = self.ensure_folder("pending")?;
        if !pending.has(id)? {
            self.open_folder("done")?.rename(id, &pending, id)?;
        }
        Ok((lock, pending))
    }

    /// Locks a record, pending or finished: only the process that has the lock moves it.
    pub(super) fn lock_anywhere(&self, id: &str) -> io::Result<LockedRecord> {
        for _ in 0..REQUEUE_TRIES {
            for folder in ["pending", "done"] {
                if let Some(lock) = self.lock_record_in(folder, id)? {
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

    /// Removes the finished records past any of the limits, those first whose last delivery ended first, and temporary
    /// files of processes that died. By its age nothing goes that ended at a time that cannot be right, or while the clock is
    /// not trusted.
    pub fn prune(&self, keep: &Retention, now_ms: i64, is_trusted: bool) -> io::Result<()> {
        let oldest = now_ms.saturating_sub(i64::try_from(keep.age.as_millis()).unwrap_or(i64::MAX));
        let done = self.names("done")?;
        let Some(folder) = optional(self.open_folder("done"))? else {
            return Ok(());
        };
        let ended = done.iter().map(|id| {
            let (size, second) = folder.size_and_time(id).unwrap_or((0, now_ms / 1000));
            (second.saturating_mul(1000), id, size)
        });
        let mut ended: Vec<_> = ended.collect();
        ended.sort_unstable();
        let is_old = |at_ms| is_trusted && at_ms < oldest && schedule::is_believable(at_ms, now_ms);
        let (mut count, mut total) = (0, 0);
        let surplus = ended.into_iter().rev().filter_map(|(at_ms, id, size)| {
            count += 1;
            total += size;
            (count > keep.count || total > keep.size || is_old(at_ms)).then_some(id)
        });
        let surplus: Vec<_> = surplus.collect();
        self.note_removed(&surplus)?;
        for id in surplus {
            let _ = folder.remove(id);
        }
        self.remove_abandoned(now_ms);
        Ok(())
    }

    fn remove_abandoned(&self, now_ms: i64) {
        for (folder, in_root) in [(self.open_root(), true), (self.open_folder("lane"), false)] {
            let Ok(folder) = folder else { continue };
            for Entry { name, is_file } in folder.entries().unwrap_or_default() {
                if !is_temporary(&name, in_root) || !is_abandoned(&folder, &name, now_ms) {
                    continue;
                }
                let _ = if is_file {
                    locking::remove_unlocked(&folder, &name)
                } else {
                    folder
                        .remove(&name)
                        .or_else(|_| folder.remove_folder(&name))
                };
            }
        }
    }

    /// Whether anything was ever recorded here.
    pub fn exists(&self) -> bool {
        self.open_git_dir()
            .and_then(|git_dir| git_dir.has(FOLDER))
            .unwrap_or(false)
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
        let git_dir = self.open_git_dir()?;
        let root = git_dir.folder(FOLDER)?;
        // The first step is also the check: a later push creates its own folder, which nothing below touches.
        optional(root.remove_folder("pending"))?;
        for name in ["done", "lane"] {
            if let Some(folder) = optional(root.folder(name))? {
                for entry in folder.entries()? {
                    optional(folder.remove(&entry.name))?;
                }
                optional(root.remove_folder(name))?;
            }
        }
        let _ = root.remove_folder("corrupt");
        for entry in root.entries()? {
            if entry.is_file && !is_temporary(&entry.name, true) {
                optional(root.remove(&entry.name))?;
            }
        }
        Ok(git_dir.remove_folder(FOLDER).is_ok())
    }
}

/// Whether a file or folder is not finished. Records are written as `new-ID` beside the folders.
fn is_temporary(name: &str, in_root: bool) -> bool {
    name.starts_with(modes::UNFINISHED) || (in_root && name.starts_with("new-"))
}

fn is_abandoned(folder: &Folder, name: &str, now_ms: i64) -> bool {
    folder
        .size_and_time(name)
        .is_ok_and(|(_, written)| now_ms / 1000 - written > ABANDONED_SECONDS)
}
