//! What waits, read once from the records: places and states, without the events.

use crate::spool::{Delivery, DeliveryState, RecordFile, Spool};
use std::collections::BTreeSet;
use std::io;

/// A delivery that waits, as it was when its record was read.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Name of its record.
    pub(super) record: String,
    pub(super) delivery: Delivery,
}

/// Deliveries that wait, in the order of recording.
#[derive(Clone, Debug, Default)]
pub(super) struct Backlog {
    pub(super) entries: Vec<Entry>,
    /// The first record whose push is still being read: what comes after it must wait for it.
    pub(super) unread: Option<String>,
    /// The newest record that was looked at.
    newest: String,
}

impl Backlog {
    /// Everything that waits, and what was odd about some files, in words.
    pub(super) fn scan(spool: &Spool) -> (Self, Vec<String>) {
        let (mut backlog, mut problems) = (Self::default(), Vec::new());
        match spool.pending() {
            Ok(ids) => ids
                .into_iter()
                .for_each(|id| backlog.look(spool, id, None, &mut problems)),
            Err(error) => problems.push(format!("the records cannot be listed: {}", error.kind())),
        }
        (backlog, problems)
    }

    /// The hooks that something waits for.
    pub(super) fn hooks(&self) -> BTreeSet<String> {
        self.entries
            .iter()
            .map(|e| e.delivery.planned.hook.clone())
            .collect()
    }

    /// The part of it that is one hook's.
    pub(super) fn of(&self, hook: &str) -> Self {
        let own = |e: &&Entry| e.delivery.planned.hook == hook;
        let entries = self.entries.iter().filter(own).cloned().collect();
        Self {
            entries,
            unread: self.unread.clone(),
            newest: self.newest.clone(),
        }
    }

    /// Adds what one hook got since; whether there was anything new.
    pub(super) fn refresh(&mut self, spool: &Spool, hook: &str) -> io::Result<bool> {
        let from = self.unread.take();
        let known = std::mem::take(&mut self.newest);
        let before = self.entries.len();
        let mut problems = Vec::new();
        for id in spool.pending()? {
            let again = from.as_ref().is_some_and(|from| id >= *from)
                && !self.entries.iter().any(|e| e.record == id);
            if id > known || again {
                self.look(spool, id, Some(hook), &mut problems);
            }
        }
        self.newest = std::mem::take(&mut self.newest).max(known);
        self.entries.sort_by(|a, b| a.record.cmp(&b.record));
        Ok(self.entries.len() > before || (from.is_some() && from != self.unread))
    }

    /// Those before the first push that is still being read.
    pub(super) fn readable(&self) -> &[Entry] {
        let end = self.unread.as_ref().map_or(self.entries.len(), |unread| {
            self.entries.partition_point(|entry| entry.record < *unread)
        });
        &self.entries[..end]
    }

    /// Whether a record has appeared that was not looked at.
    pub(super) fn is_behind(&self, spool: &Spool) -> bool {
        spool
            .pending()
            .is_ok_and(|ids| ids.last().is_some_and(|id| *id > self.newest))
    }

    fn look(&mut self, spool: &Spool, id: String, hook: Option<&str>, problems: &mut Vec<String>) {
        match spool.read(&id) {
            Ok(RecordFile::Record(record)) if record.is_finished() => drop(spool.finish(&id)),
            Ok(RecordFile::Record(record)) => {
                if record.events.is_none() && self.unread.is_none() {
                    self.unread = Some(id.clone());
                }
                let waits = |d: &Delivery| {
                    d.state == DeliveryState::Pending
                        && hook.is_none_or(|hook| d.planned.hook == hook)
                };
                let waiting = record.deliveries.into_iter().filter(waits);
                self.entries.extend(waiting.map(|delivery| Entry {
                    record: id.clone(),
                    delivery,
                }));
            }
            Ok(RecordFile::Gone) => {}
            Ok(RecordFile::Torn) => problems.push(format!("{id} has no complete first line yet")),
            Ok(RecordFile::Newer(v)) => {
                problems.push(format!("{id} was written by a newer version (format {v})"));
            }
            Ok(RecordFile::Foreign) => {
                problems.push(format!("{id} is no record and was moved to corrupt/"));
            }
            Err(error) => problems.push(format!("{id} cannot be read: {}", error.kind())),
        }
        self.newest = id;
    }
}
