//! What the webhooks and Jenkins have in common: where a request goes, its headers, its body, and what can be said
//! about them before anything is sent. Knows none of the actions.

mod credentials;
mod family;
mod findings;
mod headers;
mod payload;
mod pieces;
mod source;
mod target;

pub(crate) use credentials::{basic_authorization, in_a_file, is_given, secret};
pub(crate) use family::{Family, event_headers, signatures};
pub(crate) use findings::{
    Authorization, check_credentials, check_headers, check_pieces, check_robot, check_url, mistake,
    warning,
};
pub(crate) use headers::{Headers, basic};
pub(crate) use payload::{Payload, content_type};
pub(crate) use pieces::{
    Piece, header_pieces, lint_templates, parameter_pieces, plain, reads, text_piece,
};
pub(crate) use source::Source;
pub(crate) use target::Target;

use super::{Defaults, Per, RenderError};
use crate::http::{Method, Request};
use crate::parameter::Unresolved;
use crate::secret::Secrets;
use serde_json::Value;
use std::time::Duration;

/// Defaults of webhooks.
pub(crate) const WEBHOOK: Defaults = Defaults {
    per: Per::Ref,
    timeout: Duration::from_secs(10),
    max_commits: 2048,
    max_refs: 100,
    changes: None,
    skip_ci: false,
};

/// A parameter that cannot be used although it was read.
pub(crate) fn unusable(key: &str, why: impl Into<String>) -> Unresolved {
    Unresolved {
        key: key.to_owned(),
        why: why.into(),
    }
}

/// A parameter that makes no request of this event.
pub(crate) fn unrendered(key: &'static str, why: impl Into<String>) -> RenderError {
    RenderError {
        key,
        why: why.into(),
        range: None,
        is_empty: false,
    }
}

/// A request to `url`, with everything secret in it noted.
pub(crate) fn request(
    method: Method,
    target: &Target,
    event: &Value,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    secrets: &Secrets,
) -> Request {
    let mut all = secrets.clone();
    all.extend(target.secrets());
    for (name, value) in &headers {
        if crate::http::is_credential(name) {
            all.add(value);
            // `Bearer TOKEN`: the token alone may come back as well.
            value
                .split_once(' ')
                .into_iter()
                .for_each(|(_, credentials)| all.add(credentials));
        }
    }
    let masked_url = target.mask(&url, event);
    Request {
        method,
        masked_url,
        url,
        headers,
        body,
        secrets: all,
    }
}
