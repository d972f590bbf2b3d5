//! Which events a hook wants: a decision with its reason (docs/configuration.md, "Filters"). Pure: knows neither
//! repositories nor configuration files.

mod glob;

pub use glob::Pattern;

use crate::push::{Change, Computed, Push, PushEvent, Pusher, RefKind, RefName, RefUpdate, Scan};

/// What a hook does with an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It fires.
    Fire,
    /// It does not; the reason names the key: "`branches` does not match `feature/x`".
    Skip(String),
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
}

/// A glob list: `!` excludes, the last match wins, a list that begins with `!` begins with everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Globs(Vec<Pattern>);

impl Globs {
    /// `Err` names the pattern's index and what is wrong with it.
    pub fn new(patterns: &[String]) -> Result<Self, (usize, String)> {
        let parsed = patterns.iter().enumerate().map(|(i, p)| Pattern::parse(p).map_err(|why| (i, why.to_owned())));
        Ok(Self(parsed.collect::<Result<_, _>>()?))
    }

    /// Whether the list lets `text` pass.
    pub fn matches(&self, text: &[u8]) -> bool {
        self.matches_any(&[text])
    }

    /// Whether the list lets something pass that has several names: a pattern matches if it describes one of them.
    pub fn matches_any(&self, names: &[&[u8]]) -> bool {
        let begin = self.0.first().is_some_and(|p| p.excludes);
        let describes = |p: &&Pattern| names.iter().any(|name| p.describes(name));
        self.0.iter().rev().find(describes).map_or(begin, |p| !p.excludes)
    }
}

impl From<Vec<Pattern>> for Globs {
    fn from(patterns: Vec<Pattern>) -> Self {
        Self(patterns)
    }
}

/// Decides over one event.
pub fn decide(filters: &[Filters], push: &Push, computed: &Computed) -> Decision {
    decision(filters.iter().find_map(|f| refuse(f, push, computed)))
}

/// Decides over an update whose event has not been computed: a [`Decision::Fire`] may still become a skip, a skip is
/// final.
pub fn decide_early(filters: &[Filters], push: &Push, update: &RefUpdate) -> Decision {
    let change = PushEvent::bare(update.clone(), 0).change;
    let settled = |f: &Filters| match change {
        // Forced or not is known only after a walk.
        Change::Updated | Change::Forced => None,
        Change::Created | Change::Deleted => change_refused(f, change),
    };
    decision(
        filters.iter().find_map(|f| {
            name_refused(f, &update.name).or_else(|| settled(f)).or_else(|| pusher_refused(f, &push.pusher))
        }),
    )
}

/// Whether events like this one can pass at all: by the kind of the ref and the change, whatever its name is and who
/// pushed what. Where full names alone decide, the name counts.
pub fn concerns(filters: &[Filters], event: &PushEvent) -> bool {
    let name = event.ref_name();
    filters.iter().all(|f| {
        let named = match (name.kind(), &f.branches, &f.tags, &f.refs) {
            (RefKind::Branch, Some(_), ..) | (RefKind::Tag, _, Some(_), _) | (_, None, None, None) => true,
            (RefKind::Branch | RefKind::Tag, None, None, Some(refs)) => refs.matches(name.as_bytes()),
            (RefKind::Other, .., refs) => refs.is_some(),
            _ => false,
        };
        named && change_refused(f, event.change).is_none()
    })
}

/// Whether the pusher asked that the hook `name` be left out, by push option `service-hook.skip` or
/// `service-hook.skip=NAME`; the reason.
pub fn skip_option(name: &str, push: &Push) -> Option<String> {
    let asks = |o: &&String| {
        o.strip_prefix("service-hook.skip").is_some_and(|r| r.is_empty() || r.strip_prefix('=') == Some(name))
    };
    push.options.iter().find(asks).map(|option| format!("push option `{option}`"))
}

fn decision(refused: Option<String>) -> Decision {
    refused.map_or(Decision::Fire, Decision::Skip)
}

/// The first reason not to fire, cheap ones first.
fn refuse(filters: &Filters, push: &Push, computed: &Computed) -> Option<String> {
    let Computed { event, scan } = computed;
    name_refused(filters, event.ref_name())
        .or_else(|| change_refused(filters, event.change))
        .or_else(|| pusher_refused(filters, &push.pusher))
        .or_else(|| filters.skip_ci.then(|| ci_skipped(push, event)).flatten())
        .or_else(|| authors_refused(filters, event, scan))
        .or_else(|| paths_refused(filters, event, scan))
}

fn name_refused(filters: &Filters, name: &RefName) -> Option<String> {
    let Filters { branches, tags, refs, .. } = filters;
    let full = |globs: &Globs| (!globs.matches(name.as_bytes())).then(|| no_match("refs", &name.display()));
    let (key, own, other_key, other) = match name.kind() {
        RefKind::Branch => ("branches", branches, "tags", tags),
        RefKind::Tag => ("tags", tags, "branches", branches),
        RefKind::Other => {
            let missing = || Some("`refs` is not given: only branches and tags fire".to_owned());
            return refs.as_ref().map_or_else(missing, full);
        }
    };
    match (own, other, refs) {
        (Some(globs), _, _) => (!globs.matches(short(name))).then(|| no_match(key, &name.short())),
        (None, Some(_), _) => Some(format!("`{other_key}` is given without `{key}`")),
        (None, None, refs) => refs.as_ref().and_then(full),
    }
}

/// Short name, byte for byte.
fn short(name: &RefName) -> &[u8] {
    let bytes = name.as_bytes();
    bytes.strip_prefix(b"refs/heads/").or_else(|| bytes.strip_prefix(b"refs/tags/")).unwrap_or(bytes)
}

fn no_match(key: &str, what: &str) -> String {
    format!("`{key}` does not match `{what}`")
}

fn change_refused(filters: &Filters, change: Change) -> Option<String> {
    let word = match change {
        Change::Created => "created",
        Change::Updated => "updated",
        Change::Forced => "forced",
        Change::Deleted => "deleted",
    };
    let refused = filters.changes.as_ref().is_some_and(|c| !c.contains(&change));
    refused.then(|| format!("`changes` leaves out `{word}`"))
}

fn pusher_refused(filters: &Filters, pusher: &Pusher) -> Option<String> {
    let globs = filters.pushers.as_ref()?;
    let email = pusher.email.as_deref().unwrap_or(&pusher.username);
    let names = [pusher.username.as_bytes(), pusher.name.as_bytes(), email.as_bytes()];
    (!globs.matches_any(&names)).then(|| no_match("pushers", &pusher.username))
}

fn ci_skipped(push: &Push, event: &PushEvent) -> Option<String> {
    if push.options.iter().any(|option| option == "ci.skip") {
        return Some("`skip_ci`: push option `ci.skip`".to_owned());
    }
    let message = event.head_commit.as_ref()?.message.to_ascii_lowercase();
    let mark = ["[skip ci]", "[ci skip]"].into_iter().find(|mark| message.contains(mark))?;
    Some(format!("`skip_ci`: the newest commit says `{mark}`"))
}

/// Whether filters by content do not apply: deletions and tags have none of their own, and what could not be read to
/// its end may well have held a match.
fn unfiltered(event: &PushEvent, scan: &Scan) -> bool {
    event.change == Change::Deleted || event.kind() == RefKind::Tag || scan.bounded || event.error.is_some()
}

fn authors_refused(filters: &Filters, event: &PushEvent, scan: &Scan) -> Option<String> {
    let globs = filters.authors.as_ref()?;
    let named = |(name, email): &(String, String)| globs.matches_any(&[name.as_bytes(), email.as_bytes()]);
    let passes = unfiltered(event, scan) || scan.authors.iter().any(named);
    (!passes).then(|| "`authors` matches no author of a commit".to_owned())
}

fn paths_refused(filters: &Filters, event: &PushEvent, scan: &Scan) -> Option<String> {
    let globs = filters.paths.as_ref()?;
    let passes = unfiltered(event, scan) || scan.paths.iter().any(|path| globs.matches(path));
    (!passes).then(|| "`paths` matches no changed path".to_owned())
}

#[cfg(test)]
mod tests;
