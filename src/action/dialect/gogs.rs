//! `gogs`: Gogs' headers. Commits newest first, and never none: its readers take the first. A tag is a `create` event; a
//! deleted branch or tag is a `delete` event. Readers: Jenkins' gogs-webhook, go-scm.

use super::{Dialect, Header, members};
use crate::outgoing::{MessageKind, Outgoing, Project};
use crate::push::{Change, RefKind};
use crate::signature::hmac_sha256_hex;
use serde_json::Value;

pub(super) struct Gogs;

/// Which event the update is.
fn event_name(out: &Outgoing) -> &'static str {
    match super::first(out).map(|event| (event.change, event.kind())) {
        _ if out.kind == MessageKind::Trouble => "trouble",
        Some((Change::Deleted, RefKind::Branch | RefKind::Tag)) => "delete",
        Some((_, RefKind::Tag)) => "create",
        _ => "push",
    }
}

impl Dialect for Gogs {
    fn name(&self) -> &'static str {
        "gogs"
    }

    fn headers(&self, _: &str, out: &Outgoing) -> Vec<Header> {
        super::headers([
            ("User-Agent", super::USER_AGENT),
            ("X-Gogs-Event", event_name(out)),
            ("X-Gogs-Delivery", &out.delivery),
        ])
    }

    fn signatures(&self, token: &str, body: &[u8]) -> Vec<Header> {
        vec![("X-Gogs-Signature", hmac_sha256_hex(token, body))]
    }

    fn adapt(&self, out: &Outgoing, mut body: Value) -> Value {
        members::complete_repository(&mut body, &out.project);
        if let Some(event) = super::first(out).filter(|_| event_name(out) != "push") {
            return members::ref_event(event, out, &body);
        }
        members::each_event(&mut body, &|event| {
            members::list_newest(event);
            members::add_usernames(event, &out.push.pusher);
            members::reverse_commits(event);
        });
        body
    }

    fn lacks(&self, project: &Project) -> Vec<String> {
        let why = "its receivers find the repository by `html_url`";
        super::lacks_url_and_owner(project, why)
    }
}
