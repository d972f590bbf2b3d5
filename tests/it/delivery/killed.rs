//! Killed at any moment: the push was never there, or it is delivered.

use super::alike::{Alike, HOOKS, Scene};
use crate::support::tracer::{Whom, kill_at, may_trace};
use crate::support::{PROGRAM, full};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Finds the pushes whose record never appeared: the place where `drain --catch-up` is held against them.
fn catch_up(_alike: &Alike, _unrecorded: &[usize]) {}

/// Kills `whom` at its first, second, third … system call until it survives, two at a time, then drains. The number of
/// its calls.
fn everywhere(whom: Whom, scene: &Scene) -> usize {
    let alike = Alike::new(scene);
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
    let told = alike.ids();
    for call in 1..=last {
        for hook in HOOKS {
            let ids = told.get(&(call.to_string(), hook.to_owned())).map_or(&[][..], Vec::as_slice);
            let place = format!("{whom:?} killed at call {call} of {last}, {scene:?}");
            assert_eq!(!ids.is_empty(), recorded.contains(&call), "{place}: recorded means delivered");
            assert!(ids.iter().collect::<BTreeSet<_>>().len() <= 1, "{place}: a repeat has the same id: {ids:?}");
        }
    }
    assert!(recorded.contains(&last), "a push that nothing happens to is recorded");
    catch_up(&alike, &(1..=last).filter(|call| !recorded.contains(call)).collect::<Vec<_>>());
    last
}

/// The first is the ordinary push, the others are for the full proof.
const SCENES: [Scene; 3] = [
    Scene { settings: "", refuses: false },
    Scene { settings: "[deliver]\nwait = \"0s\"\n", refuses: false },
    Scene { settings: "", refuses: true },
];

fn everywhere_in_all_scenes(whom: Whom) {
    if !may_trace() {
        return;
    }
    for scene in &SCENES[..if full() { SCENES.len() } else { 1 }] {
        let calls = everywhere(whom, scene);
        eprintln!("{whom:?}: killed at each of {calls} system calls, {scene:?}");
        assert!(calls > 100, "{calls}: it makes many more calls");
    }
}

#[test]
fn wherever_the_hook_is_killed_a_push_on_disk_is_delivered() {
    everywhere_in_all_scenes(Whom::Itself);
}

#[test]
fn wherever_the_deliverer_is_killed_the_push_is_delivered() {
    everywhere_in_all_scenes(Whom::Child);
}
