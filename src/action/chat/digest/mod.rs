//! The wording of a digest: a heading with every push counted, then push by push, or ref by ref where that is too
//! long. Knows no markup and no sizes. Why a backlog came to be is not known here, so it is not said.

mod backlog;
mod words;

use super::compose::{RefChange, commits, details, later, project, sum, who};
use super::message::{Block, Line, Message, Span};
use super::phrase::{fill, kind_word, what};
use super::words::Words;
use crate::outgoing::Outgoing;
use crate::push::{Change, PushEvent, RefKind};
use backlog::{Commits, DigestBacklog, Moved, Moves, Pushed, Who};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Names that a list shows before it counts.
const NAMES: usize = 3;

/// A backlog that can be listed in two ways.
pub(super) struct Digest<'a> {
    out: &'a Outgoing,
    /// What every message says.
    words: &'static Words,
    /// What only a digest says.
    own: &'static words::DigestWords,
    backlog: DigestBacklog<'a>,
}

impl<'a> Digest<'a> {
    pub(super) fn new(out: &'a Outgoing) -> Self {
        Self {
            out,
            words: super::words::words(out.project.language),
            own: words::words(out.project.language),
            backlog: DigestBacklog::new(out),
        }
    }

    /// How many pushes there are.
    pub(super) fn pushes(&self) -> usize {
        self.backlog.pushes.len()
    }

    /// How many lines [`Self::by_push`] has at least.
    pub(super) fn lines(&self) -> usize {
        let refs = |pushed: &Pushed<'_>| {
            if pushed.refs.len() > 1 {
                pushed.refs.len()
            } else {
                0
            }
        };
        self.backlog
            .pushes
            .iter()
            .map(|pushed| 1 + refs(pushed))
            .sum()
    }

    /// One block a push, with at most so many commits.
    pub(super) fn by_push(&self, most: usize) -> Message {
        let day = self.day();
        let blocks = self
            .backlog
            .pushes
            .iter()
            .map(|pushed| self.push(pushed, day, most))
            .collect();
        Message {
            blocks,
            more_blocks: self.own.more_pushes,
            ..self.headed()
        }
    }

    /// One line a ref.
    pub(super) fn by_ref(&self) -> Message {
        let block = |moves| Block {
            head: vec![self.moves(moves)],
            ..Block::default()
        };
        Message {
            blocks: self.backlog.refs.iter().map(block).collect(),
            more_blocks: self.own.more_refs,
            ..self.headed()
        }
    }

    fn headed(&self) -> Message {
        Message {
            head: vec![self.heading()],
            blocks: Vec::new(),
            unlisted: 0,
            tail: Vec::new(),
            more_commits: self.words.more_commits,
            more_blocks: self.own.more_refs,
        }
    }

    /// Project, pushes and people, refs, commits, from when to when.
    fn heading(&self) -> Line {
        let Self { own, backlog, .. } = self;
        let pushes = Span::literal((own.pushes)(backlog.pushes.len()));
        let mut parts = vec![fill(
            own.pushes_by,
            &[("pushes", vec![pushes]), ("who", self.people())],
        )];
        if backlog.refs.len() > 1 {
            parts.push(vec![Span::literal(self.refs())]);
        }
        parts.extend(self.new_commits(backlog.commits));
        parts.extend(self.span());
        parts.extend(self.found_later(backlog.recovered));
        fill(
            own.heading,
            &[
                ("project", vec![project(self.out)]),
                ("parts", joined(parts, own.comma)),
            ],
        )
    }

    /// "3 branches", "2 tags", or "5 refs" when they are mixed.
    fn refs(&self) -> String {
        let refs = &self.backlog.refs;
        let all = |kind| refs.iter().all(|moves| moves.name.kind() == kind);
        let count = match () {
            () if all(RefKind::Branch) => self.words.branches,
            () if all(RefKind::Tag) => self.words.tags,
            () => self.words.refs,
        };
        count(refs.len())
    }

    fn new_commits(&self, commits: Commits) -> Option<Line> {
        (commits.distinct > 0).then(|| {
            vec![Span::literal((self.words.commits)(
                commits.distinct,
                commits.exact,
            ))]
        })
    }

    fn found_later(&self, n: usize) -> Option<Line> {
        (n > 0).then(|| vec![Span::literal((self.own.recovered)(n))])
    }

    /// The day that all times share, as they begin with it; empty when they do not, or are of today.
    fn day(&self) -> &str {
        let pushes = &self.backlog.pushes;
        let day = pushes
            .first()
            .and_then(|first| Some(first.time.split_once(' ')?.0))
            .unwrap_or("");
        let same = pushes
            .iter()
            .all(|pushed| pushed.time.split_once(' ').is_some_and(|(d, _)| d == day));
        if same { day } else { "" }
    }

    /// "14:02 to 15:10", with the days where they are not today.
    fn span(&self) -> Option<Line> {
        let mut times = self
            .backlog
            .pushes
            .iter()
            .map(|pushed| pushed.time)
            .filter(|time| !time.is_empty());
        let from = times.next()?;
        let to = times.next_back().unwrap_or(from);
        if from == to {
            return Some(vec![Span::literal(from)]);
        }
        let to = without_day(to, self.day());
        Some(fill(
            self.own.span,
            &[
                ("from", vec![Span::literal(from)]),
                ("to", vec![Span::literal(to)]),
            ],
        ))
    }

    /// One person by name, several by number.
    fn people(&self) -> Line {
        let Self { own, backlog, .. } = self;
        match backlog.who.known.len() {
            0 | 1 => self.names(&backlog.who),
            n => {
                let somebody = if backlog.who.unknown {
                    own.and_somebody
                } else {
                    ""
                };
                vec![Span::literal((own.people)(n) + somebody)]
            }
        }
    }

    /// The first few by name, the others by number.
    fn names(&self, who: &Who) -> Line {
        let Self { words, own, .. } = self;
        let shown = who
            .known
            .iter()
            .take(NAMES)
            .map(|person| vec![self::who(self.backlog.people[*person], words)]);
        let mut line = joined(shown.collect(), own.and);
        match (who.known.len().saturating_sub(NAMES), who.unknown) {
            (0, true) if line.is_empty() => line.push(Span::literal(words.somebody)),
            (0, true) => line.push(Span::literal(own.and_somebody)),
            (0, false) => {}
            (others, unknown) => line.push(Span::literal((own.and_others)(
                NAMES,
                others + usize::from(unknown),
            ))),
        }
        line
    }

    fn push(&self, pushed: &Pushed<'_>, day: &str, most: usize) -> Block {
        let Self { words, own, .. } = self;
        let refs: Vec<RefChange<'_>> = pushed.refs.iter().map(ref_change).collect();
        let what_of = |(event, computed): &RefChange<'_>| what(event, *computed, words);
        let done = if let [only] = refs.as_slice() {
            what_of(only)
        } else {
            sum(&refs, 0, words)
        };
        let pattern = if pushed.time.is_empty() {
            own.done
        } else {
            own.done_at
        };
        let time = Span::literal(without_day(pushed.time, day));
        let spans = [
            ("time", vec![time]),
            ("who", vec![who(pushed.push, words)]),
            ("what", done),
        ];
        let mut first = fill(pattern, &spans);
        first.extend(later(pushed.push, words));
        let mut head = vec![first];
        for each in &refs {
            if refs.len() > 1 {
                head.push([vec![Span::literal("– ")], what_of(each)].concat());
            }
            head.extend(details(&each.0, words));
        }
        let listed = refs
            .iter()
            .flat_map(|(event, _)| commits(event, words))
            .take(most)
            .collect();
        Block {
            head,
            commits: listed,
            total: refs.iter().map(|(event, _)| event.total_distinct).sum(),
        }
    }

    /// "main: 31 pushes, 64 commits, force-pushed twice, by Ann, Bob".
    fn moves(&self, moves: &Moves<'_>) -> Line {
        let Self { words, own, .. } = self;
        let kind = moves.name.kind();
        let mut parts = vec![vec![Span::literal((own.pushes)(moves.pushes))]];
        parts.extend(self.new_commits(moves.commits));
        for (change, n) in &moves.changes {
            let verb = match (change, kind) {
                (Change::Created, _) => own.created,
                (Change::Deleted, _) => own.deleted,
                (Change::Updated | Change::Forced, RefKind::Branch) => own.forced,
                (Change::Updated | Change::Forced, RefKind::Tag | RefKind::Other) => own.moved,
            };
            parts.push(vec![Span::literal((own.times)(verb, *n))]);
        }
        parts.extend(self.found_later(moves.recovered));
        parts.push(fill(own.by, &[("who", self.names(&moves.who))]));
        let pattern = if kind == RefKind::Branch {
            own.branch
        } else {
            own.other
        };
        let spans = [
            ("kind", vec![Span::literal(kind_word(kind, words))]),
            ("ref", vec![Span::untrusted(&moves.name.short()).bold()]),
            ("parts", joined(parts, own.comma)),
        ];
        fill(pattern, &spans)
    }
}

fn ref_change<'a>(moved: &Moved<'a>) -> RefChange<'a> {
    match moved.event {
        Some(event) => (Cow::Borrowed(event), true),
        None => (Cow::Owned(PushEvent::bare(moved.update.clone(), 0)), false),
    }
}

fn without_day<'a>(time: &'a str, day: &str) -> &'a str {
    time.strip_prefix(day)
        .filter(|_| !day.is_empty())
        .map_or(time, |rest| rest.trim_start())
}

fn joined(parts: Vec<Line>, between: &'static str) -> Line {
    let mut line = Line::new();
    for part in parts {
        if !line.is_empty() {
            line.push(Span::literal(between));
        }
        line.extend(part);
    }
    line
}

/// "37 pushes".
pub(super) fn title(out: &Outgoing) -> String {
    let pushes: BTreeSet<_> = out.backlog.iter().map(|waiting| &waiting.push.id).collect();
    (words::words(out.project.language).pushes)(pushes.len())
}
