//! Follows the record while the deliverer works, and reports its new lines to the pusher.

use crate::config::{Loaded, Show};
use crate::report::{DeliveryReport, Lines};
use crate::schedule;
use crate::spool::{Ended, Follower, Outcome, Planned, Queued, RecordLine, Spool};
use std::collections::BTreeMap;
use std::process::Child;
use std::time::{Duration, Instant};

/// Interval between two reads of the record.
const INTERVAL: Duration = Duration::from_millis(4);

/// The deliveries of one push that are not reported yet, by id.
pub(super) struct ResultWatch<'a> {
    loaded: &'a Loaded,
    open: BTreeMap<&'a str, &'a str>,
    since_ms: i64,
    timer_seen: bool,
    /// Whether each delivery has a line of its own.
    each: bool,
    /// Otherwise: the reports, for the summary at the end.
    kept: Vec<DeliveryReport>,
    /// Has the lanes of the hooks.
    spool: Option<&'a Spool>,
}

impl<'a> ResultWatch<'a> {
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
            spool: None,
        }
    }

    /// Names the processes that hold lanes for too long.
    pub(super) fn with_lanes(self, spool: &'a Spool) -> Self {
        Self {
            spool: Some(spool),
            ..self
        }
    }

    /// Whether every delivery is reported.
    pub(super) fn is_done(&self) -> bool {
        self.open.is_empty()
    }

    /// Reports results until every delivery has an end, `wait` is over, or the deliverer has ended.
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
            let reports = follower
                .new_lines()
                .unwrap_or_default()
                .into_iter()
                .filter_map(|line| self.report_line(line))
                .collect();
            self.report(reports, lines);
            if self.open.is_empty() || gone || Instant::now() >= until {
                break;
            }
            std::thread::sleep(INTERVAL);
        }
        let open = std::mem::take(&mut self.open);
        let after = (!deliverer.is_gone()).then_some(wait);
        let unfinished = open.values().map(|hook| DeliveryReport::Unfinished {
            hook: self.label(hook),
            after,
            stuck: self
                .spool
                .and_then(|spool| spool.stuck_lane(hook, self.loaded.timeout_of(hook))),
        });
        let unfinished = unfinished.collect();
        self.report(unfinished, lines);
        lines.report(std::mem::take(&mut self.kept), self.each);
    }

    fn report(&mut self, mut reports: Vec<DeliveryReport>, lines: &mut Lines) {
        let show = self.loaded.deliver.show;
        reports.retain(|report| match show {
            Show::All => true,
            Show::Failures => !report.is_success(),
            Show::Nothing => matches!(report, DeliveryReport::Lost { .. }),
        });
        if self.each {
            lines.report(reports, true);
        } else {
            self.kept.extend(reports);
        }
    }

    fn report_line(&mut self, line: RecordLine) -> Option<DeliveryReport> {
        match line {
            RecordLine::Ended(ended) => self.ended(*ended),
            RecordLine::Queued(queued) => self.queued(queued),
            _ => None,
        }
    }

    fn queued(&mut self, queued: Queued) -> Option<DeliveryReport> {
        let hook = self.open.remove(queued.delivery.as_str())?;
        Some(DeliveryReport::Queued {
            hook: self.label(hook),
            queued,
        })
    }

    fn ended(&mut self, ended: Ended) -> Option<DeliveryReport> {
        if ended.outcome == Outcome::Simplify {
            return None;
        }
        let name = self.open.remove(ended.delivery.as_str())?;
        let hook = self.loaded.hooks.iter().find(|h| h.name == name);
        let ended = self.without_details(name, ended);
        let retry_for = hook.map_or(self.loaded.deliver.retry_for, |h| h.retry_for);
        let until_ms = self
            .timer_seen
            .then(|| schedule::retry_deadline(self.since_ms, retry_for));
        Some(DeliveryReport::Ended {
            hook: self.label(name),
            ended: Box::new(ended),
            until_ms,
        })
    }

    /// Without the reason why a receiver cannot be reached, where the pusher must not learn it.
    fn without_details(&self, hook: &str, ended: Ended) -> Ended {
        let hook = self.loaded.hooks.iter().find(|h| h.name == hook);
        let is_unanswered = ended.exchange.as_ref().is_some_and(|e| e.status.is_none());
        if is_unanswered && hook.is_some_and(|hook| self.loaded.hides_reachability(hook)) {
            let why = "cannot be reached, see `deliveries`".to_owned();
            return Ended { why, ..ended };
        }
        ended
    }

    /// Reports an end that was not recorded: the delivery is not tried again.
    pub(super) fn report_lost(&mut self, ended: Ended, lines: &mut Lines) {
        if ended.outcome == Outcome::Deferred {
            if let Some(name) = self.open.remove(ended.delivery.as_str()) {
                let ended = self.without_details(name, ended);
                self.report(
                    vec![DeliveryReport::Lost {
                        hook: self.label(name),
                        why: ended.why,
                    }],
                    lines,
                );
            }
        } else if let Some(report) = self.ended(ended) {
            self.report(vec![report], lines);
        }
    }

    /// Reports the deliveries without an attempt.
    pub(super) fn finish_lost(&mut self, why: &str, lines: &mut Lines) {
        let open = std::mem::take(&mut self.open);
        let lost = open
            .values()
            .map(|name| DeliveryReport::Lost {
                hook: self.label(name),
                why: why.to_owned(),
            })
            .collect();
        self.report(lost, lines);
        lines.report(std::mem::take(&mut self.kept), self.each);
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

/// The deliverer of the push.
pub(super) enum Deliverer {
    /// A process of its own.
    Process(Child),
    /// A thread of this one, because no process could be started.
    Thread(std::thread::JoinHandle<()>),
    /// It has ended.
    Done,
}

impl Deliverer {
    fn is_gone(&mut self) -> bool {
        match self {
            Self::Process(child) => !matches!(child.try_wait(), Ok(None)),
            Self::Thread(thread) => thread.is_finished(),
            Self::Done => true,
        }
    }
}
