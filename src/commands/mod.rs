//! One file a command, thin.

pub mod drain;
