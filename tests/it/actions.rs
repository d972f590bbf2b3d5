//! Hooks of a real hooks.toml, and the requests that they make of sample events.

use crate::config_mistakes::{none, reported};
use crate::support::Sandbox;
use git_service_hook::action::{Action, Attempt};
use git_service_hook::config::{self, Hook, Loaded};
use git_service_hook::http::Request;
use git_service_hook::outgoing::sample::{project, samples};
use git_service_hook::outgoing::{Limits, MessageKind, Outgoing};
use git_service_hook::push::PushEvent;
use serde_json::Value;

/// Time stamps are not part of what webhooks and Jenkins send.
pub(crate) const ATTEMPT: Attempt = Attempt {
    now_ms: 1_714_521_600_000,
    number: 1,
    simplify: false,
};

/// A hook `[hook.ci]` in a repository's file, and the file that it may refer to.
pub(crate) struct Configured {
    loaded: Loaded,
    _sandbox: Sandbox,
}

impl Configured {
    /// `keys` below `[hook.ci]`; `secret.txt` beside the file holds `s3cret-in-a-file`.
    #[track_caller]
    pub(crate) fn new(keys: &str) -> Self {
        let sandbox = Sandbox::new();
        sandbox.write("repo.git/hooks.toml", format!("[hook.ci]\n{keys}\n"));
        sandbox.write("repo.git/secret.txt", "s3cret-in-a-file\n");
        sandbox.write("repo.git/body.txt", "line one of ${ref}\nline two\n");
        let loaded = config::load(&sandbox.path("repo.git"), &none(&sandbox));
        Self {
            loaded,
            _sandbox: sandbox,
        }
    }

    /// What is reported about the file.
    pub(crate) fn reported(&self) -> Vec<String> {
        reported(&self.loaded)
    }

    #[track_caller]
    pub(crate) fn hook(&self) -> &Hook {
        assert_eq!(self.loaded.hooks.len(), 1, "{:?}", self.reported());
        &self.loaded.hooks[0]
    }

    #[track_caller]
    pub(crate) fn action(&self) -> Box<dyn Action> {
        self.hook().action().unwrap().0
    }

    #[track_caller]
    pub(crate) fn request(&self, out: &Outgoing) -> Request {
        self.action().request(out, &ATTEMPT).unwrap()
    }
}

/// The request of `keys` for a branch that went forward by two commits.
#[track_caller]
pub(crate) fn request(keys: &str) -> Request {
    Configured::new(keys).request(&push())
}

/// The mistakes that `keys` hold.
pub(crate) fn mistakes(keys: &str) -> Vec<String> {
    Configured::new(keys).reported()
}

/// A sample of a kind.
pub(crate) fn sample(kind: MessageKind) -> Outgoing {
    let limits = Limits {
        max_commits: 2048,
        max_body: 1 << 20,
    };
    samples(&project(), "ci", limits)
        .into_iter()
        .find(|out| out.kind == kind)
        .unwrap()
}

/// A branch that went forward by two commits; its name and messages hold quotes, line ends and markup.
pub(crate) fn push() -> Outgoing {
    sample(MessageKind::Ref)
}

/// The same of another event.
pub(crate) fn changed_push(change: impl FnOnce(&mut PushEvent)) -> Outgoing {
    let mut out = push();
    change(&mut out.events[0]);
    out
}

/// The body as JSON.
#[track_caller]
pub(crate) fn json(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

/// The body as text.
pub(crate) fn text(request: &Request) -> String {
    String::from_utf8(request.body.clone()).unwrap()
}
