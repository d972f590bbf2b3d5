//! Where several hooks send: what one of them found out, the others need not.
//!
//! Within a run it is remembered here; with `[deliver] state_dir`, also between runs and over all repositories.

use super::plan::{Down, Health, believable};
use crate::schedule::Pace;
use crate::spool::{self, DestinationState};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a run has found out about destinations, over all repositories that it works on.
#[derive(Debug, Default)]
pub struct Destinations {
    down: Mutex<BTreeMap<String, Down>>,
    /// Held by whoever tries a destination that was in trouble before.
    probed: Mutex<BTreeMap<String, Arc<Mutex<()>>>>,
    ended: AtomicUsize,
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
    /// Deliveries that were tried so far in this run, well or not.
    pub fn ended(&self) -> usize {
        self.ended.load(Ordering::Relaxed)
    }

    pub(super) fn count(&self, ended: usize) {
        self.ended.fetch_add(ended, Ordering::Relaxed);
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
    /// Waits until nobody else of this run probes it; what they find out is known then.
    pub(super) fn probe(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What others have found, the latest of it: within this run it is not tried again, whatever the time.
    pub(super) fn down(&self, now_ms: i64) -> Option<Down> {
        let in_run = self
            .all
            .down
            .lock()
            .ok()
            .and_then(|down| down.get(&self.key).copied());
        let in_run = in_run.map(|down| Down {
            until_ms: down.until_ms.max(now_ms + 1),
            ..down
        });
        let shared = self
            .shared
            .and_then(|folder| down(&spool::read_destination(folder, &self.key), now_ms));
        in_run
            .into_iter()
            .chain(shared)
            .max_by_key(|down| down.until_ms)
    }

    /// When it got messages lately, from all repositories; `None`: they do not share it.
    pub(super) fn sent(&self) -> Option<Vec<i64>> {
        Some(spool::read_destination(self.shared?, &self.key).sent)
    }

    /// Takes a place within its pace, and the right to be the one that probes it until `lease_ms` is over. `known` is
    /// what was known of it when that was planned: it is no news. `false`: somebody else was faster.
    pub(super) fn take(
        &self,
        pace: Pace,
        known: Option<Down>,
        now_ms: i64,
        lease_ms: i64,
    ) -> io::Result<bool> {
        let Some(folder) = self.shared else {
            return Ok(true);
        };
        spool::update_destination(folder, &self.key, |shared| {
            let known_ms = known.map_or(now_ms, |known| known.until_ms.max(now_ms));
            let news = down(shared, now_ms).is_some_and(|down| down.until_ms > known_ms);
            if news || pace.room(&shared.sent, now_ms) == 0 {
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

    /// Says what came of it. `taken_ms` is when it was taken: the receiver may have counted the message as late as now.
    pub(super) fn give(&self, health: Health, taken_ms: i64, now_ms: i64) {
        if let (Health::Down { next_ms }, Ok(mut down)) = (health, self.all.down.lock()) {
            down.insert(
                self.key.clone(),
                Down {
                    since_ms: now_ms,
                    until_ms: next_ms,
                },
            );
        }
        let Some(folder) = self.shared else { return };
        let _ = spool::update_destination(folder, &self.key, |shared| {
            counted_at(&mut shared.sent, taken_ms, now_ms);
            match health {
                Health::Up => (shared.since_ms, shared.until_ms) = (None, None),
                Health::Down { next_ms } => {
                    shared.since_ms.get_or_insert(now_ms);
                    shared.until_ms = Some(next_ms);
                }
                Health::Held { .. } | Health::Same => {}
            }
        });
    }
}

/// What its file says of that.
fn down(shared: &DestinationState, now_ms: i64) -> Option<Down> {
    let until_ms = shared
        .until_ms
        .filter(|until_ms| believable(*until_ms, now_ms))?;
    Some(Down {
        since_ms: shared.since_ms?,
        until_ms,
    })
}

/// Moves the moment of a message to that of its answer.
pub(super) fn counted_at(sent: &mut [i64], taken_ms: i64, now_ms: i64) {
    if let Some(at) = sent.iter_mut().rev().find(|at| **at == taken_ms) {
        *at = now_ms;
    }
}
