//! `cloudevents`: CloudEvents 1.0 in binary mode. The body is the event, its attributes are headers. They are chosen as
//! the adapter of the specification for GitHub does: the type, the repository's page as the source, the ref as the subject.
//! Readers: Knative, Dapr, Event Grid.

use super::{Dialect, Header, github};
use crate::outgoing::{Outgoing, Project};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

pub(super) struct CloudEvents;

/// Bytes of the body: intermediaries forward 64 KiB, attributes included.
pub(super) const MAX_BODY: usize = 60 * 1024;

/// What a header cannot have as it is (CloudEvents, HTTP protocol binding, 3.1.3.2).
const HEADER: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'%');

/// What a relative reference cannot have as it is.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

impl Dialect for CloudEvents {
    fn name(&self) -> &'static str {
        "cloudevents"
    }

    fn headers(&self, _: &str, out: &Outgoing) -> Vec<Header> {
        let mut headers = super::headers([("User-Agent", super::USER_AGENT)]);
        let encoded = |text: String| utf8_percent_encode(&text, HEADER).to_string();
        let known = attributes(out)
            .into_iter()
            .filter_map(|(name, value)| Some((name, encoded(value?))));
        headers.extend(known);
        headers
    }

    fn signatures(&self, token: &str, body: &[u8]) -> Vec<Header> {
        github::signatures(token, body)
    }

    fn is_cloud_event(&self) -> bool {
        true
    }

    fn max_body(&self) -> usize {
        MAX_BODY
    }

    fn has_ping(&self) -> bool {
        true
    }

    fn reads_summary(&self) -> bool {
        true
    }

    fn lacks(&self, project: &Project) -> Vec<String> {
        lacks(project)
    }
}

/// What the name of a header has before that of its attribute.
pub(super) const PREFIX: &str = "ce-";

/// The attributes by the names of their headers. What is not known has no value.
pub(super) fn attributes(out: &Outgoing) -> [(&'static str, Option<String>); 6] {
    let kind = super::event_word(out);
    let relative = || format!("/{}", utf8_percent_encode(&out.project.name, PATH));
    let subject = super::first(out).map(|event| event.ref_name().display().into_owned());
    [
        ("ce-specversion", Some("1.0".to_owned())),
        ("ce-id", Some(out.delivery.clone())),
        (
            "ce-source",
            Some(out.project.url.clone().unwrap_or_else(relative)),
        ),
        ("ce-type", Some(format!("com.github.{kind}"))),
        ("ce-subject", subject),
        ("ce-time", out.push_time()),
    ]
}

pub(super) fn lacks(project: &Project) -> Vec<String> {
    let why = "it is the attribute `source`, which should be absolute";
    super::lacks_url(project, why).into_iter().collect()
}
