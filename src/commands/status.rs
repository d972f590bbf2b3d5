//! `status`: what waits, what has failed, which receivers are down, for a person or a monitor. Sends nothing.

mod health;
mod moment;
mod page;
mod prometheus;

use super::{Failure, Session, many, print};
use crate::config::Loaded;
use crate::exit;
use crate::spool::Spool;
use crate::terminal::{self, Style};
use health::{Health, Receiver};
use std::io::stdout;
use std::path::PathBuf;

/// Of `status`.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// Every repository below these directories; those where all is well are only counted
    #[arg(long, value_name = "DIR", num_args = 1..)]
    all: Vec<PathBuf>,
    /// One JSON object for each repository, a line each
    #[arg(long)]
    json: bool,
    /// Metrics for the textfile collector of Prometheus. Exits with 0 when they are complete
    #[arg(long, conflicts_with = "json")]
    prometheus: bool,
}

/// Runs it.
pub fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    let here = |session: &Session| {
        let health = Health::inspect(session);
        (serde_json::json!(health).to_string(), code(&[health]))
    };
    many::run(session, &arguments.all, here, |outputs| {
        let all: Vec<Health> = outputs.into_iter().map(read).collect();
        if arguments.prometheus {
            return match print::stdout_whole(&prometheus::write(&all)) {
                Ok(()) => exit::OK,
                Err(_) => exit::FAILURE,
            };
        }
        if arguments.json {
            for health in &all {
                let json = serde_json::json!(health).to_string();
                print::stdout(&terminal::escape_json(&json));
            }
        } else {
            let style = Style::for_stream(&stdout(), &session.environment);
            print::stdout(page::write(&all, !arguments.all.is_empty(), style).trim_end());
        }
        code(&all)
    })
}

/// What waits in a repository, a line for each hook: why, and until when.
pub(super) fn waiting_lines(spool: &Spool, loaded: &Loaded) -> Vec<String> {
    let (hooks, uncomputed) = Health::of_waiting(spool);
    let named = hooks.into_iter().map(|receiver| Receiver {
        hook: loaded.label_of(&receiver.hook).to_owned(),
        ..receiver
    });
    let mut lines: Vec<String> = named.map(|receiver| page::receiver(&receiver)).collect();
    if uncomputed > 0 {
        lines.push(format!("{uncomputed} waiting, without events yet"));
    }
    lines
}

/// The hooks that cannot deliver, and what waits for them.
pub(super) fn trouble_lines(spool: &Spool) -> Vec<String> {
    let (hooks, _) = Health::of_waiting(spool);
    let is_in_trouble = |receiver: &&Receiver| receiver.reason.is_some();
    hooks
        .iter()
        .filter(is_in_trouble)
        .map(page::trouble)
        .collect()
}

/// The state that was printed for a repository.
fn read((dir, output): (PathBuf, many::Output)) -> Health {
    let problem = match output {
        Ok((json, _)) => match serde_json::from_str(&json) {
            Ok(health) => return health,
            Err(_) => "its owner cannot run this".to_owned(),
        },
        Err(failure) => failure.message,
    };
    Health::unknown(dir.display().to_string(), problem)
}

fn code(all: &[Health]) -> u8 {
    if all.iter().all(|health| health.ok) {
        exit::OK
    } else {
        exit::FAILURE
    }
}
