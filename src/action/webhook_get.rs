//! `webhook_http_get`: a call without a body; the event stands in headers and, by `${…}`, in the URL.

use super::dialect;
use super::success::{self, Success};
use super::web::{self, Credentials, Endpoint, WEBHOOK, WebKeys, WebMessage};
use super::{
    Action, Attempt, Body, Declared, Definition, Finding, Parameters, RenderError, Repeats, Verdict,
};
use crate::http::{Method, Request, Response};
use crate::outgoing::{Outgoing, sample};
use crate::parameter::{Pairs, Resolver, Text, Unresolved};
use crate::schedule::Pace;
use crate::schema::{Table, table};

table! {
    /// GET with the event in headers and query.
    #[derive(Clone, Debug)]
    pub struct WebhookHttpGet {
        /// Address that receives the request. `${…}` may be used in its path and query.
        pub service_url: Option<Text>,
        /// User name of HTTP Basic authentication.
        #[marks(Sent)]
        pub username: Option<Text>,
        /// Password of HTTP Basic authentication; may be empty.
        #[marks(Secret, Sent)]
        pub password: Option<Text>,
        /// Further request headers: `Name: value` lines, or a table. `${…}` may be used in the values.
        #[marks(Headers, Pairs)]
        pub headers: Option<Pairs>,
        /// Parameters appended to the query: `k=v&k=v`, or a table. `${…}` may be used in the values.
        #[marks(Pairs)]
        pub request_parameters: Option<Pairs>,
        /// Condition on the answer, where its status alone does not decide: an expression over `status`, `json`, `text` and
        /// `headers`.
        #[marks(Public)]
        pub success: Option<Text>,
    }
}

impl Declared for WebhookHttpGet {
    const DEFINITION: Definition = Definition {
        id: "webhook_http_get",
        names: Self::NAMES,
        marks: Self::MARKS,
        #[cfg(test)]
        keys: <Self as Table>::keys,
        unsupported: &[],
        defaults: WEBHOOK,
        pace: Pace(&[]),
        body: Body::Empty,
        reports_trouble: true,
        digests: false,
        repeats: Repeats::Dropped,
        stamps_body: false,
        echoes_headers: &[],
        addresses: &[],
    };
}

impl WebhookHttpGet {
    fn web_keys(&self) -> WebKeys<'_> {
        WebKeys {
            action: Self::DEFINITION.id,
            service_url: self.service_url.as_ref(),
            request_parameters: self.request_parameters.as_ref(),
            headers: ("headers", self.headers.as_ref()),
            signature: None,
            template: None,
            form: None,
            credentials: Credentials::Basic(self.username.as_ref(), self.password.as_ref()),
        }
    }
}

impl Parameters for WebhookHttpGet {
    fn findings(&self) -> Vec<Finding> {
        let keys = self.web_keys();
        let mut found = keys.findings();
        let url = web::plain(keys.service_url);
        found.extend(url.and_then(|url| self.check_address(url)));
        found.extend(success::findings(self.success.as_ref()));
        found
    }

    fn lint_templates(&self) -> Vec<Finding> {
        web::lint_templates(&self.web_keys().pieces(), sample::bodies())
    }

    fn check_address(&self, url: &str) -> Option<Finding> {
        self.web_keys().check_address(url)
    }

    fn template_reads(&self, name: &str) -> bool {
        self.web_keys().template_reads(name)
    }

    fn service_url(&self) -> Option<&Text> {
        self.service_url.as_ref()
    }

    fn build(&self, resolver: &Resolver<'_>) -> Result<Box<dyn Action>, Unresolved> {
        let endpoint = Endpoint::build(&self.web_keys(), resolver)?;
        let success = Success::build(resolver, self.success.as_ref())?;
        Ok(Box::new(Get { endpoint, success }))
    }
}

struct Get {
    endpoint: Endpoint,
    success: Option<Success>,
}

impl Action for Get {
    fn request(&self, out: &Outgoing, _: &Attempt) -> Result<Request, RenderError> {
        self.endpoint.request(WebMessage {
            method: Method::Get,
            event: &out.body(),
            headers: web::named(dialect::DEFAULT.headers(WebhookHttpGet::DEFINITION.id, out)),
            body: Vec::new(),
        })
    }

    fn verdict(&self, response: &Response) -> Verdict {
        success::verdict(self.success.as_ref(), response)
    }
}
