//! `github`: GitHub's headers and no others; Argo CD, for one, asks for Gogs' first. Commits oldest first. Readers:
//! Jenkins' github-plugin, Buildbot, octokit, Probot, go-github, go-scm, Tekton, Argo CD, Flux.

use super::{Dialect, Header, members};
use crate::outgoing::{Outgoing, Project};
use crate::signature::{hmac_sha1, hmac_sha256_hex};
use serde_json::Value;

pub(super) struct GitHub;

impl Dialect for GitHub {
    fn name(&self) -> &'static str {
        "github"
    }

    fn headers(&self, _: &str, out: &Outgoing) -> Vec<Header> {
        let mut headers = super::headers([("User-Agent", super::USER_AGENT)]);
        headers.extend(event(out));
        headers
    }

    fn signatures(&self, token: &str, body: &[u8]) -> Vec<Header> {
        signatures(token, body)
    }

    fn adapt(&self, out: &Outgoing, mut body: Value) -> Value {
        members::complete_repository(&mut body, &out.project);
        body["repository"]["id"] = out.project.id_or_derived().into();
        if super::is_test(out) {
            body["zen"] = "Keep it logically awesome.".into();
        }
        body
    }

    fn has_ping(&self) -> bool {
        true
    }

    fn lacks(&self, project: &Project) -> Vec<String> {
        let why = "its receivers find the repository by `html_url`, and read `compare` and the links of commits";
        super::lacks_url_and_owner(project, why)
    }
}

pub(super) fn event(out: &Outgoing) -> Vec<Header> {
    super::headers([
        ("X-GitHub-Event", super::event_word(out)),
        ("X-GitHub-Delivery", &out.delivery),
    ])
}

/// Buildbot reads the older one alone.
pub(super) fn signatures(token: &str, body: &[u8]) -> Vec<Header> {
    let sha256 = format!("sha256={}", hmac_sha256_hex(token, body));
    vec![
        ("X-Hub-Signature", hmac_sha1(token, body)),
        ("X-Hub-Signature-256", sha256),
    ]
}
