//! A recorded push: computes its events, starts the deliverer and reports results.

use super::watch::{Deliverer, ResultWatch};
use super::{ComputedPush, PushContext, Undecided, compute_deliveries, spawn};
use crate::clock;
use crate::deliver::{self, Destinations, Site};
use crate::git::Repository;
use crate::push::Push;
use crate::report::Lines;
use crate::spool::{LockedRecord, RecordLine, Spool};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Time limit for computing the events in the hook; after it the deliverer computes them.
const COMPUTE_TIMEOUT: Duration = Duration::from_secs(20);

/// Time limit for delivering in this process, when no other can be started.
const IN_PROCESS: Duration = Duration::from_secs(30);

/// Older pushes are not sent.
const HELD: &str =
    "what was copied or restored with this repository is held (see `git service-hook status`)";

/// Delivers a published record and reports to the pusher. If anything here fails, the push is not lost.
pub(super) fn deliver(
    context: &PushContext<'_>,
    repository: Option<Repository>,
    spool: &Spool,
    record: LockedRecord,
    push: &Push,
    lines: &mut Lines,
) {
    if let Some(why) = &context.loaded.hold {
        return lines.say(&format!(
            "nothing is sent: {why}; the push is recorded and waits until this is fixed"
        ));
    }
    if context.loaded.unresolved {
        lines.say("the push is recorded and waits until hooks.toml can be read");
    }
    // Those that the server's file has locked do not wait for it.
    if Undecided::new(context.loaded, &[]).is_stuck() {
        return;
    }
    let follower = spool.follow(&push.id);
    let computed = repository.and_then(|repository| compute(context, repository, &record, push));
    // Unlocked: other processes may compute its events, or send it.
    drop(record);
    if computed
        .as_ref()
        .is_some_and(|computed| computed.events.deliveries.is_empty())
    {
        let _ = spool.finish(&push.id);
    }
    let pending = spool.pending();
    if pending.as_ref().is_ok_and(Vec::is_empty) {
        return;
    }
    let (mut deliverer, wait) =
        match spawn::deliverer(context.git_dir, context.environment, &push.id) {
            Ok(child) => (Deliverer::Process(child), context.wait()),
            Err(_) => (in_process(context, spool, &push.id), IN_PROCESS),
        };
    let Some(ComputedPush { events, omitted }) = computed else {
        return lines.say("the push is recorded; it is read and sent in the background");
    };
    let timer = spool.timer_seen(clock::now_ms());
    let mut watch = ResultWatch::new(
        context.loaded,
        &events.deliveries,
        push.time_ms,
        timer,
        lines.left(),
    )
    .with_lanes(spool);
    if let (Ok(mut follower), false, false) = (follower, wait.is_zero(), watch.is_done()) {
        watch.follow(&mut follower, &mut deliverer, wait, lines);
        print_omitted(&omitted, lines);
    }
    let others = pending
        .ok()
        .filter(|pending| pending.len() > 1 && !wait.is_zero());
    if others.is_some_and(|pending| spool.is_oldest_held(&pending)) {
        lines.say(HELD);
    }
}

/// Printed after the results: failures come first, and the lines are limited.
pub(super) fn print_omitted(omitted: &[String], lines: &mut Lines) {
    match omitted {
        [] => {}
        [first] => lines.say(first),
        [first, others @ ..] => {
            lines.say(&format!("{first}; likewise {} more hooks", others.len()));
        }
    }
}

/// Computes the events and records them; `None` when that fails or takes too long, and the deliverer does it.
fn compute(
    context: &PushContext<'_>,
    repository: Repository,
    record: &LockedRecord,
    push: &Push,
) -> Option<ComputedPush> {
    record
        .append(&RecordLine::Computing(clock::now_ms()))
        .ok()?;
    let (loaded, push, repository) = (
        Arc::clone(context.loaded),
        push.clone(),
        Arc::new(Mutex::new(repository)),
    );
    let work = move || {
        repository
            .lock()
            .ok()
            .map(|repository| compute_deliveries(&repository, &Undecided::new(&loaded, &[]), &push))
    };
    let (here, (result, receiver)) = (work.clone(), channel());
    // On a thread, so that a repository that answers slowly cannot hold the push; without any more threads, right here.
    let computed = match std::thread::Builder::new().spawn(move || drop(result.send(work()))) {
        Ok(_) => receiver.recv_timeout(COMPUTE_TIMEOUT).ok()??,
        Err(_) => catch_unwind(AssertUnwindSafe(here)).ok()??,
    };
    record
        .append(&RecordLine::Events(Box::new(computed.events.clone())))
        .ok()?;
    Some(computed)
}

/// Delivers in a thread of this process, which ends with it; without any more threads, right here.
fn in_process(context: &PushContext<'_>, spool: &Spool, push: &str) -> Deliverer {
    let (git_dir, loaded) = (context.git_dir.to_owned(), Arc::clone(context.loaded));
    let (spool, push) = (spool.clone(), push.to_owned());
    let work = Arc::new(move || {
        let destinations = Destinations::default();
        let site = Site::new(&git_dir, &spool, &loaded, &destinations);
        deliver::run(site, Some(&push), IN_PROCESS);
    });
    let for_thread = Arc::clone(&work);
    if let Ok(thread) = std::thread::Builder::new().spawn(move || for_thread()) {
        return Deliverer::Thread(thread);
    }
    work();
    Deliverer::Done
}
