//! Claims about the program as its users meet it: a real Git, real repositories, receivers on loopback.

#[path = "support/mod.rs"]
mod support;

mod config_examples;
mod config_layers;
mod config_mistakes;
mod config_project;
mod config_references;
mod events;
mod install;
mod outgoing;
mod rooms;
