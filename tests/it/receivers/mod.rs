//! Receivers that others wrote take real pushes: a bare repository, the program as its hook, nine changes.
//!
//! tests/receivers/install.sh installs them. Each test holds its row of the table in docs/receivers.md against what
//! the receiver made of the pushes; with `UPDATE_GOLDEN=1` it writes the row.

mod buildbot;
mod debian_webhook;
mod jenkins_stubs;
mod parsers;
mod pushes;
mod receiver;
mod table;
