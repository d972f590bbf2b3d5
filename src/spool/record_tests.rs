use super::*;
use crate::push::Pusher;
use crate::spool::{Spool, delivery_id, time_of_id};
use rustix::fs::inotify;

fn push() -> Push {
    let pusher = Pusher {
        username: "ann".into(),
        name: "Ann".into(),
        email: None,
        source: "account".into(),
    };
    let (updates, options) = (Vec::new(), Vec::new());
    Push {
        id: String::new(),
        time_ms: 1000,
        updates,
        pusher,
        options,
        remote_addr: None,
        gl_repo: None,
        recovered: false,
        unlisted: None,
        trouble: None,
    }
}

fn events() -> RecordLine {
    let planned = |id: &str, hook: &str| Planned {
        id: id.into(),
        hook: hook.into(),
        kind: crate::outgoing::MessageKind::Ref,
        events: vec![0],
        rest: vec![],
        omitted: 0,
    };
    let event = serde_json::value::RawValue::from_string("{\"n\":1}".into()).unwrap();
    RecordLine::Events(Box::new(Events {
        default_branch: Some("main".into()),
        push_total_commits: 1,
        hooks: None,
        events: vec![event],
        deliveries: vec![planned("d1", "ci"), planned("d2", "team")],
    }))
}

fn started(delivery: &str, attempt: u32) -> RecordLine {
    RecordLine::Started(crate::spool::Started {
        delivery: delivery.into(),
        attempt,
        at_ms: 2000,
    })
}

fn ended(delivery: &str, outcome: Outcome) -> RecordLine {
    RecordLine::Ended(Box::new(Ended {
        delivery: delivery.into(),
        at_ms: 3000,
        outcome,
        why: "503 Service Unavailable".into(),
        unknown: false,
        whole_hook: true,
        digest: 0,
        single: false,
        next_attempt_ms: (outcome == Outcome::Deferred).then_some(8000),
        exchange: None,
    }))
}

fn read(spool: &Spool, id: &str) -> Record {
    let RecordFile::Record(record) = spool.read(id).unwrap() else {
        panic!("not a record")
    };
    *record
}

#[test]
fn a_second_line_of_events_adds_the_hooks_that_the_first_one_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::at(dir.path(), 0);
    let mut push = push();
    let lock = spool.publish(&mut push).unwrap();
    let RecordLine::Events(mut first) = events() else {
        panic!("not events")
    };
    let mut second = first.clone();
    first.deliveries.truncate(1);
    first.hooks = Some(vec!["ci".into(), "quiet".into()]);
    second.deliveries.remove(0);
    let append = |line: &RecordLine| lock.append(line).unwrap();
    append(&RecordLine::Computing(1500));
    append(&RecordLine::Events(first));
    append(&ended("d1", Outcome::Delivered));
    let record = read(&spool, &push.id);
    assert!(!record.is_decided() && !record.is_finished());
    assert_eq!(record.decided_hooks(), ["ci", "quiet"]);
    assert_eq!(record.computing, 0, "the second line has tries of its own");

    append(&RecordLine::Events(second.clone()));
    append(&RecordLine::Events(second));
    let record = read(&spool, &push.id);
    assert!(record.is_decided() && !record.is_finished());
    let planned = |index: usize| {
        let planned = &record.deliveries[index].planned;
        (planned.id.as_str(), planned.events.clone())
    };
    assert_eq!((planned(0), planned(1)), (("d1", vec![0]), ("d2", vec![1])));
    assert_eq!(record.deliveries.len(), 2, "a third line does not count");
    assert_eq!(record.events.as_ref().unwrap().events.len(), 2);
    append(&ended("d2", Outcome::Failed));
    assert!(read(&spool, &push.id).is_finished());
}

#[test]
fn a_record_is_what_its_lines_add_up_to() {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::at(dir.path(), 0);
    let mut push = push();
    let lock = spool.publish(&mut push).unwrap();
    assert!(
        read(&spool, &push.id).events.is_none(),
        "the push is on disk before its events are"
    );
    for line in [
        RecordLine::Computing(1500),
        events(),
        started("d1", 1),
        ended("d1", Outcome::Deferred),
    ] {
        lock.append(&line).unwrap();
    }
    let record = read(&spool, &push.id);
    assert_eq!(
        (record.computing, record.push.pusher.username.as_str()),
        (1, "ann")
    );
    assert_eq!(
        record.events.as_ref().unwrap().events[0].get(),
        "{\"n\":1}",
        "events stay the bytes they were"
    );
    let first = &record.deliveries[0];
    assert_eq!(
        (first.state, first.attempts, first.failures),
        (DeliveryState::Pending, 1, 1)
    );
    assert_eq!(
        (first.next_attempt_ms, first.whole_hook),
        (Some(8000), true)
    );
    assert!(!record.is_finished());

    for line in [
        started("d1", 2),
        ended("d1", Outcome::Delivered),
        started("d2", 1),
        ended("d2", Outcome::Failed),
    ] {
        spool.append(&push.id, &line).unwrap();
    }
    let record = read(&spool, &push.id);
    assert!(record.is_finished());
    assert_eq!(
        [record.deliveries[0].state, record.deliveries[1].state],
        [DeliveryState::Delivered, DeliveryState::Failed]
    );
    spool.finish(&push.id).unwrap();
    assert!(
        matches!(spool.read(&push.id).unwrap(), RecordFile::Record(_)),
        "the process that holds it is not disturbed"
    );
    drop(lock);
    spool.finish(&push.id).unwrap();
    spool
        .finish(&push.id)
        .expect("another process may have been faster");
    assert!(matches!(spool.read(&push.id).unwrap(), RecordFile::Gone));
    assert!(
        spool.append(&push.id, &started("d1", 3)).is_err(),
        "a record is never created by appending"
    );
}

#[test]
fn a_torn_line_spoils_only_itself() {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::at(dir.path(), 0);
    let mut push = push();
    spool.publish(&mut push).unwrap().append(&events()).unwrap();
    let path = dir.path().join("service-hook/pending").join(&push.id);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend_from_slice(b"{\"started\":{\"delivery\":\"d1\",\"att");
    std::fs::write(&path, bytes).unwrap();
    spool
        .append(&push.id, &ended("d2", Outcome::Delivered))
        .unwrap();
    let record = read(&spool, &push.id);
    assert_eq!(
        (record.deliveries[0].attempts, record.deliveries[1].state),
        (0, DeliveryState::Delivered)
    );
}

#[test]
fn a_start_without_an_end_counts_as_a_failure_once_it_is_followed() {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::at(dir.path(), 0);
    let mut push = push();
    let lock = spool.publish(&mut push).unwrap();
    for line in [events(), started("d1", 1)] {
        lock.append(&line).unwrap();
    }
    assert_eq!(
        read(&spool, &push.id).deliveries[0].open_since_ms,
        Some(2000)
    );
    lock.append(&started("d1", 2)).unwrap();
    let record = read(&spool, &push.id);
    assert_eq!(
        (record.deliveries[0].attempts, record.deliveries[0].unknowns),
        (2, 1)
    );
    lock.append(&RecordLine::Requeued {
        delivery: "d1".into(),
        at_ms: 9000,
        file: None,
        was: None,
    })
    .unwrap();
    let delivery = &read(&spool, &push.id).deliveries[0];
    assert_eq!(
        (delivery.since_ms, delivery.failures, delivery.attempts),
        (9000, 0, 2),
        "attempts go on counting"
    );
}

#[test]
fn what_is_not_ours_is_moved_to_corrupt_and_a_newer_version_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::at(dir.path(), 0);
    spool.publish(&mut push()).unwrap();
    let pending = dir.path().join("service-hook/pending");
    let (_, intact) = tried(&spool);
    let damaged = String::from_utf8(intact).unwrap().replacen("ann", "bob", 1);
    for (name, text) in [
        ("a", "{\"v\":2,\"other\":1}\n"),
        ("b", "nonsense\n"),
        ("c", "{\"v\":1,\"pu"),
        ("d", &damaged),
    ] {
        std::fs::write(pending.join(name), text).unwrap();
    }
    assert!(matches!(spool.read("a").unwrap(), RecordFile::Newer(2)));
    for name in ["b", "d"] {
        assert!(matches!(spool.read(name).unwrap(), RecordFile::Foreign));
    }
    let written = std::fs::File::open(pending.join("c")).unwrap();
    written.lock().unwrap();
    assert!(matches!(spool.read("c").unwrap(), RecordFile::Torn));
    assert!(pending.join("a").exists() && pending.join("c").exists());
    drop(written);
    assert!(
        matches!(spool.read("c").unwrap(), RecordFile::Foreign),
        "nobody writes it any more"
    );
    for name in ["b", "c", "d"] {
        assert!(dir.path().join("service-hook/corrupt").join(name).exists());
    }
}

#[test]
fn names_keep_the_order_of_recording_when_the_clock_goes_back() {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::at(dir.path(), 0);
    let times = [5_000_000, 4_000_000, 4_000_000];
    let ids = times.map(|time_ms| {
        let mut push = Push { time_ms, ..push() };
        spool.publish(&mut push).unwrap();
        push.id
    });
    assert_eq!(spool.pending().unwrap(), ids);
}

#[test]
fn a_record_is_locked_from_the_moment_it_can_be_seen() {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::at(dir.path(), 0);
    let mut push = push();
    let lock = spool.publish(&mut push).unwrap();
    assert!(spool.lock_record(&push.id).unwrap().is_none());
    drop(lock);
    assert!(spool.lock_record(&push.id).unwrap().is_some());
}

#[test]
fn a_lane_has_one_holder() {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::at(dir.path(), 0);
    spool.publish(&mut push()).unwrap();
    let lane = spool.lane("ci").unwrap();
    assert!(
        lane.is_some()
            && spool.lane("ci").unwrap().is_none()
            && spool.lane("team").unwrap().is_some()
    );
    drop(lane);
    assert!(spool.lane("ci").unwrap().is_some());
}

#[test]
fn history_is_bounded_by_count_age_and_size() {
    use crate::spool::Retention;
    use std::time::Duration;
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::at(dir.path(), 0);
    let day = 86_400;
    let now = crate::clock::now_ms() / 1000;
    for days in [4, 3, 2, 1] {
        let mut push = push();
        spool
            .publish(&mut push)
            .unwrap()
            .append(&RecordLine::Events(Box::default()))
            .unwrap();
        spool.finish(&push.id).unwrap();
        let ended = std::time::UNIX_EPOCH + Duration::from_secs((now - days * day).cast_unsigned());
        let path = dir.path().join("service-hook/done").join(&push.id);
        let file = std::fs::File::options().append(true).open(path).unwrap();
        file.set_modified(ended).unwrap();
    }
    let left = |keep: &Retention, now: i64| {
        spool.prune(keep, now * 1000, true).unwrap();
        std::fs::read_dir(dir.path().join("service-hook/done"))
            .unwrap()
            .count()
    };
    let all = Retention {
        age: Duration::from_secs(30 * 86_400),
        count: 10,
        size: 1 << 20,
    };
    assert_eq!(left(&all, now), 4);
    assert_eq!(left(&Retention { count: 3, ..all }, now), 3);
    let short = Retention {
        age: Duration::from_secs(86_400 * 3 / 2),
        ..all
    };
    assert_eq!(left(&short, 0), 3, "by a clock that must be wrong");
    assert_eq!(left(&short, now), 1);
    assert_eq!(left(&Retention { size: 1, ..all }, now), 0);
}

#[test]
fn of_the_history_what_ended_first_goes_first_whenever_it_was_recorded() {
    use crate::spool::Retention;
    use std::time::{Duration, UNIX_EPOCH};
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::at(dir.path(), 0);
    let now = crate::clock::now_ms() / 1000;
    let ids = [10, 20].map(|ago| {
        let mut push = push();
        push.time_ms *= ago;
        let lock = spool.publish(&mut push).unwrap();
        lock.append(&RecordLine::Events(Box::default())).unwrap();
        drop(lock);
        spool.finish(&push.id).unwrap();
        let ended = UNIX_EPOCH + Duration::from_secs((now - ago).cast_unsigned());
        let path = dir.path().join("service-hook/done").join(&push.id);
        let file = std::fs::File::options().append(true).open(path).unwrap();
        file.set_modified(ended).unwrap();
        push.id
    });
    let keep = Retention {
        age: Duration::from_secs(86_400),
        count: 1,
        size: 1 << 20,
    };
    spool.prune(&keep, now * 1000, true).unwrap();
    assert_eq!(spool.record_ids().unwrap(), ids[..1]);
}

#[test]
fn a_follower_reads_what_is_new_even_after_the_record_moved() {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::at(dir.path(), 0);
    let mut push = push();
    let lock = spool.publish(&mut push).unwrap();
    let mut follower = spool.follow(&push.id).unwrap();
    assert!(
        follower.new_lines().unwrap().is_empty(),
        "the first line is no news"
    );
    lock.append(&started("d1", 1)).unwrap();
    assert_eq!(follower.new_lines().unwrap().len(), 1);
    lock.append(&ended("d1", Outcome::Delivered)).unwrap();
    std::fs::rename(
        dir.path().join("service-hook/pending").join(&push.id),
        dir.path().join("moved"),
    )
    .unwrap();
    assert_eq!(follower.new_lines().unwrap().len(), 1);
}

#[cfg(unix)]
#[test]
fn files_have_the_modes_of_the_repository() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::at(dir.path(), 0o060);
    let mut push = push();
    spool.publish(&mut push).unwrap();
    let mode = |path: &str| {
        dir.path()
            .join("service-hook")
            .join(path)
            .metadata()
            .unwrap()
            .permissions()
            .mode()
            & 0o7777
    };
    assert_eq!(
        (mode("pending"), mode(&format!("pending/{}", push.id))),
        (0o2770, 0o660)
    );
}

#[test]
fn what_is_no_file_is_no_record_and_holds_nothing_up() {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::at(dir.path(), 0);
    let mut push = push();
    spool.publish(&mut push).unwrap();
    let pending = dir.path().join("service-hook/pending");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(pending.join("0-pipe"))
            .status()
            .unwrap()
            .success()
    );
    std::os::unix::fs::symlink("/dev/zero", pending.join("0-link")).unwrap();
    assert_eq!(spool.pending().unwrap(), [push.id]);
}

/// The file of a push whose deliveries were tried.
fn tried(spool: &Spool) -> (String, Vec<u8>) {
    let mut push = push();
    let lock = spool.publish(&mut push).unwrap();
    let lines = [
        RecordLine::Computing(1),
        events(),
        started("d1", 1),
        ended("d1", Outcome::Delivered),
        started("d2", 1),
        ended("d2", Outcome::Deferred),
    ];
    for line in lines {
        lock.append(&line).unwrap();
    }
    let path = spool.git_dir.join("service-hook/pending").join(&push.id);
    (push.id, std::fs::read(path).unwrap())
}

#[test]
fn a_changed_bit_is_noticed_or_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (id, bytes) = tried(&Spool::at(dir.path(), 0));
    let state = |record: &Record| {
        format!(
            "{:?} {:?} {:?}",
            record.push, record.events, record.deliveries
        )
    };
    let RecordFile::Record(intact) = Record::parse(&id, bytes.clone()) else {
        panic!("not a record")
    };
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1 << (place % 8);
        if let RecordFile::Record(record) = Record::parse(&id, changed) {
            let noticed = record.damaged > 0 || bytes[place] == b'\n' || place + 1 == bytes.len();
            assert!(noticed || state(&record) == state(&intact), "byte {place}");
        }
    }
}

#[test]
fn events_that_are_computed_again_keep_what_became_of_their_deliveries() {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::at(dir.path(), 0);
    let (id, bytes) = tried(&spool);
    let lines: Vec<&[u8]> = bytes.split_inclusive(|b| *b == b'\n').collect();
    let path = dir.path().join("service-hook/pending").join(&id);
    std::fs::write(&path, [&lines[..2], &lines[3..]].concat().concat()).unwrap();
    assert!(read(&spool, &id).events.is_none());
    let lock = spool.lock_record(&id).unwrap().unwrap();
    lock.append(&events()).unwrap();
    lock.append(&ended("d2", Outcome::Delivered)).unwrap();
    let states: Vec<_> = read(&spool, &id)
        .deliveries
        .into_iter()
        .map(|d| (d.state, d.attempts))
        .collect();
    assert_eq!(states, [(DeliveryState::Delivered, 1); 2]);
}

#[test]
fn what_happened_before_the_events_were_computed_again_keeps_its_order() {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::at(dir.path(), 0);
    let mut push = push();
    let lock = spool.publish(&mut push).unwrap();
    let requeued = |delivery: &str| RecordLine::Requeued {
        delivery: delivery.into(),
        at_ms: 9000,
        file: None,
        was: None,
    };
    for line in [
        ended("d1", Outcome::Delivered),
        requeued("d1"),
        requeued("d2"),
        ended("d2", Outcome::Delivered),
        events(),
    ] {
        lock.append(&line).unwrap();
    }
    let states: Vec<_> = read(&spool, &push.id)
        .deliveries
        .iter()
        .map(|d| (d.state, d.since_ms))
        .collect();
    let expected = [DeliveryState::Pending, DeliveryState::Delivered];
    assert_eq!(states, expected.map(|state| (state, 9000)));
}

#[test]
fn a_delivery_that_ended_after_it_was_selected_is_not_queued_again() {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::at(dir.path(), 0);
    let mut push = push();
    let lock = spool.publish(&mut push).unwrap();
    for line in [events(), started("d1", 1)] {
        lock.append(&line).unwrap();
    }
    drop(lock);
    let selected: Vec<_> = read(&spool, &push.id)
        .deliveries
        .iter()
        .map(|d| (d.planned.id.clone(), d.state))
        .collect();
    spool
        .append(&push.id, &ended("d1", Outcome::Delivered))
        .unwrap();
    spool.requeue(&push.id, &selected, 9000).unwrap();
    let record = read(&spool, &push.id);
    let states: Vec<_> = record
        .deliveries
        .iter()
        .map(|d| (d.state, d.requeued_ms))
        .collect();
    let expected = [
        (DeliveryState::Delivered, None),
        (DeliveryState::Pending, Some(9000)),
    ];
    assert_eq!(states, expected);
    // Delivered once more, because a person names it.
    let again = [("d1".to_owned(), DeliveryState::Delivered)];
    spool.requeue(&push.id, &again, 9100).unwrap();
    spool.requeue(&push.id, &again, 9200).unwrap();
    let first = &read(&spool, &push.id).deliveries[0];
    assert_eq!(
        (first.state, first.requeued_ms),
        (DeliveryState::Pending, Some(9100))
    );
}

#[test]
fn the_id_of_a_delivery_follows_from_its_record_its_hook_and_its_ref() {
    use crate::outgoing::MessageKind::{Push as Whole, Ref, Summary};
    let push = Push {
        id: "r1".into(),
        time_ms: 1_800_000_000_123,
        ..push()
    };
    let main = RefName::new("refs/heads/main");
    let id = delivery_id(&push, Ref, "ci", Some(&main));
    assert_eq!(id, delivery_id(&push, Ref, "ci", Some(&main)));
    assert_eq!(time_of_id(&id), push.time_ms);
    let other = Push {
        id: "r2".into(),
        ..push.clone()
    };
    let ids = [
        id,
        delivery_id(&other, Ref, "ci", Some(&main)),
        delivery_id(&push, Ref, "team", Some(&main)),
        delivery_id(&push, Ref, "ci", Some(&RefName::new("refs/heads/next"))),
        delivery_id(&push, Whole, "ci", None),
        delivery_id(&push, Summary, "ci", None),
    ];
    let different: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(different.len(), ids.len());
}

#[test]
fn a_delivery_is_queued_again_where_the_folder_of_what_waits_was_removed() {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::at(dir.path(), 0);
    let mut push = push();
    let lock = spool.publish(&mut push).unwrap();
    lock.append(&events()).unwrap();
    for delivery in ["d1", "d2"] {
        lock.append(&ended(delivery, Outcome::Failed)).unwrap();
    }
    drop(lock);
    spool.finish(&push.id).unwrap();
    std::fs::remove_dir(dir.path().join("service-hook/pending")).unwrap();
    let again = [("d1".to_owned(), DeliveryState::Failed)];
    spool.requeue(&push.id, &again, 5000).unwrap();
    let RecordFile::Record(record) = spool.read(&push.id).unwrap() else {
        panic!("it is pending again")
    };
    assert_eq!(record.deliveries[0].requeued_ms, Some(5000));
}

#[test]
fn a_push_waits_until_the_one_before_it_is_published() {
    let dir = tempfile::tempdir().unwrap();
    let spool = Spool::at(dir.path(), 0);
    spool.publish(&mut push()).unwrap();
    let lock = spool.lock_publishing().unwrap();
    let path = dir.path().join("service-hook/publish.lock");
    let watch = inotify::init(inotify::CreateFlags::CLOEXEC).unwrap();
    inotify::add_watch(&watch, &path, inotify::WatchFlags::OPEN).unwrap();
    let mut buffer = [std::mem::MaybeUninit::uninit(); 512];
    let mut opened = inotify::Reader::new(&watch, &mut buffer);
    std::thread::scope(|scope| {
        let second = scope.spawn(|| spool.publish(&mut push()).unwrap());
        // The second time it has found the lock taken once.
        for _ in 0..2 {
            opened.next().unwrap();
        }
        assert_eq!(spool.pending().unwrap().len(), 1);
        drop(lock);
        second.join().unwrap();
    });
    assert_eq!(spool.pending().unwrap().len(), 2);
}
