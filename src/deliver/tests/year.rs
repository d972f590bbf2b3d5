//! A year of pushes to a dead, a slow and a healthy receiver, by a clock of its own: nothing grows.

use crate::action::{Attempt, Verdict};
use crate::config::{self, Hook, Loaded};
use crate::deliver::outcome::{AttemptResult, Stage};
use crate::deliver::transport::Transport;
use crate::deliver::{Destinations, Site, run};
use crate::environment::Environment;
use crate::outgoing::{MessageKind, Outgoing};
use crate::push::{Push, PushEvent, Pusher, parse_updates};
use crate::spool::{
    DeliveryState, Events, Planned, RecordFile, RecordLine, Retention, Spool, delivery_id,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, UNIX_EPOCH};

const START: i64 = 1_800_000_000_000;
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
const HOOKS: [&str; 3] = ["dead", "slow", "healthy"];

/// As configured by default.
const KEEP: Retention = Retention {
    age: Duration::from_secs(30 * 86_400),
    count: 1000,
    size: 64 << 20,
};

#[derive(Debug)]
struct Receivers {
    now_ms: Mutex<i64>,
    attempts: Mutex<BTreeMap<String, usize>>,
}

impl Transport for Receivers {
    fn now_ms(&self) -> i64 {
        *self.now_ms.lock().unwrap()
    }

    fn uptime_ms(&self) -> i64 {
        self.now_ms() - START
    }

    fn is_stopping(&self) -> bool {
        false
    }

    fn pause(&self, until_ms: i64) {
        let mut now_ms = self.now_ms.lock().unwrap();
        *now_ms = until_ms.max(*now_ms);
    }

    /// The slow one needs nine seconds, and each tenth time more than anybody waits.
    fn send(&self, hook: &Hook, _: Result<Outgoing, String>, _: Attempt) -> AttemptResult {
        let mut attempts = self.attempts.lock().unwrap();
        let attempt = attempts.entry(hook.name.clone()).or_default();
        *attempt += 1;
        let unanswered = |sent| AttemptResult::deferred(String::new(), sent, Stage::Unanswered);
        match hook.name.as_str() {
            "dead" => unanswered(false),
            "slow" => {
                *self.now_ms.lock().unwrap() += 9000;
                if attempt.is_multiple_of(10) {
                    unanswered(true)
                } else {
                    delivered()
                }
            }
            _ => delivered(),
        }
    }
}

fn delivered() -> AttemptResult {
    let note = String::new();
    AttemptResult::answered(Verdict::Delivered { note }, false)
}

struct Year {
    dir: tempfile::TempDir,
    spool: Spool,
    loaded: Loaded,
    receivers: Receivers,
}

/// What is on the disk at some moment.
#[derive(Debug)]
struct Size {
    waiting: usize,
    oldest_ms: i64,
    history: usize,
    bytes: u64,
    files: usize,
}

impl Year {
    fn new() -> Self {
        let shm = Path::new("/dev/shm");
        let dir = if shm.is_dir() {
            tempfile::tempdir_in(shm)
        } else {
            tempfile::tempdir()
        };
        let dir = dir.unwrap();
        let hook = |name: &&str| {
            format!(
                "[hook.{name}]\naction = \"webhook_http_post\"\nservice_url = \"http://{name}.example/\"\n"
            )
        };
        let hooks: String = HOOKS.iter().map(hook).collect();
        std::fs::write(dir.path().join(config::REPOSITORY_FILE), hooks).unwrap();
        let nowhere = dir.path().join("none.toml");
        let environment =
            Environment::from([(config::SERVER_FILE_VARIABLE, nowhere.to_str().unwrap())]);
        let loaded = config::load(dir.path(), &environment);
        assert_eq!(loaded.hooks.len(), HOOKS.len());
        Self {
            spool: Spool::at(dir.path(), 0),
            dir,
            loaded,
            receivers: Receivers {
                now_ms: Mutex::new(START),
                attempts: Mutex::default(),
            },
        }
    }

    fn push(&self) {
        let line = format!("{} {} refs/heads/main\n", "0".repeat(40), "1".repeat(40));
        let updates = parse_updates(line.as_bytes()).0;
        let event = PushEvent::bare(updates[0].clone(), 0);
        let mut push = Push {
            id: String::new(),
            time_ms: self.receivers.now_ms(),
            updates,
            pusher: Pusher::default(),
            options: Vec::new(),
            remote_addr: None,
            gl_repo: None,
            recovered: false,
            unlisted: None,
            trouble: None,
        };
        let record = self.spool.publish(&mut push).unwrap();
        let planned = |hook: &&str| Planned {
            id: delivery_id(&push, MessageKind::Ref, hook, Some(&push.updates[0].name)),
            hook: (*hook).into(),
            kind: MessageKind::Ref,
            events: vec![0],
            rest: Vec::new(),
            omitted: 0,
        };
        let events = Events {
            events: vec![serde_json::value::to_raw_value(&event).unwrap()],
            deliveries: HOOKS.iter().map(planned).collect(),
            ..Events::default()
        };
        let events = RecordLine::Events(Box::new(events));
        record.append(&events).unwrap();
    }

    fn drain(&self) {
        let destinations = Destinations::default();
        let site = Site {
            transport: &self.receivers,
            ..Site::new(self.dir.path(), &self.spool, &self.loaded, &destinations)
        };
        run(site, None, Duration::ZERO);
    }

    /// Removes old history. What has ended since yesterday gets the time of this year.
    fn prune(&self) {
        let time = |ms: i64| UNIX_EPOCH + Duration::from_millis(ms.cast_unsigned());
        let now_ms = self.receivers.now_ms();
        for entry in self.entries("done") {
            if entry.metadata().unwrap().modified().unwrap() < time(START) {
                let file = std::fs::File::options().append(true).open(entry.path());
                file.unwrap().set_modified(time(now_ms)).unwrap();
            }
        }
        self.spool.prune(&KEEP, now_ms, true).unwrap();
    }

    fn entries(&self, folder: &str) -> Vec<std::fs::DirEntry> {
        let path = self.dir.path().join("service-hook").join(folder);
        let entries = std::fs::read_dir(path).into_iter().flatten();
        entries.map(Result::unwrap).collect()
    }

    fn size(&self) -> Size {
        let waiting = self.spool.pending().unwrap();
        let time = |id: &String| match self.spool.read(id).unwrap() {
            RecordFile::Record(record) => record.push.time_ms,
            other => panic!("{other:?}"),
        };
        let folders = ["", "pending", "done", "lane", "corrupt"];
        let files = folders.iter().flat_map(|folder| self.entries(folder));
        let files: Vec<u64> = files
            .map(|entry| entry.metadata().unwrap())
            .filter(std::fs::Metadata::is_file)
            .map(|metadata| metadata.len())
            .collect();
        Size {
            oldest_ms: waiting
                .first()
                .map_or(0, |id| self.receivers.now_ms() - time(id)),
            waiting: waiting.len(),
            history: self.entries("done").len(),
            bytes: files.iter().sum(),
            files: files.len(),
        }
    }

    /// So many days with one push each, and two runs.
    fn pass(&self, days: i64) -> Size {
        for _ in 0..days {
            self.push();
            for _ in 0..2 {
                self.drain();
                *self.receivers.now_ms.lock().unwrap() += 12 * HOUR;
            }
            self.prune();
        }
        self.size()
    }
}

/// A push reads what waits, and nothing of the history: what it costs at the end is what it costs after some weeks.
#[test]
fn a_year_with_a_dead_and_a_slow_receiver_leaves_no_more_than_some_weeks() {
    let year = Year::new();
    let weeks = year.pass(50);
    let whole = year.pass(365 - 50);
    eprintln!("after 50 days {weeks:?}, after a year {whole:?}");
    for size in [&weeks, &whole] {
        // 72 hours, and the time until the next probe fails.
        assert!(size.oldest_ms <= 3 * DAY + 13 * HOUR, "{size:?}");
        assert!(size.waiting <= 3 + 1, "{size:?}");
        assert!((29..=32).contains(&size.history), "{size:?}");
        assert!(size.bytes < 200_000, "{size:?}");
        // Three lanes, and small files of state.
        assert!(size.files <= size.waiting + size.history + 10, "{size:?}");
    }
    assert!(whole.bytes < weeks.bytes * 5 / 4, "{weeks:?} {whole:?}");
    let ended = |hook: &str, state| {
        let failed = year.spool.record_ids().unwrap();
        let of = failed
            .iter()
            .filter(|id| match year.spool.read_anywhere(id) {
                Ok(RecordFile::Record(record)) => record
                    .deliveries
                    .iter()
                    .any(|d| d.planned.hook == hook && d.state == state),
                _ => false,
            });
        of.count()
    };
    let all = whole.waiting + whole.history;
    assert_eq!(ended("healthy", DeliveryState::Delivered), all);
    assert!(ended("slow", DeliveryState::Delivered) >= all - 1);
    assert_eq!(ended("dead", DeliveryState::Failed), whole.history);
    let attempts = year.receivers.attempts.lock().unwrap();
    assert_eq!(attempts["healthy"], 365, "each push once");
    assert!(attempts["dead"] <= 2 * 365, "one probe a run");
}
