//! Truncates an event to a size: file lists, then commits, then messages; never JSON or a character. Counts stay exact.

use super::body;
use super::commit;
use super::{MessageKind, Outgoing};
use crate::push::Commit;
use serde_json::Value;

/// Bytes of `"files_truncated":true,`.
const FLAG: usize = 23;
/// Bytes to which messages are cut, one after the other.
const MESSAGES: [usize; 6] = [65_536, 16_384, 4096, 1024, 256, 80];

/// The body within `max_body`. Sizes are added up, so that the body is written a few times at most, not once a commit.
pub(super) fn to_size(out: &Outgoing, adapt: &dyn Fn(&Outgoing, Value) -> Value) -> Vec<u8> {
    let bytes_of = |out: &Outgoing| adapt(out, out.body()).to_string().into_bytes();
    let mut bytes = bytes_of(out);
    if bytes.len() <= out.max_body {
        return bytes;
    }
    let mut out = out.clone();
    for step in [files, commits, messages] {
        let excess = bytes.len() - out.max_body;
        step(&mut out, excess);
        bytes = bytes_of(&out);
        if bytes.len() <= out.max_body {
            return bytes;
        }
    }
    while let Some(less) = smaller(&out) {
        out = less;
        bytes = bytes_of(&out);
        if bytes.len() <= out.max_body {
            return bytes;
        }
    }
    body::bare(&out).to_string().into_bytes()
}

/// How often an event stands in the body.
fn weight(kind: MessageKind, index: usize) -> usize {
    if kind == MessageKind::Push && index == 0 {
        2
    } else {
        1
    }
}

/// Oldest first, and the last event's before the first's.
fn files(out: &mut Outgoing, mut excess: usize) {
    for (index, event) in out.events.iter_mut().enumerate().rev() {
        for commit in event.commits.iter_mut().chain(event.head_commit.as_mut()) {
            if excess == 0 {
                return;
            }
            let saved = list_bytes(commit).saturating_sub(FLAG);
            if saved > 0 {
                drop_files(commit);
                excess = excess.saturating_sub(saved * weight(out.kind, index));
            }
        }
    }
}

fn list_bytes(commit: &Commit) -> usize {
    let paths = [&commit.added, &commit.removed, &commit.modified]
        .into_iter()
        .flatten();
    paths.map(|path| quoted_bytes(path) + 1).sum()
}

/// Bytes of a string as JSON.
fn quoted_bytes(text: &str) -> usize {
    let escaped = |byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 8 | 12 => 2,
        0..32 => 6,
        _ => 1,
    };
    2 + text.bytes().map(escaped).sum::<usize>()
}

fn drop_files(commit: &mut Commit) {
    if commit.added.len() + commit.removed.len() + commit.modified.len() > 0 {
        (commit.added, commit.removed, commit.modified) = (Vec::new(), Vec::new(), Vec::new());
        commit.files_truncated = true;
    }
}

/// Oldest first; the newest of each event stays while messages can still be cut.
fn commits(out: &mut Outgoing, mut excess: usize) {
    for (index, event) in out.events.iter_mut().enumerate().rev() {
        let mut surplus = 0;
        while excess > 0 && surplus + 1 < event.commits.len() {
            let saved = commit::commit(&event.commits[surplus]).to_string().len() + 1;
            excess = excess.saturating_sub(saved * weight(out.kind, index));
            surplus += 1;
        }
        if surplus > 0 {
            event.commits.drain(..surplus);
            event.truncated = true;
        }
    }
}

/// To the longest of [`MESSAGES`] that is short enough.
fn messages(out: &mut Outgoing, excess: usize) {
    for most in MESSAGES {
        let mut saved = 0;
        for (index, event) in out.events.iter_mut().enumerate() {
            for commit in event.commits.iter_mut().chain(event.head_commit.as_mut()) {
                let before = quoted_bytes(&commit.message);
                cut_message(commit, most);
                saved += (before - quoted_bytes(&commit.message)) * weight(out.kind, index);
            }
            if let Some(message) = event.tag.as_mut().and_then(|tag| tag.message.as_mut()) {
                shorten(message, most);
            }
        }
        if saved > excess.saturating_add(64) {
            return;
        }
    }
}

/// To at most so many bytes, between characters.
fn shorten(text: &mut String, most: usize) {
    if text.len() > most {
        let end = (0..=most)
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(0);
        text.truncate(end);
    }
}

fn cut_message(commit: &mut Commit, most: usize) {
    if commit.message.len() > most {
        shorten(&mut commit.message, most);
        commit.message_truncated = true;
    }
}

/// One step down: no files, half the commits, a quarter of the messages, half the updates.
pub(super) fn smaller(out: &Outgoing) -> Option<Outgoing> {
    let mut less = out.clone();
    for step in [
        no_files,
        half_the_commits,
        shorter_messages,
        half_the_updates,
        shorter_people,
    ] {
        step(&mut less);
        if less != *out {
            return Some(less);
        }
    }
    None
}

fn no_files(out: &mut Outgoing) {
    all_commits(out).for_each(drop_files);
}

fn all_commits(out: &mut Outgoing) -> impl Iterator<Item = &mut Commit> {
    out.events
        .iter_mut()
        .flat_map(|event| event.commits.iter_mut().chain(event.head_commit.as_mut()))
}

fn half_the_commits(out: &mut Outgoing) {
    for event in &mut out.events {
        let surplus = event.commits.len().div_ceil(2);
        if surplus > 0 {
            event.commits.drain(..surplus);
            event.truncated = true;
        }
    }
}

fn shorter_messages(out: &mut Outgoing) {
    let longest = all_commits(out)
        .map(|commit| commit.message.len())
        .max()
        .unwrap_or(0);
    let most = (longest / 4).max(80);
    all_commits(out).for_each(|commit| cut_message(commit, most));
    for message in out
        .events
        .iter_mut()
        .filter_map(|event| event.tag.as_mut()?.message.as_mut())
    {
        shorten(message, most.min(1024));
    }
}

fn half_the_updates(out: &mut Outgoing) {
    if matches!(out.kind, MessageKind::Push | MessageKind::Summary) {
        let (events, rest) = (out.events.len(), out.rest.len());
        if rest > 0 {
            out.rest.truncate(rest / 2);
        } else if events > 1 {
            out.events.truncate(events.div_ceil(2));
        }
        out.updates_omitted += events - out.events.len() + rest - out.rest.len();
    }
    let options = out.push.options.len();
    out.push.options.truncate(options / 2);
}

/// Names are short in any honest commit.
fn shorter_people(out: &mut Outgoing) {
    for commit in all_commits(out) {
        for person in [&mut commit.author, &mut commit.committer] {
            shorten(&mut person.name, 80);
            shorten(&mut person.email, 80);
        }
    }
}
