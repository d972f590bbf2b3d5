//! What the webhooks and Jenkins have in common: where a request goes, its headers, its body, and what can be said
//! about them before anything is sent. Knows none of the actions.

mod endpoint;
mod findings;
mod headers;
mod keys;
mod payload;
mod pieces;
mod target;

pub(crate) use endpoint::{Endpoint, WebMessage, named};
pub(crate) use findings::{check_robot, is_given, mistake, plain, warning};
pub(crate) use headers::{Headers, basic, refused_for_signature};
pub(crate) use keys::{Credentials, WebKeys};
pub(crate) use payload::{Payload, content_type};
pub(crate) use pieces::lint_templates;
pub(crate) use target::Target;

use super::{AfterOutage, Defaults, Per};
use crate::parameter::Unresolved;
use std::time::Duration;

/// Defaults of webhooks.
pub(crate) const WEBHOOK: Defaults = Defaults {
    per: Per::Ref,
    timeout: Duration::from_secs(10),
    max_commits: 2048,
    max_refs: 100,
    changes: None,
    after_outage: AfterOutage::All,
    skip_ci: false,
};

/// A parameter that cannot be used although it was read.
pub(crate) fn unusable(key: &str, why: impl Into<String>) -> Unresolved {
    Unresolved {
        key: key.to_owned(),
        why: why.into(),
    }
}
