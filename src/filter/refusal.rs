//! Explains why a set of filters does not let an event pass: the key, and what the event has instead.

use super::{Filters, Globs};
use crate::push::{Change, Computed, Push, PushEvent, Pusher, RefKind, RefName, Scan};
use std::fmt;

/// Paths and people that are named where none matches.
const NAMED: usize = 3;

/// The first reason not to fire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The filter that refuses; `None`: a push option.
    pub key: Option<&'static str>,
    /// Which of a hook's sets of filters it stands in: 0 where the hook is, 1 where the repository's file narrows it.
    pub set: usize,
    /// What follows the key in a sentence: "does not match `feature/x`".
    pub why: String,
}

/// "`branches` does not match `feature/x`"
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key {
            Some(key) => write!(f, "`{key}` {}", self.why),
            None => f.write_str(&self.why),
        }
    }
}

impl Refusal {
    fn by(key: &'static str, why: impl Into<String>) -> Self {
        Self {
            key: Some(key),
            set: 0,
            why: why.into(),
        }
    }

    pub(super) fn option(option: &str) -> Self {
        Self {
            key: None,
            set: 0,
            why: format!("push option `{option}`"),
        }
    }
}

/// The first reason not to fire, cheap ones first.
pub(super) fn refuse(filters: &Filters, push: &Push, computed: &Computed) -> Option<Refusal> {
    let Computed { event, scan } = computed;
    early(filters, push, event.ref_name(), Some(event.change))
        .or_else(|| filters.skip_ci.then(|| ci_skipped(push, event)).flatten())
        .or_else(|| authors_refused(filters, event, scan))
        .or_else(|| paths_refused(filters, event, scan))
}

/// The reasons that need no event; `change` where it is known.
pub(super) fn early(
    filters: &Filters,
    push: &Push,
    name: &RefName,
    change: Option<Change>,
) -> Option<Refusal> {
    let trouble = || {
        Refusal::by(
            "on",
            "has no `push`: it reports trouble of other hooks alone",
        )
    };
    filters
        .no_push
        .then(trouble)
        .or_else(|| name_refused(filters, name))
        .or_else(|| by_change(filters, change?))
        .or_else(|| pusher_refused(filters, &push.pusher))
}

fn name_refused(filters: &Filters, name: &RefName) -> Option<Refusal> {
    let Filters {
        branches,
        tags,
        refs,
        ..
    } = filters;
    let full = |globs: &Globs| {
        (!globs.matches(name.as_bytes())).then(|| no_match("refs", &name.display()))
    };
    let (key, own, other_key, other) = match name.kind() {
        RefKind::Branch => ("branches", branches, "tags", tags),
        RefKind::Tag => ("tags", tags, "branches", branches),
        RefKind::Other => {
            let missing = || {
                Some(Refusal::by(
                    "refs",
                    "is not given: only branches and tags fire",
                ))
            };
            return refs.as_ref().map_or_else(missing, full);
        }
    };
    match (own, other, refs) {
        (Some(globs), _, _) => (!globs.matches(short(name))).then(|| no_match(key, &name.short())),
        (None, Some(_), _) => Some(Refusal::by(
            other_key,
            format!("is given without `{key}`: {key} do not fire"),
        )),
        (None, None, refs) => refs.as_ref().and_then(full),
    }
}

/// Short name, byte for byte.
fn short(name: &RefName) -> &[u8] {
    let bytes = name.as_bytes();
    bytes
        .strip_prefix(b"refs/heads/")
        .or_else(|| bytes.strip_prefix(b"refs/tags/"))
        .unwrap_or(bytes)
}

fn no_match(key: &'static str, what: &str) -> Refusal {
    Refusal::by(key, format!("does not match `{what}`"))
}

/// By the kind of change alone.
pub(super) fn by_change(filters: &Filters, change: Change) -> Option<Refusal> {
    let word = match change {
        Change::Created => "created",
        Change::Updated => "updated",
        Change::Forced => "forced",
        Change::Deleted => "deleted",
    };
    let refused = filters
        .changes
        .as_ref()
        .is_some_and(|c| !c.contains(&change));
    refused.then(|| Refusal::by("changes", format!("leaves out `{word}`")))
}

fn pusher_refused(filters: &Filters, pusher: &Pusher) -> Option<Refusal> {
    let globs = filters.pushers.as_ref()?;
    let Pusher {
        username,
        name,
        email,
        ..
    } = pusher;
    let email = email.as_deref().unwrap_or(username);
    if globs.matches_any(&[username.as_bytes(), name.as_bytes(), email.as_bytes()]) {
        return None;
    }
    let mut others = [name.as_str(), email]
        .into_iter()
        .filter(|other| other != username)
        .collect::<Vec<_>>();
    others.dedup();
    let others = if others.is_empty() {
        String::new()
    } else {
        format!(" ({})", others.join(", "))
    };
    Some(Refusal::by(
        "pushers",
        format!("does not match `{username}`{others}"),
    ))
}

fn ci_skipped(push: &Push, event: &PushEvent) -> Option<Refusal> {
    if push.options.iter().any(|option| option == "ci.skip") {
        return Some(Refusal::by(
            "skip_ci",
            "is on, and the push option `ci.skip` was given",
        ));
    }
    let commit = event.head_commit.as_ref()?;
    let message = commit.message.to_ascii_lowercase();
    let (at, mark) = ["[skip ci]", "[ci skip]"]
        .into_iter()
        .find_map(|mark| Some((message.find(mark)?, mark)))?;
    let line = message[..at].matches('\n').count() + 1;
    let id = commit.id.as_str().get(..8).unwrap_or_default();
    Some(Refusal::by(
        "skip_ci",
        format!("is on, and line {line} of the message of {id}, the newest commit, has `{mark}`"),
    ))
}

/// Whether filters by content do not apply: deletions and tags have none of their own, and what could not be read to
/// its end may well have held a match.
fn unfiltered(event: &PushEvent, scan: &Scan) -> bool {
    event.change == Change::Deleted
        || event.kind() == RefKind::Tag
        || scan.bounded
        || event.error.is_some()
}

fn authors_refused(filters: &Filters, event: &PushEvent, scan: &Scan) -> Option<Refusal> {
    let globs = filters.authors.as_ref()?;
    let named =
        |(name, email): &(String, String)| globs.matches_any(&[name.as_bytes(), email.as_bytes()]);
    if unfiltered(event, scan) || scan.authors.iter().any(named) {
        return None;
    }
    let shown = scan
        .authors
        .iter()
        .map(|(name, email)| format!("{name} <{email}>"));
    Some(Refusal::by(
        "authors",
        none_of("author", "no commit is new", scan.authors.len(), shown),
    ))
}

fn paths_refused(filters: &Filters, event: &PushEvent, scan: &Scan) -> Option<Refusal> {
    let globs = filters.paths.as_ref()?;
    if unfiltered(event, scan) || scan.paths.iter().any(|path| globs.matches(path)) {
        return None;
    }
    let shown = scan
        .paths
        .iter()
        .map(|path| String::from_utf8_lossy(path).into_owned());
    Some(Refusal::by(
        "paths",
        none_of(
            "changed path",
            "no path has changed",
            scan.paths.len(),
            shown,
        ),
    ))
}

/// "matches none of the 12 changed paths: `a`, `b`, `c`, …"
fn none_of(
    what: &str,
    nothing: &str,
    number: usize,
    shown: impl Iterator<Item = String>,
) -> String {
    let named = shown
        .take(NAMED)
        .map(|one| format!("`{one}`"))
        .collect::<Vec<_>>()
        .join(", ");
    match number {
        0 => format!("matches nothing: {nothing}"),
        1 => format!("does not match the only {what}: {named}"),
        n => format!(
            "matches none of the {n} {what}s: {named}{}",
            if n > NAMED { ", …" } else { "" }
        ),
    }
}
