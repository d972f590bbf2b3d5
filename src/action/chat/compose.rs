//! From what a delivery has to say to a message: heading, one block a ref, links. Knows no markup and no sizes.

use super::Dialect;
use super::message::{Block, Cut, Line, Message, Span};
use super::phrase::{commit, fill, what};
use super::words::{Words, words};
use crate::outgoing::{Kind, Outgoing};
use crate::push::{Change, PushEvent, RefKind};
use std::borrow::Cow;

/// A ref of the message, and whether more is known of it than its update.
type Told<'a> = (Cow<'a, PushEvent>, bool);

/// The refs in their order; those without an event of their own come last.
pub(super) fn refs(out: &Outgoing) -> Vec<Told<'_>> {
    let rest = out.rest.iter().map(|update| (Cow::Owned(PushEvent::bare(update.clone(), 0)), false));
    out.events.iter().map(|e| (Cow::Borrowed(e), true)).chain(rest).collect()
}

/// The message of our wording.
pub fn compose(out: &Outgoing) -> Message {
    let words = words(out.project.language);
    let refs = refs(out);
    let mut head = Vec::new();
    if out.kind == Kind::Test {
        head.push(fill(words.test, &[("hook", vec![Span::foreign(&out.hook)])]));
    }
    let mut tail = Vec::new();
    let blocks = match refs.as_slice() {
        [(event, told)] => {
            head.push(heading(out, words, what(event, *told, words)));
            let compare = event.compare.as_deref();
            let link = Span::ours(words.compare).to(compare).alone();
            if compare.is_some() && link != Span::ours(words.compare).alone() {
                tail.push(vec![link]);
            }
            vec![block(event, words, None)]
        }
        several => {
            head.push(heading(out, words, sum(several, words)));
            several.iter().map(|(event, told)| block(event, words, Some(what(event, *told, words)))).collect()
        }
    };
    Message { head, blocks, tail, more: words.more }
}

/// What marks a test, for messages whose text is not ours.
pub fn test_line(out: &Outgoing, dialect: &dyn Dialect) -> Option<String> {
    let mark = fill(words(out.project.language).test, &[("hook", vec![Span::foreign(&out.hook)])]);
    let message = Message { head: vec![mark], blocks: Vec::new(), tail: Vec::new(), more: |_| String::new() };
    let whole = Cut { commits: 0, refs: 0, width: 64, links: false };
    (out.kind == Kind::Test).then(|| message.render(dialect, &whole))
}

/// Project, pusher, what was done.
fn heading(out: &Outgoing, words: &Words, what: Line) -> Line {
    let project = out.project.display_name.as_ref().filter(|n| !n.is_empty()).unwrap_or(&out.project.name);
    let pusher = &out.push.pusher;
    let who = [&pusher.name, &pusher.username].into_iter().map(|n| Span::foreign(n)).find(|s| *s != Span::foreign(""));
    let who = who.unwrap_or_else(|| Span::ours(words.somebody));
    let project = Span::foreign(project).to(out.project.url.as_deref());
    fill(words.heading, &[("project", vec![project]), ("who", vec![who]), ("what", what)])
}

/// "3 branches", "2 tags", or "5 refs" when they are mixed.
pub(super) fn count(refs: &[Told<'_>], words: &Words) -> String {
    let all = |kind| refs.iter().all(|(e, _)| e.kind() == kind);
    match refs.len() {
        n if n > 0 && all(RefKind::Branch) => (words.branches)(n),
        n if n > 0 && all(RefKind::Tag) => (words.tags)(n),
        n => (words.refs)(n),
    }
}

/// What was done to several refs together.
fn sum(refs: &[Told<'_>], words: &Words) -> Line {
    let total = refs.iter().map(|(e, _)| e.total_distinct).sum::<usize>();
    let exact = refs.iter().all(|(e, _)| e.total_commits_exact);
    let pattern = if total > 0 { words.several_with } else { words.several };
    let n = Span::ours((words.commits)(total, exact));
    fill(pattern, &[("refs", vec![Span::ours(count(refs, words))]), ("n", vec![n])])
}

/// What is said about one ref below the heading, or in a list under `phrase`.
fn block(event: &PushEvent, words: &Words, phrase: Option<Line>) -> Block {
    let mut head = Vec::new();
    head.extend(phrase.map(|line| [vec![Span::ours("• ")], line].concat()));
    let message = event.tag.as_ref().filter(|_| event.change != Change::Deleted).and_then(|t| t.message.as_deref());
    let message = Span::foreign(message.unwrap_or(""));
    if message != Span::foreign("") {
        head.push(fill(words.quote, &[("text", vec![message])]));
    }
    if event.error.is_some() {
        head.push(vec![Span::ours(words.partial)]);
    }
    let distinct = event.commits.iter().rev().filter(|c| c.distinct);
    Block { head, commits: distinct.map(|c| commit(c, words)).collect(), total: event.total_distinct }
}
