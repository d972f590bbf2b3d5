//! Lanes in parallel, deliveries in order: outgoing → request → send → verdict → line in the record.
//!
//! A lane is one hook in one repository: whoever holds its lock is the only sender, oldest delivery first. Knows no
//! gix, no markup, and of the spool only what its functions say.

mod attempt;
mod ending;
mod lane;
mod memory;

pub use attempt::{options, render};
pub use memory::from_memory;

use crate::config::Loaded;
use crate::spool::{Read, Spool};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

/// A repository, as far as delivering needs to know it.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// Its Git directory: where the project's name comes from when none is configured.
    pub git_dir: &'a Path,
    /// Its records.
    pub spool: &'a Spool,
    /// Its configuration as it is now.
    pub loaded: &'a Loaded,
}

/// How a run went.
#[derive(Debug, Default)]
pub struct Ran {
    /// Deliveries that ended for good without being delivered.
    pub failed: usize,
    /// Deliveries that wait for a later attempt.
    pub waiting: usize,
    /// Whether something could not even be tried, because its push is still being read by another process.
    pub busy: bool,
    /// What an administrator should know, in words.
    pub problems: Vec<String>,
}

/// What a run reports from several lanes at once.
type Report = Mutex<Ran>;

/// Sends everything that is due. With `patience`, waits so long for lanes that other processes hold and for pushes
/// that are still being read, as long as `push` has something left to do.
pub fn run(site: Site<'_>, push: Option<&str>, patience: Duration) -> Ran {
    let report = Report::default();
    if let Some(why) = &site.loaded.hold {
        return Ran { problems: vec![format!("nothing is sent: {why}")], ..Ran::default() };
    }
    let hooks = hooks_with_work(&site, &report);
    std::thread::scope(|scope| {
        let report = &report;
        for hook in &hooks {
            let lane = move || lane::run(&site, hook, push, patience, report);
            if std::thread::Builder::new().name(hook.clone()).spawn_scoped(scope, lane).is_err() {
                // No more threads: one after the other, then.
                lane::run(&site, hook, push, patience, report);
            }
        }
    });
    report.into_inner().unwrap_or_default()
}

/// Hooks that something waits for. On the way, records that are finished and were not moved are.
fn hooks_with_work(site: &Site<'_>, report: &Report) -> BTreeSet<String> {
    let mut hooks = BTreeSet::new();
    let pending = site.spool.pending().unwrap_or_else(|error| {
        note(report, format!("the records cannot be listed: {}", error.kind()));
        Vec::new()
    });
    for id in pending {
        match site.spool.read(&id) {
            Ok(Read::Record(record)) if record.is_finished() => drop(site.spool.finish(&id)),
            Ok(Read::Record(record)) => {
                let pending = record.deliveries.into_iter().filter(|d| d.state == crate::spool::State::Pending);
                hooks.extend(pending.map(|d| d.planned.hook));
                if record.events.is_none() {
                    with(report, |r| r.busy = true);
                }
            }
            Ok(Read::Gone) => {}
            Ok(Read::Torn) => note(report, format!("{id} has no complete first line yet")),
            Ok(Read::Newer(v)) => note(report, format!("{id} was written by a newer version (format {v})")),
            Ok(Read::Foreign) => note(report, format!("{id} is no record and was moved to corrupt/")),
            Err(error) => note(report, format!("{id} cannot be read: {}", error.kind())),
        }
    }
    hooks
}

fn with(report: &Report, change: impl FnOnce(&mut Ran)) {
    if let Ok(mut report) = report.lock() {
        change(&mut report);
    }
}

fn note(report: &Report, problem: String) {
    with(report, |r| r.problems.push(problem));
}
