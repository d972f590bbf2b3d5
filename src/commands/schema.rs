//! `schema`: prints the JSON Schema of hooks.toml, for editors.

use super::{Failure, print};
use crate::exit;

/// The committed file. A test compares it with the declared keys.
const SCHEMA: &str = include_str!("../../examples/hooks.schema.json");

/// Prints it.
pub fn run() -> Result<u8, Failure> {
    print::stdout(SCHEMA.trim_end());
    Ok(exit::OK)
}
