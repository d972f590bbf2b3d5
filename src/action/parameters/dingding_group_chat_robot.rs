//! The parameters of `dingding_group_chat_robot`: what may be written, not what it means.

use crate::parameter::{List, MsgType, Text};

/// A message to a DingTalk group robot.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct DingdingGroupChatRobot {
    /// The robot's webhook URL.
    pub service_url: Option<Text>,
    /// Default `markdown`.
    pub msg_type: Option<MsgType>,
    /// Secret of a robot that wants signed requests.
    pub sign: Option<Text>,
    /// Userids to mention, or `@all`.
    pub at_user_ids: Option<List>,
    /// Mobile numbers of members to mention.
    pub at_mobiles: Option<List>,
    /// The message's text, or with `customize` the vendor's whole message.
    pub template: Option<Text>,
    /// Title of the message; a template.
    pub title: Option<Text>,
    /// A word that the robot insists on; kept in title and body.
    pub keyword: Option<Text>,
}
