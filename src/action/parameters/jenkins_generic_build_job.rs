//! The parameters of `jenkins_generic_build_job`: what may be written, not what it means.

use crate::parameter::{Pairs, Text};

/// A build by Jenkins' Generic Webhook Trigger.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct JenkinsGenericBuildJob {
    /// The plugin's URL: `…/generic-webhook-trigger/invoke`.
    pub service_url: Option<Text>,
    /// Sent as `Authorization: Bearer`.
    pub build_token: Option<Text>,
    /// Build parameters: JSON text, or a table.
    pub build_args: Option<Pairs>,
    /// Appended to the query: `k=v&k=v`, or a table.
    pub request_parameters: Option<Pairs>,
    /// Further request headers: `Name: value` lines, or a table.
    pub header_parameters: Option<Pairs>,
    /// Replaces the body.
    pub template: Option<Text>,
    /// Key of a signature over the body, for the plugin's HMAC whitelist.
    pub token: Option<Text>,
}
