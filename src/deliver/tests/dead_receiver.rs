//! A receiver that is down for days, by the clock of the model.

use super::model::Model;
use super::world::{Ending, Mood};
use crate::spool::DeliveryState;

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

impl Model {
    fn later(&self, ms: i64) {
        *self.world.now_ms.lock().unwrap() += ms;
    }

    fn set_moods(&self, mood: Mood) {
        *self.world.moods.lock().unwrap() = [mood; 2];
    }

    fn count(&self, state: DeliveryState) -> usize {
        self.states().values().filter(|s| **s == state).count()
    }
}

#[test]
fn a_dead_receiver_never_holds_more_than_retry_for_of_pushes() {
    let mut model = Model::new();
    model.set_moods(Mood::Busy);
    for hour in 1..=5 * 24 {
        model.push();
        for _ in 0..2 {
            model.drain();
            model.later(HOUR / 2);
        }
        // An hourly probe, late by a fifth of its pause at most, ends what is older.
        let waiting = model.spool.pending().unwrap().len();
        assert!(
            waiting <= 72 + 3,
            "{waiting} pushes wait after {hour} hours"
        );
    }
    model.recover();
    assert!(
        model.count(DeliveryState::Delivered) >= 2 * 70,
        "what is younger is delivered"
    );
    assert_eq!(model.states().len(), 2 * model.pushed);
}

#[test]
fn a_push_by_a_wrong_clock_is_neither_ended_early_nor_kept_for_a_year() {
    let mut model = Model::new();
    model.set_moods(Mood::Busy);
    for wrong_by in [-56 * 365 * DAY, 365 * DAY] {
        model.later(wrong_by);
        model.push();
        model.later(-wrong_by);
    }
    for hour in 0..80 {
        model.drain();
        let failed = model.count(DeliveryState::Failed);
        let expected = if hour < 72 { 0 } else { failed };
        assert_eq!(failed, expected, "after {hour} hours");
        model.later(HOUR);
    }
    assert_eq!(model.count(DeliveryState::Failed), 2 * model.pushed);
}

#[test]
fn a_machine_that_was_off_loses_nothing_to_the_first_attempts_after_it_starts() {
    let mut model = Model::new();
    model.set_moods(Mood::Busy);
    for _ in 0..10 {
        model.push();
        model.drain();
        model.later(HOUR);
    }
    model.later(4 * DAY);
    *model.world.started_ms.lock().unwrap() = *model.world.now_ms.lock().unwrap();
    for _ in 0..3 {
        model.drain();
        model.later(HOUR / 4);
    }
    assert_eq!(
        model.states().len(),
        0,
        "the receiver is started after this machine"
    );
    model.recover();
    assert_eq!(model.count(DeliveryState::Delivered), 2 * model.pushed);
}

#[test]
fn a_receiver_that_is_back_gets_its_backlog_slowly_and_then_faster() {
    let mut model = Model::new();
    model.world.moods.lock().unwrap()[0] = Mood::Busy; // the clock is that of the other hook as well
    for _ in 0..60 {
        model.push();
        model.drain();
        model.later(HOUR / 60);
    }
    model.later(HOUR);
    model.set_moods(Mood::Takes);
    let back_ms = *model.world.now_ms.lock().unwrap();
    model.drain();
    let seen = model.world.seen.lock().unwrap();
    let web = seen
        .iter()
        .filter(|s| s.hook == "web" && s.at_ms >= back_ms);
    let mut seconds = [0; 6];
    web.for_each(|s| seconds[usize::try_from(s.at_ms - back_ms).unwrap() / 1000] += 1);
    assert_eq!(seconds, [4, 8, 16, 32, 0, 0]);
}

#[test]
fn with_backlog_newest_a_receiver_that_was_down_gets_the_newest_delivery_of_each_ref() {
    for (failures, expected) in [(2, vec![7, 7, 8, 9, 9]), (3, vec![7, 8, 9, 9])] {
        let mut model = Model::with("backlog = \"newest\"");
        model.set_moods(Mood::Busy);
        model.push_to(7, &[]);
        for _ in 0..failures {
            model.drain();
            model.later(HOUR);
        }
        // One of them reports two refs.
        for (branch, rest) in [(8, &[][..]), (7, &[]), (9, &[0]), (9, &[])] {
            model.push_to(branch, rest);
        }
        model.set_moods(Mood::Takes);
        model.drain();
        let seen = model.world.seen.lock().unwrap();
        let taken = seen
            .iter()
            .filter(|s| s.hook == "web" && s.end == Ending::Taken);
        let mut taken: Vec<usize> = taken.flat_map(|s| s.pushes.clone()).collect();
        taken.sort_unstable();
        assert_eq!(taken, expected, "{failures} failures");
    }
}
