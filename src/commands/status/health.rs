//! Inspects the deliveries of one repository. Sends nothing, changes nothing, and takes no lock for longer than a moment.

use super::moment;
use crate::clock;
use crate::commands::Session;
use crate::commands::check::disk;
use crate::config::{self, Loaded};
use crate::diagnostic::{Diagnostic, Severity};
use crate::report::standing_text;
use crate::schedule::{Obstacle, Standing};
use crate::spool::{DeliveryState, Record, RecordFile, Spool, held_problem};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A permanent failure needs attention for so long.
const DAY_MS: i64 = 24 * 3600 * 1000;

/// What waits for each hook: how many deliveries, and when the push of the oldest was recorded.
type Waiting = BTreeMap<String, (usize, i64)>;

/// The health of one repository, as `--json` prints it. Members may be added.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Health {
    /// The Git directory.
    pub(super) repository: String,
    /// Whether nothing needs attention.
    pub(super) ok: bool,
    /// Deliveries that wait; a push whose events are not computed yet counts as one.
    pub(super) waiting: usize,
    /// Those of them that are held, because they were copied or restored with the repository.
    #[serde(default)]
    pub(super) held: usize,
    /// When the push of the oldest of them was recorded.
    #[serde(with = "moment")]
    pub(super) oldest_at: Option<i64>,
    /// How long ago that was, in seconds.
    pub(super) oldest_seconds: Option<i64>,
    /// Deliveries in the history that failed permanently, and that nobody has queued again.
    pub(super) failed: usize,
    /// Those of the last day.
    pub(super) failed_today: usize,
    /// When the first and the newest of them failed.
    #[serde(with = "moment")]
    pub(super) failed_since: Option<i64>,
    #[serde(with = "moment")]
    pub(super) failed_last: Option<i64>,
    /// Hooks whose newest attempt has failed and that have something to send.
    pub(super) receivers: Vec<Receiver>,
    /// When a timer last ran `drain`.
    #[serde(with = "moment")]
    pub(super) timer_at: Option<i64>,
    /// What else needs attention, as sentences.
    pub(super) problems: Vec<String>,
}

/// A hook that cannot deliver.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Receiver {
    pub(super) hook: String,
    /// Whether it is down, and not only refuses an event or limits the rate.
    pub(super) down: bool,
    /// What is in the way; absent if the newest attempt did not fail.
    #[serde(default)]
    pub(super) obstacle: Option<Obstacle>,
    /// The same in words.
    #[serde(default)]
    pub(super) reason: Option<String>,
    /// Failed attempts in a row.
    pub(super) failures: u32,
    pub(super) waiting: usize,
    /// When the push of the oldest of them was recorded.
    #[serde(default, with = "moment")]
    pub(super) oldest_at: Option<i64>,
    /// When the first of the failed attempts ended.
    #[serde(with = "moment")]
    pub(super) since: Option<i64>,
    #[serde(with = "moment")]
    pub(super) next_attempt_at: Option<i64>,
}

impl Health {
    /// That of a repository that cannot be inspected.
    pub(super) fn unknown(repository: String, problem: String) -> Self {
        Self {
            repository,
            problems: vec![problem],
            ..Self::default()
        }
    }

    /// What waits for each hook, whether its receiver is well or not, and how many pushes have no events yet.
    pub(super) fn of_waiting(spool: &Spool) -> (Vec<Receiver>, usize) {
        let (mut health, now_ms) = (Self::default(), clock::now_ms());
        let waiting = health.add_pending(spool, now_ms);
        let lanes = waiting
            .iter()
            .map(|(hook, waiting)| lane(spool, hook, *waiting));
        let computed = waiting.values().map(|(count, _)| count).sum::<usize>();
        let uncomputed = health.waiting.saturating_sub(computed + health.held);
        (lanes.collect(), uncomputed)
    }

    /// Inspects the session's repository.
    pub(super) fn inspect(session: &Session) -> Self {
        let repository = match session.repository() {
            Ok(repository) => repository,
            Err(failure) => {
                let dir = session.dir.as_deref().unwrap_or_else(|| ".".as_ref());
                return Self::unknown(dir.display().to_string(), failure.message);
            }
        };
        let git_dir = repository.git_dir();
        let loaded = config::load(git_dir, &session.environment);
        let spool = Spool::at(git_dir, repository.shared_mode());
        let mut health = Self {
            repository: git_dir.display().to_string(),
            timer_at: spool.last_timer_run(),
            ..Self::default()
        };
        let now_ms = clock::now_ms();
        health.add_configuration(&loaded);
        health.problems.extend(disk::problem(git_dir));
        let waiting = health.add_pending(&spool, now_ms);
        health.add_lanes(&spool, &waiting);
        health.add_stuck(&spool, &loaded);
        health.add_failures(&spool, now_ms);
        health.add_timer(&spool, now_ms);
        let is_down = health.receivers.iter().any(|receiver| receiver.down);
        health.ok = health.problems.is_empty() && health.failed_today == 0 && !is_down;
        health
    }

    fn add_configuration(&mut self, loaded: &Loaded) {
        if let Some(why) = &loaded.hold {
            self.problems.push(format!("nothing is sent: {why}"));
        }
        let is_mistake = |d: &&Diagnostic| d.severity == Severity::Mistake;
        let mut mistakes = loaded.diagnostics.iter().filter(is_mistake);
        if let Some(first) = mistakes.next() {
            let more = match mistakes.count() {
                0 => String::new(),
                more => format!(" (and {more} more, see `check`)"),
            };
            self.problems.push(format!("{first}{more}"));
        }
    }

    /// Counts what waits for each hook.
    fn add_pending(&mut self, spool: &Spool, now_ms: i64) -> Waiting {
        let mut waiting = BTreeMap::new();
        let ids = spool.pending().unwrap_or_else(|error| {
            self.problems
                .push(format!("the records cannot be listed: {error}"));
            Vec::new()
        });
        for id in ids {
            match spool.read_anywhere(&id) {
                Ok(RecordFile::Record(record)) => self.add_record(&record, &mut waiting),
                Ok(RecordFile::Torn) => {}
                Ok(file) => self.problems.extend(file.problem(&id)),
                Err(error) => self.problems.push(format!("{id} cannot be read: {error}")),
            }
        }
        self.problems.extend(held_problem(self.held));
        self.problems.extend(spool.quarantine_problem());
        self.oldest_seconds = self.oldest_at.map(|at_ms| (now_ms - at_ms).max(0) / 1000);
        waiting
    }

    fn add_record(&mut self, record: &Record, waiting: &mut Waiting) {
        let pending = record
            .deliveries
            .iter()
            .filter(|d| d.state == DeliveryState::Pending);
        self.held += record.count_held();
        let mut count = usize::from(!record.is_decided());
        for delivery in pending {
            count += 1;
            if !delivery.is_held {
                let hook = delivery.planned.hook.clone();
                let (count, _) = waiting.entry(hook).or_insert((0, record.push.time_ms));
                *count += 1;
            }
        }
        if count > 0 {
            let at_ms = record.push.time_ms;
            self.oldest_at = Some(self.oldest_at.map_or(at_ms, |oldest| oldest.min(at_ms)));
        }
        self.waiting += count;
    }

    fn add_lanes(&mut self, spool: &Spool, waiting: &Waiting) {
        let lanes = waiting
            .iter()
            .map(|(hook, waiting)| lane(spool, hook, *waiting));
        self.receivers = lanes.filter(|receiver| receiver.failures > 0).collect();
    }

    fn add_stuck(&mut self, spool: &Spool, loaded: &Loaded) {
        for hook in spool.lanes() {
            if let Some(stuck) = spool.stuck_lane(&hook, loaded.timeout_of(&hook)) {
                self.problems.push(format!("`{hook}`: {stuck}"));
            }
        }
    }

    fn add_failures(&mut self, spool: &Spool, now_ms: i64) {
        match spool.failed_deliveries(0) {
            Ok(failed) => {
                self.failed = failed.len();
                let is_new = |at_ms: i64| now_ms - at_ms < DAY_MS;
                self.failed_today = failed.iter().filter(|f| is_new(f.at_ms)).count();
                self.failed_since = failed.first().map(|first| first.at_ms);
                self.failed_last = failed.last().map(|last| last.at_ms);
            }
            Err(error) => self
                .problems
                .push(format!("the history cannot be listed: {error}")),
        }
    }

    /// Without a timer, what waits is sent by the next push alone.
    fn add_timer(&mut self, spool: &Spool, now_ms: i64) {
        if spool.timer_seen(now_ms) || (self.timer_at.is_none() && self.waiting == 0) {
            return;
        }
        self.problems
            .push("no timer has run `drain --timer` in the last 2 hours".to_owned());
    }
}

/// How a hook stands for which so many deliveries wait.
fn lane(spool: &Spool, hook: &str, (waiting, oldest_ms): (usize, i64)) -> Receiver {
    let state = spool.lane_state(hook);
    let standing = state.standing();
    Receiver {
        hook: hook.to_owned(),
        down: standing.as_ref().is_some_and(Standing::is_down),
        obstacle: standing.as_ref().map(|standing| standing.obstacle),
        reason: standing.as_ref().map(standing_text),
        failures: state.failures,
        waiting,
        oldest_at: Some(oldest_ms),
        since: state.since_ms.or(state.failed_ms),
        next_attempt_at: state.next_ms.or(state.due_ms),
    }
}
