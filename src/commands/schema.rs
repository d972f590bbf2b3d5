//! `schema`: prints the JSON Schema of hooks.toml, for editors, or of the event, for receivers.

use super::{Failure, print};
use crate::exit;

/// The committed files. Tests compare them with the declared keys, and with the events of many pushes.
const HOOKS: &str = include_str!("../../examples/hooks.schema.json");
const EVENT: &str = include_str!("../../examples/event.schema.json");

/// What `schema` is started with.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Which schema
    #[arg(value_enum, default_value_t)]
    of: Subject,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Subject {
    /// hooks.toml
    #[default]
    Hooks,
    /// The body of a delivery, which templates read as well
    Event,
}

/// Prints it.
pub fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let schema = match arguments.of {
        Subject::Hooks => HOOKS,
        Subject::Event => EVENT,
    };
    print::stdout(schema.trim_end());
    Ok(exit::OK)
}
