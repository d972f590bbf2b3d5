//! Sends pending deliveries, hooks in parallel and the deliveries of one hook in order: outgoing → request → send →
//! verdict → line in the record.
//!
//! A lane is one hook in one repository. The process that holds its lock is the only sender, oldest delivery first. This
//! room knows no gix and no markup.

mod attempt;
mod backlog;
mod cancel;
mod destination;
mod lane;
mod memory;
mod message;
mod outcome;
mod plan;
mod transport;
mod trouble;

pub use attempt::{options, render};
pub use cancel::cancel;
pub use destination::Destinations;
pub use memory::send_from_memory;
pub use trouble::report_trouble;

use crate::config::Loaded;
use crate::spool::Spool;
use backlog::Backlog;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;
use transport::{HttpTransport, Transport};

/// The repository of a run.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// The Git directory; the project's name comes from it when none is configured.
    pub git_dir: &'a Path,
    /// The records.
    pub spool: &'a Spool,
    /// The present configuration.
    pub loaded: &'a Loaded,
    /// The health of the receivers.
    pub destinations: &'a Destinations,
    transport: &'a dyn Transport,
    /// Whether a delivery may end by its age alone; known in a run.
    is_clock_trusted: bool,
}

impl<'a> Site<'a> {
    /// Sends over the network.
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
            transport: &HttpTransport,
            is_clock_trusted: false,
        }
    }
}

/// The result of a run.
#[derive(Debug, Default)]
pub struct RunSummary {
    /// Deliveries that failed permanently.
    pub failed: usize,
    /// Deliveries that are due later.
    pub waiting: usize,
    /// Whether another process held a lane, or was computing the events of a push.
    pub busy: bool,
    /// Deliveries that are held, because they were copied or restored with the repository.
    pub held: usize,
    /// Problems for the administrator, as sentences.
    pub problems: Vec<String>,
}

impl RunSummary {
    /// Adds a later run of the same repository.
    pub fn add(&mut self, later: Self) {
        self.failed += later.failed;
        self.waiting = later.waiting;
        self.busy |= later.busy;
        self.held = later.held;
        let known = std::mem::take(&mut self.problems);
        self.problems = later.problems;
        self.problems.retain(|problem| !known.contains(problem));
        self.problems.splice(0..0, known);
    }
}

#[cfg(test)]
mod tests;

/// The summary, shared by the lanes.
type Report = Mutex<RunSummary>;

/// Sends everything that is due. Waits up to `patience` for lanes that other processes hold and for events that they
/// compute, as long as `push`, or without it any push, has pending deliveries.
pub fn run(site: Site<'_>, push: Option<&str>, patience: Duration) -> RunSummary {
    let report = Report::default();
    if let Some(why) = &site.loaded.hold {
        return RunSummary {
            problems: vec![format!("nothing is sent: {why}")],
            ..RunSummary::default()
        };
    }
    let (backlog, problems) = Backlog::scan(site.spool);
    update(&report, |r| {
        r.problems = problems;
        r.busy = backlog.unread.is_some();
        r.held = backlog.held;
    });
    let times = (site.transport.uptime_ms(), site.transport.now_ms());
    let site = Site {
        is_clock_trusted: site.spool.is_clock_trusted(times.0, times.1),
        ..site
    };
    let hooks = backlog.hooks();
    site.spool.clear_due_except(&hooks);
    std::thread::scope(|scope| {
        let report = &report;
        for hook in hooks {
            let own = backlog.for_hook(&hook);
            let name = hook.clone();
            let lane = move || lane::run(&site, &hook, own, push, patience, report);
            if std::thread::Builder::new()
                .name(name.clone())
                .spawn_scoped(scope, lane)
                .is_err()
            {
                // No more threads: run the lane here.
                lane::run(
                    &site,
                    &name,
                    backlog.for_hook(&name),
                    push,
                    patience,
                    report,
                );
            }
        }
    });
    report.into_inner().unwrap_or_default()
}

fn update(report: &Report, change: impl FnOnce(&mut RunSummary)) {
    if let Ok(mut report) = report.lock() {
        change(&mut report);
    }
}

fn add_problem(report: &Report, problem: String) {
    update(report, |r| {
        if !r.problems.contains(&problem) {
            r.problems.push(problem);
        }
    });
}
