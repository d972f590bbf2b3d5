//! Reads the updates of a push as a stream. A push of more updates than a record can hold keeps those that hooks may fire
//! for, and of the others their number and fingerprints.

use super::stdin::{InputLine, MAX_LINE, Stdin};
use crate::catch_up::UpdateMark;
use crate::config::{Hook, Loaded};
use crate::push::{Push, RefName, RefUpdate, Unlisted, parse_update};
use crate::report::Lines;
use std::io::Read;

/// Updates that a record lists.
const MAX_UPDATES: usize = 10_000;

/// Bytes of their names.
const MAX_NAMES: usize = 4 << 20;

/// In a push with more, each hook has room for its share of them, and for so many at least.
const MIN_SHARE: usize = 100;

/// Invalid lines that are reported one by one.
const MAX_BAD: usize = 10;

/// The updates of a push, while they are read.
pub(super) struct Intake<'a> {
    /// The push without its updates.
    push: &'a Push,
    loaded: &'a Loaded,
    updates: Vec<RefUpdate>,
    name_bytes: usize,
    overflow: Option<Overflow<'a>>,
    /// Invalid lines, as sentences, and how many there are.
    bad: (Vec<String>, usize),
}

/// What was read.
pub(super) struct Updates {
    pub(super) listed: Vec<RefUpdate>,
    pub(super) unlisted: Option<Unlisted>,
    bad: (Vec<String>, usize),
}

impl<'a> Intake<'a> {
    pub(super) fn new(push: &'a Push, loaded: &'a Loaded) -> Self {
        Self {
            push,
            loaded,
            updates: Vec::new(),
            name_bytes: 0,
            overflow: None,
            bad: (Vec::new(), 0),
        }
    }

    /// Reads stdin to its end. Of too many updates, `head` gives the branch that is listed in any case, and `marked` says
    /// whether fingerprints of the others are kept.
    pub(super) fn read(
        mut self,
        stdin: &mut Stdin<impl Read>,
        head: impl FnOnce() -> Option<RefName>,
        marked: bool,
    ) -> Updates {
        let (mut buffer, mut number, mut head) = (Vec::new(), 0, Some(head));
        while let Some(line) = stdin.next_line(&mut buffer) {
            number += 1;
            match line {
                InputLine::TooLong => {
                    self.skip(number, &format!("it is longer than {MAX_LINE} bytes"));
                }
                InputLine::Complete([]) => {}
                InputLine::Complete(line) => match parse_update(line) {
                    Ok(update) => self.add(update),
                    Err(why) => self.skip(number, why),
                },
            }
            if self.overflow.is_none() && self.is_full() {
                let head = head.take().and_then(|head| head());
                self.begin_overflow(head, marked);
            }
        }
        Updates {
            listed: self.updates,
            unlisted: self.overflow.map(Overflow::finish),
            bad: self.bad,
        }
    }

    fn is_full(&self) -> bool {
        self.updates.len() > MAX_UPDATES || self.name_bytes > MAX_NAMES
    }

    fn skip(&mut self, number: usize, why: &str) {
        self.bad.1 += 1;
        if self.bad.0.len() < MAX_BAD {
            let sentence = format!("line {number} of stdin is skipped: {why}");
            self.bad.0.push(sentence);
        }
    }

    fn add(&mut self, update: RefUpdate) {
        let listed = match &mut self.overflow {
            Some(overflow) => overflow.admit(self.push, &update),
            None => true,
        };
        if listed {
            self.name_bytes += update.name.as_bytes().len();
            self.updates.push(update);
        }
    }

    /// Judges again what is listed.
    fn begin_overflow(&mut self, head: Option<RefName>, marked: bool) {
        self.overflow = Some(Overflow::new(self.push, self.loaded, head, marked));
        for update in std::mem::take(&mut self.updates) {
            self.add(update);
        }
    }
}

impl Updates {
    /// The number of lines that are no updates.
    #[cfg(any(test, fuzzing))]
    pub(super) fn bad_lines(&self) -> usize {
        self.bad.1
    }

    /// Reports invalid lines.
    pub(super) fn print_bad_lines(&self, lines: &mut Lines) {
        let (sentences, count) = &self.bad;
        for sentence in sentences {
            lines.say(sentence);
        }
        if *count > sentences.len() {
            let more = count - sentences.len();
            lines.say(&format!("{more} more lines of stdin are skipped"));
        }
    }
}

/// Decides which updates of a large push are listed.
struct Overflow<'a> {
    head: Option<RefName>,
    shares: Vec<Share<'a>>,
    unlisted: Unlisted,
    mark: Option<UpdateMark>,
}

/// The room of one hook.
struct Share<'a> {
    /// `None`: hooks that are not known now.
    hook: Option<&'a Hook>,
    updates: usize,
    bytes: usize,
    /// Unlisted updates that it may fire for.
    passing: usize,
    /// Whether it may fire for the present one.
    fires: bool,
}

impl<'a> Overflow<'a> {
    fn new(push: &Push, loaded: &'a Loaded, head: Option<RefName>, marked: bool) -> Self {
        let hooks = loaded.hooks.iter().filter(|hook| !hook.is_skipped(push));
        let mut hooks: Vec<_> = hooks.map(Some).collect();
        if loaded.unresolved || loaded.hold.is_some() {
            hooks.push(None);
        }
        let count = hooks.len().max(1);
        let share = |hook| Share {
            hook,
            updates: (MAX_UPDATES / count).max(MIN_SHARE),
            bytes: MAX_NAMES / count,
            passing: 0,
            fires: false,
        };
        Self {
            head,
            shares: hooks.into_iter().map(share).collect(),
            unlisted: Unlisted::default(),
            mark: marked.then(UpdateMark::default),
        }
    }

    /// Whether the update is listed: a hook that may fire for it has room.
    fn admit(&mut self, push: &Push, update: &RefUpdate) -> bool {
        let size = update.name.as_bytes().len();
        let passes = |share: &Share<'_>| share.hook.is_none_or(|hook| hook.may_fire(push, update));
        let mut listed = self.head.as_ref() == Some(&update.name);
        for share in &mut self.shares {
            share.fires = passes(share);
            listed |= share.fires && share.has_room(size);
        }
        for share in self.shares.iter_mut().filter(|share| share.fires) {
            share.count(listed, size);
        }
        if !listed {
            self.unlisted.count += 1;
            if let Some(mark) = &mut self.mark {
                mark.add(update);
            }
        }
        listed
    }

    fn finish(mut self) -> Unlisted {
        self.unlisted.passing = self
            .shares
            .iter()
            .filter_map(|share| Some((share.hook?.name.clone(), share.passing)))
            .collect();
        self.unlisted.mark = self.mark.map(UpdateMark::encode);
        self.unlisted
    }
}

impl Share<'_> {
    fn has_room(&self, size: usize) -> bool {
        self.updates > 0 && self.bytes >= size
    }

    fn count(&mut self, listed: bool, size: usize) {
        if listed {
            self.updates = self.updates.saturating_sub(1);
            self.bytes = self.bytes.saturating_sub(size);
        } else {
            self.passing += 1;
        }
    }
}

#[cfg(test)]
#[path = "intake_tests.rs"]
mod tests;
