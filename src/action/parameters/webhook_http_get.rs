//! The parameters of `webhook_http_get`: what may be written, not what it means.

use crate::parameter::{Pairs, Text};
use crate::schema::table;

table! {
    /// GET with the event in headers and query.
    #[derive(Clone, Debug)]
    pub struct WebhookHttpGet {
        /// Address that receives the request. `${…}` may be used in its path and query.
        pub service_url: Option<Text>,
        /// User name of HTTP Basic authentication.
        pub username: Option<Text>,
        /// Password of HTTP Basic authentication; may be empty.
        pub password: Option<Text>,
        /// Further request headers: `Name: value` lines, or a table. `${…}` may be used in the values.
        pub headers: Option<Pairs>,
        /// Parameters appended to the query: `k=v&k=v`, or a table. `${…}` may be used in the values.
        pub request_parameters: Option<Pairs>,
    }
}
