//! The event tells the truth: what was pushed, by Git's own answers.

mod commits;
mod damage;
mod paths;
mod repo;
mod repositories;
mod tags;
mod topology;
mod walk;
