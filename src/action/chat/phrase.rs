//! What happened to one ref, as a phrase that follows the pusher's name or stands in a list.

use super::message::{Line, Span};
use super::words::Words;
use crate::push::{Change, Commit, ObjectId, PushEvent, RefKind};

/// Fills `{name}` in a pattern by spans; a name that is not given stays out.
pub(super) fn fill(pattern: &str, spans: &[(&str, Line)]) -> Line {
    let mut line = Vec::new();
    for (index, part) in pattern.split('{').enumerate() {
        let (name, rest) = if index == 0 {
            ("", part)
        } else {
            part.split_once('}').unwrap_or((part, ""))
        };
        line.extend(
            spans
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, s)| s.clone())
                .unwrap_or_default(),
        );
        if !rest.is_empty() {
            line.push(Span::ours(rest));
        }
    }
    line
}

/// What happened. `told` is false for refs of which only the update itself is known.
pub(super) fn what(event: &PushEvent, told: bool, words: &Words) -> Line {
    let told = told && event.error.is_none();
    let kind = event.kind();
    let n = || (words.commits)(event.total_distinct, event.total_commits_exact);
    let spans = [
        ("ref", vec![Span::foreign(&event.ref_name().short()).bold()]),
        ("kind", vec![Span::ours(kind_word(kind, words))]),
        ("old", vec![id(&event.update.old)]),
        ("new", vec![new_tip(event)]),
        ("n", vec![Span::ours(n()).to(event.compare.as_deref())]),
    ];
    let pattern = match (event.change, kind) {
        (Change::Deleted, _) => words.deleted,
        (Change::Created, _) if event.total_distinct > 0 => words.created_with,
        (Change::Created, _) => words.created_at,
        (_, RefKind::Tag) => words.moved,
        (Change::Forced, RefKind::Branch) if told => words.forced,
        (_, RefKind::Other) => words.updated,
        _ if event.total_distinct > 0 => words.pushed,
        _ if told => words.not_new,
        _ => words.updated,
    };
    let mut line = fill(pattern, &spans);
    if event.change == Change::Forced && kind == RefKind::Branch && told {
        line.extend(rewritten(event, words, n()));
    }
    line
}

/// What a force push took away and brought.
fn rewritten(event: &PushEvent, words: &Words, added: String) -> Line {
    let mut line = Vec::new();
    if event.total_discarded > 0 {
        let n = Span::ours((words.commits)(event.total_discarded, true));
        line.extend(fill(words.discarded, &[("n", vec![n])]));
    }
    if event.total_distinct > 0 {
        line.extend(fill(
            words.added,
            &[("n", vec![Span::ours(added).to(event.compare.as_deref())])],
        ));
    }
    line
}

pub(super) fn kind_word(kind: RefKind, words: &Words) -> &'static str {
    match kind {
        RefKind::Branch => words.branch,
        RefKind::Tag => words.tag,
        RefKind::Other => words.other,
    }
}

fn id(id: &ObjectId) -> Span {
    Span::ours(id.short())
}

/// The new tip as people know it: of an annotated tag its target, linked where the page is known.
fn new_tip(event: &PushEvent) -> Span {
    let tip = event.tag.as_ref().map_or(&event.update.new, |t| &t.target);
    let page = event
        .head_commit
        .as_ref()
        .filter(|c| c.id == *tip)
        .and_then(|c| c.url.as_deref());
    id(tip).to(page)
}

/// One line a commit: short id, subject, author.
pub(super) fn commit(commit: &Commit, words: &Words) -> Line {
    let subject = Span::foreign(&commit.message);
    let subject = if subject == Span::foreign("") {
        Span::ours(words.no_subject)
    } else {
        subject
    };
    let mut line = vec![
        id(&commit.id).to(commit.url.as_deref()),
        Span::ours(" "),
        subject,
    ];
    let author = Span::foreign(&commit.author.name);
    if author != Span::foreign("") {
        line.extend([Span::ours(" — "), author]);
    }
    line
}
