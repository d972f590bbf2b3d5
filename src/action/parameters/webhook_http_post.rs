//! The parameters of `webhook_http_post`: what may be written, not what it means.

use crate::parameter::{Flavor, Pairs, Text};
use crate::schema::table;

table! {
    /// POST of the event.
    #[derive(Clone, Debug)]
    pub struct WebhookHttpPost {
        /// Address that receives the request. `${…}` may be used in its path and query.
        pub service_url: Option<Text>,
        /// Key of the signatures over the body; without it there are none.
        pub token: Option<Text>,
        /// User name of HTTP Basic authentication.
        pub username: Option<Text>,
        /// Password of HTTP Basic authentication; may be empty.
        pub password: Option<Text>,
        /// Further request headers: `Name: value` lines, or a table. `${…}` may be used in the values.
        pub headers: Option<Pairs>,
        /// What is sent instead of the event. JSON or text with `${…}`; decided by how it begins, or by `content_type`.
        pub template: Option<Text>,
        /// Whose headers accompany the body. `default`: all families at once; `coding`: as CODING sends them.
        pub flavor: Option<Flavor>,
        /// The header Content-Type, which also decides whether a template is JSON or text.
        pub content_type: Option<Text>,
    }
}
