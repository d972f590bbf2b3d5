//! `webhook_http_post`: the event as JSON, or what a template makes of it, signed over the exact bytes.

use super::web::{self, Authorization, Family, Headers, Payload, Piece, Source, Target, WEBHOOK};
use super::{
    Action, Attempt, Body, Declared, Definition, Finding, Parameters, RenderError, Repeats,
    Verdict, verdict,
};
use crate::http::{Method, Request, Response};
use crate::outgoing::{Outgoing, sample};
use crate::parameter::{Flavor, Pairs, Resolver, Text, Unresolved};
use crate::schedule::Pace;
use crate::schema::{Table, table};
use crate::secret::Secrets;

table! {
    /// POST of the event.
    #[derive(Clone, Debug)]
    pub struct WebhookHttpPost {
        /// Address that receives the request. `${…}` may be used in its path and query.
        pub service_url: Option<Text>,
        /// Key of the signatures over the body; without it there are none.
        #[marks(Secret)]
        pub token: Option<Text>,
        /// User name of HTTP Basic authentication.
        #[marks(Sent)]
        pub username: Option<Text>,
        /// Password of HTTP Basic authentication; may be empty.
        #[marks(Secret, Sent)]
        pub password: Option<Text>,
        /// Further request headers: `Name: value` lines, or a table. `${…}` may be used in the values.
        #[marks(Headers, Pairs)]
        pub headers: Option<Pairs>,
        /// What is sent instead of the event. JSON or text with `${…}`; decided by how it begins, or by `content_type`.
        #[marks(Public)]
        pub template: Option<Text>,
        /// Whose headers accompany the body. `default`: all families at once; `coding`: as CODING sends them.
        pub flavor: Option<Flavor>,
        /// The header Content-Type, which also decides whether a template is JSON or text.
        pub content_type: Option<Text>,
    }
}

impl Declared for WebhookHttpPost {
    const DEFINITION: Definition = Definition {
        id: "webhook_http_post",
        names: Self::NAMES,
        marks: Self::MARKS,
        #[cfg(test)]
        keys: <Self as Table>::keys,
        unsupported: &["signing_secret"],
        defaults: WEBHOOK,
        pace: Pace(&[]),
        body: Body::Event,
        digests: false,
        repeats: Repeats::Dropped,
        reads_summary: true,
        stamps_body: false,
        echoes_headers: &[],
        addresses: &[],
    };
}

impl WebhookHttpPost {
    fn content_type(&self) -> Option<&str> {
        web::plain(self.content_type.as_ref())
    }

    fn pieces(&self) -> Vec<Piece<'_>> {
        let mut pieces = web::text_piece("service_url", self.service_url.as_ref());
        pieces.extend(web::header_pieces("headers", self.headers.as_ref()));
        pieces.extend(web::text_piece("template", self.template.as_ref()));
        pieces
    }
}

impl Parameters for WebhookHttpPost {
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
        let content_type = self.content_type().and_then(web::content_type);
        found.extend(content_type.map(|why| web::mistake("content_type", why)));
        found
    }

    fn lint_templates(&self) -> Vec<Finding> {
        web::lint_templates(&self.pieces(), sample::bodies())
    }

    fn check_address(&self, url: &str) -> Option<Finding> {
        web::check_robot(Self::DEFINITION.id, url, self.has_template())
    }

    fn template_reads(&self, name: &str) -> bool {
        web::in_a_file(self.template.as_ref(), name) || web::reads(&self.pieces(), name)
    }

    fn has_template(&self) -> bool {
        web::is_given(self.template.as_ref())
    }

    fn template(&self) -> Option<&Text> {
        self.template.as_ref()
    }

    fn vendor_limit(&self) -> Option<usize> {
        None
    }

    fn service_url(&self) -> Option<&Text> {
        self.service_url.as_ref()
    }

    fn build(&self, resolver: &Resolver<'_>) -> Result<Box<dyn Action>, Unresolved> {
        let mut secrets = Secrets::default();
        let content_type = resolver
            .text("content_type", self.content_type.as_ref())?
            .map(|v| v.text);
        if let Some(why) = content_type.as_deref().and_then(web::content_type) {
            return Err(web::unusable("content_type", why));
        }
        Ok(Box::new(Post {
            family: match self.flavor.unwrap_or_default() {
                Flavor::Default => Family::All,
                Flavor::Coding => Family::Coding,
            },
            target: Target::build(resolver, self.service_url.as_ref(), None)?,
            headers: Headers::build(resolver, "headers", self.headers.as_ref())?,
            token: web::secret(resolver, &mut secrets, "token", self.token.as_ref())?,
            authorization: web::basic_authorization(
                resolver,
                &mut secrets,
                self.username.as_ref(),
                self.password.as_ref(),
            )?,
            template: resolver
                .template("template", self.template.as_ref())?
                .map(Source::new),
            content_type,
            secrets,
        }))
    }
}

struct Post {
    family: Family,
    target: Target,
    headers: Headers,
    token: Option<String>,
    authorization: Option<String>,
    template: Option<Source>,
    content_type: Option<String>,
    secrets: Secrets,
}

impl Action for Post {
    fn request(&self, out: &Outgoing, _: &Attempt) -> Result<Request, RenderError> {
        let content_type = self.content_type.as_deref();
        let payload = match &self.template {
            None => Payload::event(out.body_bytes(), content_type),
            Some(template) => Payload::templated(template, content_type, out, Outgoing::body)?,
        };
        let event = out.body();
        let (url, user) = self.target.request_url(&event)?;
        let mut defaults = vec![("Content-Type", payload.content_type)];
        defaults.extend(web::event_headers(
            self.family,
            WebhookHttpPost::DEFINITION.id,
            out,
        ));
        defaults.extend(web::signatures(
            self.family,
            self.token.as_deref(),
            &payload.body,
        ));
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
            Method::Post,
            &self.target,
            &event,
            url,
            headers,
            payload.body,
            &secrets,
        ))
    }

    fn verdict(&self, response: &Response) -> Verdict {
        verdict::from_status(response)
    }
}
