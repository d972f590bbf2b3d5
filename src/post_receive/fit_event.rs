//! Truncates an event to the largest body that any hook can make of it, before it is stored.

use crate::push::{Commit, PushEvent};
use crate::report::truncate;
use serde_json::value::{RawValue, to_raw_value};

/// Messages that must be truncated keep so many bytes: enough for nearly every title.
const MESSAGE: usize = 1024;

/// The event in JSON, truncated to `bytes`: first the file lists, then the oldest commits, then messages, each with its
/// flag. What cannot be truncated is kept, even if it is larger. `None` never happens: an event is always JSON.
pub(super) fn event_within(mut event: PushEvent, bytes: usize) -> Option<Box<RawValue>> {
    let mut json = to_raw_value(&event).ok()?;
    if json.get().len() > bytes {
        commits(&mut event).for_each(drop_files);
        json = to_raw_value(&event).ok()?;
    }
    while json.get().len() > bytes && event.commits.len() > 1 {
        event.commits.drain(..event.commits.len().div_ceil(2));
        event.truncated = true;
        json = to_raw_value(&event).ok()?;
    }
    if json.get().len() > bytes {
        commits(&mut event).for_each(shorten);
        event
            .tag
            .iter_mut()
            .filter_map(|t| t.message.as_mut())
            .for_each(|m| m.truncate(truncate(m, MESSAGE).len()));
        json = to_raw_value(&event).ok()?;
    }
    Some(json)
}

fn commits(event: &mut PushEvent) -> impl Iterator<Item = &mut Commit> {
    event.commits.iter_mut().chain(event.head_commit.iter_mut())
}

fn drop_files(commit: &mut Commit) {
    let lists = [&mut commit.added, &mut commit.removed, &mut commit.modified];
    for list in lists {
        if !list.is_empty() {
            list.clear();
            commit.files_truncated = true;
        }
    }
}

fn shorten(commit: &mut Commit) {
    if commit.message.len() > MESSAGE {
        commit
            .message
            .truncate(truncate(&commit.message, MESSAGE).len());
        commit.message_truncated = true;
    }
}
