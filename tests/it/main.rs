//! Claims about the program as its users meet it: a real Git, real repositories, receivers on loopback.

#[path = "support/mod.rs"]
mod support;

mod install;
mod rooms;
