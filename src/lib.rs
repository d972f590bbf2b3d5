//! git-service-hook: notifies chat groups, CI servers and webhooks of pushes to a bare Git repository.
//!
//! ```text
//! git receive-pack                                                      receivers
//!    │ stdin: old new ref                                                   ▲
//!    ▼                                                                      │
//! RefUpdate ─► record ─► PushEvent ─► Decision ═══► Outgoing ─► Request ─► Response ─► Verdict ─► line in the record
//! push/        spool/    git/          filter       outgoing    action/     transport/  action/    │
//! plain facts  durable   the only      per hook     one shape   pure        the only    pure       ▼
//!              first     gix user                   for all                 ureq user              report, history
//! └────────── the hook process: fast, bounded ─────┘└────────── the deliverer: outlives the push ──────────┘
//! ```
//!
//! Data goes one way. Left of `═══►` nothing knows HTTP, right of it nothing knows gix.
//!
//! | room | must not know |
//! |---|---|
//! | [`push`] | anything but std and serde |
//! | [`git`] | configuration, hooks, HTTP, spool |
//! | [`action`], [`catch_up`], [`signature`], [`template`], [`outgoing`], [`filter`], [`schedule`] | files, environment, clock, gix, ureq |
//! | [`spool`] | HTTP, actions, gix: a hook is a name to it, an event is bytes with an id |
//! | [`transport`] | hooks, retries, spool |
//! | [`deliver`] | gix, markup, file layout |
//! | [`schema`] | keys, actions, how a file is read |
//!
//! `tests/it/rooms.rs` checks the code against this table. The library exists for the binary and its tests; it promises
//! no stable interface.

pub mod accounts;
pub mod action;
pub mod catch_up;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod deliver;
pub mod diagnostic;
pub mod environment;
pub mod exit;
pub mod filter;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
pub mod git;
pub mod http;
pub mod network;
pub mod outgoing;
pub mod parameter;
pub mod post_receive;
pub mod push;
pub mod report;
pub mod schedule;
pub mod schema;
pub mod secret;
pub mod shutdown;
pub mod signature;
pub mod spool;
pub mod suggest;
pub mod template;
pub mod terminal;
pub mod transport;
pub mod url;
