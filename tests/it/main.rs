//! Claims about the program as its users meet it: a real Git, real repositories, receivers on loopback.

#![expect(
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test that cannot go on has to say so"
)]
#![expect(
    unreachable_pub,
    reason = "a test binary has no outside; `pub` marks what the modules offer each other"
)]

#[macro_use]
extern crate needs;

mod support;

mod actions;
mod answers;
mod as_owner;
mod canary;
mod catch_up;
mod chat;
mod check;
mod cli;
mod config_examples;
mod config_hooks;
mod config_layers;
mod config_mistakes;
mod config_patterns;
mod config_project;
mod config_references;
mod cost;
mod delivery;
mod demo;
mod dependencies;
mod dialects;
mod differential;
mod docs;
mod events;
mod forms;
mod history;
mod hostile;
mod install;
mod jenkins_requests;
mod network;
mod network_config;
mod outgoing;
mod package;
mod receiver_examples;
mod receivers;
mod rooms;
mod schema;
mod security;
mod server_file;
mod server_locked;
mod servers;
mod shells;
mod signing;
mod status;
mod transport_tls;
mod trouble;
mod units;
mod webhook_requests;
mod webhooks;
