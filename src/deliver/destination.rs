//! The health of the destinations, shared by all hooks that send there.
//!
//! It is kept for one run; with `[deliver] state_dir`, also between runs and over all repositories.

use super::plan::{Down, Health, believable};
use crate::schedule::{FailedProbes, Pace, trouble_since};
use crate::spool::{self, DestinationState, LaneState};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The health of destinations during a run, over all its repositories.
#[derive(Debug, Default)]
pub struct Destinations {
    down: Mutex<BTreeMap<String, Down>>,
    /// Held while a lane probes a destination that was down.
    probed: Mutex<BTreeMap<String, Arc<Mutex<()>>>>,
    attempted: AtomicUsize,
    /// Pauses from before this moment do not count.
    at_once_ms: Option<i64>,
}

/// One destination: hooks with the same `service_url` share it.
pub(super) struct Destination<'a> {
    all: &'a Destinations,
    /// A hash: the address of a robot is a credential.
    key: String,
    shared: Option<&'a Path>,
    turn: Arc<Mutex<()>>,
}

impl Destinations {
    /// For a run that begins then and sends what waits for a later attempt.
    pub fn at_once(now_ms: i64) -> Self {
        Self {
            at_once_ms: Some(now_ms),
            ..Self::default()
        }
    }

    pub(super) fn at_once_ms(&self) -> Option<i64> {
        self.at_once_ms
    }

    /// Number of deliveries that were tried in this run.
    pub fn attempted(&self) -> usize {
        self.attempted.load(Ordering::Relaxed)
    }

    pub(super) fn add_attempted(&self, count: usize) {
        self.attempted.fetch_add(count, Ordering::Relaxed);
    }

    /// By the `service_url`, resolved. `shared` is the folder where all repositories keep what they know.
    pub(super) fn at<'a>(&'a self, service_url: &str, shared: Option<&'a Path>) -> Destination<'a> {
        let key = hex::encode(Sha256::digest(service_url));
        let mut probed = self.probed.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = Arc::clone(probed.entry(key.clone()).or_default());
        Destination {
            all: self,
            key,
            shared,
            turn,
        }
    }
}

impl Destination<'_> {
    /// Waits until no other lane of this run probes it.
    pub(super) fn probe(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Until when it is down, as others have found. Within one run it is not tried again.
    pub(super) fn down(&self, now_ms: i64) -> Option<Down> {
        let in_run = self
            .all
            .down
            .lock()
            .ok()
            .and_then(|down| down.get(&self.key).cloned());
        let in_run = in_run.map(|down| Down {
            until_ms: down.until_ms.max(now_ms + 1),
            ..down
        });
        let shared = self.shared.filter(|_| self.all.at_once_ms.is_none());
        let shared =
            shared.and_then(|folder| down(&spool::read_destination(folder, &self.key), now_ms));
        in_run
            .into_iter()
            .chain(shared)
            .max_by_key(|down| down.until_ms)
    }

    /// When all repositories sent their latest messages; `None` without `state_dir`.
    pub(super) fn sent(&self) -> Option<Vec<i64>> {
        Some(spool::read_destination(self.shared?, &self.key).sent)
    }

    /// Changes what all repositories know of it; `None` without `state_dir`, or if that cannot be used.
    pub(super) fn update<T>(&self, change: impl FnOnce(&mut DestinationState) -> T) -> Option<T> {
        spool::update_destination(self.shared?, &self.key, change).ok()
    }

    /// Counts a message towards the rate limit, and reserves the right to probe it for `lease_ms`. `known` is what was known
    /// when the message was planned. `false`: another process was faster.
    pub(super) fn reserve(
        &self,
        pace: Pace,
        known: Option<&Down>,
        now_ms: i64,
        lease_ms: i64,
    ) -> io::Result<bool> {
        let Some(folder) = self.shared else {
            return Ok(true);
        };
        spool::update_destination(folder, &self.key, |shared| {
            let known_ms = known.map_or(now_ms, |known| known.until_ms.max(now_ms));
            let news = down(shared, now_ms).is_some_and(|down| down.until_ms > known_ms);
            let is_news = news && self.all.at_once_ms.is_none();
            if is_news || pace.room(&shared.sent, now_ms) == 0 {
                return false;
            }
            if shared.until_ms.is_some() {
                shared.until_ms = Some(now_ms + lease_ms);
            }
            if pace.is_limited() {
                pace.forget(&mut shared.sent, now_ms);
                shared.sent.push(now_ms);
            }
            true
        })
    }

    /// Reports the result of an attempt, with the failed ones of its lane, and when its message was reserved and answered:
    /// the receiver may have counted it at any time between.
    pub(super) fn report_health(
        &self,
        health: Health,
        lane: &LaneState,
        (taken_ms, now_ms): (i64, i64),
    ) {
        if let (Health::Down { next_ms }, Ok(mut down)) = (health, self.all.down.lock()) {
            let found = Down {
                since_ms: now_ms,
                until_ms: next_ms,
                failed_probes: lane.failed_probes.clone(),
                obstacle: lane.obstacle.unwrap_or_default(),
            };
            down.insert(self.key.clone(), found);
        }
        let Some(folder) = self.shared else { return };
        let _ = spool::update_destination(folder, &self.key, |shared| {
            move_sent_time(&mut shared.sent, taken_ms, now_ms);
            match health {
                Health::Up => {
                    (shared.since_ms, shared.until_ms) = (None, None);
                    shared.failed_probes = FailedProbes::default();
                }
                Health::Down { next_ms } => {
                    shared.since_ms = Some(trouble_since(shared.since_ms, now_ms));
                    shared.until_ms = Some(next_ms);
                    shared.failed_probes.merge(&lane.failed_probes);
                    shared.obstacle = lane.obstacle;
                }
                Health::Held { .. } | Health::Same => {}
            }
        });
    }
}

/// Until when it is down, as its file says.
fn down(shared: &DestinationState, now_ms: i64) -> Option<Down> {
    let until_ms = shared
        .until_ms
        .filter(|until_ms| believable(*until_ms, now_ms))?;
    Some(Down {
        since_ms: shared.since_ms?,
        until_ms,
        failed_probes: shared.failed_probes.clone(),
        obstacle: shared.obstacle.unwrap_or_default(),
    })
}

/// Moves the time of a message to the time of its answer.
pub(super) fn move_sent_time(sent: &mut [i64], taken_ms: i64, now_ms: i64) {
    if let Some(at) = sent.iter_mut().rev().find(|at| **at == taken_ms) {
        *at = now_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const NOW: i64 = 1_800_000_000_000;
    const HOUR: i64 = 3_600_000;
    const URL: &str = "http://a.example/";

    fn lane(own: &FailedProbes) -> LaneState {
        LaneState {
            failed_probes: own.clone(),
            ..LaneState::default()
        }
    }

    /// Whether what a lane of another run knows ends a delivery of 80 hours before [`NOW`].
    fn ends(destinations: &Destinations, shared: Option<&Path>, now_ms: i64) -> bool {
        let down = destinations.at(URL, shared).down(now_ms);
        let retry_for = Duration::from_secs(72 * 3600);
        down.is_some_and(|down| down.failed_probes.has_expired(NOW - 80 * HOUR, retry_for))
    }

    #[test]
    fn failed_attempts_of_all_repositories_count_together_until_one_is_accepted() {
        let dir = tempfile::tempdir().unwrap();
        let shared = Some(dir.path());
        let report = |health, ms| {
            let mut own = FailedProbes::default();
            own.add(ms, NOW + ms);
            let run = Destinations::default();
            let at_ms = NOW + ms;
            run.at(URL, shared)
                .report_health(health, &lane(&own), (at_ms, at_ms));
            ends(&Destinations::default(), shared, at_ms)
        };
        let down = Health::Down {
            next_ms: NOW + 2 * HOUR,
        };
        assert_eq!(
            [0, HOUR / 2, HOUR].map(|ms| report(down, ms)),
            [false, false, true]
        );
        report(Health::Up, HOUR + 1);
        assert!(!report(down, HOUR + 2), "it has accepted something since");
    }

    #[test]
    fn within_a_run_the_lanes_of_all_repositories_learn_what_one_has_found() {
        let run = Destinations::default();
        let mut own = FailedProbes::default();
        for ms in [0, HOUR / 2, HOUR] {
            own.add(ms, NOW + ms);
        }
        let (next_ms, at_ms) = (NOW + 2 * HOUR, NOW + HOUR);
        let destination = run.at(URL, None);
        destination.report_health(Health::Held { next_ms }, &lane(&own), (at_ms, at_ms));
        assert_eq!(
            destination.down(at_ms),
            None,
            "the receiver is not to blame"
        );
        destination.report_health(Health::Down { next_ms }, &lane(&own), (at_ms, at_ms));
        assert!(ends(&run, None, at_ms));
    }
}
