//! The parameters of `feishu_group_chat_robot`: what may be written, not what it means.

use crate::parameter::{MsgType, Text};

/// A message to a Feishu or Lark group robot.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct FeishuGroupChatRobot {
    /// The robot's webhook URL.
    pub service_url: Option<Text>,
    /// Default `text`.
    pub msg_type: Option<MsgType>,
    /// Secret of a robot that wants signed requests.
    pub sign: Option<Text>,
    /// The message's text, or with `customize` the vendor's whole message.
    pub template: Option<Text>,
    /// Title of the message; a template.
    pub title: Option<Text>,
    /// A word that the robot insists on; kept in title and body.
    pub keyword: Option<Text>,
}
