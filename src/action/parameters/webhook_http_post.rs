//! The parameters of `webhook_http_post`: what may be written, not what it means.

use crate::parameter::{Flavor, Pairs, Text};

/// POST of the event.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct WebhookHttpPost {
    /// The address that receives the request.
    pub service_url: Option<Text>,
    /// Key of the signatures over the body; without it there are none.
    pub token: Option<Text>,
    /// User name of HTTP Basic authentication.
    pub username: Option<Text>,
    /// Password of HTTP Basic authentication; may be empty.
    pub password: Option<Text>,
    /// Further request headers: `Name: value` lines, or a table.
    pub headers: Option<Pairs>,
    /// Replaces the body.
    pub template: Option<Text>,
    /// Whose headers accompany the body.
    pub flavor: Option<Flavor>,
    /// The header; decides whether a template is JSON or text.
    pub content_type: Option<Text>,
}
