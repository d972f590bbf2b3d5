//! The event is exact: what was pushed, by Git's own answers.

#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up fails the test that needs it"
)]

pub mod cases;
mod commits;
mod damage;
mod document;
mod flips;
mod kinds;
mod paths;
mod pushed;
mod repo;
mod repositories;
mod sizes;
mod tags;
mod topology;
mod walk;
