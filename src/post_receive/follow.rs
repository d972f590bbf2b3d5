//! What the pusher sees while the deliverer works: the record's new lines, put into words.

use crate::config::Loaded;
use crate::report::{Lines, Told};
use crate::schedule;
use crate::spool::{Ended, Follower, Outcome, Planned, Queued, RecordLine};
use std::collections::BTreeMap;
use std::process::Child;
use std::time::{Duration, Instant};

/// Between two looks at the record.
const LOOK: Duration = Duration::from_millis(4);

/// The deliveries of one push that the pusher has not been told about yet, by id.
pub(super) struct Watch<'a> {
    loaded: &'a Loaded,
    open: BTreeMap<&'a str, &'a str>,
    since_ms: i64,
    timer_seen: bool,
    /// Whether each delivery has a line of its own.
    each: bool,
    /// What is told at the end when it has not.
    kept: Vec<Told>,
}

impl<'a> Watch<'a> {
    /// `since_ms` is when the push was recorded.
    pub(super) fn new(
        loaded: &'a Loaded,
        deliveries: &'a [Planned],
        since_ms: i64,
        timer_seen: bool,
        room: usize,
    ) -> Self {
        let open: BTreeMap<_, _> = deliveries
            .iter()
            .map(|d| (d.id.as_str(), d.hook.as_str()))
            .collect();
        let each = open.len() <= room;
        Self {
            loaded,
            open,
            since_ms,
            timer_seen,
            each,
            kept: Vec::new(),
        }
    }

    /// Whether everything has been told.
    pub(super) fn is_done(&self) -> bool {
        self.open.is_empty()
    }

    /// Tells what comes, until every delivery has an end, `wait` is over, or nobody works on it any more.
    pub(super) fn follow(
        &mut self,
        follower: &mut Follower,
        deliverer: &mut Deliverer,
        wait: Duration,
        lines: &mut Lines,
    ) {
        let until = Instant::now() + wait;
        loop {
            let gone = deliverer.is_gone();
            let told = follower
                .new_lines()
                .unwrap_or_default()
                .into_iter()
                .filter_map(|line| self.told(line))
                .collect();
            self.tell(told, lines);
            if self.open.is_empty() || gone || Instant::now() >= until {
                break;
            }
            std::thread::sleep(LOOK);
        }
        let open = std::mem::take(&mut self.open);
        let after = (!deliverer.is_gone()).then_some(wait);
        let unfinished = open.values().map(|hook| Told::Unfinished {
            hook: self.label(hook),
            after,
        });
        let unfinished = unfinished.collect();
        self.tell(unfinished, lines);
        lines.tell(std::mem::take(&mut self.kept), self.each);
    }

    fn tell(&mut self, told: Vec<Told>, lines: &mut Lines) {
        if self.each {
            lines.tell(told, true);
        } else {
            self.kept.extend(told);
        }
    }

    fn told(&mut self, line: RecordLine) -> Option<Told> {
        match line {
            RecordLine::Ended(ended) => self.ended(*ended),
            RecordLine::Queued(queued) => self.queued(queued),
            _ => None,
        }
    }

    fn queued(&mut self, queued: Queued) -> Option<Told> {
        let hook = self.open.remove(queued.delivery.as_str())?;
        Some(Told::Queued {
            hook: self.label(hook),
            queued,
        })
    }

    fn ended(&mut self, ended: Ended) -> Option<Told> {
        if ended.outcome == Outcome::Simplify {
            return None;
        }
        let name = self.open.remove(ended.delivery.as_str())?;
        let hook = self.loaded.hooks.iter().find(|h| h.name == name);
        let retry_for = hook.map_or(self.loaded.deliver.retry_for, |h| h.retry_for);
        let until_ms = self
            .timer_seen
            .then(|| schedule::retry_deadline(self.since_ms, retry_for));
        Some(Told::Ended {
            hook: self.label(name),
            ended: Box::new(ended),
            until_ms,
        })
    }

    /// Ends that were never recorded: they will not be repeated.
    pub(super) fn tell_lost(&mut self, ended: Ended, lines: &mut Lines) {
        if ended.outcome == Outcome::Deferred {
            if let Some(name) = self.open.remove(ended.delivery.as_str()) {
                self.tell(
                    vec![Told::Lost {
                        hook: self.label(name),
                        why: ended.why,
                    }],
                    lines,
                );
            }
        } else if let Some(told) = self.ended(ended) {
            self.tell(vec![told], lines);
        }
    }

    /// Those that did not even have their turn.
    pub(super) fn finish_lost(&mut self, why: &str, lines: &mut Lines) {
        let open = std::mem::take(&mut self.open);
        let lost = open
            .values()
            .map(|name| Told::Lost {
                hook: self.label(name),
                why: why.to_owned(),
            })
            .collect();
        self.tell(lost, lines);
        lines.tell(std::mem::take(&mut self.kept), self.each);
    }

    fn label(&self, name: &str) -> String {
        self.loaded
            .hooks
            .iter()
            .find(|h| h.name == name)
            .map_or(name, |h| &h.label)
            .to_owned()
    }
}

/// Who works on the push.
pub(super) enum Deliverer {
    /// A process of its own.
    Process(Child),
    /// A thread of this one, because no process could be started.
    Thread(std::thread::JoinHandle<()>),
    /// It is done.
    Nobody,
}

impl Deliverer {
    fn is_gone(&mut self) -> bool {
        match self {
            Self::Process(child) => !matches!(child.try_wait(), Ok(None)),
            Self::Thread(thread) => thread.is_finished(),
            Self::Nobody => true,
        }
    }
}
