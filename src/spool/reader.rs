//! Lists and reads records. Only `read` moves anything: a file that is not a record goes to `corrupt/`.

use super::folder::{READ, read_bounded, too_large};
use super::line::json_lines;
use super::record::{Record, RecordFile};
use super::{DeliveryState, Ended, MAX_RECORD, Outcome, RecordLine, Spool, optional};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::FileExt;

/// One thing that happened to a delivery, in the order of its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryStep {
    /// An attempt, or an end without one.
    Attempt(RecordedAttempt),
    /// A person queued it again.
    Requeued {
        /// Milliseconds since 1970.
        at_ms: i64,
    },
    /// From now on it is sent alone.
    Alone {
        /// Milliseconds since 1970.
        at_ms: i64,
    },
}

/// One attempt, as far as the record knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordedAttempt {
    /// From 1; absent for an end without an attempt of its own (cancelled, or sent in a digest).
    pub number: Option<u32>,
    /// When it began.
    pub started_ms: Option<i64>,
    /// Its result; absent while it runs, or when its process died.
    pub ended: Option<Box<Ended>>,
}

impl Spool {
    /// Ids of the pending records, oldest first. Empty when nothing was ever published.
    pub fn pending(&self) -> io::Result<Vec<String>> {
        self.names("pending")
    }

    /// Ids of all records, pending and finished, newest first.
    pub fn record_ids(&self) -> io::Result<Vec<String>> {
        let mut names = self.names("pending")?;
        names.extend(self.names("done")?);
        names.sort_unstable();
        // A record that is moved between the two listings is in both.
        names.dedup();
        names.reverse();
        Ok(names)
    }

    /// How many files were moved to `corrupt/` because they are not records.
    pub fn quarantined(&self) -> usize {
        self.names("corrupt").map_or(0, |names| names.len())
    }

    /// What to do about these files, as a sentence; `None` where there are none.
    pub fn quarantine_problem(&self) -> Option<String> {
        let (count, place) = (self.quarantined(), self.place());
        let sentence =
            || format!("{count} in {place}corrupt/: not records; inspect and remove them");
        (count > 0).then(sentence)
    }

    /// Sorted names of the files in one of the folders.
    pub(super) fn names(&self, folder: &str) -> io::Result<Vec<String>> {
        let Some(folder) = optional(self.open_folder(folder))? else {
            return Ok(Vec::new());
        };
        let files = folder.entries()?.into_iter().filter(|e| e.is_file);
        let mut names: Vec<String> = files
            .map(|entry| entry.name)
            .filter(|name| !name.starts_with('.'))
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    /// Reads a pending record. A file that is not a record, or that has no complete first line and is not locked by a process
    /// that writes it, is moved to `corrupt/`; one of a newer version, and one that cannot be read now, are left in place.
    pub fn read(&self, id: &str) -> io::Result<RecordFile> {
        let Some(pending) = optional(self.open_folder("pending"))? else {
            return Ok(RecordFile::Gone);
        };
        let Some(file) = optional(pending.open(id, READ))? else {
            return Ok(RecordFile::Gone);
        };
        let mut read = parse(id, &file)?;
        if matches!(read, RecordFile::Torn) && file.try_lock().is_ok() {
            read = RecordFile::Foreign;
        }
        if matches!(read, RecordFile::Foreign) {
            let _ = self
                .ensure_folder("corrupt")
                .and_then(|corrupt| pending.rename(id, &corrupt, id));
        }
        Ok(read)
    }

    /// Reads a record, pending or finished. Nothing is moved.
    pub fn read_anywhere(&self, id: &str) -> io::Result<RecordFile> {
        let file = self.open(id)?;
        file.map_or(Ok(RecordFile::Gone), |file| parse(id, &file))
    }

    /// Whether the first line is valid; the rest is not read.
    pub fn is_record(&self, id: &str) -> bool {
        let Ok(Some(file)) = self.open(id) else {
            return !self
                .record_ids()
                .is_ok_and(|all| all.iter().any(|n| n == id));
        };
        read_first_line(file)
            .is_ok_and(|first| matches!(Record::parse(id, first), RecordFile::Record(_)))
    }

    /// What happened to a delivery. Invalid lines are skipped.
    pub fn delivery_steps(&self, id: &str, delivery: &str) -> io::Result<Vec<DeliveryStep>> {
        let mut bytes = self.bytes(id)?.unwrap_or_default();
        let mut steps = Vec::new();
        for line in json_lines(&mut bytes) {
            add_step(&mut steps, line, delivery);
        }
        Ok(steps)
    }

    /// Starts at the beginning of a pending record.
    pub fn follow(&self, id: &str) -> io::Result<Follower> {
        Ok(Follower {
            file: self.open_folder("pending")?.open(id, READ)?,
            offset: 0,
            partial: Vec::new(),
        })
    }

    /// Opens a record, pending or finished.
    pub(super) fn open(&self, id: &str) -> io::Result<Option<File>> {
        // `pending/` again at the end: the record may be requeued between the first two attempts.
        for folder in ["pending", "done", "pending"] {
            let opened = self.open_folder(folder).and_then(|f| f.open(id, READ));
            if let Some(file) = optional(opened)? {
                return Ok(Some(file));
            }
        }
        Ok(None)
    }

    fn bytes(&self, id: &str) -> io::Result<Option<Vec<u8>>> {
        let file = self.open(id)?;
        file.map(|file| read_bounded(&file, MAX_RECORD)).transpose()
    }
}

fn parse(id: &str, file: &File) -> io::Result<RecordFile> {
    let mut read = Record::parse(id, read_bounded(file, MAX_RECORD)?);
    if let RecordFile::Record(record) = &mut read {
        record.compare_file(file);
    }
    Ok(read)
}

/// The first line of a record. The rest is not read.
pub(super) fn read_first_line(file: File) -> io::Result<Vec<u8>> {
    if file.metadata()?.len() > MAX_RECORD {
        return Err(too_large(MAX_RECORD));
    }
    let mut line = Vec::new();
    BufReader::new(file)
        .take(MAX_RECORD)
        .read_until(b'\n', &mut line)?;
    Ok(line)
}

fn add_step(steps: &mut Vec<DeliveryStep>, line: RecordLine, id: &str) {
    match line {
        RecordLine::Started(started) if started.delivery == id => {
            steps.push(DeliveryStep::Attempt(RecordedAttempt {
                number: Some(started.attempt),
                started_ms: Some(started.at_ms),
                ended: None,
            }));
        }
        RecordLine::Ended(ended) if ended.delivery == id => add_end(steps, ended),
        RecordLine::Requeued {
            delivery,
            at_ms,
            was,
            ..
        } if delivery == id && was.is_none_or(|was| was == state_after(steps)) => {
            steps.push(DeliveryStep::Requeued { at_ms });
        }
        RecordLine::Alone { delivery, at_ms } if delivery == id => {
            steps.push(DeliveryStep::Alone { at_ms });
        }
        _ => {}
    }
}

/// The state of a delivery after these steps.
fn state_after(steps: &[DeliveryStep]) -> DeliveryState {
    let outcome = steps.iter().rev().find_map(|step| match step {
        DeliveryStep::Attempt(attempt) => Some(attempt.ended.as_ref().map(|ended| ended.outcome)),
        DeliveryStep::Requeued { .. } => Some(None),
        DeliveryStep::Alone { .. } => None,
    });
    match outcome.flatten() {
        Some(outcome) => outcome.state(),
        None => DeliveryState::Pending,
    }
}

fn add_end(steps: &mut Vec<DeliveryStep>, ended: Box<Ended>) {
    let newest = steps.iter_mut().rev().find_map(|step| match step {
        DeliveryStep::Attempt(attempt) => Some(attempt),
        _ => None,
    });
    match newest {
        // A cancellation needs no attempt: an interrupted one stays without an end.
        Some(open) if open.ended.is_none() && ended.outcome != Outcome::Cancelled => {
            open.ended = Some(ended);
        }
        _ => steps.push(DeliveryStep::Attempt(RecordedAttempt {
            ended: Some(ended),
            ..RecordedAttempt::default()
        })),
    }
}

/// Reads the new lines of a record, also after it has been moved.
#[derive(Debug)]
pub struct Follower {
    file: File,
    offset: u64,
    partial: Vec<u8>,
}

impl Follower {
    /// The complete lines since the last call. Invalid ones are skipped.
    pub fn new_lines(&mut self) -> io::Result<Vec<RecordLine>> {
        let mut block = [0; 16 * 1024];
        loop {
            let size = self.file.read_at(&mut block, self.offset)?;
            if size == 0 {
                break;
            }
            self.offset += size as u64;
            if self.offset > MAX_RECORD {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            self.partial.extend_from_slice(&block[..size]);
        }
        let Some(end) = self.partial.iter().rposition(|b| *b == b'\n') else {
            return Ok(Vec::new());
        };
        let rest = self.partial.split_off(end + 1);
        let mut complete = std::mem::replace(&mut self.partial, rest);
        Ok(json_lines(&mut complete).collect())
    }
}
