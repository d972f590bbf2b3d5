//! `webhook_http_get`: a call without a body; the event stands in headers and, by `${…}`, in the URL.

use super::web::{self, Authorization, Family, Headers, Piece, Target, WEBHOOK};
use super::{
    Action, Attempt, Body, Declared, Definition, Finding, Parameters, RenderError, Repeats,
    Verdict, verdict,
};
use crate::http::{Method, Request, Response};
use crate::outgoing::{Outgoing, sample};
use crate::parameter::{Pairs, Resolver, Text, Unresolved};
use crate::schedule::Pace;
use crate::schema::{Table, table};
use crate::secret::Secrets;

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
        digests: false,
        repeats: Repeats::Dropped,
        reads_summary: false,
        stamps_body: false,
        echoes_headers: &[],
        addresses: &[],
    };
}

impl WebhookHttpGet {
    fn pieces(&self) -> Vec<Piece<'_>> {
        let mut pieces = web::text_piece("service_url", self.service_url.as_ref());
        pieces.extend(web::header_pieces("headers", self.headers.as_ref()));
        pieces.extend(web::parameter_pieces(self.request_parameters.as_ref()));
        pieces
    }
}

impl Parameters for WebhookHttpGet {
    fn findings(&self) -> Vec<Finding> {
        let (url, username) = (self.service_url.as_ref(), self.username.as_ref());
        let mut found = web::check_credentials(username, self.password.as_ref(), url);
        let key = username.is_some().then_some("username");
        found.extend(web::check_url(url));
        found.extend(web::plain(url).and_then(|url| self.check_address(url)));
        found.extend(web::check_headers(
            "headers",
            self.headers.as_ref(),
            Authorization {
                key,
                service_url: url,
            },
        ));
        found.extend(web::check_pieces(&self.pieces()));
        found
    }

    fn lint_templates(&self) -> Vec<Finding> {
        web::lint_templates(&self.pieces(), sample::bodies())
    }

    fn check_address(&self, url: &str) -> Option<Finding> {
        web::check_robot(Self::DEFINITION.id, url, self.has_template())
    }

    fn template_reads(&self, name: &str) -> bool {
        web::reads(&self.pieces(), name)
    }

    fn has_template(&self) -> bool {
        false
    }

    fn template(&self) -> Option<&Text> {
        None
    }

    fn vendor_limit(&self) -> Option<usize> {
        None
    }

    fn service_url(&self) -> Option<&Text> {
        self.service_url.as_ref()
    }

    fn build(&self, resolver: &Resolver<'_>) -> Result<Box<dyn Action>, Unresolved> {
        let mut secrets = Secrets::default();
        Ok(Box::new(Get {
            target: Target::build(
                resolver,
                self.service_url.as_ref(),
                self.request_parameters.as_ref(),
            )?,
            headers: Headers::build(resolver, "headers", self.headers.as_ref())?,
            authorization: web::basic_authorization(
                resolver,
                &mut secrets,
                self.username.as_ref(),
                self.password.as_ref(),
            )?,
            secrets,
        }))
    }
}

struct Get {
    target: Target,
    headers: Headers,
    authorization: Option<String>,
    secrets: Secrets,
}

impl Action for Get {
    fn request(&self, out: &Outgoing, _: &Attempt) -> Result<Request, RenderError> {
        let event = out.body();
        let (url, user) = self.target.request_url(&event)?;
        let mut defaults = web::event_headers(Family::All, WebhookHttpGet::DEFINITION.id, out);
        let basic = user.map(|user| web::basic(&user.name, &user.password));
        defaults.extend(
            self.authorization
                .clone()
                .or(basic)
                .map(|value| ("Authorization", value)),
        );
        let mut secrets = self.secrets.clone();
        secrets.extend(self.headers.secrets());
        let headers = self.headers.over(defaults, &event)?;
        Ok(web::request(
            Method::Get,
            &self.target,
            &event,
            url,
            headers,
            Vec::new(),
            &secrets,
        ))
    }

    fn verdict(&self, response: &Response) -> Verdict {
        verdict::from_status(response)
    }
}
