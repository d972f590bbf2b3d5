//! Killed at any moment: the push was never there, or it is delivered.

use super::alike::{Alike, HOOKS, Scene};
use crate::support::tracer::{Whom, kill_at};
use crate::support::{PROGRAM, full};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Finds the pushes whose record never appeared: two looks, a minute apart as far as they can know.
fn catch_up(alike: &Alike, last: usize) {
    for _ in 0..2 {
        let out = alike
            .pushing
            .sandbox
            .run("", &["drain", "--catch-up", "--all", "all"]);
        assert!(out.status.success(), "{}", super::seen(&out));
        (1..=last)
            .for_each(|number| a_minute_passes(&alike.path(number).join("service-hook/refs")));
    }
    alike.drain(last);
}

/// What is suspected was seen a minute earlier.
fn a_minute_passes(refs: &Path) {
    let mut state: serde_json::Value =
        serde_json::from_slice(&std::fs::read(refs).unwrap()).unwrap();
    for gap in state["state"]["gaps"].as_array_mut().unwrap() {
        gap["seen_ms"] = (gap["seen_ms"].as_i64().unwrap() - 60_000).into();
    }
    std::fs::write(refs, state.to_string()).unwrap();
}

/// Kills `whom` at its first, second, third … system call until it survives, two at a time, then drains. The number of
/// its calls.
fn everywhere(whom: Whom, scene: &Scene) -> usize {
    let alike = Alike::new(scene);
    assert_eq!(
        alike
            .pushing
            .sandbox
            .run("r.git", &["drain", "--catch-up"])
            .status
            .code(),
        Some(0),
        "a baseline"
    );
    let (next, survived) = (AtomicUsize::new(1), AtomicBool::new(false));
    let recorded = Mutex::new(BTreeSet::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !survived.load(Ordering::SeqCst) {
                    let call = next.fetch_add(1, Ordering::SeqCst);
                    let program = format!("{PROGRAM} post-receive");
                    if !kill_at(&mut alike.command("sh", call), &program, whom, call) {
                        survived.store(true, Ordering::SeqCst);
                    }
                    if alike.records(call) != [0, 0] {
                        recorded.lock().unwrap().insert(call);
                    }
                }
            });
        }
    });
    let last = next.into_inner() - 1;
    let recorded = recorded.into_inner().unwrap();
    alike.drain(last);
    check(&alike, last, |call| {
        (
            recorded.contains(&call),
            format!("{whom:?} killed at call {call} of {last}, {scene:?}"),
        )
    });
    assert!(
        recorded.contains(&last),
        "a push that nothing happens to is recorded"
    );
    catch_up(&alike, last);
    check(&alike, last, |call| {
        (
            true,
            format!("{whom:?} killed at call {call} of {last}, {scene:?}, and caught up"),
        )
    });
    last
}

/// Whether each hook got, under one id, exactly those pushes that it should get.
fn check(alike: &Alike, last: usize, expected: impl Fn(usize) -> (bool, String)) {
    let reported = alike.ids();
    for call in 1..=last {
        let (should_be, place) = expected(call);
        for hook in HOOKS {
            let ids = reported
                .get(&(call.to_string(), hook.to_owned()))
                .map_or(&[][..], Vec::as_slice);
            assert_eq!(
                !ids.is_empty(),
                should_be,
                "{place}: recorded or found means delivered, and nothing else"
            );
            assert!(
                ids.iter().collect::<BTreeSet<_>>().len() <= 1,
                "{place}: a repeat has the same id: {ids:?}"
            );
        }
    }
}

/// The first is the ordinary push, the others are for the full proof.
const SCENES: [Scene; 3] = [
    Scene {
        settings: "",
        refuses: false,
    },
    Scene {
        settings: "[deliver]\nwait = \"0s\"\n",
        refuses: false,
    },
    Scene {
        settings: "",
        refuses: true,
    },
];

fn everywhere_in_all_scenes(whom: Whom) {
    for scene in &SCENES[..if full() { SCENES.len() } else { 1 }] {
        let calls = everywhere(whom, scene);
        eprintln!("{whom:?}: killed at each of {calls} system calls, {scene:?}");
        assert!(calls > 100, "{calls}: it makes many more calls");
    }
}

#[needs(ptrace)]
#[test]
fn wherever_the_hook_is_killed_a_push_on_disk_is_delivered() {
    everywhere_in_all_scenes(Whom::Itself);
}

#[needs(ptrace)]
#[test]
fn wherever_the_deliverer_is_killed_the_push_is_delivered() {
    everywhere_in_all_scenes(Whom::Child);
}
