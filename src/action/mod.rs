//! The six actions. Pure: a request is made from what is given, an answer is judged by what it says.
//!
//! Adding an action is one file, a variant of [`Kind`] and of [`parameters::Parsed`], an example file and golden bodies.

mod advice;
pub mod chat;
pub mod dingtalk;
pub mod feishu;
pub mod jenkins;
pub mod parameters;
mod robot;
mod vendors;
pub mod verdict;
mod web;
pub mod webhook_get;
pub mod webhook_post;
pub mod wecom;

pub use crate::diagnostic::{Finding, Severity};

use crate::http::{Request, Response};
use crate::outgoing::Outgoing;
use crate::parameter::{Resolver, Text, Unresolved};
use crate::schedule::Pace;
use std::ops::Range;
use std::time::Duration;

/// The identifiers of the specification, spelt as there: the one list of actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// POST of the event.
    WebhookHttpPost,
    /// GET with the event in headers and query.
    WebhookHttpGet,
    /// Message to a WeCom group robot.
    WecomGroupChatRobot,
    /// Message to a DingTalk group robot.
    DingdingGroupChatRobot,
    /// Message to a Feishu or Lark group robot.
    FeishuGroupChatRobot,
    /// Build by Jenkins' Generic Webhook Trigger.
    JenkinsGenericBuildJob,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::WebhookHttpPost,
        Self::WebhookHttpGet,
        Self::WecomGroupChatRobot,
        Self::DingdingGroupChatRobot,
        Self::FeishuGroupChatRobot,
        Self::JenkinsGenericBuildJob,
    ];

    /// The identifier.
    pub fn id(self) -> &'static str {
        match self {
            Self::WebhookHttpPost => "webhook_http_post",
            Self::WebhookHttpGet => "webhook_http_get",
            Self::WecomGroupChatRobot => "wecom_group_chat_robot",
            Self::DingdingGroupChatRobot => "dingding_group_chat_robot",
            Self::FeishuGroupChatRobot => "feishu_group_chat_robot",
            Self::JenkinsGenericBuildJob => "jenkins_generic_build_job",
        }
    }

    /// What its receivers take, where their vendor has set a limit.
    pub fn pace(self) -> Pace {
        match self {
            Self::WecomGroupChatRobot => wecom::PACE,
            Self::DingdingGroupChatRobot => dingtalk::PACE,
            Self::FeishuGroupChatRobot => feishu::PACE,
            Self::WebhookHttpPost | Self::WebhookHttpGet | Self::JenkinsGenericBuildJob => {
                Pace(&[])
            }
        }
    }

    /// Whether it is one of the three chat robots.
    pub fn is_robot(self) -> bool {
        matches!(
            self,
            Self::WecomGroupChatRobot | Self::DingdingGroupChatRobot | Self::FeishuGroupChatRobot
        )
    }
}

/// What is given to one attempt besides the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Milliseconds since 1970-01-01 UTC: time stamps and signatures are made from it.
    pub now_ms: i64,
    /// Counted from 1. A robot that asked for [`Verdict::Simplify`] gets the plain form.
    pub number: u32,
    /// Whether an earlier attempt was answered by [`Verdict::Simplify`].
    pub simplify: bool,
}

/// A request that cannot be made: the delivery is deferred without one, tomorrow's configuration may do better.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}`: {why}")]
pub struct RenderError {
    /// The parameter at fault.
    pub key: &'static str,
    /// A lower-case fragment; never a value.
    pub why: String,
    /// Bytes in the decoded string of the parameter, where known.
    pub range: Option<Range<usize>>,
}

/// What the receiver's answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The receiver said yes. `note` is for people: "queued app/build (URL)", "matched but filtered".
    Delivered {
        /// A short fragment, empty when there is nothing to add.
        note: String,
    },
    /// Ended, but unconfirmed: "accepted, no details".
    Accepted {
        /// A short fragment.
        note: String,
    },
    /// May do better later.
    Deferred {
        /// A short fragment, such as "503 Service Unavailable".
        why: String,
        /// What the receiver asked for (`Retry-After`, the vendor's pause).
        after: Option<Duration>,
        /// Whether the request may have had its effect ("outcome unknown", docs/operating.md).
        unknown: bool,
    },
    /// Once more, at once, in the plain form: a refused card.
    Simplify {
        /// A short fragment.
        why: String,
    },
    /// Will never do better.
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
    fn rehearse(&self) -> Vec<Finding> {
        Vec::new()
    }

    /// Whether `url`, where it was read from elsewhere, is an address of the kind that it should be. For `check` alone.
    fn judge_address(&self, _url: &str) -> Option<Finding> {
        None
    }

    /// Whether some template of it mentions `name`, for `updates` (docs/events.md).
    fn template_reads(&self, name: &str) -> bool;

    /// Whether it has a template that replaces the body or message.
    fn has_template(&self) -> bool;

    /// Where its requests go, as written.
    fn service_url(&self) -> Option<&Text>;

    /// Reads references and builds the action.
    fn build(&self, resolver: &Resolver<'_>) -> Result<Box<dyn Action>, Unresolved>;
}
