//! A lane whose file is removed while a process sends, and that another process takes.

use super::model::Model;
use super::world::World;
use crate::action::Attempt;
use crate::config::Hook;
use crate::deliver::outcome::AttemptResult;
use crate::deliver::transport::Transport;
use crate::deliver::{Destinations, Site, run};
use crate::outgoing::Outgoing;
use crate::spool::{Lane, Spool};
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

/// Removes the file of the lane during the first attempt, and holds the new one from then on.
#[derive(Debug)]
struct Taken<'a> {
    world: &'a World,
    spool: &'a Spool,
    file: PathBuf,
    lane: Mutex<Option<Lane>>,
}

impl Transport for Taken<'_> {
    fn now_ms(&self) -> i64 {
        self.world.now_ms()
    }

    fn uptime_ms(&self) -> i64 {
        self.world.uptime_ms()
    }

    fn is_stopping(&self) -> bool {
        self.world.is_stopping()
    }

    fn pause(&self, until_ms: i64) {
        self.world.pause(until_ms);
    }

    fn send(&self, hook: &Hook, out: Result<Outgoing, String>, attempt: Attempt) -> AttemptResult {
        if hook.name == "web" {
            self.lane.lock().unwrap().get_or_insert_with(|| {
                std::fs::remove_file(&self.file).unwrap();
                self.spool.lane("web").unwrap().unwrap()
            });
        }
        self.world.send(hook, out, attempt)
    }
}

#[test]
fn who_has_lost_a_lane_sends_nothing_more() {
    let mut model = Model::new();
    (0..6).for_each(|_| model.push());
    let attempts = |model: &Model| {
        let seen = model.world.seen.lock().unwrap();
        seen.iter().filter(|seen| seen.hook == "web").count()
    };
    let git_dir = model.dir.path();
    let taken = Taken {
        world: &model.world,
        spool: &model.spool,
        file: git_dir.join("service-hook/lane/web"),
        lane: Mutex::new(None),
    };
    let destinations = Destinations::default();
    let site = Site {
        is_clock_trusted: false,
        transport: &taken,
        ..Site::new(git_dir, &model.spool, &model.loaded, &destinations)
    };
    assert!(run(site, None, Duration::ZERO).busy);
    assert_eq!(attempts(&model), 1, "the one that was under way");
    drop(taken);
    model.drain();
    assert_eq!(
        attempts(&model),
        6,
        "the next sender goes on with the others"
    );
}
