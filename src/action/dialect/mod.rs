//! The dialects in which a webhook can be sent. One file says everything about a dialect; the body of docs/events.md
//! knows none of them.

mod cloudevents;
mod cloudevents_structured;
mod coding;
mod default;
mod flavor;
mod gitea;
mod github;
mod gitlab;
mod gogs;
mod members;

pub use flavor::Flavor;

use crate::outgoing::{MessageKind, Outgoing, Project};
use crate::push::PushEvent;
use serde_json::Value;

/// All of them, in the order of the documentation.
static DIALECTS: [&dyn Dialect; 8] = [
    &default::Default,
    &coding::Coding,
    &github::GitHub,
    &gitea::Gitea,
    &gogs::Gogs,
    &gitlab::GitLab,
    &cloudevents::CloudEvents,
    &cloudevents_structured::CloudEventsStructured,
];

/// The dialect of requests that have no `flavor`.
pub(crate) const DEFAULT: &dyn Dialect = &default::Default;

/// `Content-Type` of a body in JSON: many receivers compare it as a whole.
pub(crate) const JSON: &str = "application/json";

const USER_AGENT: &str = concat!("git-service-hook/", env!("CARGO_PKG_VERSION"));

/// A header's name and value.
pub(crate) type Header = (&'static str, String);

/// What the receivers of one dialect expect.
pub(crate) trait Dialect: Sync {
    /// The word for `flavor`.
    fn name(&self) -> &'static str;

    /// `Content-Type` of a body in JSON.
    fn content_type(&self) -> &'static str {
        JSON
    }

    /// The headers that describe the event.
    fn headers(&self, action: &str, out: &Outgoing) -> Vec<Header>;

    /// The headers that prove the token, over the exact body.
    fn signatures(&self, token: &str, body: &[u8]) -> Vec<Header>;

    /// Whether the token itself is among these headers.
    fn sends_token(&self) -> bool {
        false
    }

    /// Turns the body of docs/events.md into the one that is sent.
    fn adapt(&self, _out: &Outgoing, body: Value) -> Value {
        body
    }

    /// Whether it is a CloudEvent, which is never a form.
    fn is_cloud_event(&self) -> bool {
        false
    }

    /// Whether the event stands within another object, so that no template can replace the body.
    fn wraps(&self) -> bool {
        false
    }

    /// Bytes of the body that its receivers take.
    fn max_body(&self) -> usize {
        usize::MAX
    }

    /// Whether its receivers can distinguish a test from a push.
    fn has_ping(&self) -> bool {
        false
    }

    /// Whether its receivers read the one event that sums up the refs past `max_refs`.
    fn reads_summary(&self) -> bool {
        false
    }

    /// What its receivers need and `[project]` does not have: fragments that name the key.
    fn lacks(&self, _project: &Project) -> Vec<String> {
        Vec::new()
    }
}

impl dyn Dialect {
    /// The body as it is sent, within the bounds of the hook and the dialect.
    pub(crate) fn body(&self, out: &Outgoing) -> Vec<u8> {
        let adapt = |out: &Outgoing, body| self.shape(out, body);
        if out.max_body <= self.max_body() {
            return out.bytes_as(&adapt);
        }
        let mut bounded = out.clone();
        bounded.max_body = self.max_body();
        bounded.bytes_as(&adapt)
    }

    /// [`Self::adapt`], but for trouble, which no dialect knows.
    pub(crate) fn shape(&self, out: &Outgoing, body: Value) -> Value {
        if out.kind == MessageKind::Trouble && !self.wraps() {
            return body;
        }
        self.adapt(out, body)
    }
}

/// The word for the event where a push has `push`, and a test has `ping`.
fn event_word(out: &Outgoing) -> &'static str {
    match out.kind {
        MessageKind::Test => "ping",
        MessageKind::Trouble => "trouble",
        _ => "push",
    }
}

/// Whether it is a test.
fn is_test(out: &Outgoing) -> bool {
    out.kind == MessageKind::Test
}

/// The event that the top of the body describes.
fn first(out: &Outgoing) -> Option<&PushEvent> {
    out.events.first()
}

/// Names and values of headers.
fn headers<const N: usize>(list: [(&'static str, &str); N]) -> Vec<Header> {
    list.map(|(name, value)| (name, value.to_owned())).to_vec()
}

/// Without the project's page nothing has a link.
fn lacks_url(project: &Project, why: &str) -> Option<String> {
    let missing = project.url.is_none();
    missing.then(|| format!("needs `[project] url`: {why}"))
}

/// The same, and an owner: the account's name stands in for one.
fn lacks_url_and_owner(project: &Project, why: &str) -> Vec<String> {
    let mut lacks = Vec::from_iter(lacks_url(project, why));
    if project.owner().is_none() {
        let account = project.account.as_deref().unwrap_or("nobody");
        lacks.push(format!(
            "needs `[project] owner`: the account `{account}` is sent as the owner of the repository"
        ));
    }
    lacks
}

#[cfg(test)]
mod tests;
