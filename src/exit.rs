//! The exit codes, listed once.

/// All went well.
pub const OK: u8 = 0;
/// What was asked for could not be done, or mistakes were found.
pub const FAILURE: u8 = 1;
/// The command line could not be understood.
pub const USAGE: u8 = 2;
