//! `toy_greeting`, for tests alone: shows that an action is one file and one line in the list.

#[cfg(test)]
mod tests;

use super::web::WEBHOOK;
use super::{
    Action, Attempt, Body, Declared, Defaults, Definition, Finding, Parameters, Per, RenderError,
    Repeats, Verdict, verdict,
};
use crate::http::{Method, Request, Response};
use crate::outgoing::Outgoing;
use crate::parameter::{Resolver, Text, Unresolved};
use crate::schedule::Pace;
use crate::schema::{Table, table};
use crate::secret::Secrets;
use std::time::Duration;

table! {
    /// A greeting for each push.
    #[derive(Clone, Debug)]
    pub(super) struct ToyGreeting {
        /// Where the greeting goes.
        pub(super) service_url: Option<Text>,
        /// How to greet. Default: `hello`.
        pub(super) greeting: Option<Text>,
    }
}

impl Declared for ToyGreeting {
    const DEFINITION: Definition = Definition {
        id: "toy_greeting",
        names: Self::NAMES,
        marks: Self::MARKS,
        #[cfg(test)]
        keys: <Self as Table>::keys,
        unsupported: &["farewell"],
        defaults: Defaults {
            per: Per::Push,
            timeout: Duration::from_secs(7),
            max_commits: 3,
            max_refs: 4,
            ..WEBHOOK
        },
        pace: Pace(&[(1, Duration::from_secs(1))]),
        body: Body::Message,
        reports_trouble: true,
        digests: false,
        repeats: Repeats::Count,
        stamps_body: false,
        echoes_headers: &[],
        addresses: &[],
    };
}

impl Parameters for ToyGreeting {
    fn findings(&self) -> Vec<Finding> {
        Vec::new()
    }

    fn vendor_limit(&self) -> Option<usize> {
        Some(5000)
    }

    fn service_url(&self) -> Option<&Text> {
        self.service_url.as_ref()
    }

    fn build(&self, resolver: &Resolver<'_>) -> Result<Box<dyn Action>, Unresolved> {
        let text = |key, text| Ok(resolver.text(key, text)?.map(|value| value.text));
        Ok(Box::new(Toy {
            url: text("service_url", self.service_url.as_ref())?.unwrap_or_default(),
            greeting: text("greeting", self.greeting.as_ref())?.unwrap_or("hello".to_owned()),
        }))
    }
}

struct Toy {
    url: String,
    greeting: String,
}

impl Action for Toy {
    fn request(&self, out: &Outgoing, _: &Attempt) -> Result<Request, RenderError> {
        Ok(Request {
            method: Method::Post,
            masked_url: self.url.clone(),
            url: self.url.clone(),
            headers: Vec::new(),
            body: format!("{}, {}", self.greeting, out.hook).into_bytes(),
            secrets: Secrets::default(),
        })
    }

    fn verdict(&self, response: &Response) -> Verdict {
        verdict::from_status(response)
    }
}
