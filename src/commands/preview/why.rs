//! Explains why a hook would not fire, with the line of the configuration that says so.

use crate::commands::event_selection::SelectedEvent;
use crate::config::{Hook, SourceMap};
use crate::filter::{self, Refusal};
use crate::push::{Change, Push};

/// What all of it is about: "refs/heads/main updated 1234567..89abcde, 2 commits, pushed by ann".
pub(super) fn subject(subject: &SelectedEvent) -> String {
    let event = &subject.computed.event;
    let short = |id: &str| id.get(..8).unwrap_or(id).to_owned();
    let (old, new) = (
        short(event.update.old.as_str()),
        short(event.update.new.as_str()),
    );
    let name = event.ref_name().display();
    let what = match event.change {
        Change::Created => format!("created at {new}"),
        Change::Updated => format!("updated {old}..{new}"),
        Change::Forced => format!("forced {old}...{new}"),
        Change::Deleted => format!("deleted, it was {old}"),
    };
    let commits = match event.total_commits {
        0 => String::new(),
        1 => ", 1 commit".to_owned(),
        n => format!(", {n} commits"),
    };
    let new = if subject.is_new {
        "; it is not here yet: shown as if it were pushed now"
    } else {
        ""
    };
    format!(
        "{name} {what}{commits}, pushed by {}{new}",
        subject.push.pusher.username
    )
}

/// "`branches = ["main"]` (hooks.toml:7) does not match `feature/x`"
pub(super) fn refused(hook: &Hook, refusal: &Refusal, places: &SourceMap) -> String {
    let Some(key) = refusal.key else {
        return refusal.why.clone();
    };
    match places.filter(&hook.name, refusal.set, key) {
        Some(written) => format!("{written} {}", refusal.why),
        // `refs` has no default.
        None if key == "refs" || key == "on" => refusal.to_string(),
        None => format!("`{key}` ({}'s default) {}", hook.kind.id, refusal.why),
    }
}

/// A push option that asks for it to be left out, and does not count.
pub(super) fn option_without_effect(hook: &Hook, push: &Push) -> Option<String> {
    let asked = filter::skip_option(&hook.name, push).filter(|_| !hook.skippable)?;
    Some(format!(
        "{asked} does not count: the server's file does not say `skippable = true`"
    ))
}
