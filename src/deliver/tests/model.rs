//! Random pushes, moods of receivers, crashes and drains, against what was promised: at least once, in order, never
//! after a permanent failure, with pauses, within the pace. The spool is the real one, time and receivers are not.

use super::world::{Ending, HOOKS, Mood, Seen, World, number};
use crate::config::{self, Loaded};
use crate::deliver::transport::Transport;
use crate::deliver::{Destinations, Site, run};
use crate::environment::Environment;
use crate::outgoing::MessageKind;
use crate::push::{Push, PushEvent, Pusher, parse_updates};
use crate::spool::{DeliveryState, Events, Planned, RecordFile, RecordLine, Spool, new_id};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::time::Duration;

const START: i64 = 1_800_000_000_000;
const MINUTE: i64 = 60_000;
const RETRY_FOR: i64 = 72 * 60 * MINUTE;

#[derive(Clone, Copy, Debug)]
enum Move {
    Push(usize),
    /// So many at once, delivered by the last one's process.
    Burst(usize),
    Drain,
    /// As the process that stays does.
    Stay,
    Later(i64),
    Mood(usize, Mood),
    /// The process dies in its next attempt: before the receiver has got it, or after.
    Die(bool),
}

pub(in crate::deliver) struct Model {
    pub(in crate::deliver) dir: tempfile::TempDir,
    pub(in crate::deliver) spool: Spool,
    pub(super) loaded: Loaded,
    pub(super) world: World,
    pub(super) pushed: usize,
    crashed: bool,
}

fn load(dir: &std::path::Path, hooks: &str) -> Loaded {
    std::fs::write(dir.join(config::REPOSITORY_FILE), hooks).unwrap();
    let nowhere = dir.join("none.toml");
    let environment =
        Environment::from([(config::SERVER_FILE_VARIABLE, nowhere.to_str().unwrap())]);
    let loaded = config::load(dir, &environment);
    assert_eq!(loaded.hooks.len(), 2);
    loaded
}

impl Model {
    pub(in crate::deliver) fn new() -> Self {
        // In memory where there is such a place: thousands of cases sync thousands of files.
        let shm = std::path::Path::new("/dev/shm");
        let dir = if shm.is_dir() {
            tempfile::tempdir_in(shm)
        } else {
            tempfile::tempdir()
        }
        .unwrap();
        let hooks = "[hook.web]\naction = \"webhook_http_post\"\nservice_url = \"http://a.example/\"\n\
                     [hook.bot]\naction = \"dingding_group_chat_robot\"\nper = \"ref\"\n\
                     service_url = \"https://oapi.dingtalk.com/robot/send?access_token=x\"\n";
        let loaded = load(dir.path(), hooks);
        let world = World {
            now_ms: Mutex::new(START),
            started_ms: Mutex::new(START),
            moods: Mutex::new([Mood::Takes; 2]),
            dies: Mutex::default(),
            seen: Mutex::default(),
            ids: Mutex::default(),
        };
        let spool = Spool::at(dir.path(), 0);
        Self {
            dir,
            spool,
            loaded,
            world,
            pushed: 0,
            crashed: false,
        }
    }

    /// With further keys of the hook `web`.
    pub(super) fn with(keys: &str) -> Self {
        let mut model = Self::new();
        let file = model.dir.path().join(config::REPOSITORY_FILE);
        let hooks = std::fs::read_to_string(file).unwrap();
        let hooks = hooks.replacen("[hook.web]\n", &format!("[hook.web]\n{keys}\n"), 1);
        model.loaded = load(model.dir.path(), &hooks);
        model
    }

    pub(in crate::deliver) fn push(&mut self) {
        self.push_to(self.pushed, &[]);
    }

    /// To the branch of that number; `rest` has the places of updates that its deliveries report as well.
    pub(super) fn push_to(&mut self, branch: usize, rest: &[usize]) {
        let line = format!(
            "{} {} refs/heads/{branch}\n",
            "0".repeat(40),
            "1".repeat(40),
        );
        self.pushed += 1;
        let updates = parse_updates(line.as_bytes()).0;
        let event = PushEvent::bare(updates[0].clone(), 0);
        let pusher = Pusher {
            username: "ann".into(),
            name: "Ann".into(),
            email: None,
            source: "account".into(),
        };
        let (time_ms, options) = (self.world.now_ms(), Vec::new());
        let mut push = Push {
            id: String::new(),
            time_ms,
            updates,
            pusher,
            options,
            remote_addr: None,
            gl_repo: None,
            recovered: false,
            unlisted: None,
            trouble: None,
        };
        let record = self.spool.publish(&mut push).unwrap();
        let planned = |hook: &str| Planned {
            id: new_id(time_ms),
            hook: hook.into(),
            kind: MessageKind::Ref,
            events: vec![0],
            rest: rest.to_vec(),
            omitted: 0,
        };
        let events = vec![serde_json::value::to_raw_value(&event).unwrap()];
        let deliveries = HOOKS.iter().map(|hook| planned(hook)).collect();
        let events = Events {
            events,
            deliveries,
            ..Events::default()
        };
        record
            .append(&RecordLine::Events(Box::new(events)))
            .unwrap();
        drop(record);
    }

    pub(super) fn drain(&mut self) {
        let destinations = Destinations::default();
        let site = Site {
            is_clock_trusted: false,
            transport: &self.world,
            ..Site::new(self.dir.path(), &self.spool, &self.loaded, &destinations)
        };
        let died = catch_unwind(AssertUnwindSafe(|| run(site, None, Duration::ZERO))).is_err();
        self.crashed |= died;
    }

    fn stay(&mut self) {
        let until = self.world.now_ms() + 5 * MINUTE;
        for _ in 0..200 {
            let Some(due) = self.spool.next_due_ms().filter(|due| *due <= until) else {
                return;
            };
            let now = self.world.now_ms();
            *self.world.now_ms.lock().unwrap() = due.max(now);
            self.drain();
        }
        let lanes = HOOKS.map(|hook| {
            std::fs::read_to_string(self.dir.path().join("service-hook/lane").join(hook))
        });
        panic!(
            "the process that stays makes no progress at {}: {lanes:?}",
            self.world.now_ms()
        );
    }

    fn take(&mut self, step: Move) {
        match step {
            Move::Push(n) => (0..n).for_each(|_| {
                self.push();
                self.drain();
            }),
            Move::Burst(n) => {
                (0..n).for_each(|_| self.push());
                self.drain();
            }
            Move::Drain => self.drain(),
            Move::Stay => self.stay(),
            Move::Later(ms) => *self.world.now_ms.lock().unwrap() += ms,
            Move::Mood(hook, mood) => self.world.moods.lock().unwrap()[hook] = mood,
            Move::Die(after) => *self.world.dies.lock().unwrap() = Some(after),
        }
    }

    /// Everybody is well again, and a timer runs until nothing is left.
    pub(super) fn recover(&mut self) {
        *self.world.moods.lock().unwrap() = [Mood::Takes; 2];
        *self.world.dies.lock().unwrap() = None;
        for _ in 0..400 {
            if self.spool.pending().unwrap().is_empty() {
                return;
            }
            let next = self.world.now_ms() + MINUTE;
            *self.world.now_ms.lock().unwrap() =
                self.spool.next_due_ms().map_or(next, |due| due.max(next));
            self.drain();
        }
        panic!("something is left for ever");
    }

    pub(super) fn states(&self) -> BTreeMap<(String, usize), DeliveryState> {
        let done = std::fs::read_dir(self.dir.path().join("service-hook/done"));
        let mut states = BTreeMap::new();
        for file in done.into_iter().flatten().flatten() {
            let bytes = std::fs::read(file.path()).unwrap();
            let RecordFile::Record(record) = crate::spool::Record::parse("", bytes) else {
                panic!("no record")
            };
            for delivery in &record.deliveries {
                states.insert(
                    (delivery.planned.hook.clone(), number(&record.push)),
                    delivery.state,
                );
            }
        }
        states
    }

    fn check(&self) -> Result<(), TestCaseError> {
        let seen = self.world.seen.lock().unwrap();
        let states = self.states();
        prop_assert_eq!(
            states.len(),
            self.pushed * 2,
            "every push is history in the end"
        );
        for hook in HOOKS {
            let of: Vec<&Seen> = seen.iter().filter(|s| s.hook == hook).collect();
            self.at_least_once(hook, &of, &states)?;
            in_order(&of)?;
            pauses(&of, self.pushed)?;
            if hook == "bot" {
                paced(&of)?;
            }
        }
        for ids in self.world.ids.lock().unwrap().values() {
            prop_assert_eq!(ids.len(), 1, "a repeat has the same id");
        }
        Ok(())
    }

    fn at_least_once(
        &self,
        hook: &str,
        seen: &[&Seen],
        states: &BTreeMap<(String, usize), DeliveryState>,
    ) -> Result<(), TestCaseError> {
        for push in 0..self.pushed {
            let of: Vec<&&Seen> = seen.iter().filter(|s| s.pushes.contains(&push)).collect();
            let taken = of.iter().filter(|s| s.end == Ending::Taken).count();
            let doubtful = of
                .iter()
                .filter(|s| matches!(s.end, Ending::Unknown | Ending::Died))
                .count();
            let state = states[&(hook.to_owned(), push)];
            let refused = of
                .iter()
                .position(|s| s.end == Ending::Refused && s.pushes.len() == 1);
            if let Some(refused) = refused {
                prop_assert_eq!(
                    of.len(),
                    refused + 1,
                    "{} {}: nothing after a permanent failure",
                    hook,
                    push
                );
                prop_assert_eq!(state, DeliveryState::Failed);
            } else if state == DeliveryState::Failed {
                // Whoever died after the receiver had taken it does not know that either.
                let given_up = hook == "bot" && doubtful + taken >= 3;
                let first = of.first().map_or(i64::MAX, |s| s.at_ms);
                let late = of.last().is_some_and(|s| s.at_ms - first >= RETRY_FOR / 2);
                prop_assert!(
                    given_up || late,
                    "{hook} {push} failed without a reason: {of:?}"
                );
            } else {
                prop_assert_eq!(state, DeliveryState::Delivered);
                prop_assert!(taken >= 1, "{hook} {push} was never taken");
                prop_assert!(
                    taken == 1 || self.crashed,
                    "{hook} {push} was taken {taken} times"
                );
            }
            if hook == "bot" {
                prop_assert!(
                    doubtful <= 3,
                    "{push} may have been posted {doubtful} times"
                );
            }
        }
        Ok(())
    }
}

/// Who is taken after a later one was left out of the line: the receiver could not take it several times.
fn in_order(seen: &[&Seen]) -> Result<(), TestCaseError> {
    let mut newest = None;
    let mut received = BTreeSet::new();
    for (index, s) in seen
        .iter()
        .enumerate()
        .filter(|(_, s)| s.end == Ending::Taken)
    {
        for push in &s.pushes {
            if !received.insert(*push) {
                continue;
            }
            if newest.is_some_and(|newest| *push < newest) {
                let failed = |s: &&&Seen| s.pushes.contains(push) && s.end != Ending::Taken;
                let failures = seen[..index].iter().filter(failed).count();
                prop_assert!(failures >= 1, "{push} came after {newest:?}");
            }
            newest = newest.max(Some(*push));
        }
    }
    Ok(())
}

/// What has failed is left alone: at least four fifths of the pauses, counted by its failures.
fn pauses(seen: &[&Seen], pushed: usize) -> Result<(), TestCaseError> {
    const PAUSES: [i64; 6] = [5000, 30_000, 120_000, 600_000, 1_800_000, 3_600_000];
    for push in 0..pushed {
        let of: Vec<&&Seen> = seen.iter().filter(|s| s.pushes.contains(&push)).collect();
        let (mut failures, mut unknowns) = (0, 0);
        for pair in of.windows(2) {
            if !matches!(pair[0].end, Ending::Deferred | Ending::Unknown) {
                continue;
            }
            failures += 1;
            unknowns += usize::from(pair[0].end == Ending::Unknown);
            let gap = pair[1].at_ms - pair[0].at_ms;
            // Where each repeat counts there are two more, after 2 and 10 minutes.
            let doubtful = pair[0].end == Ending::Unknown && pair[0].hook == "bot";
            let pause = if doubtful {
                PAUSES[unknowns + 1]
            } else {
                PAUSES[usize::min(failures, 6) - 1]
            };
            let least = pause * 4 / 5;
            prop_assert!(
                gap >= least,
                "{push}: {failures} failures, then after {gap} ms: {pair:?}"
            );
        }
    }
    Ok(())
}

/// Twenty a minute, whatever happens.
fn paced(seen: &[&Seen]) -> Result<(), TestCaseError> {
    for window in seen.windows(21) {
        let span = window[20].at_ms - window[0].at_ms;
        prop_assert!(span >= MINUTE, "21 messages in {span} ms");
    }
    Ok(())
}

fn a_move() -> impl Strategy<Value = Move> {
    let mood = prop_oneof![
        3 => Just(Mood::Takes),
        3 => Just(Mood::Busy),
        2 => Just(Mood::Hangs),
        1 => Just(Mood::Refuses),
        2 => Just(Mood::Poisoned),
        1 => Just(Mood::Picky),
    ];
    prop_oneof![
        4 => (1..4_usize).prop_map(Move::Push),
        1 => (10..40_usize).prop_map(Move::Burst),
        3 => Just(Move::Drain),
        2 => Just(Move::Stay),
        3 => (1..120_000_i64).prop_map(Move::Later),
        1 => (120_000..20_000_000_i64).prop_map(Move::Later),
        4 => (0..2_usize, mood).prop_map(|(hook, mood)| Move::Mood(hook, mood)),
        1 => any::<bool>().prop_map(Move::Die),
    ]
}

/// Cases of a run; `PROPTEST_CASES` asks for another number.
fn cases() -> ProptestConfig {
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let asked = Environment::of_process().get("PROPTEST_CASES").is_some();
    if asked {
        config
    } else {
        ProptestConfig {
            cases: 1000,
            ..config
        }
    }
}

proptest! {
    #![proptest_config(cases())]
    #[test]
    fn whatever_happens_every_push_is_delivered_in_order_or_has_visibly_failed(
        steps in proptest::collection::vec(a_move(), 1..25)
    ) {
        let mut model = Model::new();
        for step in steps {
            model.take(step);
        }
        model.recover();
        model.check()?;
    }
}
