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
            Kind::WecomGroupChatRobot => Deserialize::deserialize(from).map(Self::WecomGroupChatRobot),
            Kind::DingdingGroupChatRobot => Deserialize::deserialize(from).map(Self::DingdingGroupChatRobot),
            Kind::FeishuGroupChatRobot => Deserialize::deserialize(from).map(Self::FeishuGroupChatRobot),
            Kind::JenkinsGenericBuildJob => Deserialize::deserialize(from).map(Self::JenkinsGenericBuildJob),
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
            Self::WebhookHttpPost(_) | Self::WebhookHttpGet(_) | Self::JenkinsGenericBuildJob(_) => None,
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

/// The keys of an action, as serde's derive knows them.
pub fn fields(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::WebhookHttpPost => field_names::<WebhookHttpPost>(),
        Kind::WebhookHttpGet => field_names::<WebhookHttpGet>(),
        Kind::WecomGroupChatRobot => field_names::<WecomGroupChatRobot>(),
        Kind::DingdingGroupChatRobot => field_names::<DingdingGroupChatRobot>(),
        Kind::FeishuGroupChatRobot => field_names::<FeishuGroupChatRobot>(),
        Kind::JenkinsGenericBuildJob => field_names::<JenkinsGenericBuildJob>(),
    }
}

/// The names of a struct's fields: the one list, which serde's derive hands to `deserialize_struct`.
pub fn field_names<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let mut names: &'static [&'static str] = &[];
    // Always an error: nothing is read, the names are what was wanted.
    let _ = T::deserialize(Ask(&mut names));
    names
}

struct Ask<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Ask<'_> {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: serde::de::Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(serde::de::Error::custom(""))
    }

    fn deserialize_struct<V: serde::de::Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Self::Error> {
        *self.0 = fields;
        Err(serde::de::Error::custom(""))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_those_of_the_structs() {
        assert_eq!(
            fields(Kind::FeishuGroupChatRobot),
            ["service_url", "msg_type", "sign", "template", "title", "keyword"]
        );
        assert!(Kind::ALL.iter().all(|kind| fields(*kind).contains(&"service_url")));
    }
}
