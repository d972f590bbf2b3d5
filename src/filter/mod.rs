//! Decides which events a hook fires for, and why not (docs/configuration.md, "Filters"). Pure: knows neither
//! repositories nor configuration files.

mod glob;
mod refusal;

pub use glob::{Pattern, PatternError};
pub use refusal::Refusal;

use crate::push::{Change, Computed, Push, PushEvent, RefKind, RefUpdate};

/// What a hook does with an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It fires.
    Fire,
    /// It does not.
    Skip(Refusal),
}

/// One set of filters; a hook of the server's file may have two, both must let the event pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// Globs on the short name of branches.
    pub branches: Option<Globs>,
    /// Globs on the short name of tags.
    pub tags: Option<Globs>,
    /// Globs on full names.
    pub refs: Option<Globs>,
    /// `None`: every change.
    pub changes: Option<Vec<Change>>,
    /// Globs over changed paths.
    pub paths: Option<Globs>,
    /// Globs on login, name or e-mail.
    pub pushers: Option<Globs>,
    /// Globs on name or e-mail.
    pub authors: Option<Globs>,
    /// `[skip ci]` and the like.
    pub skip_ci: bool,
    /// No push passes: the hook reports trouble alone.
    pub no_push: bool,
}

/// A glob list: `!` excludes, the last match wins, a list that begins with `!` begins with everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Globs(Vec<Pattern>);

impl Globs {
    /// Reads a list; fails at the first pattern that cannot be used.
    pub fn new(patterns: &[String]) -> Result<Self, PatternError> {
        let patterns = patterns.iter().map(|pattern| Pattern::parse(pattern));
        Ok(Self(patterns.collect::<Result<_, _>>()?))
    }

    /// Whether the list lets `text` pass.
    pub fn matches(&self, text: &[u8]) -> bool {
        self.matches_any(&[text])
    }

    /// Whether the list lets something pass that has several names: a pattern matches if it describes one of them.
    pub fn matches_any(&self, names: &[&[u8]]) -> bool {
        let begin = self.0.first().is_some_and(|p| p.excludes);
        let describes = |p: &&Pattern| names.iter().any(|name| p.describes(name));
        self.0
            .iter()
            .rev()
            .find(describes)
            .map_or(begin, |p| !p.excludes)
    }
}

impl From<Vec<Pattern>> for Globs {
    fn from(patterns: Vec<Pattern>) -> Self {
        Self(patterns)
    }
}

/// Decides over one event.
pub fn decide(filters: &[Filters], push: &Push, computed: &Computed) -> Decision {
    first(filters, |f| refusal::refuse(f, push, computed))
}

/// Decides over an update whose event has not been computed: a [`Decision::Fire`] may still become a skip, a skip is
/// final.
pub fn decide_early(filters: &[Filters], push: &Push, update: &RefUpdate) -> Decision {
    let change = match update.change() {
        // Forced or not is known only after a walk.
        Change::Updated | Change::Forced => None,
        settled => Some(settled),
    };
    first(filters, |f| refusal::early(f, push, &update.name, change))
}

/// Whether events like this one can pass at all: by the kind of the ref and the change, without its name and the
/// person who pushed. Where full names alone decide, the name counts.
pub fn concerns(filters: &[Filters], event: &PushEvent) -> bool {
    let name = event.ref_name();
    filters.iter().all(|f| {
        let named = match (name.kind(), &f.branches, &f.tags, &f.refs) {
            (RefKind::Branch, Some(_), ..)
            | (RefKind::Tag, _, Some(_), _)
            | (_, None, None, None) => true,
            (RefKind::Branch | RefKind::Tag, None, None, Some(refs)) => {
                refs.matches(name.as_bytes())
            }
            (RefKind::Other, .., refs) => refs.is_some(),
            _ => false,
        };
        !f.no_push && named && refusal::by_change(f, event.change).is_none()
    })
}

/// Whether the pusher left the hook `name` out, by push option `service-hook.skip` or
/// `service-hook.skip=NAME`; the reason.
pub fn skip_option(name: &str, push: &Push) -> Option<Refusal> {
    let skips = |o: &&String| {
        o.strip_prefix("service-hook.skip")
            .is_some_and(|r| r.is_empty() || r.strip_prefix('=') == Some(name))
    };
    push.options
        .iter()
        .find(skips)
        .map(|option| Refusal::option(option))
}

/// The refusal of the first set of filters that refuses.
fn first(filters: &[Filters], refuse: impl Fn(&Filters) -> Option<Refusal>) -> Decision {
    let refused = filters
        .iter()
        .enumerate()
        .find_map(|(set, f)| Some(Refusal { set, ..refuse(f)? }));
    refused.map_or(Decision::Fire, Decision::Skip)
}

#[cfg(test)]
mod tests;
