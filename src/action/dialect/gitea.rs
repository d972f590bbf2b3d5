//! `gitea`: Gitea's and Forgejo's headers. Commits newest first; a new branch always lists one; a tag lists none; a
//! deleted branch or tag is a `delete` event, never a push: buildbot-gitea reads the newest commit of any tag. Readers:
//! Jenkins' gitea-plugin, buildbot-gitea, go-scm, Dokploy.

use super::{Dialect, Header, members};
use crate::outgoing::{MessageKind, Outgoing, Project};
use crate::push::{Change, RefKind};
use crate::signature::hmac_sha256_hex;
use serde_json::{Value, json};

pub(super) struct Gitea;

fn deletes(out: &Outgoing) -> bool {
    super::first(out)
        .is_some_and(|event| event.change == Change::Deleted && event.kind() != RefKind::Other)
}

impl Dialect for Gitea {
    fn name(&self) -> &'static str {
        "gitea"
    }

    fn headers(&self, _: &str, out: &Outgoing) -> Vec<Header> {
        let event = match out.kind {
            MessageKind::Trouble => "trouble",
            _ if deletes(out) => "delete",
            _ => "push",
        };
        super::headers([
            ("User-Agent", super::USER_AGENT),
            ("X-Gitea-Event", event),
            ("X-Gitea-Event-Type", event),
            ("X-Gitea-Delivery", &out.delivery),
        ])
    }

    fn signatures(&self, token: &str, body: &[u8]) -> Vec<Header> {
        let hex = hmac_sha256_hex(token, body);
        vec![
            ("X-Hub-Signature-256", format!("sha256={hex}")),
            ("X-Gitea-Signature", hex),
        ]
    }

    fn adapt(&self, out: &Outgoing, mut body: Value) -> Value {
        members::complete_repository(&mut body, &out.project);
        if let Some(event) = super::first(out).filter(|_| deletes(out)) {
            return members::ref_event(event, out, &body);
        }
        members::each_event(&mut body, &|event| {
            if event["object_kind"] == "tag_push" {
                event["commits"] = json!([]);
            } else if event["created"] == true {
                members::list_newest(event);
            }
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
