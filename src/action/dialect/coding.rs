//! `coding`: CODING's two generations of headers (CODING help centre, "WebHook" and "Service Hook"). Its receivers insist
//! on the user agent, and one of them on the character set. The body is that of docs/events.md.

use super::{Dialect, Header};
use crate::outgoing::Outgoing;
use crate::signature::hmac_sha1;

pub(super) struct Coding;

impl Dialect for Coding {
    fn name(&self) -> &'static str {
        "coding"
    }

    fn content_type(&self) -> &'static str {
        "application/json; charset=UTF-8"
    }

    fn headers(&self, action: &str, out: &Outgoing) -> Vec<Header> {
        let mut headers = super::headers([("User-Agent", "Coding.net Hook")]);
        headers.extend(event(action, out));
        headers
    }

    fn signatures(&self, token: &str, body: &[u8]) -> Vec<Header> {
        signature(token, body)
    }

    fn has_ping(&self) -> bool {
        true
    }

    fn reads_summary(&self) -> bool {
        true
    }
}

pub(super) fn event(action: &str, out: &Outgoing) -> Vec<Header> {
    let event = super::event_word(out);
    let code = match event {
        "ping" => "PING",
        "trouble" => "TROUBLE",
        _ => "GIT_PUSHED",
    };
    super::headers([
        ("X-Coding-Event", event),
        ("X-Coding-Delivery", &out.delivery),
        ("X-Coding-WebHook-Version", "v2"),
        ("X-Coding-Service-Hook-Event", code),
        ("X-Coding-Service-Hook-Action", action),
        ("X-Coding-Service-Hook-Id", &out.hook),
    ])
}

pub(super) fn signature(token: &str, body: &[u8]) -> Vec<Header> {
    vec![("X-Coding-Signature", hmac_sha1(token, body))]
}
