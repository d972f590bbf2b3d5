//! The parameters of `feishu_group_chat_robot`: what may be written, not what it means.

use crate::parameter::{MsgType, Text};
use crate::schema::table;

table! {
    /// A message to a Feishu or Lark group robot.
    #[derive(Clone, Debug)]
    pub struct FeishuGroupChatRobot {
        /// The robot's webhook URL.
        pub service_url: Option<Text>,
        /// Form of the message. `text` (default), `markdown` (a card), or `customize`: `template` is the whole message.
        pub msg_type: Option<MsgType>,
        /// Secret of a robot that wants signed requests.
        pub sign: Option<Text>,
        /// The message's text with `${…}`; with `msg_type = "customize"` the vendor's whole message.
        pub template: Option<Text>,
        /// Title of the message, with `${…}`.
        pub title: Option<Text>,
        /// Word that the robot insists on. Kept in title and body.
        pub keyword: Option<Text>,
    }
}
