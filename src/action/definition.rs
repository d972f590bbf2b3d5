//! What is declared of an action, beside how it makes a request and reads the answer. Every fact has to be stated: a
//! field that is left out does not compile.

use super::Parameters;
use crate::push::Change;
use crate::schedule::Pace;
#[cfg(test)]
use crate::schema::Key;
use crate::schema::{Marks, Table};
use std::time::Duration;

/// One delivery for each updated ref, or one for the whole push.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Per {
    /// One delivery for each updated ref.
    Ref,
    /// One for the push.
    Push,
}

/// What is sent when the receiver was down: `backlog` in hooks.toml.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AfterOutage {
    /// Everything that waits.
    All,
    /// The newest delivery of each ref; the others end as cancelled.
    Newest,
}

/// What a hook reports: `on` in hooks.toml.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Occasion {
    /// Pushes.
    Push,
    /// Trouble of other hooks.
    Trouble,
}

/// An action as it is declared.
#[derive(Debug)]
pub struct Definition {
    /// How it is written in hooks.toml.
    pub id: &'static str,
    /// The names of its keys.
    pub names: &'static [&'static str],
    /// What is marked of them.
    pub marks: Marks,
    /// The keys themselves, for the generator of the schema.
    #[cfg(test)]
    pub keys: fn() -> Vec<Key>,
    /// Keys that are recognized and not supported yet.
    pub unsupported: &'static [&'static str],
    /// What holds where a hook says nothing.
    pub defaults: Defaults,
    /// What its receivers take, where their vendor has set a limit.
    pub pace: Pace,
    /// What a request carries when there is no template.
    pub body: Body,
    /// Whether trouble of other hooks can be reported by it.
    pub reports_trouble: bool,
    /// Whether a backlog goes out as one digest in our wording.
    pub digests: bool,
    /// What a request that may have had its effect means for the next one.
    pub repeats: Repeats,
    /// Whether the body holds the time of the attempt, so that no two are equal.
    pub stamps_body: bool,
    /// Statuses of answers that repeat the request's headers, which are never shown.
    pub echoes_headers: &'static [u16],
    /// Where its vendor listens; empty where receivers are the user's own.
    pub addresses: &'static [VendorAddress],
}

/// What holds where a hook says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defaults {
    /// `Push`: unless there is a template that does not read `updates`.
    pub per: Per,
    /// One attempt, name lookup to last byte.
    pub timeout: Duration,
    /// Commits listed.
    pub max_commits: usize,
    /// Refs with a delivery of their own.
    pub max_refs: usize,
    /// `None`: every change.
    pub changes: Option<&'static [Change]>,
    /// What is sent when the receiver was down.
    pub after_outage: AfterOutage,
    /// Whether `[skip ci]` counts.
    pub skip_ci: bool,
}

/// What a request carries when there is no template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// The event as JSON.
    Event,
    /// A message in our wording.
    Message,
    /// Nothing: the event stands in headers and query.
    Empty,
}

/// What a request that may have had its effect means for the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeats {
    /// Receivers drop repeats by the delivery id: the schedule is followed.
    Dropped,
    /// Each may post or build once more: two further tries, then the delivery has failed.
    Count,
}

/// Where a vendor's robots listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VendorAddress {
    /// The host's name.
    pub host: &'static str,
    /// How the path begins.
    pub path: &'static str,
    /// What the vendor is called.
    pub vendor: &'static str,
}

/// The parameters of an action, with what is declared of it.
pub trait Declared: Parameters + Table + serde::de::DeserializeOwned {
    /// Every fact.
    const DEFINITION: Definition;
}
