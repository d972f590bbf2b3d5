use super::*;
use crate::outgoing::MessageKind;
use crate::spool::{Ended, Outcome, Planned};
use std::time::Duration;

const NOW: i64 = 1_800_000_000_000;
const RETRY_FOR: Duration = Duration::from_secs(72 * 3600);
const WEBHOOK: Rules = Rules {
    pace: Pace(&[]),
    digests: false,
    repeats_count: false,
    retry_for: RETRY_FOR,
};
const ROBOT: Rules = Rules {
    pace: Pace(&[(3, Duration::from_secs(60))]),
    digests: true,
    repeats_count: true,
    retry_for: RETRY_FOR,
};

fn delivery(n: usize) -> Delivery {
    let planned = Planned {
        id: format!("d{n}"),
        hook: "x".into(),
        kind: MessageKind::Ref,
        events: vec![0],
        rest: Vec::new(),
        omitted: 0,
    };
    Delivery::new(&planned, NOW - 1000)
}

fn waiting(deliveries: Vec<Delivery>) -> Vec<WaitingDelivery> {
    let entry = |(n, delivery)| WaitingDelivery {
        record: format!("r{n}"),
        delivery,
    };
    deliveries.into_iter().enumerate().map(entry).collect()
}

/// A delivery whose attempt of a moment ago was deferred.
fn deferred(n: usize, whole_hook: bool, unknown: bool, next_ms: i64) -> Delivery {
    let mut delivery = delivery(n);
    delivery.start(NOW - 10);
    delivery.end(&Ended {
        delivery: format!("d{n}"),
        at_ms: NOW - 5,
        outcome: Outcome::Deferred,
        why: "503 Service Unavailable".into(),
        unknown,
        whole_hook,
        digest: 0,
        single: false,
        next_attempt_ms: Some(next_ms),
        exchange: None,
    });
    delivery
}

fn queued(n: usize) -> Delivery {
    Delivery {
        queued: true,
        ..delivery(n)
    }
}

fn trouble(failures: u32, next_ms: i64) -> LaneState {
    let (since_ms, failed_ms) = (Some(NOW - 9000), Some(NOW - 5));
    LaneState {
        failures,
        since_ms,
        failed_ms,
        next_ms: Some(next_ms),
        ..LaneState::default()
    }
}

fn step(deliveries: Vec<Delivery>, state: &LaneState, rules: Rules) -> Step {
    let (waiting, tried) = (waiting(deliveries), BTreeSet::new());
    next(
        &LaneView {
            waiting: &waiting,
            tried: &tried,
            state,
            sent: &state.sent,
            down: None,
            at_once_ms: None,
            now_ms: NOW,
        },
        rules,
    )
}

fn send(places: impl Into<Vec<usize>>) -> Step {
    Step::Send {
        places: places.into(),
        past: None,
    }
}

fn down(due_ms: i64) -> Step {
    Step::Wait {
        due_ms: Some(due_ms),
        why: Some(WaitReason::Down {
            since_ms: NOW - 9000,
        }),
    }
}

#[test]
fn the_oldest_goes_first_and_alone() {
    let well = LaneState::default();
    assert_eq!(
        step(vec![delivery(0), delivery(1)], &well, WEBHOOK),
        send([0])
    );
    assert_eq!(
        step(vec![], &well, WEBHOOK),
        Step::Wait {
            due_ms: None,
            why: None
        }
    );
}

#[test]
fn in_trouble_only_the_oldest_is_tried_and_only_when_the_pause_is_over() {
    let line = || vec![deferred(0, true, false, NOW + 1), delivery(1), delivery(2)];
    assert_eq!(
        step(line(), &trouble(1, NOW + 7000), WEBHOOK),
        down(NOW + 7000)
    );
    assert_eq!(step(line(), &trouble(1, NOW), WEBHOOK), send([0]));
    assert_eq!(step(line(), &trouble(2, NOW), WEBHOOK), send([0]));
}

#[test]
fn after_three_probes_every_second_is_the_next_delivery() {
    let line = || vec![deferred(0, true, false, NOW), delivery(1), delivery(2)];
    let probes: Vec<Step> = (1..=8)
        .map(|failures| step(line(), &trouble(failures, NOW), WEBHOOK))
        .collect();
    let oldest = || send([0]);
    let expected = [
        oldest(),
        oldest(),
        send_past(),
        oldest(),
        send_past(),
        oldest(),
        send_past(),
        oldest(),
    ];
    assert_eq!(probes, expected);
    assert_eq!(
        step(vec![line().remove(0)], &trouble(3, NOW), WEBHOOK),
        oldest(),
        "there is no next one"
    );
}

fn send_past() -> Step {
    Step::Send {
        places: vec![1],
        past: Some(0),
    }
}

#[test]
fn once_the_receiver_is_back_the_backlog_goes_on_at_once_whatever_its_own_pauses_were() {
    let back = vec![deferred(1, true, false, NOW + 3_600_000), delivery(2)];
    assert_eq!(step(back, &LaneState::default(), WEBHOOK), send([0]));
}

#[test]
fn where_each_repeat_counts_a_doubtful_one_keeps_its_pause_and_its_place() {
    let line = || vec![deferred(0, true, true, NOW + 120_000), delivery(1)];
    let rest = Step::Wait {
        due_ms: Some(NOW + 120_000),
        why: Some(WaitReason::Down { since_ms: NOW - 5 }),
    };
    assert_eq!(step(line(), &LaneState::default(), ROBOT), rest);
    assert_eq!(step(line(), &LaneState::default(), WEBHOOK), send([0]));
}

#[test]
fn what_only_one_event_is_to_blame_for_is_passed_over() {
    let line = vec![deferred(0, false, false, NOW + 5000), delivery(1)];
    assert_eq!(step(line, &LaneState::default(), WEBHOOK), send([1]));
    let alone = vec![deferred(0, false, false, NOW + 5000)];
    assert_eq!(
        step(alone, &LaneState::default(), WEBHOOK),
        Step::Wait {
            due_ms: Some(NOW + 5000),
            why: None
        }
    );
}

#[test]
fn one_that_goes_alone_holds_up_nobody_and_is_no_probe() {
    let loner = |next_ms| Delivery {
        alone: true,
        ..deferred(0, false, false, next_ms)
    };
    assert_eq!(
        step(
            vec![loner(NOW + 1), delivery(1)],
            &LaneState::default(),
            WEBHOOK
        ),
        send([1])
    );
    assert_eq!(
        step(vec![loner(NOW), delivery(1)], &trouble(1, NOW), WEBHOOK),
        send([1])
    );
    assert_eq!(
        step(vec![loner(NOW)], &LaneState::default(), WEBHOOK),
        send([0])
    );
}

#[test]
fn an_attempt_that_was_interrupted_keeps_its_place_until_it_is_repeated() {
    let mut died = delivery(0);
    died.start(NOW - 1000);
    let Step::Wait {
        due_ms: Some(due_ms),
        why,
    } = step(
        vec![died.clone(), delivery(1)],
        &LaneState::default(),
        WEBHOOK,
    )
    else {
        panic!("it must wait");
    };
    assert_eq!(
        why,
        Some(WaitReason::Interrupted {
            since_ms: NOW - 1000
        })
    );
    assert!(
        (NOW + 3000..=NOW + 5000).contains(&due_ms),
        "about five seconds after it began"
    );
    died.open_since_ms = Some(NOW - 7000);
    assert_eq!(
        step(vec![died, delivery(1)], &LaneState::default(), WEBHOOK),
        send([0])
    );
}

#[test]
fn where_each_attempt_may_count_a_interrupted_one_has_the_pauses_of_a_doubtful_one_and_then_no_more()
 {
    let died = |unknowns| {
        let mut died = Delivery {
            unknowns,
            ..delivery(0)
        };
        died.start(NOW - 1000);
        step(vec![died, delivery(1)], &LaneState::default(), ROBOT)
    };
    let rest = |due_ms| Step::Wait {
        due_ms: Some(due_ms),
        why: Some(WaitReason::Interrupted {
            since_ms: NOW - 1000,
        }),
    };
    assert_eq!(died(0), rest(NOW - 1000 + 120_000));
    assert_eq!(died(1), rest(NOW - 1000 + 600_000));
    assert_eq!(died(2), Step::GiveUp { place: 0 });
}

#[test]
fn asking_for_a_delivery_lifts_the_pause_once() {
    let asked = |at| {
        vec![
            deferred(0, true, false, NOW + 9000),
            Delivery {
                requeued_ms: Some(at),
                ..delivery(1)
            },
        ]
    };
    assert_eq!(
        step(asked(NOW), &trouble(1, NOW + 9000), WEBHOOK),
        send([0])
    );
    assert_eq!(
        step(asked(NOW - 6), &trouble(1, NOW + 9000), WEBHOOK),
        down(NOW + 9000),
        "it was tried since"
    );
}

#[test]
fn what_others_found_out_about_the_destination_counts() {
    let (waiting, tried, state) = (
        waiting(vec![delivery(0)]),
        BTreeSet::new(),
        LaneState::default(),
    );
    let found = Down {
        since_ms: NOW - 9000,
        until_ms: NOW + 4,
        failed_probes: FailedProbes::default(),
        obstacle: Obstacle::default(),
    };
    let view = |down| LaneView {
        waiting: &waiting,
        tried: &tried,
        state: &state,
        sent: &[],
        down,
        at_once_ms: None,
        now_ms: NOW,
    };
    assert_eq!(next(&view(Some(&found)), WEBHOOK), down(NOW + 4));
    assert_eq!(
        next(
            &view(Some(&Down {
                until_ms: NOW,
                ..found.clone()
            })),
            WEBHOOK
        ),
        send([0])
    );
}

#[test]
fn a_robot_gets_no_more_than_it_takes_and_the_excess_as_one_message() {
    let sent = |n: usize| LaneState {
        sent: vec![NOW - 10; n],
        ..LaneState::default()
    };
    let five = || (0..5).map(delivery).collect::<Vec<_>>();
    assert_eq!(
        step(five()[..2].to_vec(), &sent(0), ROBOT),
        send([0]),
        "there is room for each"
    );
    assert_eq!(
        step(five(), &sent(0), ROBOT),
        send([0, 1, 2, 3, 4]),
        "more than there is room for"
    );
    let paced = Step::Wait {
        due_ms: Some(NOW - 10 + 60_000),
        why: Some(WaitReason::Paced),
    };
    assert_eq!(step(five(), &sent(3), ROBOT), paced);
    assert_eq!(step(five()[..1].to_vec(), &sent(3), ROBOT), paced);
}

#[test]
fn what_was_held_up_goes_out_together_except_what_must_not() {
    let well = LaneState::default();
    assert_eq!(step(vec![queued(0), queued(1)], &well, ROBOT), send([0, 1]));
    assert_eq!(
        step(vec![queued(0), delivery(1)], &well, ROBOT),
        send([0, 1]),
        "what is new goes with it"
    );
    assert_eq!(
        step(vec![queued(0), queued(1)], &well, WEBHOOK),
        send([0]),
        "only robots have such messages"
    );
    let single = |n| Delivery {
        single: true,
        ..queued(n)
    };
    assert_eq!(
        step(vec![single(0), queued(1), queued(2)], &well, ROBOT),
        send([0]),
        "order is kept"
    );
    assert_eq!(
        step(vec![queued(0), single(1), queued(2)], &well, ROBOT),
        send([0, 2])
    );
    assert_eq!(
        step(vec![queued(0), queued(1)], &trouble(1, NOW), ROBOT),
        send([0]),
        "a probe is the oldest alone"
    );
    let many = (0..1200).map(queued).collect();
    assert!(matches!(step(many, &well, ROBOT), Step::Send { places, .. } if places.len() == 1000));
}

#[test]
fn the_state_counts_failures_in_a_row() {
    let mut state = LaneState {
        sent: vec![1],
        ..LaneState::default()
    };
    apply_health(&mut state, Health::Down { next_ms: NOW + 5 }, NOW, NOW);
    apply_health(&mut state, Health::Held { next_ms: NOW + 9 }, NOW, NOW + 6);
    assert_eq!((state.failures, state.since_ms), (2, Some(NOW)));
    assert_eq!(
        (state.failed_ms, state.next_ms),
        (Some(NOW + 6), Some(NOW + 9))
    );
    apply_health(&mut state, Health::Same, NOW, NOW + 7);
    assert_eq!(state.failures, 2, "says nothing about the receiver");
    apply_health(&mut state, Health::Up, NOW, NOW + 10);
    assert_eq!(
        state,
        LaneState {
            sent: vec![1],
            ..LaneState::default()
        }
    );
}

#[test]
fn a_clock_that_was_set_back_holds_up_nothing_and_lifts_no_pause() {
    const DAY: i64 = 24 * 3_600_000;
    assert_eq!(
        step(vec![delivery(0)], &trouble(3, NOW + DAY), WEBHOOK),
        send([0])
    );
    for rules in [WEBHOOK, ROBOT] {
        assert_eq!(
            step(
                vec![deferred(0, false, true, NOW + DAY)],
                &LaneState::default(),
                rules
            ),
            send([0])
        );
        let interrupted = Delivery {
            open_since_ms: Some(NOW + DAY),
            ..delivery(0)
        };
        assert_eq!(
            step(vec![interrupted], &LaneState::default(), rules),
            send([0])
        );
    }
    let asked = Delivery {
        requeued_ms: Some(NOW + DAY),
        ..delivery(0)
    };
    assert_eq!(
        step(vec![asked], &trouble(1, NOW + 9), WEBHOOK),
        down(NOW + 9),
        "else it is tried at every look"
    );
    let asked = Delivery {
        requeued_ms: Some(NOW - 1),
        ..delivery(0)
    };
    let failed_tomorrow = LaneState {
        failed_ms: Some(NOW + DAY),
        ..trouble(1, NOW + 9)
    };
    assert_eq!(step(vec![asked], &failed_tomorrow, WEBHOOK), send([0]));
}

#[test]
fn where_each_repeat_counts_an_attempt_that_was_interrupted_waits_like_any_doubtful_one() {
    let interrupted = |age_ms, unknowns| Delivery {
        open_since_ms: Some(NOW - age_ms),
        unknowns,
        ..delivery(0)
    };
    let at = |age_ms, unknowns, rules| {
        step(
            vec![interrupted(age_ms, unknowns)],
            &LaneState::default(),
            rules,
        )
    };
    for (pause, unknowns) in [(120_000, 0), (600_000, 1)] {
        let why = Some(WaitReason::Interrupted {
            since_ms: NOW - pause + 1,
        });
        assert_eq!(
            at(pause - 1, unknowns, ROBOT),
            Step::Wait {
                due_ms: Some(NOW + 1),
                why
            }
        );
        assert_eq!(at(pause, unknowns, ROBOT), send([0]));
        assert_eq!(
            at(pause - 1, unknowns, WEBHOOK),
            send([0]),
            "it drops repeats"
        );
    }
}

#[test]
fn what_is_past_its_time_ends_with_the_last_failure_of_its_destination() {
    let mut probes = FailedProbes::default();
    for ms in [0, 1, 3_600_000] {
        probes.add(ms, NOW - 3_600_000 + ms);
    }
    let retry_for = i64::try_from(RETRY_FOR.as_millis()).unwrap();
    let aged = |n, age| Delivery {
        since_ms: NOW - age,
        ..delivery(n)
    };
    let deliveries = vec![
        aged(0, retry_for + 9),
        Delivery {
            alone: true,
            ..aged(1, retry_for + 9)
        },
        aged(2, retry_for),
        aged(3, retry_for - 1),
    ];
    let places = vec![0, 2];
    let state = LaneState {
        failed_probes: probes.clone(),
        ..trouble(3, NOW + 5)
    };
    assert_eq!(
        step(deliveries.clone(), &state, WEBHOOK),
        Step::Expire {
            places: places.clone()
        }
    );
    let found = Down {
        since_ms: NOW - 9000,
        until_ms: NOW + 4,
        failed_probes: probes,
        obstacle: Obstacle::default(),
    };
    let view = LaneView {
        waiting: &waiting(deliveries),
        tried: &BTreeSet::new(),
        state: &LaneState::default(),
        sent: &[],
        down: Some(&found),
        at_once_ms: None,
        now_ms: NOW,
    };
    assert_eq!(
        next(&view, WEBHOOK),
        Step::Expire { places },
        "found by another lane"
    );
}

#[test]
fn what_the_own_set_up_stops_ends_nothing_by_its_age() {
    let hour = 3_600_000;
    let aged = || Delivery {
        since_ms: NOW - 80 * hour,
        ..delivery(0)
    };
    let after = |health: fn(i64) -> Health| {
        let mut state = LaneState::default();
        for ms in [0, hour / 2, hour] {
            let at_ms = NOW - hour + ms;
            apply_health(&mut state, health(NOW + 9), ms, at_ms);
        }
        step(vec![aged()], &state, WEBHOOK)
    };
    let held = after(|next_ms| Health::Held { next_ms });
    assert!(matches!(held, Step::Wait { .. }), "{held:?}");
    let places = vec![0];
    let down = after(|next_ms| Health::Down { next_ms });
    assert_eq!(down, Step::Expire { places });
}

#[test]
fn a_failure_ends_the_recovery_and_the_next_outage_begins_its_own() {
    let mut state = LaneState::default();
    for ms in 0..3 {
        apply_health(
            &mut state,
            Health::Down { next_ms: NOW },
            NOW + ms,
            NOW + ms,
        );
    }
    let mut ended = |health, ms| {
        apply_health(&mut state, health, NOW, NOW + ms);
        state.recovery
    };
    let recovery = |since_ms, accepted| {
        Some(Recovery {
            since_ms: NOW + since_ms,
            accepted,
        })
    };
    assert_eq!(ended(Health::Up, 1), recovery(1, 1));
    assert_eq!(ended(Health::Up, 2), recovery(1, 2));
    assert_eq!(ended(Health::Down { next_ms: NOW }, 3), None);
    assert_eq!(ended(Health::Up, 4), None, "one failure is no outage");
}

#[test]
fn of_each_ref_only_the_newest_is_kept_and_what_a_person_requested() {
    let mut waiting = waiting((0..6).map(delivery).collect());
    waiting[1].delivery.requeued_ms = Some(NOW);
    let name = |text: &str| Some(RefName::new(text.as_bytes()));
    let refs = [name("a"), name("a"), name("b"), None, name("a"), None];
    assert_eq!(superseded(&waiting, &refs), [(0, 4)]);
}

#[test]
fn a_run_at_once_sends_what_waits_for_later_and_each_delivery_only_once() {
    let next_ms = NOW + 60_000;
    let waiting = waiting(vec![
        deferred(0, true, false, next_ms),
        deferred(1, false, false, next_ms),
    ]);
    let step = |state: &LaneState, tried: &[&str]| {
        let tried = tried.iter().map(|id| (*id).to_owned()).collect();
        let view = LaneView {
            waiting: &waiting,
            tried: &tried,
            state,
            sent: &state.sent,
            down: None,
            at_once_ms: Some(NOW - 1),
            now_ms: NOW,
        };
        next(&view, WEBHOOK)
    };
    let before = trouble(1, next_ms);
    assert_eq!(step(&before, &[]), send([0]), "the pause is lifted");
    let after = LaneState {
        failures: 2,
        failed_ms: Some(NOW),
        ..before
    };
    assert_eq!(step(&after, &["d0"]), down(next_ms), "once in a run");
    let well = LaneState::default();
    assert_eq!(step(&well, &["d0"]), send([1]));
    assert!(matches!(
        step(&well, &["d0", "d1"]),
        Step::Wait { due_ms: Some(due_ms), .. } if due_ms == next_ms
    ));
}
