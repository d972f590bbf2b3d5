//! `jenkins_generic_build_job`: a POST to Jenkins' Generic Webhook Trigger plugin.

mod advice;
mod answer;
mod arguments;

use super::dialect;
use super::web::{self, Credentials, Endpoint, Payload, WEBHOOK, WebKeys, WebMessage};
use super::{
    Action, AfterOutage, Attempt, Body, Declared, Defaults, Definition, Finding, Parameters,
    RenderError, Repeats, Verdict,
};
use crate::http::{Method, Request, Response};
use crate::outgoing::{MEMBERS, MessageKind, Outgoing, sample};
use crate::parameter::{ConfiguredText, Pairs, Resolver, Text, Unresolved};
use crate::push::Change;
use crate::schedule::Pace;
use crate::schema::{Table, table};
use arguments::Arguments;
use std::cell::Cell;
use std::time::Duration;

table! {
    /// A build by Jenkins' Generic Webhook Trigger.
    #[derive(Clone, Debug)]
    pub struct JenkinsGenericBuildJob {
        /// Address of the plugin: `…/generic-webhook-trigger/invoke`. `${…}` may be used in its path and query.
        pub service_url: Option<Text>,
        /// Token of the job, sent as `Authorization: Bearer`.
        #[marks(Secret, Sent)]
        pub build_token: Option<Text>,
        /// Build parameters: JSON text, or a table.
        #[marks(Pairs)]
        pub build_args: Option<Pairs>,
        /// Parameters appended to the query: `k=v&k=v`, or a table. `${…}` may be used in the values.
        #[marks(Pairs)]
        pub request_parameters: Option<Pairs>,
        /// Further request headers: `Name: value` lines, or a table. `${…}` may be used in the values.
        #[marks(Headers, Pairs)]
        pub header_parameters: Option<Pairs>,
        /// What is sent instead of the event. JSON or text with `${…}`; decided by how it begins.
        #[marks(Public)]
        pub template: Option<Text>,
        /// Key of a signature over the body, for the plugin's HMAC whitelist.
        #[marks(Secret)]
        pub token: Option<Text>,
    }
}

impl Declared for JenkinsGenericBuildJob {
    const DEFINITION: Definition = Definition {
        id: "jenkins_generic_build_job",
        names: Self::NAMES,
        marks: Self::MARKS,
        #[cfg(test)]
        keys: <Self as Table>::keys,
        unsupported: &[],
        defaults: Defaults {
            timeout: Duration::from_secs(30),
            max_refs: 10,
            changes: Some(&[Change::Created, Change::Updated, Change::Forced]),
            after_outage: AfterOutage::Newest,
            skip_ci: true,
            ..WEBHOOK
        },
        pace: Pace(&[]),
        body: Body::Event,
        reports_trouble: false,
        digests: false,
        repeats: Repeats::Count,
        stamps_body: false,
        echoes_headers: &[403],
        addresses: &[],
    };
}

impl JenkinsGenericBuildJob {
    fn web_keys(&self) -> WebKeys<'_> {
        WebKeys {
            action: Self::DEFINITION.id,
            service_url: self.service_url.as_ref(),
            request_parameters: self.request_parameters.as_ref(),
            headers: ("header_parameters", self.header_parameters.as_ref()),
            signature: None,
            template: self.template.as_ref(),
            form: None,
            credentials: Credentials::Bearer("build_token", self.build_token.as_ref()),
        }
    }

    /// The plugin takes a `token` in the query or among the headers before it reads `build_token`.
    fn stray_tokens(&self) -> Vec<Finding> {
        if !web::is_given(self.build_token.as_ref()) {
            return Vec::new();
        }
        let in_query = |query: &str| {
            query
                .split(['?', '&'])
                .any(|pair| pair.trim().starts_with("token="))
        };
        let in_pairs = |pairs: Option<&Pairs>, in_text: fn(&str) -> bool| match pairs {
            None => false,
            Some(Pairs::Table(table)) => table
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case("token")),
            Some(Pairs::Joined(text)) => web::plain(Some(text)).is_some_and(in_text),
        };
        let in_lines = |lines: &str| {
            let mut names = lines.lines().filter_map(|line| line.split_once(':'));
            names.any(|(name, _)| name.trim().eq_ignore_ascii_case("token"))
        };
        let url = web::plain(self.service_url.as_ref()).and_then(|url| url.split_once('?'));
        [
            ("service_url", url.is_some_and(|(_, query)| in_query(query))),
            (
                "request_parameters",
                in_pairs(self.request_parameters.as_ref(), in_query),
            ),
            (
                "header_parameters",
                in_pairs(self.header_parameters.as_ref(), in_lines),
            ),
        ]
        .into_iter()
        .filter(|(_, stray)| *stray)
        .map(|(key, _)| {
            web::warning(
                key,
                "has a `token`, which Jenkins takes instead of `build_token`",
            )
        })
        .collect()
    }
}

impl Parameters for JenkinsGenericBuildJob {
    fn findings(&self) -> Vec<Finding> {
        let keys = self.web_keys();
        let mut found = keys.findings();
        let url = web::plain(keys.service_url);
        found.extend(url.and_then(|url| self.check_address(url)));
        found.extend(arguments::check(self.build_args.as_ref()));
        found.extend(self.stray_tokens());
        found
    }

    fn lint_templates(&self) -> Vec<Finding> {
        let mut samples = sample::bodies().to_vec();
        let arguments = Arguments::shape(self.build_args.as_ref());
        for sample in &mut samples {
            arguments.put_nested(sample);
        }
        let mut found = web::lint_templates(&self.web_keys().pieces(), &samples);
        if !self.has_template() {
            found.extend(
                arguments
                    .names()
                    .filter(|name| MEMBERS.contains(name))
                    .map(|name| Finding {
                        entry: Some(name.to_owned()),
                        ..web::warning(
                            "build_args",
                            "is also a member of the event: jobs read it as `$.build_args.…` only",
                        )
                    }),
            );
        }
        found
    }

    fn check_address(&self, url: &str) -> Option<Finding> {
        let plugin = "is not how the plugin is addressed (…/generic-webhook-trigger/invoke)";
        let odd = !url.contains("/generic-webhook-trigger/invoke") && !url.contains("${");
        let robot = web::check_robot(Self::DEFINITION.id, url, false);
        robot.or_else(|| odd.then(|| web::warning("service_url", plugin)))
    }

    fn template_reads(&self, name: &str) -> bool {
        self.web_keys().template_reads(name)
    }

    fn template(&self) -> Option<&Text> {
        self.template.as_ref()
    }

    fn service_url(&self) -> Option<&Text> {
        self.service_url.as_ref()
    }

    fn build(&self, resolver: &Resolver<'_>) -> Result<Box<dyn Action>, Unresolved> {
        let mut endpoint = Endpoint::build(&self.web_keys(), resolver)?;
        Ok(Box::new(Jenkins {
            token: endpoint.secret(resolver, "token", self.token.as_ref())?,
            arguments: Arguments::build(resolver, &mut endpoint.secrets, self.build_args.as_ref())?,
            template: resolver.template("template", self.template.as_ref())?,
            endpoint,
            dry_run: Cell::new(false),
        }))
    }
}

struct Jenkins {
    endpoint: Endpoint,
    token: Option<String>,
    arguments: Arguments,
    template: Option<ConfiguredText>,
    /// Whether the last request was a dry run: if an answer to it names a build, that build was queued.
    dry_run: Cell<bool>,
}

impl Action for Jenkins {
    fn request(&self, out: &Outgoing, _: &Attempt) -> Result<Request, RenderError> {
        let with_arguments = |out: &Outgoing| {
            let mut event = out.body();
            self.arguments.put_nested(&mut event);
            event
        };
        let payload = match &self.template {
            None => Payload::new(self.arguments.body(out), dialect::JSON),
            Some(template) => {
                Payload::templated(template, (None, dialect::JSON), out, with_arguments)?
            }
        };
        let mut headers = vec![("Content-Type", payload.content_type)];
        headers.extend(dialect::DEFAULT.headers(JenkinsGenericBuildJob::DEFINITION.id, out));
        if let Some(token) = &self.token {
            headers.extend(dialect::DEFAULT.signatures(token, &payload.body));
        }
        self.dry_run.set(out.kind == MessageKind::Test);
        if self.dry_run.get() {
            headers.push(("gwt-dry-run", "true".to_owned()));
        }
        self.endpoint.request(WebMessage {
            method: Method::Post,
            event: &with_arguments(out),
            headers: web::named(headers),
            body: payload.body,
        })
    }

    fn verdict(&self, response: &Response) -> Verdict {
        let root = self
            .endpoint
            .target
            .shown_before("/generic-webhook-trigger");
        answer::verdict(response, root.as_deref(), self.dry_run.get())
    }

    fn advice(&self, response: &Response) -> Vec<&'static str> {
        advice::for_response(response)
    }
}

/// As configured; what comes from a reference is not known here.
fn configured(text: &Text) -> &str {
    web::plain(Some(text)).unwrap_or_default()
}
