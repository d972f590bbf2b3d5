//! `webhook_http_post`: the event as JSON, or what a template makes of it, signed over the exact bytes.

mod form;
mod signing;

use super::dialect::{Dialect, Flavor};
use super::success::{self, Success};
use super::web::{self, Credentials, Endpoint, Payload, WEBHOOK, WebKeys, WebMessage};
use super::{
    Action, Attempt, Body, Declared, Definition, Finding, Parameters, RenderError, Repeats, Verdict,
};
use crate::http::{Method, Request, Response};
use crate::outgoing::{Outgoing, Project, sample};
use crate::parameter::{ConfiguredText, Pairs, Resolver, SecretList, Text, Unresolved};
use crate::schedule::Pace;
use crate::schema::{Table, table};
use form::FormFields;
use serde_json::Value;
use signing::{SignatureHeader, Signing, SigningKeys};

table! {
    /// POST of the event.
    #[derive(Clone, Debug)]
    pub struct WebhookHttpPost {
        /// Address that receives the request. `${…}` may be used in its path and query.
        pub service_url: Option<Text>,
        /// Key of the signatures over the body; without it there are none. During a rotation a list, of which the first
        /// signs.
        #[marks(Secret)]
        pub token: Option<SecretList>,
        /// Secret of Standard Webhooks, `whsec_…`. During a rotation a list: there is a signature of each.
        #[marks(Secret)]
        pub signing_secret: Option<SecretList>,
        /// A further signature with `token`, in a header of the receiver's own: `header`, and where they differ from
        /// `sha256`, nothing and `hex`, `algorithm`, `prefix` and `encoding`.
        pub signature: Option<SignatureHeader>,
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
        /// Fields of a form, sent instead of the event. `${…}` may be used in the values, `${ payload | tojson }` is the
        /// whole body of the dialect.
        #[marks(Pairs)]
        pub form: Option<Pairs>,
        /// Dialect of the receiver: headers, signatures, order of commits, members, and which change is what. Default:
        /// the whole event, with the headers of CODING and GitHub.
        pub flavor: Option<Flavor>,
        /// The header Content-Type, which also decides whether a template is JSON or text.
        pub content_type: Option<Text>,
        /// Condition on the answer, where its status alone does not decide: an expression over `status`, `json`, `text` and
        /// `headers`.
        #[marks(Public)]
        pub success: Option<Text>,
    }
}

impl Declared for WebhookHttpPost {
    const DEFINITION: Definition = Definition {
        id: "webhook_http_post",
        names: Self::NAMES,
        marks: Self::MARKS,
        #[cfg(test)]
        keys: <Self as Table>::keys,
        unsupported: &[],
        defaults: WEBHOOK,
        pace: Pace(&[]),
        body: Body::Event,
        reports_trouble: true,
        digests: false,
        repeats: Repeats::Dropped,
        stamps_body: false,
        echoes_headers: &[],
        addresses: &[],
    };
}

impl WebhookHttpPost {
    fn dialect(&self) -> &'static dyn Dialect {
        Flavor::dialect(self.flavor)
    }

    fn signing_keys(&self) -> SigningKeys<'_> {
        SigningKeys {
            token: self.token.as_ref(),
            signing_secret: self.signing_secret.as_ref(),
            signature: self.signature.as_ref(),
        }
    }

    fn web_keys(&self) -> WebKeys<'_> {
        WebKeys {
            action: Self::DEFINITION.id,
            service_url: self.service_url.as_ref(),
            request_parameters: None,
            headers: ("headers", self.headers.as_ref()),
            signature: self.signature.as_ref().map(SignatureHeader::header),
            template: self.template.as_ref(),
            form: self.form.as_ref(),
            credentials: Credentials::Basic(self.username.as_ref(), self.password.as_ref()),
        }
    }
}

impl Parameters for WebhookHttpPost {
    fn findings(&self) -> Vec<Finding> {
        let keys = self.web_keys();
        let mut found = keys.findings();
        let url = web::plain(keys.service_url);
        found.extend(url.and_then(|url| self.check_address(url)));
        found.extend(self.signing_keys().findings());
        found.extend(success::findings(self.success.as_ref()));
        if self.dialect().wraps() && self.has_template() {
            let why = "cannot replace the whole CloudEvent: write `flavor = \"cloudevents\"`";
            found.push(web::mistake("template", why));
        }
        let content_type = web::plain(self.content_type.as_ref());
        if self.has_template() && self.form.is_none() && content_type.is_some_and(form::is_form) {
            let why = "cannot encode the fields of a form: write them as `form`";
            found.push(web::mistake("template", why));
        }
        let excluded = [
            ("template", web::is_given(self.template.as_ref())),
            ("content_type", content_type.is_some()),
            ("flavor", self.dialect().is_cloud_event()),
        ];
        found.extend(form::findings(self.form.as_ref(), &excluded));
        let why = content_type.and_then(web::content_type);
        found.extend(why.map(|why| web::mistake("content_type", why)));
        found
    }

    fn lint_templates(&self) -> Vec<Finding> {
        let dialect = self.dialect();
        let with_payload = |out: &Outgoing| context(dialect, true, out);
        let samples = sample::complete().iter().map(with_payload);
        web::lint_templates(&self.web_keys().pieces(), &samples.collect::<Vec<_>>())
    }

    fn check_address(&self, url: &str) -> Option<Finding> {
        self.web_keys().check_address(url)
    }

    fn lint_project(&self, project: &Project) -> Vec<Finding> {
        let lacks = self.dialect().lacks(project);
        let warnings = lacks.into_iter().map(|why| web::warning("flavor", why));
        warnings.collect()
    }

    fn reads_summary(&self) -> bool {
        self.dialect().reads_summary()
    }

    fn has_ping(&self) -> bool {
        self.dialect().has_ping()
    }

    fn template_reads(&self, name: &str) -> bool {
        self.web_keys().template_reads(name)
    }

    fn has_template(&self) -> bool {
        web::is_given(self.template.as_ref()) || self.form.is_some()
    }

    fn template(&self) -> Option<&Text> {
        self.template.as_ref()
    }

    fn service_url(&self) -> Option<&Text> {
        self.service_url.as_ref()
    }

    fn build(&self, resolver: &Resolver<'_>) -> Result<Box<dyn Action>, Unresolved> {
        let content_type = resolver
            .text("content_type", self.content_type.as_ref())?
            .map(|v| v.text);
        if let Some(why) = content_type.as_deref().and_then(web::content_type) {
            return Err(web::unusable("content_type", why));
        }
        let mut endpoint = Endpoint::build(&self.web_keys(), resolver)?;
        Ok(Box::new(Post {
            dialect: self.dialect(),
            signing: self.signing_keys().build(resolver, &mut endpoint)?,
            template: resolver.template("template", self.template.as_ref())?,
            form: FormFields::build(resolver, self.form.as_ref())?,
            reads_payload: self.web_keys().template_reads("payload"),
            content_type,
            success: Success::build(resolver, self.success.as_ref())?,
            endpoint,
        }))
    }
}

/// What templates read: the event, and the body of the dialect as `payload`.
fn context(dialect: &'static dyn Dialect, with_payload: bool, out: &Outgoing) -> Value {
    let mut event = out.body();
    if with_payload {
        event["payload"] = dialect.shape(out, out.body());
    }
    event
}

struct Post {
    dialect: &'static dyn Dialect,
    endpoint: Endpoint,
    signing: Signing,
    template: Option<ConfiguredText>,
    form: Option<FormFields>,
    /// Whether a template needs the body as well.
    reads_payload: bool,
    content_type: Option<String>,
    success: Option<Success>,
}

impl Action for Post {
    fn request(&self, out: &Outgoing, attempt: &Attempt) -> Result<Request, RenderError> {
        let (dialect, content_type) = (self.dialect, self.content_type.as_deref());
        let context = |out: &Outgoing| context(dialect, self.reads_payload, out);
        let payload = match (&self.form, &self.template) {
            (Some(form), _) => form.payload(out, context)?,
            (None, None) => {
                let body = dialect.body(out);
                Payload::new(body, content_type.unwrap_or(dialect.content_type()))
            }
            (None, Some(template)) => Payload::templated(
                template,
                (content_type, dialect.content_type()),
                out,
                context,
            )?,
        };
        let mut headers = vec![("Content-Type", payload.content_type)];
        headers.extend(dialect.headers(WebhookHttpPost::DEFINITION.id, out));
        let mut headers = web::named(headers);
        headers.extend(self.signing.headers(dialect, out, attempt, &payload.body));
        self.endpoint.request(WebMessage {
            method: Method::Post,
            event: &context(out),
            headers,
            body: payload.body,
        })
    }

    fn verdict(&self, response: &Response) -> Verdict {
        success::verdict(self.success.as_ref(), response)
    }
}
