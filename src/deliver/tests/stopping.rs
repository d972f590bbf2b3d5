//! A process that is asked to end while another one has the lane.

use super::model::Model;
use super::world::World;
use crate::action::Attempt;
use crate::config::Hook;
use crate::deliver::outcome::AttemptResult;
use crate::deliver::transport::Transport;
use crate::deliver::{Destinations, Site, run};
use crate::outgoing::Outgoing;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Has been asked to end; counts how often somebody wants to know.
#[derive(Debug)]
struct Stopping<'a> {
    world: &'a World,
    asked: AtomicUsize,
}

impl Transport for Stopping<'_> {
    fn now_ms(&self) -> i64 {
        self.world.now_ms()
    }

    fn uptime_ms(&self) -> i64 {
        self.world.uptime_ms()
    }

    fn is_stopping(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed);
        true
    }

    fn pause(&self, until_ms: i64) {
        self.world.pause(until_ms);
    }

    fn send(&self, hook: &Hook, out: Result<Outgoing, String>, attempt: Attempt) -> AttemptResult {
        self.world.send(hook, out, attempt)
    }
}

#[test]
fn who_is_asked_to_end_does_not_wait_for_a_lane() {
    let mut model = Model::new();
    model.push();
    let held = ["web", "bot"].map(|hook| model.spool.lane(hook).unwrap().unwrap());
    let stopping = Stopping {
        world: &model.world,
        asked: AtomicUsize::new(0),
    };
    let destinations = Destinations::default();
    let site = Site {
        transport: &stopping,
        ..Site::new(model.dir.path(), &model.spool, &model.loaded, &destinations)
    };
    let ran = run(site, None, Duration::from_secs(2));
    drop(held);
    assert!(ran.busy && ran.waiting == 2, "{ran:?}");
    let asked = stopping.asked.into_inner();
    assert_eq!(asked, 2, "each lane was tried once");
}
