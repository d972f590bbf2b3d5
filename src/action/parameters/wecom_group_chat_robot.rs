//! The parameters of `wecom_group_chat_robot`: what may be written, not what it means.

use crate::parameter::{List, MsgType, Text};
use crate::schema::table;

table! {
    /// A message to a WeCom group robot.
    #[derive(Clone, Debug)]
    pub struct WecomGroupChatRobot {
        /// The robot's webhook URL.
        pub service_url: Option<Text>,
        /// Form of the message. `text`, `markdown` (default), or `customize`: `template` is the whole message.
        pub msg_type: Option<MsgType>,
        /// Userids of members to mention, or `@all`.
        pub mentioned: Option<List>,
        /// Mobile numbers of members to mention; with `msg_type = "text"`.
        pub mentioned_mobile: Option<List>,
        /// The message's text with `${…}`; with `msg_type = "customize"` the vendor's whole message.
        pub template: Option<Text>,
        /// Title of the message, with `${…}`.
        pub title: Option<Text>,
        /// Word that the robot insists on. Kept in title and body.
        pub keyword: Option<Text>,
    }
}
