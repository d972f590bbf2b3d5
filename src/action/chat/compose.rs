//! From what a delivery has to say to a message: heading, one block a ref, links. Knows no markup and no sizes.

use super::Markup;
use super::message::{Block, Cut, Line, Message, Span};
use super::phrase::{commit, comparison, fill, what};
use super::words::{Words, words};
use crate::outgoing::{MessageKind, Outgoing};
use crate::push::{Change, Push, PushEvent, RefKind, Trouble, TroubleKind};
use std::borrow::Cow;

/// A ref of the message, and whether more is known of it than its update.
pub(super) type RefChange<'a> = (Cow<'a, PushEvent>, bool);

/// The refs in their order; those without an event of their own come last.
pub(super) fn refs(out: &Outgoing) -> Vec<RefChange<'_>> {
    let rest = out
        .rest
        .iter()
        .map(|update| (Cow::Owned(PushEvent::bare(update.clone(), 0)), false));
    out.events
        .iter()
        .map(|e| (Cow::Borrowed(e), true))
        .chain(rest)
        .collect()
}

/// The message of our wording.
pub fn compose(out: &Outgoing) -> Message {
    let words = words(out.project.language);
    if let Some(trouble) = &out.push.trouble {
        return of_trouble(out, trouble, words);
    }
    let refs = refs(out);
    let mut head = Vec::new();
    if out.kind == MessageKind::Test {
        head.push(fill(
            words.test,
            &[("hook", vec![Span::untrusted(&out.hook)])],
        ));
    }
    let mut tail = Vec::new();
    let blocks = match refs.as_slice() {
        [(event, computed)] if out.updates_omitted == 0 => {
            head.push(heading(out, words, what(event, *computed, words)));
            let compared = comparison(event);
            let link = Span::literal(words.compare).to(compared).alone();
            if compared.is_some() && link != Span::literal(words.compare).alone() {
                tail.push(vec![link]);
            }
            vec![block(event, words, None)]
        }
        several => {
            head.push(heading(
                out,
                words,
                sum(several, out.updates_omitted, words),
            ));
            several
                .iter()
                .map(|(event, computed)| block(event, words, Some(what(event, *computed, words))))
                .collect()
        }
    };
    Message {
        head,
        blocks,
        unlisted: out.updates_omitted,
        tail,
        more_commits: words.more_commits,
        more_blocks: words.more_refs,
    }
}

/// Two lines: what has happened to which hook, and why.
fn of_trouble(out: &Outgoing, trouble: &Trouble, words: &Words) -> Message {
    let pattern = match trouble.kind {
        TroubleKind::Down => words.down,
        TroubleKind::Failed => words.failed,
        TroubleKind::Back => words.back,
    };
    let spans = [
        ("project", vec![project(out)]),
        ("hook", vec![Span::untrusted(&trouble.hook).bold()]),
        ("since", vec![Span::literal(&*out.since)]),
        ("n", vec![Span::literal((words.deliveries)(trouble.count))]),
    ];
    let mut head = vec![fill(pattern, &spans)];
    if !trouble.last_error.is_empty() {
        let why = vec![Span::untrusted(&trouble.last_error)];
        head.push(fill(words.last_error, &[("why", why)]));
    }
    Message {
        head,
        blocks: Vec::new(),
        unlisted: 0,
        tail: Vec::new(),
        more_commits: words.more_commits,
        more_blocks: words.more_refs,
    }
}

/// What marks a test, for messages whose text comes from a template.
pub fn test_line(out: &Outgoing, markup: &dyn Markup) -> Option<String> {
    let mark = fill(
        words(out.project.language).test,
        &[("hook", vec![Span::untrusted(&out.hook)])],
    );
    let message = Message {
        head: vec![mark],
        blocks: Vec::new(),
        unlisted: 0,
        tail: Vec::new(),
        more_commits: |_| String::new(),
        more_blocks: |_| String::new(),
    };
    let whole = Cut {
        commits: 0,
        refs: 0,
        width: 64,
        links: false,
    };
    (out.kind == MessageKind::Test).then(|| message.render(markup, &whole))
}

/// Project, pusher, what was done.
fn heading(out: &Outgoing, words: &Words, what: Line) -> Line {
    let spans = [
        ("project", vec![project(out)]),
        ("who", vec![who(&out.push, words)]),
        ("what", what),
    ];
    let mut line = fill(words.heading, &spans);
    line.extend(later(&out.push, words));
    line
}

/// The project, linked to its page.
pub(super) fn project(out: &Outgoing) -> Span {
    let name = out
        .project
        .display_name
        .as_ref()
        .filter(|n| !n.is_empty())
        .unwrap_or(&out.project.name);
    Span::untrusted(name).to(out.project.url.as_deref())
}

/// The pusher's name; of a push that was found later nobody knows it.
pub(super) fn who(push: &Push, words: &Words) -> Span {
    let names = [&push.pusher.name, &push.pusher.username]
        .into_iter()
        .filter(|_| !push.recovered);
    let known = names
        .map(|name| Span::untrusted(name))
        .find(|span| *span != Span::untrusted(""));
    known.unwrap_or_else(|| Span::literal(words.somebody))
}

/// Says so of a push that nobody announced.
pub(super) fn later(push: &Push, words: &Words) -> Option<Span> {
    push.recovered.then(|| Span::literal(words.later))
}

/// "3 branches", "2 tags", or "5 refs" when they are mixed, or some of them `unlisted`.
pub(super) fn count(refs: &[RefChange<'_>], unlisted: usize, words: &Words) -> String {
    let all = |kind| unlisted == 0 && refs.iter().all(|(e, _)| e.kind() == kind);
    match refs.len() + unlisted {
        n if n > 0 && all(RefKind::Branch) => (words.branches)(n),
        n if n > 0 && all(RefKind::Tag) => (words.tags)(n),
        n => (words.refs)(n),
    }
}

/// What was done to several refs together.
pub(super) fn sum(refs: &[RefChange<'_>], unlisted: usize, words: &Words) -> Line {
    let total = refs.iter().map(|(e, _)| e.total_distinct).sum::<usize>();
    let exact = refs.iter().all(|(e, _)| e.total_commits_exact);
    let pattern = if total > 0 {
        words.several_with
    } else {
        words.several
    };
    let n = Span::literal((words.commits)(total, exact));
    fill(
        pattern,
        &[
            ("refs", vec![Span::literal(count(refs, unlisted, words))]),
            ("n", vec![n]),
        ],
    )
}

/// What is said about one ref below the heading, or in a list under `phrase`.
fn block(event: &PushEvent, words: &Words, phrase: Option<Line>) -> Block {
    let mut head = Vec::new();
    head.extend(phrase.map(|line| [vec![Span::literal("• ")], line].concat()));
    head.extend(details(event, words));
    Block {
        head,
        commits: commits(event, words).collect(),
        total: event.total_distinct,
    }
}

/// What a tag says, and what could not be read.
pub(super) fn details(event: &PushEvent, words: &Words) -> Vec<Line> {
    let mut lines = Vec::new();
    let message = event
        .tag
        .as_ref()
        .filter(|_| event.change != Change::Deleted)
        .and_then(|t| t.message.as_deref());
    let message = Span::untrusted(message.unwrap_or(""));
    if message != Span::untrusted("") {
        lines.push(fill(words.quote, &[("text", vec![message])]));
    }
    if event.error.is_some() {
        lines.push(vec![Span::literal(words.partial)]);
    }
    lines
}

/// A line for each distinct commit, newest first.
pub(super) fn commits<'a>(
    event: &'a PushEvent,
    words: &'a Words,
) -> impl Iterator<Item = Line> + 'a {
    event
        .commits
        .iter()
        .rev()
        .filter(|c| c.distinct)
        .map(|c| commit(c, words))
}
