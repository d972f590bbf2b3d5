//! The parameters of `jenkins_generic_build_job`: what may be written, not what it means.

use crate::parameter::{Pairs, Text};
use crate::schema::table;

table! {
    /// A build by Jenkins' Generic Webhook Trigger.
    #[derive(Clone, Debug)]
    pub struct JenkinsGenericBuildJob {
        /// Address of the plugin: `…/generic-webhook-trigger/invoke`. `${…}` may be used in its path and query.
        pub service_url: Option<Text>,
        /// Token of the job, sent as `Authorization: Bearer`.
        pub build_token: Option<Text>,
        /// Build parameters: JSON text, or a table.
        pub build_args: Option<Pairs>,
        /// Parameters appended to the query: `k=v&k=v`, or a table. `${…}` may be used in the values.
        pub request_parameters: Option<Pairs>,
        /// Further request headers: `Name: value` lines, or a table. `${…}` may be used in the values.
        pub header_parameters: Option<Pairs>,
        /// What is sent instead of the event. JSON or text with `${…}`; decided by how it begins.
        pub template: Option<Text>,
        /// Key of a signature over the body, for the plugin's HMAC whitelist.
        pub token: Option<Text>,
    }
}
