//! What is stored of an event: no more than the largest body that some hook could make of it.

use crate::push::{Commit, PushEvent};
use crate::report::cut;
use serde_json::value::{RawValue, to_raw_value};

/// Bytes that a message keeps when messages must go; the title nearly always fits.
const MESSAGE: usize = 1024;

/// The event in JSON, cut to `bytes`: file lists first, then the oldest commits, then messages, each with its flag.
/// What is left when nothing more can go is kept. `None` never happens: an event is always JSON.
pub(super) fn to_fit(mut event: PushEvent, bytes: usize) -> Option<Box<RawValue>> {
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
            .for_each(|m| m.truncate(cut(m, MESSAGE).len()));
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
        commit.message.truncate(cut(&commit.message, MESSAGE).len());
        commit.message_truncated = true;
    }
}
