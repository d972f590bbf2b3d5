//! Iterates over records, and finds deliveries by a part of their id.

use super::super::{Failure, print};
use crate::spool::{Delivery, Record, RecordFile, Spool};

/// Deliveries that an ambiguous part of an id is said to mean.
const CANDIDATES: usize = 10;

/// All records, newest first, each read when its turn comes. Reports and skips files that are not records.
pub struct Log<'a> {
    spool: &'a Spool,
    names: std::vec::IntoIter<String>,
    problems: Vec<String>,
}

impl<'a> Log<'a> {
    /// Lists the records.
    pub fn open(spool: &'a Spool) -> Result<Self, Failure> {
        let names = spool.record_ids();
        let names =
            names.map_err(|e| Failure::new(format!("{} cannot be read: {}", spool.place(), e)))?;
        Ok(Self {
            spool,
            names: names.into_iter(),
            problems: Vec::new(),
        })
    }

    /// Reports on stderr what could not be read, and how many of the older records that were not requested cannot be.
    pub fn report_problems(&self) {
        for problem in &self.problems {
            print::error(problem);
        }
        let older = self
            .names
            .as_slice()
            .iter()
            .filter(|id| !self.spool.is_record(id))
            .count();
        if older > 0 {
            let what = if older == 1 {
                "1 older record is"
            } else {
                &format!("{older} older records are")
            };
            print::error(&format!(
                "{what} broken (`git service-hook deliveries -n 0` says more)"
            ));
        }
        if let Some(problem) = self.spool.quarantine_problem() {
            print::error(&problem);
        }
    }
}

impl Iterator for Log<'_> {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        loop {
            let id = self.names.next()?;
            let problem = match self.spool.read_anywhere(&id) {
                Ok(RecordFile::Record(record)) => return Some(*record),
                Ok(file) => file.problem(&id),
                Err(error) => Some(format!("{id} cannot be read: {error}")),
            };
            self.problems.extend(problem);
        }
    }
}

/// A delivery and where it stands.
#[derive(Clone, Debug)]
pub struct Found {
    /// Name of its record.
    pub record: String,
    /// As it was when it was looked for.
    pub delivery: Delivery,
}

/// Digits of an id that lists show, its last ones.
const SHOWN: usize = 8;

/// Finds each of the named deliveries by its id, the beginning of it or the end, or the beginning of what lists show.
pub fn by_ids(log: &mut Log<'_>, named: &[String]) -> Vec<Result<Found, Failure>> {
    let mut hits: Vec<Vec<Found>> = vec![Vec::new(); named.len()];
    for record in log {
        for delivery in record.deliveries {
            let meant = named
                .iter()
                .zip(&mut hits)
                .filter(|(part, _)| means(part, &delivery.planned.id));
            for (_, hits) in meant {
                hits.push(Found {
                    record: record.id.clone(),
                    delivery: delivery.clone(),
                });
            }
        }
    }
    named
        .iter()
        .zip(hits)
        .map(|(part, hits)| one(part, hits))
        .collect()
}

fn means(part: &str, id: &str) -> bool {
    let part = part.to_ascii_lowercase();
    let shown = id.get(id.len().saturating_sub(SHOWN)..).unwrap_or(id);
    !part.is_empty() && (id.starts_with(&part) || id.ends_with(&part) || shown.starts_with(&part))
}

fn one(part: &str, mut hits: Vec<Found>) -> Result<Found, Failure> {
    if let Some(exact) = hits
        .iter()
        .position(|f| f.delivery.planned.id == part.to_ascii_lowercase())
    {
        return Ok(hits.swap_remove(exact));
    }
    match hits.len() {
        0 => Err(Failure::new(format!(
            "no delivery `{part}` is recorded (see `git service-hook deliveries -n 0`)"
        ))),
        1 => Ok(hits.swap_remove(0)),
        n => {
            let listed = hits
                .iter()
                .take(CANDIDATES)
                .map(|f| format!("{} ({})", f.delivery.planned.id, f.delivery.planned.hook));
            let listed = listed.collect::<Vec<_>>().join(", ");
            let more = if n > CANDIDATES {
                format!(" and {} more", n - CANDIDATES)
            } else {
                String::new()
            };
            Err(Failure::new(format!(
                "`{part}` may be {n} deliveries: {listed}{more}"
            )))
        }
    }
}
