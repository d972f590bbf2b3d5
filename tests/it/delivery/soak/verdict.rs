//! What must be true when it is over, from the records and from what the receivers saw.

use super::fleet::{Fleet, Moved};
use super::receivers::{Arrival, Receivers};
use git_service_hook::spool::{
    Delivery, DeliveryState, DeliveryStep, Outcome, RecordFile, RecordedAttempt, Spool,
};
use std::collections::BTreeMap;
use std::fmt;

/// Figures.
#[derive(Debug, Default)]
pub struct Summary {
    deliveries: usize,
    attempts: usize,
    /// Went past their turn: the receiver took others.
    alone: usize,
    /// Attempts whose outcome nobody knew.
    unknown: usize,
    /// Deliveries that a robot reported, and its messages by how many each reported.
    by_robot: BTreeMap<usize, usize>,
}

/// Where the deliveries of each id arrived, oldest first.
type Arrivals<'a> = BTreeMap<&'a str, Vec<(usize, &'a Arrival)>>;

/// Asserts all of it.
pub fn of(fleet: &Fleet, receivers: &Receivers) -> Summary {
    let arrivals = receivers.arrivals();
    let mut by_id = Arrivals::new();
    for (place, arrival) in arrivals.iter().enumerate() {
        by_id.entry(&arrival.id).or_default().push((place, arrival));
    }
    let mut reported = Summary::default();
    for repository in 0..fleet.size() {
        nothing_is_left(&fleet.place(repository).join("service-hook"));
        one_repository(fleet, repository, &mut by_id, &mut reported);
    }
    assert!(
        by_id.is_empty(),
        "nothing arrived that no record has: {by_id:?}"
    );
    let messages: usize = reported
        .by_robot
        .iter()
        .map(|(size, deliveries)| deliveries / size)
        .sum();
    let reported_by_robot = receivers.messages.load(std::sync::atomic::Ordering::SeqCst);
    assert_eq!(messages, reported_by_robot, "each message of a robot once");
    reported
}

fn one_repository(
    fleet: &Fleet,
    repository: usize,
    by_id: &mut Arrivals<'_>,
    reported: &mut Summary,
) {
    let (spool, mut moved) = (fleet.spool(repository), Vec::new());
    // Of each hook, where the receiver took its newest delivery.
    let mut newest: BTreeMap<String, usize> = BTreeMap::new();
    let mut records = spool.record_ids().unwrap();
    records.reverse();
    for id in records {
        let RecordFile::Record(record) = spool.read_anywhere(&id).unwrap() else {
            panic!("{id} is a record")
        };
        let lines = record
            .push
            .updates
            .iter()
            .map(|u| format!("{} {} {}", u.old, u.new, u.name.display()));
        moved.push(lines.collect::<Moved>());
        for delivery in &record.deliveries {
            assert_eq!(delivery.state, DeliveryState::Delivered, "{delivery:?}");
            let arrived = by_id
                .remove(delivery.planned.id.as_str())
                .unwrap_or_default();
            one_delivery(&spool, &id, delivery, &arrived, reported);
            if let Some((place, _)) = arrived.last().filter(|_| !delivery.alone) {
                let before = newest.insert(delivery.planned.hook.clone(), *place);
                assert!(before < Some(*place), "in order: {delivery:?}");
            }
        }
    }
    let mut pushed = fleet.pushed[repository].lock().unwrap().clone();
    pushed.sort();
    moved.sort();
    assert_eq!(
        moved, pushed,
        "every push has a record, and only pushes have"
    );
}

/// Repeated only after a failed or unknown attempt, under the same id; the last one was taken.
fn one_delivery(
    spool: &Spool,
    record: &str,
    delivery: &Delivery,
    arrived: &[(usize, &Arrival)],
    reported: &mut Summary,
) {
    let steps = spool.delivery_steps(record, &delivery.planned.id).unwrap();
    let attempts = steps.iter().filter_map(|s| {
        if let DeliveryStep::Attempt(attempt) = s {
            Some(attempt)
        } else {
            None
        }
    });
    let ends = attempts.map(|RecordedAttempt { ended, .. }| ended.as_deref().unwrap());
    let ends: Vec<_> = ends.collect();
    let (last, before) = ends.split_last().unwrap();
    assert!(
        matches!(last.outcome, Outcome::Delivered | Outcome::Accepted),
        "{ends:?}"
    );
    assert!(
        before
            .iter()
            .all(|ended| ended.outcome == Outcome::Deferred),
        "{ends:?}"
    );
    reported.deliveries += 1;
    reported.attempts += ends.len();
    reported.alone += usize::from(delivery.alone);
    reported.unknown += before.iter().filter(|ended| ended.unknown).count();
    if delivery.planned.hook == "team" {
        *reported.by_robot.entry(last.digest.max(1)).or_default() += 1;
        return;
    }
    assert_eq!(
        arrived.len(),
        ends.len(),
        "as many requests as attempts: {arrived:?} {ends:?}"
    );
    for ((_, arrival), ended) in arrived.iter().zip(&ends) {
        // Taken and not believed: only where no answer came.
        let believed = ended.outcome != Outcome::Deferred;
        assert!(
            arrival.taken == believed || (arrival.taken && ended.unknown),
            "{arrival:?} {ended:?}"
        );
    }
}

/// Files that docs/operating.md names, and of those only the ones that stay.
fn nothing_is_left(spool: &std::path::Path) {
    let names = |folder: &std::path::Path| -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap();
        entries
            .flatten()
            .map(|entry| entry.file_name().into_string().unwrap())
            .collect()
    };
    for folder in ["pending", "corrupt"] {
        assert_eq!(
            names(&spool.join(folder)),
            [""; 0],
            "{}: {folder}/ is empty",
            spool.display()
        );
    }
    let stays = [
        "clock",
        "corrupt",
        "done",
        "lane",
        "pending",
        "publish.lock",
        "reported",
        "stay.lock",
        "timer",
    ];
    assert!(
        names(spool)
            .iter()
            .all(|name| stays.contains(&name.as_str())),
        "{:?}",
        names(spool)
    );
    assert!(
        names(&spool.join("lane"))
            .iter()
            .all(|name| ["audit", "ci", "team"].contains(&name.as_str()))
    );
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            deliveries,
            attempts,
            alone,
            unknown,
            by_robot,
        } = self;
        let largest = by_robot.keys().max().copied().unwrap_or_default();
        write!(
            f,
            "{deliveries} deliveries, {attempts} attempts, {unknown} of them unknown, {alone} went alone, "
        )?;
        write!(
            f,
            "{} reported by a robot, at most {largest} in a message",
            by_robot.values().sum::<usize>()
        )
    }
}
