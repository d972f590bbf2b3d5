//! `schema`: prints the JSON Schema of hooks.toml, for editors.

use super::{Failure, print};
use crate::{config, exit};

/// Prints it.
pub fn run() -> Result<u8, Failure> {
    let text =
        serde_json::to_string_pretty(&config::schema()).expect("a JSON value can be written");
    print::stdout(&text);
    Ok(exit::OK)
}
