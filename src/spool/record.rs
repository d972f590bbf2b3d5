//! The state of a push and of its deliveries, folded from the lines of a record.

use super::line::{FirstLine, Unsealed, VERSION, newer_version, unseal};
use super::{Ended, Events, FileId, Outcome, Planned, RecordLine};
use crate::outgoing::MessageKind;
use crate::push::{Push, RefName};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fs::File;

/// The content of a file of the spool.
#[derive(Debug)]
pub enum RecordFile {
    /// A valid record.
    Record(Box<Record>),
    /// The file does not exist (any more).
    Gone,
    /// The first line is incomplete.
    Torn,
    /// Written by a newer version of this program.
    Newer(u32),
    /// Not a record.
    Foreign,
}

impl RecordFile {
    /// Why the file of this name is not a record that can be used, as a sentence; `None` if it is one, or has gone.
    pub fn problem(&self, id: &str) -> Option<String> {
        Some(match self {
            Self::Record(_) | Self::Gone => return None,
            Self::Torn => format!("{id} has no complete first line"),
            Self::Newer(v) => format!("{id} was written by a newer version (format {v})"),
            Self::Foreign => format!("{id} is not a record"),
        })
    }
}

/// The state of a push.
#[derive(Debug)]
pub struct Record {
    /// Name of the file, and id of the push.
    pub id: String,
    /// What Git reported.
    pub push: Push,
    /// How often a process began to compute the events that are missing.
    pub computing: u32,
    /// Lines that are not what was written. What they noted counts as not done.
    pub damaged: usize,
    /// Absent until they are computed.
    pub events: Option<Events>,
    /// In the order of [`Events::deliveries`].
    pub deliveries: Vec<Delivery>,
    /// The file that it was written to, or that a person has adopted.
    file: Option<FileId>,
    /// Whether it was read from another file: it was copied or restored.
    pub is_copy: bool,
}

/// The state of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// To be sent, or to be sent again.
    Pending,
    /// The receiver accepted it.
    Delivered,
    /// Failed permanently.
    Failed,
    /// Its hook was removed or disabled, or a person cancelled it.
    Cancelled,
}

/// One delivery, as its lines leave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its events and its hook.
    pub planned: Planned,
    /// Whether it is to be sent.
    pub state: DeliveryState,
    /// Attempts so far.
    pub attempts: u32,
    /// Failed attempts since it was queued; they set the next pause.
    pub failures: u32,
    /// Those of them that the receiver may have processed.
    pub unknowns: u32,
    /// When it was queued; `retry_for` counts from here.
    pub since_ms: i64,
    /// When it is due; `None`: now.
    pub next_attempt_ms: Option<i64>,
    /// Whether the reason for its last failure defers the whole hook.
    pub whole_hook: bool,
    /// Whether the receiver refused the rich form, so that the plain form is sent.
    pub simplify: bool,
    /// Whether the record already says that it waits behind others.
    pub queued: bool,
    /// Start of an attempt without an end: it is running, or its process died.
    pub open_since_ms: Option<i64>,
    /// When it was first deferred since it was queued.
    pub failing_since_ms: Option<i64>,
    /// Whether it is sent alone and no other waits for it.
    pub alone: bool,
    /// Whether it must not be part of a digest.
    pub single: bool,
    /// The file that it was queued in.
    pub file: Option<FileId>,
    /// Whether it was read from another file, and waits for a person.
    pub is_held: bool,
    /// When a person requeued it.
    pub requeued_ms: Option<i64>,
    /// The end of the newest attempt.
    pub last: Option<Ended>,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 4] = [
        Self::Pending,
        Self::Delivered,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The name in commands and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The ref of a stored event.
pub fn ref_of(event: &RawValue) -> Option<RefName> {
    /// As much of an event as is needed here.
    #[derive(Deserialize)]
    struct Named {
        #[serde(rename = "ref")]
        name: RefName,
    }
    let event: Named = serde_json::from_str(event.get()).ok()?;
    Some(event.name)
}

impl Outcome {
    /// The state of a delivery that it ends.
    pub(super) fn state(self) -> DeliveryState {
        match self {
            Self::Delivered | Self::Accepted => DeliveryState::Delivered,
            Self::Failed => DeliveryState::Failed,
            Self::Cancelled => DeliveryState::Cancelled,
            Self::Simplify | Self::Deferred => DeliveryState::Pending,
        }
    }
}

/// What is known while lines are folded.
#[derive(Default)]
struct Fold {
    /// Places of deliveries by their ids.
    index: BTreeMap<String, usize>,
    /// Lines about deliveries that are not known yet, by their ids: the line of the events was lost, and computed again.
    early: BTreeMap<String, Vec<RecordLine>>,
}

impl Record {
    /// Folds the lines of a record. Invalid lines are skipped, except the first.
    pub fn parse(id: &str, mut bytes: Vec<u8>) -> RecordFile {
        let Some(end) = bytes.iter().position(|b| *b == b'\n') else {
            return RecordFile::Torn;
        };
        let (first, rest) = bytes.split_at_mut(end + 1);
        let (push, file) = match unseal(&mut first[..end]) {
            Unsealed::Intact(FirstLine {
                v: VERSION,
                push,
                file,
                ..
            }) => (push, file),
            Unsealed::Damaged => return RecordFile::Foreign,
            Unsealed::Intact(_) | Unsealed::Unknown | Unsealed::Skipped => {
                return newer_version(first, VERSION)
                    .map_or(RecordFile::Foreign, RecordFile::Newer);
            }
        };
        let mut record = Self {
            id: id.to_owned(),
            push,
            computing: 0,
            damaged: 0,
            events: None,
            deliveries: Vec::new(),
            file,
            is_copy: false,
        };
        let mut fold = Fold::default();
        for line in rest.split_mut(|b| *b == b'\n') {
            match unseal(line) {
                Unsealed::Intact(line) => record.apply(line, &mut fold),
                Unsealed::Damaged | Unsealed::Unknown => record.damaged += 1,
                Unsealed::Skipped => {}
            }
        }
        RecordFile::Record(Box::new(record))
    }

    fn apply(&mut self, line: RecordLine, fold: &mut Fold) {
        if let Some(id) = line.delivery().filter(|id| !fold.index.contains_key(*id)) {
            fold.early.entry(id.to_owned()).or_default().push(line);
            return;
        }
        let is_decided = self.is_decided();
        let mut update = |delivery: &str, change: &mut dyn FnMut(&mut Delivery)| {
            let place = fold.index.get(delivery);
            if let Some(delivery) = place.and_then(|i| self.deliveries.get_mut(*i)) {
                change(delivery);
            }
        };
        match line {
            RecordLine::Computing(_) => self.computing += 1,
            RecordLine::Events(events) => {
                let known = self.deliveries.len();
                if !is_decided {
                    let since = (self.push.time_ms, self.file);
                    self.add(*events, since, &mut fold.index);
                }
                // Of the new deliveries alone: a record may have as many lines of events as of others.
                let new = self.deliveries.iter().skip(known);
                let early = new.filter_map(|new| fold.early.remove(&new.planned.id));
                for line in early.flatten().collect::<Vec<_>>() {
                    self.apply(line, fold);
                }
            }
            RecordLine::Added { .. } if !is_decided => {}
            RecordLine::Added {
                at_ms,
                file,
                mut events,
            } => {
                let is_new = |planned: &Planned| !fold.index.contains_key(&planned.id);
                events.deliveries.retain(is_new);
                self.add(*events, (at_ms, file), &mut fold.index);
            }
            RecordLine::Started(started) => {
                update(&started.delivery, &mut |d| d.start(started.at_ms));
            }
            RecordLine::Ended(ended) => update(&ended.delivery.clone(), &mut |d| d.end(&ended)),
            RecordLine::Queued(queued) => update(&queued.delivery, &mut |d| d.queued = true),
            RecordLine::Requeued {
                delivery,
                at_ms,
                file,
                was,
            } => update(&delivery, &mut |d| {
                // The order of the lines decides, since nobody can lock out the end of an attempt.
                if was.is_none_or(|was| was == d.state) {
                    d.requeue(at_ms, file);
                }
            }),
            RecordLine::Adopted { at_ms, file } => {
                self.file = file;
                let pending = |d: &&mut Delivery| d.state == DeliveryState::Pending;
                let pending = self.deliveries.iter_mut().filter(pending);
                pending.for_each(|delivery| delivery.adopt(at_ms, file));
            }
            RecordLine::Dated { delivery, at_ms } => update(&delivery, &mut |d| d.since_ms = at_ms),
            RecordLine::Alone { delivery, .. } => update(&delivery, &mut |d| d.alone = true),
        }
    }

    /// Adds deliveries that were queued then, by a line that was written to this file.
    fn add(
        &mut self,
        events: Events,
        (since_ms, file): (i64, Option<FileId>),
        index: &mut BTreeMap<String, usize>,
    ) {
        match &mut self.events {
            Some(known) => known.append(events),
            none => *none = Some(events),
        }
        if !self.is_decided() {
            self.computing = 0;
        }
        let known = self.deliveries.len();
        let planned = self.events.iter();
        let planned = planned.flat_map(|events| &events.deliveries[known..]);
        for planned in planned {
            index.insert(planned.id.clone(), self.deliveries.len());
            self.deliveries.push(Delivery {
                file,
                ..Delivery::new(planned, since_ms)
            });
        }
    }

    /// Compares what it says about its file with the file that it was read from.
    pub(super) fn compare_file(&mut self, file: &File) {
        if self.is_finished() {
            return;
        }
        let Some(own) = FileId::of(file) else { return };
        let differs = |written: Option<FileId>| written.is_some_and(|w| own.differs(&w, file));
        self.is_copy = differs(self.file);
        for delivery in &mut self.deliveries {
            delivery.is_held = differs(delivery.file);
        }
    }

    /// Whether its first line was written to another file.
    pub(super) fn is_written_elsewhere(&self, file: &File) -> bool {
        let own = FileId::of(file).zip(self.file);
        own.is_some_and(|(own, written)| own.differs(&written, file))
    }

    /// Whether it has the events and deliveries of every hook.
    pub fn is_decided(&self) -> bool {
        let events = self.events.as_ref();
        events.is_some_and(|events| events.hooks.is_none())
    }

    /// The hooks whose deliveries it has, while others wait.
    pub fn decided_hooks(&self) -> &[String] {
        let events = self.events.as_ref();
        events
            .and_then(|events| events.hooks.as_deref())
            .unwrap_or_default()
    }

    /// The refs that a delivery reports.
    pub fn refs(&self, planned: &Planned) -> Vec<RefName> {
        let events = self.events.as_ref().map_or(&[][..], |e| &e.events);
        let of_events = planned
            .events
            .iter()
            .filter_map(|i| ref_of(events.get(*i)?));
        let rest = planned
            .rest
            .iter()
            .filter_map(|i| self.push.updates.get(*i));
        let rest = rest.map(|update| update.name.clone());
        of_events.chain(rest).collect()
    }

    /// Whether every delivery has ended.
    pub fn is_finished(&self) -> bool {
        self.is_decided()
            && self
                .deliveries
                .iter()
                .all(|d| d.state != DeliveryState::Pending)
    }
}

impl Delivery {
    /// A delivery without attempts.
    pub fn new(planned: &Planned, since_ms: i64) -> Self {
        Self {
            planned: planned.clone(),
            state: DeliveryState::Pending,
            attempts: 0,
            failures: 0,
            unknowns: 0,
            since_ms,
            next_attempt_ms: None,
            whole_hook: false,
            simplify: false,
            queued: false,
            open_since_ms: None,
            failing_since_ms: None,
            alone: false,
            single: planned.kind == MessageKind::Trouble,
            file: None,
            is_held: false,
            requeued_ms: None,
            last: None,
        }
    }

    /// Counts an attempt that is about to be made.
    pub fn start(&mut self, at_ms: i64) {
        // Two starts without an end between them: the process died, perhaps after it had sent the request.
        if self.open_since_ms.is_some() {
            self.failures += 1;
            self.unknowns += 1;
        }
        self.attempts += 1;
        self.open_since_ms = Some(at_ms);
    }

    /// Applies the result of an attempt.
    pub fn end(&mut self, ended: &Ended) {
        self.open_since_ms = None;
        self.next_attempt_ms = ended.next_attempt_ms;
        self.whole_hook = ended.whole_hook;
        self.single |= ended.single;
        match ended.outcome {
            Outcome::Delivered | Outcome::Accepted | Outcome::Failed | Outcome::Cancelled => {
                self.state = ended.outcome.state();
            }
            Outcome::Simplify => self.simplify = true,
            Outcome::Deferred => {
                self.failures += 1;
                self.unknowns += u32::from(ended.unknown);
                self.failing_since_ms.get_or_insert(ended.at_ms);
            }
        }
        self.last = Some(ended.clone());
    }

    fn adopt(&mut self, at_ms: i64, file: Option<FileId>) {
        self.file = file;
        self.since_ms = at_ms;
        self.next_attempt_ms = None;
    }

    fn requeue(&mut self, at_ms: i64, file: Option<FileId>) {
        let attempts = self.attempts;
        let last = self.last.take();
        *self = Self {
            attempts,
            last,
            requeued_ms: Some(at_ms),
            file,
            ..Self::new(&self.planned, at_ms)
        };
    }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
