//! What moved without being announced is found by `drain --catch-up`, and nothing else is.

mod found;
mod not_found;
mod places;
mod state;

use crate::delivery::{Pushing, webhook};
use crate::support::receiver::{Answer, Receiver};
use serde_json::Value;
use std::path::PathBuf;

/// A repository with a webhook and a baseline: one push is delivered, and one run has been made.
pub struct Watched {
    pub pushing: Pushing,
    pub receiver: Receiver,
}

impl Watched {
    pub fn new() -> Self {
        let watched = Self::unseen();
        watched.look();
        watched
    }

    /// The same before the first run.
    pub fn unseen() -> Self {
        let receiver = Receiver::start(|_| Answer::ok());
        let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
        pushing.push("one");
        Self { pushing, receiver }
    }

    /// `drain --catch-up`, which must succeed.
    #[track_caller]
    pub fn look(&self) {
        assert_eq!(self.look_for_trouble(), (Some(0), String::new()));
    }

    /// `drain --catch-up`: its exit code and what it says.
    pub fn look_for_trouble(&self) -> (Option<i32>, String) {
        let out = self.pushing.sandbox.run("r.git", &["drain", "--catch-up"]);
        (
            out.status.code(),
            String::from_utf8_lossy(&out.stderr).into_owned(),
        )
    }

    /// Two runs a minute apart.
    #[track_caller]
    pub fn look_twice(&self) {
        self.look();
        self.later();
        self.look();
    }

    /// A minute passes for what is suspected.
    pub fn later(&self) {
        let mut state = self.state();
        for gap in state["state"]["gaps"].as_array_mut().unwrap() {
            gap["seen_ms"] = (gap["seen_ms"].as_i64().unwrap() - 60_000).into();
        }
        std::fs::write(self.state_path(), state.to_string()).unwrap();
    }

    pub fn state_path(&self) -> PathBuf {
        self.pushing.sandbox.path("r.git/service-hook/refs")
    }

    pub fn state(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.state_path()).unwrap()).unwrap()
    }

    /// Git in the bare repository; its stdout.
    #[track_caller]
    pub fn git(&self, arguments: &[&str]) -> String {
        self.pushing.sandbox.git("r.git", arguments)
    }

    /// Commits that are in the bare repository without any ref that matters; their ids.
    #[track_caller]
    pub fn commits(&self, messages: &[&str]) -> Vec<String> {
        let line = |message: &&str| {
            self.pushing
                .unannounced(message, "-")
                .split(' ')
                .nth(1)
                .unwrap()
                .to_owned()
        };
        messages.iter().map(line).collect()
    }

    /// What the receiver got after the first push: ref, old and new of each event, in order.
    pub fn reported(&self) -> Vec<(String, String, String)> {
        let text = |json: &Value, member: &str| json[member].as_str().unwrap().to_owned();
        let reported =
            |json: &Value| (text(json, "ref"), text(json, "before"), text(json, "after"));
        self.receiver
            .got()
            .iter()
            .skip(1)
            .map(|request| reported(&request.json()))
            .collect()
    }

    /// The records that say `recovered`.
    pub fn recovered(&self) -> usize {
        self.pushing.records().matches("\"recovered\":true").count()
    }
}

pub fn reported(name: &str, old: &str, new: &str) -> (String, String, String) {
    (name.to_owned(), old.to_owned(), new.to_owned())
}

pub fn null() -> String {
    "0".repeat(40)
}
