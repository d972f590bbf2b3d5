//! What may be written for each action: one struct a file, read by serde. Meaning is given to them by the actions.

mod dingding_group_chat_robot;
mod feishu_group_chat_robot;
mod jenkins_generic_build_job;
mod webhook_http_get;
mod webhook_http_post;
mod wecom_group_chat_robot;

pub use dingding_group_chat_robot::DingdingGroupChatRobot;
pub use feishu_group_chat_robot::FeishuGroupChatRobot;
pub use jenkins_generic_build_job::JenkinsGenericBuildJob;
pub use webhook_http_get::WebhookHttpGet;
pub use webhook_http_post::WebhookHttpPost;
pub use wecom_group_chat_robot::WecomGroupChatRobot;

use super::{Kind, Parameters};
use crate::parameter::{MsgType, Text};
use crate::schema::{Key, Table};
use serde::de::{Deserialize, Deserializer};

/// The parameters of one hook.
#[derive(Clone, Debug)]
pub enum Parsed {
    /// POST of the event.
    WebhookHttpPost(WebhookHttpPost),
    /// GET with the event in headers and query.
    WebhookHttpGet(WebhookHttpGet),
    /// A message to a WeCom group robot.
    WecomGroupChatRobot(WecomGroupChatRobot),
    /// A message to a DingTalk group robot.
    DingdingGroupChatRobot(DingdingGroupChatRobot),
    /// A message to a Feishu or Lark group robot.
    FeishuGroupChatRobot(FeishuGroupChatRobot),
    /// A build by Jenkins' Generic Webhook Trigger.
    JenkinsGenericBuildJob(JenkinsGenericBuildJob),
}

impl Parsed {
    /// Reads the parameters of an action.
    pub fn read<'de, D: Deserializer<'de>>(kind: Kind, from: D) -> Result<Self, D::Error> {
        match kind {
            Kind::WebhookHttpPost => Deserialize::deserialize(from).map(Self::WebhookHttpPost),
            Kind::WebhookHttpGet => Deserialize::deserialize(from).map(Self::WebhookHttpGet),
            Kind::WecomGroupChatRobot => {
                Deserialize::deserialize(from).map(Self::WecomGroupChatRobot)
            }
            Kind::DingdingGroupChatRobot => {
                Deserialize::deserialize(from).map(Self::DingdingGroupChatRobot)
            }
            Kind::FeishuGroupChatRobot => {
                Deserialize::deserialize(from).map(Self::FeishuGroupChatRobot)
            }
            Kind::JenkinsGenericBuildJob => {
                Deserialize::deserialize(from).map(Self::JenkinsGenericBuildJob)
            }
        }
    }

    /// `template`.
    pub fn template(&self) -> Option<&Text> {
        match self {
            Self::WebhookHttpPost(p) => p.template.as_ref(),
            Self::WebhookHttpGet(_) => None,
            Self::WecomGroupChatRobot(p) => p.template.as_ref(),
            Self::DingdingGroupChatRobot(p) => p.template.as_ref(),
            Self::FeishuGroupChatRobot(p) => p.template.as_ref(),
            Self::JenkinsGenericBuildJob(p) => p.template.as_ref(),
        }
    }

    /// `msg_type` of a robot.
    pub fn msg_type(&self) -> Option<MsgType> {
        match self {
            Self::WecomGroupChatRobot(p) => p.msg_type,
            Self::DingdingGroupChatRobot(p) => p.msg_type,
            Self::FeishuGroupChatRobot(p) => p.msg_type,
            Self::WebhookHttpPost(_)
            | Self::WebhookHttpGet(_)
            | Self::JenkinsGenericBuildJob(_) => None,
        }
    }

    /// What they mean is the action's business.
    pub fn boxed(self) -> Box<dyn Parameters> {
        match self {
            Self::WebhookHttpPost(parameters) => Box::new(parameters),
            Self::WebhookHttpGet(parameters) => Box::new(parameters),
            Self::WecomGroupChatRobot(parameters) => Box::new(parameters),
            Self::DingdingGroupChatRobot(parameters) => Box::new(parameters),
            Self::FeishuGroupChatRobot(parameters) => Box::new(parameters),
            Self::JenkinsGenericBuildJob(parameters) => Box::new(parameters),
        }
    }
}

/// The names of the keys of an action.
pub fn fields(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::WebhookHttpPost => WebhookHttpPost::NAMES,
        Kind::WebhookHttpGet => WebhookHttpGet::NAMES,
        Kind::WecomGroupChatRobot => WecomGroupChatRobot::NAMES,
        Kind::DingdingGroupChatRobot => DingdingGroupChatRobot::NAMES,
        Kind::FeishuGroupChatRobot => FeishuGroupChatRobot::NAMES,
        Kind::JenkinsGenericBuildJob => JenkinsGenericBuildJob::NAMES,
    }
}

/// The keys of an action, for the schema.
pub fn keys(kind: Kind) -> Vec<Key> {
    match kind {
        Kind::WebhookHttpPost => WebhookHttpPost::keys(),
        Kind::WebhookHttpGet => WebhookHttpGet::keys(),
        Kind::WecomGroupChatRobot => WecomGroupChatRobot::keys(),
        Kind::DingdingGroupChatRobot => DingdingGroupChatRobot::keys(),
        Kind::FeishuGroupChatRobot => FeishuGroupChatRobot::keys(),
        Kind::JenkinsGenericBuildJob => JenkinsGenericBuildJob::keys(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_those_of_the_structs() {
        assert_eq!(
            fields(Kind::FeishuGroupChatRobot),
            [
                "service_url",
                "msg_type",
                "sign",
                "template",
                "title",
                "keyword"
            ]
        );
        assert!(
            Kind::ALL
                .iter()
                .all(|kind| fields(*kind).contains(&"service_url"))
        );
    }
}
