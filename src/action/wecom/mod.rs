//! `wecom_group_chat_robot`: a message to a group robot of WeCom (developer centre, "group robot").

mod codes;
mod markup;
mod mention;

use super::robot::{
    Keys, MessageForm, MsgType, Parts, ROBOT, Robot, RobotParameters, RobotStyle, Room, nobody,
    object,
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
use markup::{MARKDOWN, TEXT};
use mention::WecomMentions;
use serde_json::{Map, Value};
use std::time::Duration;

/// 20 a minute for each robot (developer centre, group robots).
pub const PACE: Pace = Pace(&[(20, Duration::from_secs(60))]);

/// Bytes of `text.content`: the vendor takes 2048, and counts the field alone.
pub const TEXT_LIMIT: usize = 2000;

/// Bytes of `markdown.content`: the vendor takes 4096, and counts the field alone.
pub const MARKDOWN_LIMIT: usize = 3800;

struct Wecom {
    robot: Robot,
    mentions: WecomMentions,
}

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
        #[marks(Public)]
        pub template: Option<Text>,
        /// Title of the message, with `${…}`.
        #[marks(Public)]
        pub title: Option<Text>,
        /// Word that the robot insists on. Kept in title and body.
        pub keyword: Option<Text>,
    }
}

impl Declared for WecomGroupChatRobot {
    const DEFINITION: Definition = Definition {
        id: "wecom_group_chat_robot",
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
            host: "qyapi.weixin.qq.com",
            path: "/cgi-bin/webhook/",
            vendor: "WeCom",
        }],
    };
}

fn expected(parts: &Parts<'_>) -> Option<(Severity, &'static str)> {
    let right = parts.path == "/cgi-bin/webhook/send"
        && parts.parameter("key").is_some_and(|k| !k.is_empty());
    (!right).then_some((
        Severity::Warning,
        "is not how WeCom's robots are addressed (…/cgi-bin/webhook/send?key=…)",
    ))
}

impl RobotParameters for WecomGroupChatRobot {
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
        let mut found = Vec::new();
        found.extend(nobody("mentioned", self.mentioned.as_ref()));
        found.extend(nobody("mentioned_mobile", self.mentioned_mobile.as_ref()));
        if self.msg_type.unwrap_or(MsgType::Markdown) == MsgType::Markdown {
            found.extend(mention::lost(
                self.mentioned.as_ref(),
                self.mentioned_mobile.as_ref(),
            ));
        }
        found
    }

    fn vendor_limit(&self) -> usize {
        // Bytes of the field `content` (developer.work.weixin.qq.com, group robots).
        if self.msg_type == Some(MsgType::Text) {
            2048
        } else {
            4096
        }
    }

    fn build_robot(&self, resolver: &Resolver<'_>) -> Result<Box<dyn Action>, Unresolved> {
        let robot = Robot::build(&self.robot_keys(), resolver)?;
        let ids = resolver.list("mentioned", self.mentioned.as_ref())?;
        let mobiles = resolver.list("mentioned_mobile", self.mentioned_mobile.as_ref())?;
        Ok(Box::new(Wecom {
            robot,
            mentions: WecomMentions { ids, mobiles },
        }))
    }
}

impl Action for Wecom {
    fn request(&self, out: &Outgoing, _: &Attempt) -> Result<Request, RenderError> {
        let body = match self.robot.form(out.kind, false) {
            MessageForm::Text => {
                let content = self.text(out, &TEXT, TEXT_LIMIT.min(out.max_body))?;
                let mut text = object([("content", Value::String(content))]);
                self.mentions.add_lists(&mut text);
                object([("msgtype", "text".into()), ("text", text.into())])
            }
            MessageForm::Markdown => {
                let limit = MARKDOWN_LIMIT.min(out.max_body);
                let line = self.mentions.line(limit / 2);
                let content = self.text(out, &MARKDOWN, limit - line.len())? + &line;
                object([
                    ("msgtype", "markdown".into()),
                    ("markdown", object([("content", content.into())]).into()),
                ])
            }
            MessageForm::Whole => {
                let mut whole = self
                    .robot
                    .whole(out, markup::clean, &|whole| fits(whole, out.max_body))?;
                self.mentions.add_where_none_is(&mut whole);
                whole
            }
        };
        Ok(self
            .robot
            .post(self.robot.address.url().to_owned(), &body, &[]))
    }

    fn verdict(&self, response: &Response) -> Verdict {
        codes::verdict(response)
    }

    fn advice(&self, response: &Response) -> Vec<&'static str> {
        codes::advice(response)
    }
}

impl Wecom {
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
}

/// Whether the vendor takes every content of a whole message, and the hook allows it.
fn fits(whole: &Map<String, Value>, max_body: usize) -> bool {
    let size = |kind: &str| {
        whole
            .get(kind)
            .and_then(|m| m["content"].as_str())
            .map_or(0, str::len)
    };
    let limits = [
        ("text", TEXT_LIMIT),
        ("markdown", MARKDOWN_LIMIT),
        ("markdown_v2", MARKDOWN_LIMIT),
    ];
    limits
        .iter()
        .all(|(kind, limit)| size(kind) <= *limit.min(&max_body))
}
