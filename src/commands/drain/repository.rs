//! Drains one repository: completes records, sends due deliveries, prunes; for a push, waits for early retries.

use super::{Drain, stay};
use crate::clock;
use crate::commands::{catch_up, print};
use crate::config::{self, Loaded};
use crate::deliver::{self, Destinations, RunSummary, Site};
use crate::environment::Environment;
use crate::exit;
use crate::git::{self, Repository};
use crate::post_receive::{
    ComputedPush, Undecided, compute_deliveries, compute_without_repository,
};
use crate::spool::{Record, RecordFile, RecordLine, Retention, Spool, held_problem};
use std::io::IsTerminal;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

/// The longest that the deliverer of a push waits for a lane that another process holds. That one looks once more when
/// it is done, so nothing is stranded if this is too short.
const PATIENCE: Duration = Duration::from_secs(30);

/// It waits so much longer than the pusher, who is to see their own results. If it waited on, deliverers would pile up
/// behind a receiver that hangs.
const LONGER: Duration = Duration::from_secs(1);

/// So often the events of a push are computed; after that, the push is told as Git gave it. Whatever crashes us in a
/// repository does so for the last time.
const COMPUTED: u32 = 2;

/// Drains it; the exit code.
pub(super) fn drain(
    arguments: &Drain,
    dir: Option<&Path>,
    environment: &Environment,
    destinations: &Destinations,
) -> u8 {
    let repository = match git::find(environment, dir) {
        Ok(repository) => repository,
        Err(error) => {
            print::error(&error.to_string());
            return exit::FAILURE;
        }
    };
    let git_dir = repository.git_dir().to_owned();
    let spool = Spool::at(&git_dir, repository.shared_mode());
    let place = Place {
        repository: &repository,
        git_dir: &git_dir,
        spool: &spool,
        environment,
    };
    let Some(push) = &arguments.push else {
        return place.at_a_time_of_its_own(arguments, destinations);
    };
    place.pass(Some(push), destinations);
    stay::while_due(&git_dir, &spool, &mut || {
        place.pass(None, &Destinations::default());
    });
    exit::OK
}

#[derive(Clone, Copy)]
struct Place<'a> {
    repository: &'a Repository,
    git_dir: &'a Path,
    spool: &'a Spool,
    environment: &'a Environment,
}

impl Place<'_> {
    /// As a timer runs it, or a person.
    fn at_a_time_of_its_own(&self, arguments: &Drain, destinations: &Destinations) -> u8 {
        let loaded = config::load(self.git_dir, self.environment);
        if !loaded.configured {
            return exit::OK;
        }
        // Somebody at a terminal is no timer: the next push must not promise what nobody will do.
        if !std::io::stderr().is_terminal() {
            self.spool.record_timer_run(clock::now_ms());
        }
        let adopted = arguments.adopt.then(|| self.spool.adopt(clock::now_ms()));
        let not_adopted = adopted.and_then(Result::err);
        let missed = if arguments.catch_up {
            catch_up::run(self.repository, &loaded, self.spool)
        } else {
            None
        };
        let mut ran = self.work(&loaded, None, destinations);
        ran.problems.extend(missed);
        ran.problems
            .extend(not_adopted.map(|error| format!("not everything was adopted: {error}")));
        report(self.git_dir, &ran)
    }

    /// As a deliverer that nobody listens to, with the configuration as it is now.
    fn pass(&self, push: Option<&str>, destinations: &Destinations) {
        let loaded = config::load(self.git_dir, self.environment);
        if loaded.configured {
            self.work(&loaded, push, destinations);
        }
    }

    fn work(&self, loaded: &Loaded, push: Option<&str>, destinations: &Destinations) -> RunSummary {
        let mut problems = complete_all(self.repository, loaded, self.spool);
        let site = Site::new(self.git_dir, self.spool, loaded, destinations);
        let patience = push.map_or(Duration::ZERO, |_| {
            PATIENCE.min(loaded.deliver.wait.saturating_add(LONGER))
        });
        let mut ran = deliver::run(site, push, patience);
        problems.retain(|problem| !ran.problems.contains(problem));
        ran.problems.extend(problems);
        let keep = Retention {
            age: loaded.deliver.keep,
            count: loaded.deliver.keep_count,
            size: loaded.deliver.keep_size,
        };
        // History is a convenience: what cannot be removed now is tried again next time.
        let now_ms = clock::now_ms();
        let is_trusted = self.spool.is_clock_trusted(clock::monotonic_ms(), now_ms);
        let _ = self.spool.prune(&keep, now_ms, is_trusted);
        ran
    }
}

fn report(git_dir: &Path, ran: &RunSummary) -> u8 {
    for problem in &ran.problems {
        print::error(&format!("{}: {problem}", git_dir.display()));
    }
    if let Some(held) = held_problem(ran.held) {
        print::error(&format!("{}: {held}", git_dir.display()));
    }
    if ran.failed > 0 {
        print::error(&format!(
            "{}: {} deliveries failed permanently",
            git_dir.display(),
            ran.failed
        ));
    }
    if ran.failed > 0 || !ran.problems.is_empty() {
        exit::FAILURE
    } else {
        exit::OK
    }
}

/// Computes the events of pushes whose process ended before it could. What cannot be completed, in words.
fn complete_all(repository: &Repository, loaded: &Loaded, spool: &Spool) -> Vec<String> {
    let mut problems = Vec::new();
    if loaded.hold.is_some() {
        return problems;
    }
    if loaded.unresolved {
        problems.push("pushes wait until hooks.toml can be read (see `check`)".to_owned());
    }
    let pending = spool.pending().unwrap_or_else(|error| {
        problems.push(format!("the records cannot be listed: {error}"));
        Vec::new()
    });
    for id in pending {
        if let Err(error) = complete_one(repository, loaded, spool, &id) {
            problems.push(format!("{id} cannot be completed: {error}"));
        }
    }
    problems
}

fn complete_one(
    repository: &Repository,
    loaded: &Loaded,
    spool: &Spool,
    id: &str,
) -> std::io::Result<()> {
    // A file that is not a record is left for the delivery run that follows: it moves the file to `corrupt/` and reports it.
    let is_stuck = |record: &Record| Undecided::new(loaded, record.decided_hooks()).is_stuck();
    let has_work = |record: &Record| !record.is_decided() && !is_stuck(record);
    if !matches!(spool.read_anywhere(id)?, RecordFile::Record(record) if has_work(&record)) {
        return Ok(());
    }
    // Locked: somebody is at it right now. And once we have the lock they may just have finished.
    let Some(lock) = spool.lock_record(id)? else {
        return Ok(());
    };
    let RecordFile::Record(record) = spool.read(id)? else {
        return Ok(());
    };
    if !has_work(&record) {
        return Ok(());
    }
    let undecided = Undecided::new(loaded, record.decided_hooks());
    let ComputedPush { events, .. } = if record.computing < COMPUTED {
        lock.append(&RecordLine::Computing(clock::now_ms()))?;
        let computed = catch_unwind(AssertUnwindSafe(|| {
            compute_deliveries(repository, &undecided, &record.push)
        }));
        computed.map_err(|_| std::io::Error::other("an internal error"))?
    } else {
        compute_without_repository(&undecided, &record.push, "its commits could not be read")
    };
    let nobody = events.deliveries.is_empty();
    lock.append(&RecordLine::Events(Box::new(events)))?;
    drop(lock);
    if nobody { spool.finish(id) } else { Ok(()) }
}
