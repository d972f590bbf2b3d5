//! `dingding_group_chat_robot`: a message to a custom robot of a DingTalk group (open platform, "custom robot").

mod codes;
mod markup;
mod mention;

use super::robot::{
    Keys, MessageForm, MsgType, Parts, ROBOT, Robot, RobotParameters, RobotStyle, Room, bytes,
    fit_envelope, nobody, object,
};
use super::{
    Action, Attempt, Body, Declared, Definition, Finding, RenderError, Repeats, Severity,
    VendorAddress, Verdict,
};
use crate::http::{Request, Response};
use crate::outgoing::Outgoing;
use crate::parameter::{List, Resolver, Text, Unresolved};
use crate::schedule::Pace;
use crate::schema::{Table, table};
use crate::signature;
use markup::{MARKDOWN, TEXT};
use mention::DingtalkMentions;
use serde_json::{Map, Value};
use std::time::Duration;

/// 20 a minute; over it a robot is shut for 10 minutes (open platform, custom robot).
pub const PACE: Pace = Pace(&[(20, Duration::from_secs(60))]);

/// Bytes of the body: the vendor takes 20000.
pub const LIMIT: usize = 19_000;

struct Dingtalk {
    robot: Robot,
    sign: Option<String>,
    mentions: DingtalkMentions,
}

table! {
    /// A message to a DingTalk group robot.
    #[derive(Clone, Debug)]
    pub struct DingdingGroupChatRobot {
        /// The robot's webhook URL.
        pub service_url: Option<Text>,
        /// Form of the message. `text`, `markdown` (default), or `customize`: `template` is the whole message.
        pub msg_type: Option<MsgType>,
        /// Secret of a robot that wants signed requests.
        #[marks(Secret)]
        pub sign: Option<Text>,
        /// Userids of members to mention, or `@all`.
        pub at_user_ids: Option<List>,
        /// Mobile numbers of members to mention.
        pub at_mobiles: Option<List>,
        /// The message's text with `${…}`; with `msg_type = "customize"` the vendor's whole message.
        #[marks(Public)]
        pub template: Option<Text>,
        /// Title of the message, with `${…}`.
        #[marks(Public)]
        pub title: Option<Text>,
        /// Word that the robot insists on. Kept in title and body.
        pub keyword: Option<Text>,
    }
}

impl Declared for DingdingGroupChatRobot {
    const DEFINITION: Definition = Definition {
        id: "dingding_group_chat_robot",
        names: Self::NAMES,
        marks: Self::MARKS,
        #[cfg(test)]
        keys: <Self as Table>::keys,
        unsupported: &[],
        defaults: ROBOT,
        pace: PACE,
        body: Body::Message,
        reports_trouble: true,
        digests: true,
        repeats: Repeats::Count,
        stamps_body: false,
        echoes_headers: &[],
        addresses: &[VendorAddress {
            host: "oapi.dingtalk.com",
            path: "/robot/send",
            vendor: "DingTalk",
        }],
    };
}

fn expected(parts: &Parts<'_>) -> Option<(Severity, &'static str)> {
    let right = parts.path == "/robot/send"
        && parts
            .parameter("access_token")
            .is_some_and(|t| !t.is_empty());
    (!right).then_some((
        Severity::Warning,
        "is not how DingTalk's robots are addressed (…/robot/send?access_token=…)",
    ))
}

impl RobotParameters for DingdingGroupChatRobot {
    fn robot_keys(&self) -> Keys<'_> {
        Keys {
            action: Self::DEFINITION.id,
            service_url: self.service_url.as_ref(),
            msg_type: self.msg_type,
            template: self.template.as_ref(),
            title: self.title.as_ref(),
            keyword: self.keyword.as_ref(),
            default: MsgType::Markdown,
            expected,
        }
    }

    fn own_findings(&self) -> Vec<Finding> {
        let ids = nobody("at_user_ids", self.at_user_ids.as_ref());
        let mobiles = nobody("at_mobiles", self.at_mobiles.as_ref());
        ids.into_iter().chain(mobiles).collect()
    }

    fn vendor_limit(&self) -> usize {
        // Bytes of the whole body (open.dingtalk.com).
        20_000
    }

    fn build_robot(&self, resolver: &Resolver<'_>) -> Result<Box<dyn Action>, Unresolved> {
        let robot = Robot::build(&self.robot_keys(), resolver)?;
        let sign = resolver.secret("sign", self.sign.as_ref())?.map(|v| v.text);
        let ids = resolver.list("at_user_ids", self.at_user_ids.as_ref())?;
        let mobiles = resolver.list("at_mobiles", self.at_mobiles.as_ref())?;
        Ok(Box::new(Dingtalk {
            robot,
            sign,
            mentions: DingtalkMentions::new(ids, mobiles),
        }))
    }
}

impl Action for Dingtalk {
    fn request(&self, out: &Outgoing, attempt: &Attempt) -> Result<Request, RenderError> {
        let limit = LIMIT.min(out.max_body);
        let body = match self.robot.form(out.kind, attempt.simplify) {
            MessageForm::Text => fit_envelope(
                limit,
                |t| self.text_message(t),
                |room| self.text(out, &TEXT, room),
            )?,
            MessageForm::Markdown => {
                let title = self.robot.title(out, &TEXT)?;
                let whole = |text| self.markdown_message(&title, text);
                fit_envelope(limit, whole, |room| self.text(out, &MARKDOWN, room))?
            }
            MessageForm::Whole => {
                let fits =
                    |whole: &Map<String, Value>| bytes(whole).len() + self.mentions.size() <= limit;
                let mut whole = self.robot.whole(out, markup::clean, &fits)?;
                self.mentions.add_where_none_is(&mut whole);
                whole
            }
        };
        let Some(secret) = &self.sign else {
            return Ok(self.robot.post(
                self.robot.address.without(&["timestamp", "sign"]),
                &body,
                &[],
            ));
        };
        let sign = signature::dingtalk(secret, attempt.now_ms);
        Ok(self
            .robot
            .post(self.signed(&sign, attempt.now_ms), &body, &[secret, &sign]))
    }

    fn verdict(&self, response: &Response) -> Verdict {
        codes::verdict(response)
    }

    fn advice(&self, response: &Response) -> Vec<&'static str> {
        codes::advice(response)
    }
}

impl Dingtalk {
    /// The address with the signature of this attempt; what was pasted along is stale.
    fn signed(&self, sign: &str, now_ms: i64) -> String {
        let url = self.robot.address.without(&["timestamp", "sign"]);
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}timestamp={now_ms}&sign={sign}")
    }

    fn text(
        &self,
        out: &Outgoing,
        style: &RobotStyle,
        bytes: usize,
    ) -> Result<String, RenderError> {
        self.robot.text(
            out,
            style,
            &TEXT,
            Room {
                bytes,
                titled: false,
            },
        )
    }

    fn text_message(&self, text: String) -> Map<String, Value> {
        let content = text + &self.mentions.line("\n");
        let text = object([("content", content.into())]);
        object([
            ("msgtype", "text".into()),
            ("text", text.into()),
            ("at", self.mentions.at()),
        ])
    }

    fn markdown_message(&self, title: &str, text: String) -> Map<String, Value> {
        let text = text + &self.mentions.line("\n\n");
        let markdown = object([("title", title.into()), ("text", text.into())]);
        object([
            ("msgtype", "markdown".into()),
            ("markdown", markdown.into()),
            ("at", self.mentions.at()),
        ])
    }
}
