//! The parameters of `webhook_http_get`: what may be written, not what it means.

use crate::parameter::{Pairs, Text};

/// GET with the event in headers and query.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct WebhookHttpGet {
    /// The address that receives the request.
    pub service_url: Option<Text>,
    /// User name of HTTP Basic authentication.
    pub username: Option<Text>,
    /// Password of HTTP Basic authentication; may be empty.
    pub password: Option<Text>,
    /// Further request headers: `Name: value` lines, or a table.
    pub headers: Option<Pairs>,
    /// Appended to the query: `k=v&k=v`, or a table.
    pub request_parameters: Option<Pairs>,
}
