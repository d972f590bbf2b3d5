//! What a lane does next: pure, from what waits, how the hook stands, and the time.
//!
//! The rules of docs/operating.md, "Delivery", stand here and nowhere else: order, pauses, probing, pace, digests.

use super::backlog::WaitingDelivery;
use crate::push::RefName;
use crate::schedule::{self, FailedProbes, Obstacle, Pace, Recovery, Standing};
use crate::spool::{Delivery, LaneState};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Deliveries in one message at most.
const LARGEST_DIGEST: usize = 1000;

/// Probes of the oldest delivery before the one after it is tried in turn.
const PATIENT_PROBES: u32 = 3;

/// No pause is longer: what is further ahead was written before the clock was set back.
const DISTRUST_MS: i64 = 2 * 3600 * 1000;

/// Whether a moment until which something waits can be meant.
pub(super) fn believable(until_ms: i64, now_ms: i64) -> bool {
    until_ms.saturating_sub(now_ms) < DISTRUST_MS
}

/// What kind of receiver it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) pace: Pace,
    /// Several deliveries can be sent in one message.
    pub(super) digests: bool,
    /// A request that is repeated has its effect once more.
    pub(super) repeats_count: bool,
    pub(super) retry_for: Duration,
}

/// The destination does not take anything, as somebody else has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Down {
    pub(super) since_ms: i64,
    pub(super) until_ms: i64,
    /// The attempts by which it was found.
    pub(super) failed_probes: FailedProbes,
    /// How the last of them failed.
    pub(super) obstacle: Obstacle,
}

impl Down {
    /// The same for people.
    pub(super) fn standing(&self) -> Standing {
        let (failures, failed_ms) = self.failed_probes.count_and_newest();
        Standing {
            obstacle: self.obstacle,
            failures,
            since_ms: self.since_ms,
            failed_ms,
            until_ms: self.until_ms,
            event_ms: None,
        }
    }
}

/// What is known when the next step is chosen.
pub(super) struct LaneView<'a> {
    /// In the order of recording.
    pub(super) waiting: &'a [WaitingDelivery],
    /// Those that have had their turn in this run.
    pub(super) tried: &'a BTreeSet<String>,
    pub(super) state: &'a LaneState,
    /// When the receiver got messages lately.
    pub(super) sent: &'a [i64],
    pub(super) down: Option<&'a Down>,
    /// A person wants what waits to be sent: pauses from before that moment do not count.
    pub(super) at_once_ms: Option<i64>,
    pub(super) now_ms: i64,
}

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Send these, by their places: one, or several in one message. `past` is the place of the oldest when it was left
    /// out on trial: if this one succeeds, the oldest goes alone.
    Send {
        places: Vec<usize>,
        past: Option<usize>,
    },
    /// This one was cut off once more than is allowed where each attempt may have its effect.
    GiveUp { place: usize },
    /// `retry_for` of these was over when the receiver last failed.
    Expire { places: Vec<usize> },
    /// The receiver was down and gets its backlog slowly.
    Pause { until_ms: i64 },
    /// Nothing now.
    Wait {
        due_ms: Option<i64>,
        why: Option<WaitReason>,
    },
}

/// Why those that wait have to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WaitReason {
    /// The receiver is in trouble.
    Down { since_ms: i64 },
    /// What came of the attempt of that moment is not known.
    Interrupted { since_ms: i64 },
    /// It has got as many messages as it takes.
    Paced,
}

/// The next step of a lane.
pub(super) fn next(view: &LaneView<'_>, rules: Rules) -> Step {
    if let Some(place) = view
        .waiting
        .iter()
        .position(|entry| is_hopeless(&entry.delivery, rules))
    {
        return Step::GiveUp { place };
    }
    let places = expired(view, rules.retry_for);
    if !places.is_empty() {
        return Step::Expire { places };
    }
    let requeued = requeued_since_failure(view);
    if let Some(down) = view
        .down
        .filter(|down| !requeued && down.until_ms > view.now_ms)
    {
        return Step::Wait {
            due_ms: Some(down.until_ms),
            why: Some(WaitReason::Down {
                since_ms: down.since_ms,
            }),
        };
    }
    let line = in_order(view, rules);
    let in_trouble = view.state.failures > 0 && !line.is_empty();
    let step = if in_trouble {
        probe(view, rules, &line, requeued || pause_is_lifted(view))
    } else {
        send_ready(view, rules)
    };
    let slow = view
        .state
        .recovery
        .and_then(|recovery| recovery.next_ms(view.now_ms));
    match step {
        Step::Send { .. } if slow.is_some_and(|next_ms| next_ms > view.now_ms) => Step::Pause {
            until_ms: slow.unwrap_or(view.now_ms),
        },
        Step::Send { .. } if rules.pace.room(view.sent, view.now_ms) == 0 => Step::Wait {
            due_ms: Some(rules.pace.free_at(view.sent, view.now_ms)),
            why: Some(WaitReason::Paced),
        },
        step => step,
    }
}

/// Places of those that end with the last failed attempt, of this lane or of another one with the same destination.
fn expired(view: &LaneView<'_>, retry_for: Duration) -> Vec<usize> {
    let probes = [
        Some(&view.state.failed_probes),
        view.down.map(|down| &down.failed_probes),
    ];
    let has_ended = |delivery: &Delivery| {
        let since_ms = delivery.since_ms;
        !delivery.alone
            && probes
                .iter()
                .flatten()
                .any(|probes| probes.has_expired(since_ms, retry_for))
    };
    view.waiting
        .iter()
        .enumerate()
        .filter(|(_, entry)| has_ended(&entry.delivery))
        .map(|(place, _)| place)
        .collect()
}

/// Whether somebody requeued for a delivery since the last failure: that lifts the pause. What lies ahead was written
/// before the clock was set back; a request from there would never be met.
fn requeued_since_failure(view: &LaneView<'_>) -> bool {
    let failed_ms = view
        .state
        .failed_ms
        .filter(|at| *at <= view.now_ms)
        .unwrap_or(i64::MIN);
    let requeued = |at: i64| at > failed_ms && at <= view.now_ms;
    view.waiting
        .iter()
        .any(|e| e.delivery.requeued_ms.is_some_and(requeued))
}

/// Whether a person wants everything to be tried that has not failed in this run.
fn pause_is_lifted(view: &LaneView<'_>) -> bool {
    let failed_ms = view.state.failed_ms;
    view.at_once_ms.is_some_and(|at_ms| {
        failed_ms.is_none_or(|failed_ms| failed_ms < at_ms || failed_ms > view.now_ms)
    })
}

/// Places of those that keep their order: not alone, and not deferred for something of their own.
fn in_order(view: &LaneView<'_>, rules: Rules) -> Vec<usize> {
    let in_line = |(_, entry): &(usize, &WaitingDelivery)| {
        let delivery = &entry.delivery;
        !delivery.alone && (blocks(delivery) || own_due(view, delivery, rules).is_none())
    };
    view.waiting
        .iter()
        .enumerate()
        .filter(in_line)
        .map(|(place, _)| place)
        .collect()
}

/// Whether those behind a delivery wait until it is due.
fn blocks(delivery: &Delivery) -> bool {
    delivery.whole_hook || delivery.open_since_ms.is_some()
}

/// Whether it must not be tried any more, for nobody knows how often it was posted or built already.
fn is_hopeless(delivery: &Delivery, rules: Rules) -> bool {
    rules.repeats_count
        && delivery.open_since_ms.is_some()
        && schedule::is_last_unknown(delivery.unknowns + 1)
}

/// A moment ahead before which a delivery itself is not tried, whatever its hook does.
fn own_due(view: &LaneView<'_>, delivery: &Delivery, rules: Rules) -> Option<i64> {
    if view.at_once_ms.is_some() && !view.tried.contains(&delivery.planned.id) {
        return None;
    }
    let unknown = delivery.last.as_ref().is_some_and(|last| last.unknown);
    let by_hook = delivery.whole_hook && !delivery.alone && !(rules.repeats_count && unknown);
    let unknowns = if rules.repeats_count {
        delivery.unknowns + 1
    } else {
        0
    };
    let due = match delivery.open_since_ms {
        Some(at) => Some(schedule::due_after_crash(
            &delivery.planned.id,
            delivery.failures + 1,
            unknowns,
            at,
        )),
        _ => delivery.next_attempt_ms.filter(|_| !by_hook),
    };
    due.filter(|due| *due > view.now_ms && believable(*due, view.now_ms))
}

/// The hook is in trouble: one attempt, when its pause is over.
fn probe(view: &LaneView<'_>, rules: Rules, line: &[usize], at_once: bool) -> Step {
    let (state, now_ms) = (view.state, view.now_ms);
    let since_ms = state.since_ms.unwrap_or(now_ms);
    let wait = |due_ms| Step::Wait {
        due_ms: Some(due_ms),
        why: Some(WaitReason::Down { since_ms }),
    };
    let pause = state
        .next_ms
        .filter(|next_ms| *next_ms > now_ms && believable(*next_ms, now_ms));
    if let Some(next_ms) = pause.filter(|_| !at_once) {
        return wait(next_ms);
    }
    let due = |place: usize| own_due(view, &view.waiting[place].delivery, rules);
    // Nobody is left behind that was not tried itself: the one that was has perhaps been given up.
    let oldest_failed = view.waiting[line[0]].delivery.failures > 0;
    let patient = state.failures < PATIENT_PROBES || !oldest_failed;
    let in_turn = !patient && (state.failures - PATIENT_PROBES).is_multiple_of(2);
    let second = line
        .get(1)
        .copied()
        .filter(|place| in_turn && due(*place).is_none());
    let place = second.unwrap_or(line[0]);
    if let Some(due_ms) = due(place) {
        return wait(due_ms);
    }
    if view
        .tried
        .contains(&view.waiting[place].delivery.planned.id)
    {
        return wait(now_ms);
    }
    Step::Send {
        places: vec![place],
        past: second.map(|_| line[0]),
    }
}

/// The hook is well: the oldest that is due, or a backlog in one message.
fn send_ready(view: &LaneView<'_>, rules: Rules) -> Step {
    let (mut due_ms, mut why) = (None, None);
    let mut ready: Vec<usize> = Vec::new();
    for (place, entry) in view.waiting.iter().enumerate() {
        let delivery = &entry.delivery;
        if let Some(due) = own_due(view, delivery, rules) {
            due_ms = Some(due_ms.map_or(due, |other: i64| other.min(due)));
            if !delivery.alone && blocks(delivery) && why.is_none() {
                why = Some(stopped_by(delivery));
            }
        } else if (delivery.alone || why.is_none()) && !view.tried.contains(&delivery.planned.id) {
            ready.push(place);
        }
    }
    let Some(first) = ready.first().copied() else {
        return Step::Wait { due_ms, why };
    };
    let together = |place: &usize| {
        let delivery = &view.waiting[*place].delivery;
        rules.digests && !delivery.alone && !delivery.single
    };
    let group: Vec<usize> = ready
        .iter()
        .copied()
        .filter(together)
        .take(LARGEST_DIGEST)
        .collect();
    let held_up = group
        .iter()
        .any(|place| view.waiting[*place].delivery.queued);
    let too_many = group.len() > rules.pace.room(view.sent, view.now_ms);
    let digest = group.len() > 1 && group[0] == first && (held_up || too_many);
    Step::Send {
        places: if digest { group } else { vec![first] },
        past: None,
    }
}

fn stopped_by(delivery: &Delivery) -> WaitReason {
    match delivery.open_since_ms {
        Some(since_ms) => WaitReason::Interrupted { since_ms },
        None => WaitReason::Down {
            since_ms: delivery.failing_since_ms.unwrap_or(delivery.since_ms),
        },
    }
}

/// How an attempt leaves the hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Health {
    /// The receiver has spoken.
    Up,
    /// It has not, or said that it cannot now; nothing is sent before that moment.
    Down { next_ms: i64 },
    /// The hook's own set-up stops it until then; its destination is not to blame.
    Held { next_ms: i64 },
    /// It says nothing about the hook.
    Same,
}

fn recovery_after(state: &LaneState, at_ms: i64) -> Option<Recovery> {
    if state.failed_probes.are_outage() {
        return Some(Recovery {
            since_ms: at_ms,
            accepted: 1,
        });
    }
    let recovery = state
        .recovery
        .filter(|recovery| recovery.next_ms(at_ms).is_some())?;
    Some(Recovery {
        accepted: recovery.accepted + 1,
        ..recovery
    })
}

/// The deliveries that a later one for the same ref makes superfluous, each with that one, by their places. `refs` are those
/// that they report; `None` where it is not exactly one. What a person has requested is sent.
pub(super) fn superseded(
    waiting: &[WaitingDelivery],
    refs: &[Option<RefName>],
) -> Vec<(usize, usize)> {
    let mut newest = BTreeMap::new();
    let mut superseded = Vec::new();
    for (place, (entry, name)) in waiting.iter().zip(refs).enumerate().rev() {
        let Some(name) = name else { continue };
        match newest.get(name) {
            Some(by) if entry.delivery.requeued_ms.is_none() => superseded.push((place, *by)),
            Some(_) => {}
            None => drop(newest.insert(name, place)),
        }
    }
    superseded.reverse();
    superseded
}

/// The state after an attempt that ended then.
pub(super) fn apply_health(state: &mut LaneState, health: Health, uptime_ms: i64, at_ms: i64) {
    match health {
        Health::Up => {
            let (sent, due_ms) = (std::mem::take(&mut state.sent), state.due_ms);
            let recovery = recovery_after(state, at_ms);
            *state = LaneState {
                due_ms,
                recovery,
                sent,
                ..LaneState::default()
            };
        }
        Health::Down { next_ms } | Health::Held { next_ms } => {
            if matches!(health, Health::Down { .. }) {
                state.failed_probes.add(uptime_ms, at_ms);
            }
            state.recovery = None;
            state.failures = state.failures.saturating_add(1);
            state.since_ms = Some(schedule::trouble_since(state.since_ms, at_ms));
            state.failed_ms = Some(at_ms);
            state.next_ms = Some(next_ms);
        }
        Health::Same => {}
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
