//! Thousands of pushes over many repositories, with receivers that fail a third of the time: at the end everything is
//! delivered, nothing is left, and no process needed more than at the beginning.

mod fleet;
mod receivers;
mod verdict;
mod watch;

use crate::support::{eventually, full, ours_below};
use fleet::Fleet;
use receivers::Receivers;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use watch::Watch;

/// How much of it.
struct Size {
    pushes: usize,
    repositories: usize,
    /// An hour passes for everything that waits as often as this.
    hour: Duration,
    /// All of it, from the first push to the last delivery.
    bound: Duration,
}

/// People who push at the same time, each after the other on the same repository.
const PUSHERS: usize = 4;

fn size() -> Size {
    if full() {
        let (hour, bound) = (Duration::from_secs(1), Duration::from_secs(1800));
        Size {
            pushes: 10_000,
            repositories: 50,
            hour,
            bound,
        }
    } else {
        let (hour, bound) = (Duration::from_millis(100), Duration::from_secs(60));
        Size {
            pushes: 200,
            repositories: 10,
            hour,
            bound,
        }
    }
}

#[test]
fn receivers_that_fail_a_third_of_the_time_get_every_push_and_nothing_piles_up() {
    let size = size();
    let receivers = Receivers::start();
    let fleet = Fleet::new(
        size.repositories,
        size.pushes
            .div_ceil(size.repositories)
            .next_multiple_of(PUSHERS),
        &receivers,
    );
    let (next, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let started = Instant::now();
    let (watch, pushed) = std::thread::scope(|scope| {
        let watching = scope.spawn(|| Watch::run(&fleet, &next, size.pushes, &over));
        let passing = scope.spawn(|| again_and_again(size.hour, &over, || fleet.an_hour_passes()));
        let timer = scope.spawn(|| again_and_again(size.hour, &over, || fleet.drain()));
        let pushers: Vec<_> = (0..PUSHERS)
            .map(|_| scope.spawn(|| push_all(&fleet, &next, size.pushes)))
            .collect();
        let failed = pushers
            .into_iter()
            .filter_map(|pusher| pusher.join().err())
            .count();
        let pushed = started.elapsed();
        while failed == 0 && !fleet.is_idle() && started.elapsed() < size.bound {
            std::thread::sleep(Duration::from_millis(100));
        }
        over.store(true, Ordering::SeqCst);
        for thread in [passing, timer] {
            thread.join().unwrap();
        }
        assert_eq!(failed, 0, "every push succeeds");
        (watching.join().unwrap(), pushed)
    });
    let (all, reported) = (started.elapsed(), verdict::of(&fleet, &receivers));
    eprintln!(
        "{} pushes in {pushed:.1?}, delivered after {all:.1?}; {reported}; {watch}",
        size.pushes
    );
    assert!(all < size.bound, "bounded in time");
    eventually("nobody stays", || {
        ours_below(&fleet.sandbox.path("")).is_empty()
    });
    watch.is_flat();
}

fn again_and_again(pause: Duration, over: &AtomicBool, what: impl Fn()) {
    while !over.load(Ordering::SeqCst) {
        std::thread::sleep(pause);
        what();
    }
}

fn push_all(fleet: &Fleet, next: &AtomicUsize, pushes: usize) {
    loop {
        let number = next.fetch_add(1, Ordering::SeqCst);
        if number >= pushes {
            return;
        }
        // Pushers are on the same repository at once, and soon on the next.
        let repository = number / PUSHERS % fleet.size();
        fleet.push(
            repository,
            number / (PUSHERS * fleet.size()) * PUSHERS + number % PUSHERS,
            number,
        );
    }
}
