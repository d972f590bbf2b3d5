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
            line.push(Span::literal(rest));
        }
    }
    line
}

/// The page that compares both ends of an update. What was created or deleted has one end alone.
pub(super) fn comparison(event: &PushEvent) -> Option<&str> {
    let both = matches!(event.change, Change::Updated | Change::Forced);
    event.compare.as_deref().filter(|_| both)
}

/// What happened. `computed` is false for refs of which only the update is known.
pub(super) fn what(event: &PushEvent, computed: bool, words: &Words) -> Line {
    let computed = computed && event.error.is_none();
    let kind = event.kind();
    let n = || (words.commits)(event.total_distinct, event.total_commits_exact);
    let spans = [
        (
            "ref",
            vec![Span::untrusted(&event.ref_name().short()).bold()],
        ),
        ("kind", vec![Span::literal(kind_word(kind, words))]),
        ("old", vec![id(&event.update.old)]),
        ("new", vec![new_tip(event)]),
        ("n", vec![Span::literal(n()).to(comparison(event))]),
    ];
    let pattern = match (event.change, kind) {
        (Change::Deleted, _) => words.deleted,
        (Change::Created, _) if event.total_distinct > 0 => words.created_with,
        (Change::Created, _) => words.created_at,
        (_, RefKind::Tag) => words.moved,
        (Change::Forced, RefKind::Branch) if computed => words.forced,
        (_, RefKind::Other) => words.updated,
        _ if event.total_distinct > 0 => words.pushed,
        _ if computed => words.not_new,
        _ => words.updated,
    };
    let mut line = fill(pattern, &spans);
    if event.change == Change::Forced && kind == RefKind::Branch && computed {
        line.extend(rewritten(event, words, n()));
    }
    line
}

/// What a force push took away and brought.
fn rewritten(event: &PushEvent, words: &Words, added: String) -> Line {
    let mut line = Vec::new();
    if event.total_discarded > 0 {
        let n = Span::literal((words.commits)(event.total_discarded, true));
        line.extend(fill(words.discarded, &[("n", vec![n])]));
    }
    if event.total_distinct > 0 {
        line.extend(fill(
            words.added,
            &[("n", vec![Span::literal(added).to(comparison(event))])],
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
    Span::literal(id.short())
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
    let subject = Span::untrusted(&commit.message);
    let subject = if subject == Span::untrusted("") {
        Span::literal(words.no_subject)
    } else {
        subject
    };
    let mut line = vec![
        id(&commit.id).to(commit.url.as_deref()),
        Span::literal(" "),
        subject,
    ];
    let author = Span::untrusted(&commit.author.name);
    if author != Span::untrusted("") {
        line.extend([Span::literal(" — "), author]);
    }
    line
}
