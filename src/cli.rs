//! The command line as a type.

use std::ffi::OsString;

/// Runs what the arguments say; the first is the name that the program was started by. Returns the exit code.
pub fn run(arguments: Vec<OsString>) -> u8 {
    let _ = arguments;
    crate::exit::OK
}
