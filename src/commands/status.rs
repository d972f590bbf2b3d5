//! `status`: what waits, what has failed, which receivers are down, for a person or a monitor. Sends nothing.

mod health;
mod moment;
mod page;

use super::{Failure, Session, many, print};
use crate::exit;
use crate::terminal::{self, Style};
use health::Health;
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
}

/// Runs it.
pub fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    let here = |session: &Session| {
        let health = Health::inspect(session);
        (serde_json::json!(health).to_string(), code(&[health]))
    };
    many::run(session, &arguments.all, here, |outputs| {
        let all: Vec<Health> = outputs.into_iter().map(read).collect();
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
