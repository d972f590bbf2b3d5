//! The pending deliveries, read once from the records, without their events.

use crate::spool::{Delivery, DeliveryState, Record, RecordFile, Spool};
use std::collections::BTreeSet;
use std::io;

/// A pending delivery, as it was when its record was read.
#[derive(Clone, Debug)]
pub(super) struct WaitingDelivery {
    /// Name of its record.
    pub(super) record: String,
    pub(super) delivery: Delivery,
}

/// Pending deliveries, in the order of recording.
#[derive(Clone, Debug, Default)]
pub(super) struct Backlog {
    pub(super) entries: Vec<WaitingDelivery>,
    /// The first record without the events of a hook: later deliveries wait for it.
    pub(super) unread: Option<String>,
    /// Every such record, and the hooks whose events it has.
    undecided: Vec<(String, Vec<String>)>,
    /// The newest record that was read.
    newest: String,
    /// Number of deliveries that are held, because their records were copied or restored.
    pub(super) held: usize,
    /// Whether these are among the entries.
    with_held: bool,
}

impl Backlog {
    /// Reads all pending records. Returns problems with files as sentences.
    pub(super) fn scan(spool: &Spool) -> (Self, Vec<String>) {
        Self::default().filled(spool)
    }

    /// The same with what is held.
    pub(super) fn scan_all(spool: &Spool) -> (Self, Vec<String>) {
        let with_held = true;
        Self {
            with_held,
            ..Self::default()
        }
        .filled(spool)
    }

    fn filled(self, spool: &Spool) -> (Self, Vec<String>) {
        let (mut backlog, mut problems) = (self, Vec::new());
        match spool.pending() {
            Ok(ids) => ids
                .into_iter()
                .for_each(|id| backlog.add_record(spool, id, None, &mut problems)),
            Err(error) => problems.push(format!("the records cannot be listed: {error}")),
        }
        (backlog, problems)
    }

    /// Hooks with pending deliveries.
    pub(super) fn hooks(&self) -> BTreeSet<String> {
        self.entries
            .iter()
            .map(|e| e.delivery.planned.hook.clone())
            .collect()
    }

    /// The deliveries of one hook.
    pub(super) fn for_hook(&self, hook: &str) -> Self {
        let own = |e: &&WaitingDelivery| e.delivery.planned.hook == hook;
        let entries = self.entries.iter().filter(own).cloned().collect();
        let is_unread =
            |(_, decided): &&(String, Vec<String>)| !decided.iter().any(|name| name == hook);
        let unread = self.undecided.iter().find(is_unread);
        Self {
            entries,
            unread: unread.map(|(id, _)| id.clone()),
            undecided: Vec::new(),
            newest: self.newest.clone(),
            held: 0,
            with_held: self.with_held,
        }
    }

    /// Adds new deliveries of a hook; returns whether there were any.
    pub(super) fn refresh(&mut self, spool: &Spool, hook: &str) -> io::Result<bool> {
        let from = self.unread.take();
        let known = std::mem::take(&mut self.newest);
        let before = self.entries.len();
        let mut problems = Vec::new();
        for id in spool.pending()? {
            let again = from.as_ref().is_some_and(|from| id >= *from)
                && !self.entries.iter().any(|e| e.record == id);
            if id > known || again {
                self.add_record(spool, id, Some(hook), &mut problems);
            }
        }
        self.newest = std::mem::take(&mut self.newest).max(known);
        self.entries.sort_by(|a, b| a.record.cmp(&b.record));
        Ok(self.entries.len() > before || (from.is_some() && from != self.unread))
    }

    /// The deliveries before the first record whose events are not computed yet.
    pub(super) fn readable(&self) -> &[WaitingDelivery] {
        let end = self.unread.as_ref().map_or(self.entries.len(), |unread| {
            self.entries.partition_point(|entry| entry.record < *unread)
        });
        &self.entries[..end]
    }

    /// Whether there are records that were not read.
    pub(super) fn has_new_records(&self, spool: &Spool) -> bool {
        spool
            .pending()
            .is_ok_and(|ids| ids.last().is_some_and(|id| *id > self.newest))
    }

    fn add_undecided(&mut self, record: &Record, hook: Option<&str>) {
        let decided = record.decided_hooks();
        if hook.is_none() {
            self.undecided.push((record.id.clone(), decided.to_vec()));
        }
        if hook.is_none_or(|hook| !decided.iter().any(|name| name == hook)) {
            self.unread.get_or_insert_with(|| record.id.clone());
        }
    }

    fn add_record(
        &mut self,
        spool: &Spool,
        id: String,
        hook: Option<&str>,
        problems: &mut Vec<String>,
    ) {
        match spool.read(&id) {
            Ok(RecordFile::Record(record)) if record.is_finished() => drop(spool.finish(&id)),
            Ok(RecordFile::Record(record)) => {
                if record.damaged > 0 {
                    problems.push(format!(
                        "{id} has {} damaged lines; what they noted is done again",
                        record.damaged
                    ));
                }
                self.held += record.count_held();
                // Nothing waits for a push that is not sent.
                if !record.is_decided() && !record.is_copy {
                    self.add_undecided(&record, hook);
                }
                let with_held = self.with_held;
                let waits = |d: &Delivery| {
                    d.state == DeliveryState::Pending
                        && (with_held || !d.is_held)
                        && hook.is_none_or(|hook| d.planned.hook == hook)
                };
                let waiting = record.deliveries.into_iter().filter(waits);
                self.entries.extend(waiting.map(|delivery| WaitingDelivery {
                    record: id.clone(),
                    delivery,
                }));
            }
            Ok(RecordFile::Torn) => problems.push(format!("{id} has no complete first line yet")),
            Ok(RecordFile::Foreign) => {
                problems.push(format!("{id} is not a record and was moved to corrupt/"));
            }
            Ok(file) => problems.extend(file.problem(&id)),
            Err(error) => problems.push(format!("{id} cannot be read: {error}")),
        }
        self.newest = id;
    }
}

#[cfg(test)]
mod tests {
    use crate::deliver::tests::model::Model;

    #[test]
    fn a_run_names_a_record_with_damaged_lines_and_sends_it() {
        let mut model = Model::new();
        model.push();
        let id = model.spool.pending().unwrap().remove(0);
        let path = model.dir.path().join("service-hook/pending").join(&id);
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str("{\"started\":{\"delivery\":\"d\"},\"crc\":\"00000000\"}\n");
        std::fs::write(path, text).unwrap();
        let (backlog, problems) = super::Backlog::scan(&model.spool);
        let said = format!("{id} has 1 damaged lines; what they noted is done again");
        assert_eq!(problems, [said]);
        assert_eq!(backlog.entries.len(), 2);
    }
}
