//! Deliveries that were copied or restored with the repository. They are held until a person adopts or cancels them.

use super::reader::read_first_line;
use super::{DeliveryState, Record, RecordFile, RecordLine, Spool};
use std::io;

impl Spool {
    /// Makes everything that waits this repository's own: it is sent, and its `retry_for` begins. The number of deliveries;
    /// a push whose events are not computed yet counts as one. What another process keeps locked is an error: it is still
    /// held.
    pub fn adopt(&self, at_ms: i64) -> io::Result<usize> {
        let mut adopted = 0;
        for id in self.pending()? {
            let RecordFile::Record(record) = self.read(&id)? else {
                continue;
            };
            let held = record.count_held();
            if held == 0 {
                continue;
            }
            let lock = self.lock_anywhere(&id)?;
            let file = lock.file_id();
            lock.append(&RecordLine::Adopted { at_ms, file })?;
            lock.sync()?;
            adopted += held;
        }
        Ok(adopted)
    }

    /// Number of deliveries that are held. What cannot be read is not counted: others report it.
    pub fn count_held(&self) -> usize {
        let held = |id: &String| match self.read_anywhere(id) {
            Ok(RecordFile::Record(record)) => record.count_held(),
            _ => 0,
        };
        self.pending().unwrap_or_default().iter().map(held).sum()
    }

    /// Whether the oldest of the pending records is held. Others are not read: a push must not take longer for what waits.
    pub fn is_oldest_held(&self, pending: &[String]) -> bool {
        let Some(id) = pending.first() else {
            return false;
        };
        let is_copy = |id: &str| {
            let Some(file) = self.open(id)? else {
                return Ok(false);
            };
            let first = read_first_line(file.try_clone()?)?;
            let record = Record::parse(id, first);
            io::Result::Ok(
                matches!(record, RecordFile::Record(record) if record.is_written_elsewhere(&file)),
            )
        };
        // It may have been adopted: then its first line is not the last word.
        is_copy(id).unwrap_or(false)
            && matches!(self.read_anywhere(id), Ok(RecordFile::Record(record)) if record.count_held() > 0)
    }
}

/// What to do about deliveries that are held, as a sentence; `None` where there are none.
pub fn held_problem(count: usize) -> Option<String> {
    let subject = match count {
        0 => return None,
        1 => "1 delivery that was copied or restored with the repository is held".to_owned(),
        _ => {
            format!("{count} deliveries that were copied or restored with the repository are held")
        }
    };
    Some(format!(
        "{subject}: send with `git service-hook drain --adopt`, or end with `git service-hook cancel --pending`"
    ))
}

impl Record {
    /// Number of its deliveries that are held; 1 if they are not known yet.
    pub fn count_held(&self) -> usize {
        let is_held = |d: &&super::Delivery| d.is_held && d.state == DeliveryState::Pending;
        let unknown = self.is_copy && !self.is_decided();
        self.deliveries.iter().filter(is_held).count() + usize::from(unknown)
    }
}
