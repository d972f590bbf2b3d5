use super::fold::{Read, Record};
use super::{Ended, Line, Outcome, Spool};
use std::fs::{File, TryLockError};
use std::io::{self, BufRead, BufReader};

/// What happened to one delivery, in the order of its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It was tried, or ended without having been tried.
    Attempt(Attempted),
    /// Somebody asked for it again.
    Requeued {
        /// When.
        at_ms: i64,
    },
    /// From now on it goes alone.
    Alone {
        /// When.
        at_ms: i64,
    },
}

/// One attempt as far as it was written down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempted {
    /// From 1; absent for an end without an attempt of its own (cancelled, or told by a message for several).
    pub number: Option<u32>,
    /// When it began.
    pub started_ms: Option<i64>,
    /// What came of it; absent while it goes on, or when its process died.
    pub ended: Option<Box<Ended>>,
}

impl Spool {
    /// Names of all records, waiting and finished, newest first.
    pub fn recorded(&self) -> io::Result<Vec<String>> {
        let mut names = self.names("pending")?;
        names.extend(self.names("done")?);
        names.sort_unstable();
        // One that was moved between the two looks is in both.
        names.dedup();
        names.reverse();
        Ok(names)
    }

    /// How many files were put aside because they are no records.
    pub fn put_aside(&self) -> usize {
        self.names("corrupt").map_or(0, |names| names.len())
    }

    /// Reads a record wherever it stands. Nothing is moved.
    pub fn look(&self, id: &str) -> io::Result<Read> {
        Ok(self
            .bytes(id)?
            .map_or(Read::Gone, |bytes| Record::parse(id, &bytes)))
    }

    /// Whether its first line is one of ours; the rest of it is not read.
    pub fn is_record(&self, id: &str) -> bool {
        let open = [
            self.pending_path(id),
            self.done_path(id),
            self.pending_path(id),
        ]
        .into_iter()
        .map(File::open);
        let Some(file) = open.flatten().next() else {
            return !self.recorded().is_ok_and(|all| all.iter().any(|n| n == id));
        };
        let mut first = Vec::new();
        let read = BufReader::new(file).read_until(b'\n', &mut first);
        read.is_ok() && matches!(Record::parse(id, &first), Read::Record(_))
    }

    /// What happened to a delivery. Lines that cannot be read are left out.
    pub fn steps(&self, id: &str, delivery: &str) -> io::Result<Vec<Step>> {
        let bytes = self.bytes(id)?.unwrap_or_default();
        let lines = bytes
            .split(|b| *b == b'\n')
            .skip(1)
            .filter_map(|line| serde_json::from_slice(line).ok());
        let mut steps = Vec::new();
        for line in lines {
            step(&mut steps, line, delivery);
        }
        Ok(steps)
    }

    /// Whether somebody sends for this hook right now. Asked without the right to send: it is held only while asking.
    pub fn is_lane_taken(&self, hook: &str) -> bool {
        let lane = File::open(self.folder("lane").join(hook));
        lane.is_ok_and(|lane| matches!(lane.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    fn bytes(&self, id: &str) -> io::Result<Option<Vec<u8>>> {
        // The first place again at last: it may have been queued again between the first two looks.
        for path in [
            self.pending_path(id),
            self.done_path(id),
            self.pending_path(id),
        ] {
            match std::fs::read(path) {
                Ok(bytes) => return Ok(Some(bytes)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

fn step(steps: &mut Vec<Step>, line: Line, of: &str) {
    match line {
        Line::Started(started) if started.delivery == of => {
            let (number, started_ms) = (Some(started.attempt), Some(started.at_ms));
            steps.push(Step::Attempt(Attempted {
                number,
                started_ms,
                ended: None,
            }));
        }
        Line::Ended(ended) if ended.delivery == of => {
            let newest = steps.iter_mut().rev().find_map(|s| {
                if let Step::Attempt(a) = s {
                    Some(a)
                } else {
                    None
                }
            });
            match newest {
                // Nobody has to try before cancelling: what was cut off stays cut off.
                Some(open) if open.ended.is_none() && ended.outcome != Outcome::Cancelled => {
                    open.ended = Some(ended);
                }
                _ => steps.push(Step::Attempt(Attempted {
                    ended: Some(ended),
                    ..Attempted::default()
                })),
            }
        }
        Line::Requeued { delivery, at_ms } if delivery == of => {
            steps.push(Step::Requeued { at_ms });
        }
        Line::Alone { delivery, at_ms } if delivery == of => steps.push(Step::Alone { at_ms }),
        _ => {}
    }
}
