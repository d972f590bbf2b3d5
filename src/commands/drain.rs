//! `drain`: sends what is due now. Run by a timer, and by the hook process for the push that it has recorded.

use super::{catch_up, print, repositories};
use crate::clock;
use crate::config::{self, Loaded};
use crate::deliver::{self, Ran, Site};
use crate::environment::Environment;
use crate::exit;
use crate::git::{self, Repository};
use crate::post_receive::{Completed, complete, complete_bare};
use crate::spool::{Keep, Line, Read, Spool};
use std::io::IsTerminal;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Repositories that are worked on at the same time.
const AT_ONCE: usize = 16;

/// How long the deliverer of a push waits for a lane that another process holds. That one looks once more when it is
/// done, so nothing is stranded if this is too short.
const PATIENCE: Duration = Duration::from_secs(30);

/// So often the events of a push are computed; after that, the push is told as Git gave it. Whatever crashes us in a
/// repository does so for the last time.
const COMPUTED: u32 = 2;

/// What the command line says.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Drain {
    /// Every configured repository below these directories
    #[arg(long, value_name = "DIR", num_args = 1..)]
    pub all: Vec<PathBuf>,

    /// First look for refs that moved without being announced, and announce them (two runs a minute apart must agree)
    #[arg(long)]
    pub catch_up: bool,

    /// Started by the hook for this push: stay until it is delivered, and do not count as a timer.
    #[arg(long, value_name = "ID", hide = true)]
    pub push: Option<String>,
}

/// Runs it. `dir` is what `-C` named. 0: nothing is left due; 1: something failed for good, or could not be tried.
pub fn run(arguments: &Drain, dir: Option<&Path>, environment: &Environment) -> u8 {
    if arguments.push.is_some() {
        // Nobody reads what we say, and we outlive whoever started us.
        std::panic::set_hook(Box::new(|_| {}));
        let _ = rustix::process::setsid();
    }
    if arguments.all.is_empty() {
        return one(arguments, dir, environment);
    }
    let mut found = Vec::new();
    for dir in &arguments.all {
        match repositories::below(dir) {
            Ok(some) => found.extend(some),
            Err(failure) => {
                print::error(&failure.message);
                return failure.code;
            }
        }
    }
    let several = |some: &[PathBuf]| {
        std::thread::scope(|scope| {
            let each = some.iter().map(|dir| scope.spawn(move || one(arguments, Some(dir), environment)));
            let running: Vec<_> = each.collect();
            running.into_iter().map(|r| r.join().unwrap_or(exit::FAILURE)).max()
        })
    };
    found.chunks(AT_ONCE).filter_map(several).max().unwrap_or(exit::OK)
}

/// One repository.
fn one(arguments: &Drain, dir: Option<&Path>, environment: &Environment) -> u8 {
    let repository = match git::find(environment, dir) {
        Ok(repository) => repository,
        Err(error) => {
            print::error(&error.to_string());
            return exit::FAILURE;
        }
    };
    let git_dir = repository.git_dir().to_owned();
    let loaded = config::load(&git_dir, environment);
    let spool = Spool::at(&git_dir, repository.shared_mode());
    if !loaded.configured {
        return exit::OK;
    }
    // Somebody at a terminal is no timer: the next push must not promise what nobody will do.
    if arguments.push.is_none() && !std::io::stderr().is_terminal() {
        spool.stamp_timer(clock::now_ms());
    }
    let missed = if arguments.catch_up { catch_up::run(&repository, &loaded, &spool) } else { None };
    let mut problems = complete_all(&repository, &loaded, &spool);
    problems.extend(missed);
    let site = Site { git_dir: &git_dir, spool: &spool, loaded: &loaded };
    let mut ran = deliver::run(site, arguments.push.as_deref(), PATIENCE);
    ran.problems.extend(problems);
    let keep = Keep { age: loaded.deliver.keep, count: loaded.deliver.keep_count, size: loaded.deliver.keep_size };
    // History is a convenience: what cannot be removed now is tried again next time.
    let _ = spool.prune(&keep, clock::now_ms());
    report(&git_dir, &ran)
}

fn report(git_dir: &Path, ran: &Ran) -> u8 {
    for problem in &ran.problems {
        print::error(&format!("{}: {problem}", git_dir.display()));
    }
    if ran.failed > 0 {
        print::error(&format!("{}: {} deliveries failed for good", git_dir.display(), ran.failed));
    }
    if ran.failed > 0 || !ran.problems.is_empty() { exit::FAILURE } else { exit::OK }
}

/// Computes the events of pushes whose process ended before it could. What cannot be completed, in words.
fn complete_all(repository: &Repository, loaded: &Loaded, spool: &Spool) -> Vec<String> {
    let mut problems = Vec::new();
    if loaded.hold.is_some() {
        return problems;
    }
    if loaded.unresolved {
        problems.push("pushes wait until hooks.toml can be read (see `check`)".to_owned());
        return problems;
    }
    for id in spool.pending().unwrap_or_default() {
        if let Err(error) = complete_one(repository, loaded, spool, &id) {
            problems.push(format!("{id} cannot be completed: {error}"));
        }
    }
    problems
}

fn complete_one(repository: &Repository, loaded: &Loaded, spool: &Spool, id: &str) -> std::io::Result<()> {
    if !matches!(spool.read(id)?, Read::Record(record) if record.events.is_none()) {
        return Ok(());
    }
    // Locked: somebody is at it right now. And once we have the lock they may just have finished.
    let Some(lock) = spool.claim(id)? else { return Ok(()) };
    let Read::Record(record) = spool.read(id)? else { return Ok(()) };
    if record.events.is_some() {
        return Ok(());
    }
    let Completed { events, .. } = if record.computing < COMPUTED {
        lock.append(&Line::Computing(clock::now_ms()))?;
        let computed = catch_unwind(AssertUnwindSafe(|| complete(repository, loaded, &record.push)));
        computed.map_err(|_| std::io::Error::other("an internal error"))?
    } else {
        complete_bare(loaded, &record.push, "its commits could not be read")
    };
    let nobody = events.deliveries.is_empty();
    lock.append(&Line::Events(Box::new(events)))?;
    if nobody { spool.finish(id) } else { Ok(()) }
}
