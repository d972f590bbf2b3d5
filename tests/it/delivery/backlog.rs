//! A push onto thousands that wait: the pusher hardly notices, and the deliverer takes no more memory than their states.

use super::{Pushing, feed, webhook};
use crate::support::receiver::{Answer, Receiver};
use crate::support::{PROGRAM, eventually, full, memory_peak};
use git_service_hook::spool::{Queued, RecordFile, RecordLine, Spool, new_id};
use std::time::{Duration, Instant};

/// As if `size` more pushes like the one that waits had been made meanwhile.
fn wait_as_well(pushing: &Pushing, size: usize) {
    let spool = Spool::at(&pushing.sandbox.path("r.git"), 0);
    let first = pushing.pending().remove(0);
    let mut read = None;
    eventually("the events of the push are computed", || {
        if let RecordFile::Record(record) = spool.read(&first).unwrap() {
            read = record.events.clone().map(|events| (record.push, events));
        }
        read.is_some()
    });
    let (push, events) = read.unwrap();
    for behind in 1..=size {
        let (mut push, mut events) = (push.clone(), events.clone());
        let lock = spool.publish(&mut push).unwrap();
        let delivery = new_id(push.time_ms);
        events.deliveries[0].id.clone_from(&delivery);
        lock.append(&RecordLine::Events(Box::new(events))).unwrap();
        let since_ms = push.time_ms;
        let queued = Queued {
            delivery,
            behind,
            since_ms,
            interrupted: false,
            paced: false,
            standing: None,
        };
        lock.append(&RecordLine::Queued(queued)).unwrap();
    }
}

/// How long `drain` takes, and its peak of memory in KiB.
fn drain(pushing: &Pushing) -> (Duration, u64) {
    let started = Instant::now();
    let mut drain = pushing
        .sandbox
        .command(PROGRAM, "r.git")
        .arg("drain")
        .spawn()
        .unwrap();
    let mut peak = 0;
    loop {
        peak = memory_peak(drain.id()).unwrap_or_default().max(peak);
        if let Some(status) = drain.try_wait().unwrap() {
            assert!(status.success());
            return (started.elapsed(), peak);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// How long the quickest of some pushes takes, and what its pusher read.
fn quickest(pushing: &Pushing, name: &str) -> (Duration, String) {
    let push = |n| {
        let message = format!("{name} {n}");
        pushing.sandbox.commit("c", "file.txt", &message, &message);
        let started = Instant::now();
        let said = pushing.sandbox.push("c", &["-q", "origin", "HEAD:main"]);
        (started.elapsed(), said)
    };
    (0..5).map(push).min().unwrap()
}

#[test]
fn a_backlog_of_thousands_costs_the_pusher_little_and_the_deliverer_its_states() {
    let size = if full() { 5000 } else { 500 };
    let receiver = Receiver::start(|_| Answer::json(503, "{}"));
    let pushing = Pushing::new(&format!(
        "[deliver]\nwait = \"30s\"\n{}",
        webhook("ci", &receiver.url("/"))
    ));
    let _stay = pushing.nobody_stays();
    pushing.push("one");
    let (few, _) = quickest(&pushing, "few");
    wait_as_well(&pushing, size);
    let (many, said) = quickest(&pushing, "many");
    assert!(said.contains("ci: queued behind "), "{said}");
    pushing.configure(&format!(
        "[deliver]\nwait = \"0s\"\n{}",
        webhook("ci", &receiver.url("/"))
    ));
    let (silent, _) = quickest(&pushing, "silent");
    let (looking, large) = drain(&pushing);
    receiver.answer(|_| Answer::ok());
    std::fs::remove_file(pushing.sandbox.path("r.git/service-hook/lane/ci")).unwrap();
    let (mut sending, mut largest) = (Duration::ZERO, 0);
    eventually("the backlog goes out when the receiver is back", || {
        let (took, peak) = drain(&pushing);
        (sending, largest) = (sending.max(took), largest.max(peak));
        pushing.pending().is_empty()
    });
    let before = receiver.got().len() - size - 16;
    eprintln!(
        "a push onto {size} that wait: {many:.0?}, with wait = \"0s\" {silent:.0?}; onto six {few:.0?}. A drain that \
         only looks: {looking:.0?}, {} MiB; one that sends: {sending:.1?}, {} MiB",
        large / 1024,
        largest / 1024
    );
    assert!(before <= 3, "each once when the receiver is back");
    assert!(
        large.max(largest) < 32 * 1024 + 4 * size as u64,
        "4 KiB for each that waits"
    );
}

/// Calls that open something in `pending/` during a push: of the hook, or of the deliverer as well.
fn opened(pushing: &Pushing, with_deliverer: bool, message: &str) -> usize {
    let line = pushing.unannounced(message, "refs/heads/main");
    let mut strace = pushing.sandbox.command("strace", "r.git");
    strace
        .args(with_deliverer.then_some("-f"))
        .args(["-y", "-qq", "-o", "../trace", "-e", "signal=none"])
        .args(["-e", "trace=openat", PROGRAM, "post-receive"])
        .env("GIT_DIR", ".");
    assert!(feed(&mut strace, &line).status.success());
    let trace = std::fs::read_to_string(pushing.sandbox.path("trace")).unwrap();
    let of_pending = |call: &&str| call.contains("/pending>, \"");
    trace.lines().filter(of_pending).count()
}

#[needs("strace")]
#[test]
fn of_what_waits_the_hook_opens_nothing_and_the_deliverer_each_record_twice() {
    let receiver = Receiver::start(|_| Answer::json(503, "{}"));
    let hook = webhook("ci", &receiver.url("/"));
    let pushing = Pushing::new(&format!("[deliver]\nwait = \"0s\"\n{hook}"));
    let _stay = pushing.nobody_stays();
    let few = [false, true].map(|both| opened(&pushing, both, &format!("few-{both}")));
    let size = 100;
    wait_as_well(&pushing, size);
    let many = [false, true].map(|both| opened(&pushing, both, &format!("many-{both}")));
    assert!(many[0] <= few[0], "the hook: {few:?} {many:?}");
    assert!(many[1] <= few[1] + 2 * size + 20, "the deliverer: {many:?}");
}
