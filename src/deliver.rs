//! Lanes in parallel, deliveries in order: outgoing → request → send → verdict → line in the record.
//!
//! A lane is one hook in one repository: whoever holds its lock is the only sender, oldest delivery first. Knows no
//! gix, no markup, and of the spool only what its functions say.

mod attempt;
mod backlog;
mod carrier;
mod destination;
mod ending;
mod lane;
mod memory;
mod plan;
mod turn;

pub use attempt::{options, render};
pub use destination::Destinations;
pub use memory::from_memory;

use crate::config::Loaded;
use crate::spool::Spool;
use backlog::Backlog;
use carrier::{Carrier, Network};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

/// A repository, as far as delivering needs to know it.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// Its Git directory: where the project's name comes from when none is configured.
    pub git_dir: &'a Path,
    /// Its records.
    pub spool: &'a Spool,
    /// Its configuration as it is now.
    pub loaded: &'a Loaded,
    /// What is known of the receivers.
    pub destinations: &'a Destinations,
    carrier: &'a dyn Carrier,
}

impl<'a> Site<'a> {
    /// The repository, and what this run has found out about receivers so far.
    pub fn new(
        git_dir: &'a Path,
        spool: &'a Spool,
        loaded: &'a Loaded,
        destinations: &'a Destinations,
    ) -> Self {
        Self {
            git_dir,
            spool,
            loaded,
            destinations,
            carrier: &Network,
        }
    }
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

#[cfg(test)]
mod tests;

/// What a run reports from several lanes at once.
type Report = Mutex<Ran>;

/// Sends everything that is due. With `patience`, waits so long for lanes that other processes hold and for pushes
/// that are still being read, as long as `push` has something left to do; without one, anything.
pub fn run(site: Site<'_>, push: Option<&str>, patience: Duration) -> Ran {
    let report = Report::default();
    if let Some(why) = &site.loaded.hold {
        return Ran {
            problems: vec![format!("nothing is sent: {why}")],
            ..Ran::default()
        };
    }
    let (backlog, problems) = Backlog::scan(site.spool);
    with(&report, |r| {
        r.problems = problems;
        r.busy = backlog.unread.is_some();
    });
    let hooks = backlog.hooks();
    site.spool.clear_due_except(&hooks);
    std::thread::scope(|scope| {
        let report = &report;
        for hook in hooks {
            let own = backlog.of(&hook);
            let name = hook.clone();
            let lane = move || lane::run(&site, &hook, own, push, patience, report);
            if std::thread::Builder::new()
                .name(name.clone())
                .spawn_scoped(scope, lane)
                .is_err()
            {
                // No more threads: one after the other, then.
                lane::run(&site, &name, backlog.of(&name), push, patience, report);
            }
        }
    });
    report.into_inner().unwrap_or_default()
}

fn with(report: &Report, change: impl FnOnce(&mut Ran)) {
    if let Ok(mut report) = report.lock() {
        change(&mut report);
    }
}

fn note(report: &Report, problem: String) {
    with(report, |r| {
        if !r.problems.contains(&problem) {
            r.problems.push(problem);
        }
    });
}
