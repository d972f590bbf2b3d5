//! What is kept between two runs, and what becomes of it.

use super::{Watched, reported};
use crate::support::eventually;
use git_service_hook::spool::{Retention, Spool};
use std::time::Duration;

fn moved(watched: &Watched) -> (String, String) {
    let old = watched.git(&["rev-parse", "main"]);
    let new = watched.commits(&["two"]).pop().unwrap();
    watched.git(&["update-ref", "refs/heads/main", &new]);
    (old, new)
}

/// Removes all history, as `keep` does in time.
fn prune(watched: &Watched) {
    eventually("all pushes are history", || {
        watched.pushing.pending().is_empty()
    });
    let keep = Retention {
        age: Duration::from_secs(1 << 30),
        count: 0,
        size: 0,
    };
    Spool::at(&watched.pushing.sandbox.path("r.git"), 0)
        .prune(&keep, 0, true)
        .unwrap();
    assert!(watched.pushing.done().is_empty());
}

#[test]
fn runs_every_second_find_the_same_and_write_nothing_new() {
    let watched = Watched::new();
    let (old, new) = moved(&watched);
    watched.look();
    let state = std::fs::read(watched.state_path()).unwrap();
    let written = || {
        std::fs::metadata(watched.state_path())
            .unwrap()
            .modified()
            .unwrap()
    };
    let when = written();
    for _ in 0..5 {
        watched.look();
    }
    assert_eq!(
        (std::fs::read(watched.state_path()).unwrap(), written()),
        (state, when)
    );
    watched.later();
    for _ in 0..5 {
        watched.look();
    }
    assert_eq!(
        watched.reported(),
        [reported("refs/heads/main", &old, &new)]
    );
}

#[test]
fn a_crash_between_the_record_and_the_state_reports_nothing_twice() {
    let watched = Watched::new();
    moved(&watched);
    watched.look();
    watched.later();
    let state = std::fs::read(watched.state_path()).unwrap();
    watched.look();
    assert_eq!(watched.reported().len(), 1);
    // As if the run had died before it recorded that it had reported.
    std::fs::write(watched.state_path(), state).unwrap();
    watched.look_twice();
    assert_eq!((watched.reported().len(), watched.recovered()), (1, 1));
}

#[test]
fn what_has_left_the_history_is_still_known_to_be_announced() {
    let watched = Watched::new();
    watched.pushing.push("two");
    prune(&watched);
    watched.pushing.push("three");
    prune(&watched);
    assert!(
        watched
            .pushing
            .sandbox
            .path("r.git/service-hook/announced")
            .exists()
    );
    watched.look_twice();
    assert_eq!((watched.reported().len(), watched.recovered()), (2, 0));
    let notes = ["announced", "announced-counted"]
        .map(|n| watched.pushing.sandbox.path("r.git/service-hook").join(n));
    assert_eq!(
        notes.map(|n| n.exists()),
        [false, false],
        "they are in the state now"
    );
}

#[test]
fn a_crash_before_the_notes_are_forgotten_counts_them_once() {
    let watched = Watched::new();
    watched.pushing.push("two");
    prune(&watched);
    let folder = watched.pushing.sandbox.path("r.git/service-hook");
    let notes = std::fs::read(folder.join("announced")).unwrap();
    watched.look();
    std::fs::write(folder.join("announced-counted"), notes).unwrap();
    watched.pushing.push("three");
    prune(&watched);
    watched.look_twice();
    watched.look_twice();
    assert_eq!((watched.reported().len(), watched.recovered()), (2, 0));
}

#[test]
fn nothing_is_noted_where_nobody_looks() {
    let watched = Watched::unseen();
    prune(&watched);
    assert!(
        !watched
            .pushing
            .sandbox
            .path("r.git/service-hook/announced")
            .exists()
    );
}

#[test]
fn a_damaged_state_is_a_new_baseline_and_said() {
    let watched = Watched::new();
    let (_, new) = moved(&watched);
    std::fs::write(watched.state_path(), "{\"v\":1,\"sta").unwrap();
    let (code, said) = watched.look_for_trouble();
    assert_eq!(code, Some(1));
    assert!(
        said.contains("service-hook/refs is damaged: updates missed before now are not reported"),
        "{said}"
    );
    watched.look_twice();
    assert_eq!(watched.reported(), []);
    assert!(watched.state()["state"]["refs"].to_string().contains(&new));
}

#[test]
fn a_newer_state_is_left_alone_and_said() {
    let watched = Watched::new();
    std::fs::write(watched.state_path(), "{\"v\":2}").unwrap();
    let (code, said) = watched.look_for_trouble();
    assert!(
        code == Some(1) && said.contains("newer version of this program (format 2)"),
        "{said}"
    );
    assert_eq!(
        std::fs::read_to_string(watched.state_path()).unwrap(),
        "{\"v\":2}"
    );
}

#[test]
fn a_record_that_cannot_be_understood_stops_the_search_instead_of_looking_missed() {
    let watched = Watched::new();
    watched.pushing.push("two");
    eventually("it is history", || watched.pushing.pending().is_empty());
    let name = watched.pushing.done().pop().unwrap();
    let path = watched
        .pushing
        .sandbox
        .path("r.git/service-hook/done")
        .join(&name);
    let record = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, record.replace("{\"v\":1,", "{\"v\":9,")).unwrap();
    let state = watched.state();
    let (code, said) = watched.look_for_trouble();
    assert!(code == Some(1) && said.contains(&name), "{said}");
    assert_eq!(watched.state(), state);
    std::fs::write(&path, record).unwrap();
    watched.look_twice();
    assert_eq!((watched.reported().len(), watched.recovered()), (1, 0));
}
