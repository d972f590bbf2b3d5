//! The parameters of `dingding_group_chat_robot`: what may be written, not what it means.

use crate::parameter::{List, MsgType, Text};
use crate::schema::table;

table! {
    /// A message to a DingTalk group robot.
    #[derive(Clone, Debug)]
    pub struct DingdingGroupChatRobot {
        /// The robot's webhook URL.
        pub service_url: Option<Text>,
        /// Form of the message. `text`, `markdown` (default), or `customize`: `template` is the whole message.
        pub msg_type: Option<MsgType>,
        /// Secret of a robot that wants signed requests.
        pub sign: Option<Text>,
        /// Userids of members to mention, or `@all`.
        pub at_user_ids: Option<List>,
        /// Mobile numbers of members to mention.
        pub at_mobiles: Option<List>,
        /// The message's text with `${…}`; with `msg_type = "customize"` the vendor's whole message.
        pub template: Option<Text>,
        /// Title of the message, with `${…}`.
        pub title: Option<Text>,
        /// Word that the robot insists on. Kept in title and body.
        pub keyword: Option<Text>,
    }
}
