//! The headers by which receivers know a push: CODING's two generations (CODING help centre, "WebHook" and "Service
//! Hook"), GitHub's, Gitea's and Gogs'. One delivery id in all of them.

use crate::outgoing::{MessageKind, Outgoing};
use crate::signature::{hmac_sha1, hmac_sha256_hex};

/// Whose headers are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// All of them.
    All,
    /// CODING's alone; its receivers insist on its `User-Agent`.
    Coding,
}

/// The headers that name the event, without signatures.
pub(crate) fn event_headers(
    family: Family,
    action: &str,
    out: &Outgoing,
) -> Vec<(&'static str, String)> {
    let test = out.kind == MessageKind::Test;
    let event = if test { "ping" } else { "push" };
    let agent = match family {
        Family::All => concat!("git-service-hook/", env!("CARGO_PKG_VERSION")),
        Family::Coding => "Coding.net Hook",
    };
    let mut headers = vec![
        ("User-Agent", agent),
        ("X-Coding-Event", event),
        ("X-Coding-Delivery", &out.delivery),
        ("X-Coding-WebHook-Version", "v2"),
        (
            "X-Coding-Service-Hook-Event",
            if test { "PING" } else { "GIT_PUSHED" },
        ),
        ("X-Coding-Service-Hook-Action", action),
        ("X-Coding-Service-Hook-Id", &out.hook),
    ];
    if family == Family::All {
        headers.extend([
            ("X-GitHub-Event", event),
            ("X-GitHub-Delivery", &out.delivery),
            ("X-Gitea-Event", event),
            ("X-Gitea-Event-Type", event),
            ("X-Gitea-Delivery", &out.delivery),
            ("X-Gogs-Event", event),
            ("X-Gogs-Delivery", &out.delivery),
        ]);
    }
    headers
        .into_iter()
        .map(|(name, value)| (name, value.to_owned()))
        .collect()
}

/// The signatures over the exact body. There are none without a token: some receivers refuse an empty one.
pub(crate) fn signatures(
    family: Family,
    token: Option<&str>,
    body: &[u8],
) -> Vec<(&'static str, String)> {
    let Some(token) = token else {
        return Vec::new();
    };
    let mut headers = vec![("X-Coding-Signature", hmac_sha1(token, body))];
    if family == Family::All {
        let hex = hmac_sha256_hex(token, body);
        headers.extend([
            ("X-Hub-Signature", hmac_sha1(token, body)),
            ("X-Hub-Signature-256", format!("sha256={hex}")),
            ("X-Gitea-Signature", hex.clone()),
            ("X-Gogs-Signature", hex),
        ]);
    }
    headers
}
