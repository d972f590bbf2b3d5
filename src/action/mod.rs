//! The actions. Pure: a request is made from what is given, an answer is judged by what it says.
//!
//! Adding an action takes one file that declares everything about it, one line in the list below, and an example file.

mod advice;
pub mod chat;
mod definition;
mod dialect;
pub mod dingtalk;
mod excerpt;
pub mod feishu;
pub mod jenkins;
mod kind;
mod render;
mod robot;
mod success;
mod vendors;
pub mod verdict;
mod web;
pub mod webhook_get;
pub mod webhook_post;
pub mod wecom;

pub use crate::diagnostic::{Finding, Severity};
pub use definition::{
    AfterOutage, Body, Declared, Defaults, Definition, Occasion, Per, Repeats, VendorAddress,
};
pub use dialect::Flavor;
pub use kind::Kind;

use crate::http::{Request, Response};
use crate::outgoing::{Outgoing, Project};
use crate::parameter::{Resolver, Text, Unresolved};
use serde::de::{Deserialize, Deserializer, Error};
use std::ops::Range;
use std::time::Duration;

/// Puts the list together: what is declared of each, and how its parameters are read.
macro_rules! actions {
    ($($(#[$only:meta])* $parameters:ty,)+) => {
        static DEFINITIONS: &[Definition] =
            &[$($(#[$only])* <$parameters as Declared>::DEFINITION),+];

        const IDS: &[&str] = &[$($(#[$only])* <$parameters as Declared>::DEFINITION.id),+];

        /// Reads the parameters of an action.
        pub fn read<'de, D: Deserializer<'de>>(
            kind: Kind,
            from: D,
        ) -> Result<Box<dyn Parameters>, D::Error> {
            $($(#[$only])*
            if kind.id == <$parameters as Declared>::DEFINITION.id {
                return <$parameters>::deserialize(from).map(|read| Box::new(read) as _);
            })+
            Err(D::Error::unknown_variant(kind.id, IDS))
        }
    };
}

actions![
    webhook_post::WebhookHttpPost,
    webhook_get::WebhookHttpGet,
    wecom::WecomGroupChatRobot,
    dingtalk::DingdingGroupChatRobot,
    feishu::FeishuGroupChatRobot,
    jenkins::JenkinsGenericBuildJob,
    #[cfg(test)]
    toy::ToyGreeting,
];

/// What is given to one attempt besides the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Milliseconds since 1970-01-01 UTC: time stamps and signatures are made from it.
    pub now_ms: i64,
    /// Counted from 1. After [`Verdict::Simplify`] a robot gets the plain form.
    pub number: u32,
    /// Whether an earlier attempt was answered by [`Verdict::Simplify`].
    pub simplify: bool,
}

/// A request that cannot be made: the delivery is deferred without one, a later configuration may be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}`: {why}")]
pub struct RenderError {
    /// The parameter at fault.
    pub key: &'static str,
    /// A lower-case fragment; never a value.
    pub why: String,
    /// Bytes in the decoded string of the parameter, where known.
    pub range: Option<Range<usize>>,
    /// Whether the text is empty for this event only: other events may have something to say.
    pub is_empty: bool,
}

/// What the receiver's answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver confirmed it. `note` is for people: "queued app/build (URL)", "matched but filtered".
    Delivered {
        /// A short fragment, empty when there is nothing to add.
        note: String,
    },
    /// Ended, but unconfirmed: "accepted, no details".
    Accepted {
        /// A short fragment.
        note: String,
    },
    /// May succeed later.
    Deferred {
        /// A short fragment, such as "503 Service Unavailable".
        why: String,
        /// The pause that the receiver requests (`Retry-After`, the vendor's pause).
        after: Option<Duration>,
        /// Whether the request may have had its effect ("outcome unknown", docs/operating.md).
        unknown: bool,
    },
    /// Sent again at once in the plain form: a refused card.
    Simplify {
        /// A short fragment.
        why: String,
    },
    /// Failed permanently.
    Failed {
        /// A short fragment that names the key to change where it can: "DingTalk 310000 sign not match (check `sign`)".
        why: String,
    },
}

/// One action, with resolved parameters.
pub trait Action {
    /// The request for one attempt. Pure: credentials are resolved, time and number of the attempt are given.
    fn request(&self, out: &Outgoing, attempt: &Attempt) -> Result<Request, RenderError>;

    /// What the receiver's answer means. Robots answer 200 and say no in the body.
    fn verdict(&self, response: &Response) -> Verdict;

    /// What to do about an answer that is no plain yes: sentences that name the keys to change, the likeliest first.
    fn advice(&self, response: &Response) -> Vec<&'static str> {
        advice::by_status(response)
    }
}

/// What every action's parameters answer.
pub trait Parameters: std::fmt::Debug + Send + Sync {
    /// Mistakes and warnings that need no resolving: URL, headers, template syntax, combinations.
    fn findings(&self) -> Vec<Finding>;

    /// Renders every template that stands in the file against samples of every change: names that no event has, and what
    /// depends on them. For `check` alone: too slow for every push.
    fn lint_templates(&self) -> Vec<Finding> {
        Vec::new()
    }

    /// Whether `url`, where it was read from elsewhere, is an address of the kind that it should be. For `check` alone.
    fn check_address(&self, _url: &str) -> Option<Finding> {
        None
    }

    /// Whether some template of it mentions `name`, for `updates` (docs/events.md).
    fn template_reads(&self, _name: &str) -> bool {
        false
    }

    /// Whether it has a template that replaces the body or message. An empty string counts as absent.
    fn has_template(&self) -> bool {
        self.template()
            .is_some_and(|template| !matches!(template, Text::Plain(text) if text.is_empty()))
    }

    /// `template`, as written.
    fn template(&self) -> Option<&Text> {
        None
    }

    /// Bytes of a body that its vendor takes: default and upper bound of `max_body`. `None`: those of any receiver.
    fn vendor_limit(&self) -> Option<usize> {
        None
    }

    /// Whether its receivers read the one event that sums up the refs past `max_refs`.
    fn reads_summary(&self) -> bool {
        false
    }

    /// Whether its receivers can distinguish a test from a push.
    fn has_ping(&self) -> bool {
        true
    }

    /// What its receivers need and `[project]` does not have. For `check` alone.
    fn lint_project(&self, _project: &Project) -> Vec<Finding> {
        Vec::new()
    }

    /// Where its requests go, as written.
    fn service_url(&self) -> Option<&Text>;

    /// Reads references and builds the action.
    fn build(&self, resolver: &Resolver<'_>) -> Result<Box<dyn Action>, Unresolved>;
}

#[cfg(test)]
mod toy;
