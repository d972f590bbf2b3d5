//! `drain`: sends the deliveries that are due now. Run by a timer, and by the hook process for the push it recorded.

mod aftermath;
mod repository;
mod stay;

use super::{parallel, print, repositories};
use crate::clock;
use crate::deliver::Destinations;
use crate::environment::Environment;
use crate::shutdown;
use std::path::{Path, PathBuf};

/// What the command line says.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Drain {
    /// Every configured repository below these directories
    #[arg(long, value_name = "DIR", num_args = 1..)]
    pub all: Vec<PathBuf>,

    /// First look for refs that moved without being announced, and announce them (two runs a minute apart must agree)
    #[arg(long)]
    pub catch_up: bool,

    /// First make what was copied or restored with the repository its own, so that it is sent
    #[arg(long)]
    pub adopt: bool,

    /// Also send what waits for a later attempt: retries, and hooks whose receiver is down or limits the rate
    #[arg(long)]
    pub now: bool,

    /// For systemd and cron: pushes promise retries only if such runs happen, and the next run prints only what fails after
    /// this one
    #[arg(long)]
    pub timer: bool,

    /// Root's terminal shows what its children print.
    #[arg(long, hide = true)]
    pub show_waiting: bool,

    /// The directories of `--all`, by which repositories are named.
    #[arg(skip)]
    pub below: Vec<PathBuf>,

    /// Started by the hook for this push: stay until it is delivered, and do not count as a timer.
    #[arg(long, value_name = "ID", hide = true)]
    pub push: Option<String>,
}

/// What is known of the destinations when a run begins.
pub fn destinations(arguments: &Drain) -> Destinations {
    if arguments.now {
        Destinations::at_once(clock::now_ms())
    } else {
        Destinations::default()
    }
}

/// Runs it. `dir` is what `-C` named. 1 if a failure was printed: of a delivery, or of the run itself.
pub fn run(
    arguments: &Drain,
    dir: Option<&Path>,
    environment: &Environment,
    destinations: &Destinations,
) -> u8 {
    shutdown::listen();
    if arguments.push.is_some() {
        // Nobody reads the output, and this process outlives the one that started it.
        std::panic::set_hook(Box::new(|_| {}));
        let _ = rustix::process::setsid();
    }
    if arguments.all.is_empty() {
        return repository::drain(arguments, dir, environment, destinations);
    }
    let found = match repositories::below_all(&arguments.all) {
        Ok(found) => found,
        Err(failure) => {
            print::error(&failure.message);
            return failure.code;
        }
    };
    let one = |dir: &PathBuf| repository::drain(arguments, Some(dir), environment, destinations);
    parallel::worst(&found, one)
}
