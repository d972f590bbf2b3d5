//! The exit codes.

/// Success.
pub const OK: u8 = 0;
/// The command failed, or `check` found mistakes.
pub const FAILURE: u8 = 1;
/// Usage error.
pub const USAGE: u8 = 2;
