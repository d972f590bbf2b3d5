//! History is bounded by age, count and size; what is pending never is.

use super::{log, push_and_finish, trust_clock};
use crate::delivery::{Pushing, busy, webhook};
use crate::support::eventually;
use crate::support::receiver::{Answer, Receiver};
use git_service_hook::spool::new_id;
use std::time::{Duration, UNIX_EPOCH};

/// A repository whose history has three pushes, and one push that waits.
fn with_history(receiver: &Receiver) -> Pushing {
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    for message in ["one", "two", "three"] {
        push_and_finish(&pushing, message);
    }
    receiver
        .answer(|_| Answer::Reply(503, vec![("Retry-After".into(), "3000".into())], Vec::new()));
    pushing.push("four");
    eventually("the fourth waits", || {
        log(&pushing, &["--state", "pending"]).len() == 1
    });
    assert_eq!((pushing.done().len(), pushing.pending().len()), (3, 1));
    pushing
}

/// Drains with these bounds; what is left of the history.
fn left(pushing: &Pushing, receiver: &Receiver, bounds: &str) -> Vec<String> {
    pushing.configure(&format!(
        "[deliver]\n{bounds}\n{}",
        webhook("ci", &receiver.url("/"))
    ));
    trust_clock(pushing);
    assert_eq!(pushing.drain(), Some(0));
    assert_eq!(
        pushing.pending().len(),
        1,
        "{bounds}: what waits is never removed"
    );
    pushing.done()
}

#[test]
fn the_oldest_go_when_there_are_too_many() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = with_history(&receiver);
    let all = pushing.done();
    assert_eq!(left(&pushing, &receiver, "keep_count = 3"), all);
    assert_eq!(left(&pushing, &receiver, "keep_count = 2"), all[1..]);
    assert_eq!(
        log(&pushing, &[]).len(),
        3,
        "two of the history and the one that waits"
    );
}

#[test]
fn the_oldest_go_when_they_are_too_large() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = with_history(&receiver);
    let all = pushing.done();
    let size = |id: &String| {
        pushing
            .sandbox
            .path("r.git/service-hook/done")
            .join(id)
            .metadata()
            .unwrap()
            .len()
    };
    let two = size(&all[1]) + size(&all[2]);
    assert_eq!(
        left(&pushing, &receiver, &format!("keep_size = \"{two}\"")),
        all[1..]
    );
    assert_eq!(
        left(&pushing, &receiver, &format!("keep_size = \"{}\"", two - 1)),
        all[2..]
    );
}

#[test]
fn what_is_too_old_goes() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = with_history(&receiver);
    let all = pushing.done();
    let folder = pushing.sandbox.path("r.git/service-hook/done");
    let ended_days_ago = |id: &String, days: u64| {
        let now = Duration::from_millis(git_service_hook::clock::now_ms().cast_unsigned());
        let ended = UNIX_EPOCH + now - Duration::from_secs(days * 86_400);
        let file = std::fs::File::options().append(true).open(folder.join(id));
        file.unwrap().set_modified(ended).unwrap();
    };
    ended_days_ago(&all[0], 3);
    // By a clock that started in 1970.
    ended_days_ago(&all[1], 56 * 365);
    assert_eq!(left(&pushing, &receiver, "keep = \"4d\"").len(), 3);
    assert_eq!(left(&pushing, &receiver, "keep = \"2d\""), all[1..]);
}

#[test]
fn what_ends_after_keep_stays_for_keep() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = with_history(&receiver);
    let folder = pushing.sandbox.path("r.git/service-hook/done");
    let recorded = new_id(git_service_hook::clock::now_ms() - 9 * 86_400_000);
    std::fs::rename(folder.join(&pushing.done()[2]), folder.join(&recorded)).unwrap();
    assert!(left(&pushing, &receiver, "keep = \"2d\"").contains(&recorded));
}

#[test]
fn a_record_that_is_queued_again_is_safe() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = with_history(&receiver);
    receiver.answer(|_| busy());
    let oldest = log(&pushing, &[])[3]["id"].as_str().unwrap().to_owned();
    super::reported(&pushing, &["redeliver", &oldest]);
    pushing.configure(&format!(
        "[deliver]\nkeep_count = 1\n{}",
        webhook("ci", &receiver.url("/"))
    ));
    pushing.drain();
    assert_eq!((pushing.pending().len(), pushing.done().len()), (2, 1));
}
