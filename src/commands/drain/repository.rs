//! Drains one repository: completes records, sends due deliveries, prunes; for a push, waits for early retries.

use super::{Drain, aftermath, stay};
use crate::clock;
use crate::commands::{catch_up, complete, print};
use crate::config::{self, Loaded};
use crate::deliver::{self, Destinations, RunSummary, Site};
use crate::environment::Environment;
use crate::exit;
use crate::git::{self, Repository};
use crate::spool::{Retention, Spool};
use std::path::Path;
use std::time::Duration;

/// The longest that the deliverer of a push waits for a lane that another process holds. That one looks once more when
/// it is done, so nothing is stranded if this is too short.
const PATIENCE: Duration = Duration::from_secs(30);

/// It waits so much longer than the pusher, who is to see their own results. If it waited on, deliverers would pile up
/// behind a receiver that hangs.
const LONGER: Duration = Duration::from_secs(1);

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
        return place.without_push(arguments, destinations);
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
    fn without_push(&self, arguments: &Drain, destinations: &Destinations) -> u8 {
        let loaded = config::load(self.git_dir, self.environment);
        if !loaded.configured {
            return exit::OK;
        }
        if arguments.timer {
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
        let place = (self.git_dir, self.spool);
        aftermath::print(place, &loaded, arguments, ran)
    }

    /// As a deliverer that nobody listens to, with the configuration as it is now.
    fn pass(&self, push: Option<&str>, destinations: &Destinations) {
        let loaded = config::load(self.git_dir, self.environment);
        if loaded.configured {
            self.work(&loaded, push, destinations);
        }
    }

    fn work(&self, loaded: &Loaded, push: Option<&str>, destinations: &Destinations) -> RunSummary {
        let mut problems = complete::all(self.repository, loaded, self.spool);
        let site = Site::new(self.git_dir, self.spool, loaded, destinations);
        let patience = push.map_or(Duration::ZERO, |_| {
            PATIENCE.min(loaded.deliver.wait.saturating_add(LONGER))
        });
        let began_ms = clock::now_ms();
        let mut ran = deliver::run(site, push, patience);
        if deliver::report_trouble(site, began_ms) {
            ran.add(deliver::run(site, None, Duration::ZERO));
        }
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
