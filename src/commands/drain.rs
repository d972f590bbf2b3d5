//! `drain`: sends what is due now. Run by a timer, and by the hook process for the push that it has recorded.

use crate::environment::Environment;
use crate::exit;
use std::path::{Path, PathBuf};

/// What the command line says.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Drain {
    /// Every repository below these directories that has ever recorded a push
    #[arg(long, value_name = "DIR", num_args = 1..)]
    pub all: Vec<PathBuf>,

    /// Started by the hook for this push: stay until it is delivered, and do not count as a timer.
    #[arg(long, value_name = "ID", hide = true)]
    pub push: Option<String>,
}

/// Runs it. `dir` is what `-C` named. 0: nothing is left due; 1: something failed for good.
pub fn run(arguments: &Drain, dir: Option<&Path>, environment: &Environment) -> u8 {
    let _ = (arguments, dir, environment);
    exit::OK
}
