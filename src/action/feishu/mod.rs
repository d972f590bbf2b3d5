//! `feishu_group_chat_robot`: a message to a custom bot of a Feishu or Lark group (open platform, "custom bot").

mod card;
mod codes;
mod markup;

use super::robot::{
    Keys, MessageForm, MsgType, Parts, ROBOT, Robot, RobotParameters, Room, bytes, fit_envelope,
    object,
};
use super::{
    Action, Attempt, Body, Declared, Definition, Finding, RenderError, Repeats, Severity,
    VendorAddress, Verdict,
};
use crate::http::{Request, Response};
use crate::outgoing::{self, Outgoing};
use crate::parameter::{Resolver, Text, Unresolved};
use crate::schedule::Pace;
use crate::schema::{Table, table};
use crate::signature;
use markup::{CARD, TEXT};
use serde_json::{Map, Value};
use std::time::Duration;

/// 5 a second and 100 a minute for each tenant and robot (open platform, custom-bot guide).
pub const PACE: Pace = Pace(&[(5, Duration::from_secs(1)), (100, Duration::from_secs(60))]);

/// Bytes of the body: the vendor takes 20 KB, of 1000 or 1024 bytes.
pub const LIMIT: usize = 18_000;

struct Feishu {
    robot: Robot,
    sign: Option<String>,
}

table! {
    /// A message to a Feishu or Lark group robot.
    #[derive(Clone, Debug)]
    pub struct FeishuGroupChatRobot {
        /// The robot's webhook URL.
        pub service_url: Option<Text>,
        /// Form of the message. `text` (default), `markdown` (a card), or `customize`: `template` is the whole message.
        pub msg_type: Option<MsgType>,
        /// Secret of a robot that wants signed requests.
        #[marks(Secret)]
        pub sign: Option<Text>,
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

impl Declared for FeishuGroupChatRobot {
    const DEFINITION: Definition = Definition {
        id: "feishu_group_chat_robot",
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
        stamps_body: true,
        echoes_headers: &[],
        addresses: &[
            VendorAddress {
                host: "open.feishu.cn",
                path: "/open-apis/bot/",
                vendor: "Feishu",
            },
            VendorAddress {
                host: "open.larksuite.com",
                path: "/open-apis/bot/",
                vendor: "Lark",
            },
        ],
    };
}

fn expected(parts: &Parts<'_>) -> Option<(Severity, &'static str)> {
    if parts.path.starts_with("/open-apis/bot/hook/") {
        let why = "is that of an old bot, which takes other messages: create a custom bot (…/open-apis/bot/v2/hook/…)";
        return Some((Severity::Mistake, why));
    }
    let token = parts
        .path
        .strip_prefix("/open-apis/bot/v2/hook/")
        .unwrap_or("");
    let right = !token.is_empty()
        && token
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    (!right).then_some((
        Severity::Warning,
        "is not how Feishu's bots are addressed (…/open-apis/bot/v2/hook/…)",
    ))
}

impl RobotParameters for FeishuGroupChatRobot {
    fn robot_keys(&self) -> Keys<'_> {
        Keys {
            action: Self::DEFINITION.id,
            service_url: self.service_url.as_ref(),
            msg_type: self.msg_type,
            template: self.template.as_ref(),
            title: self.title.as_ref(),
            keyword: self.keyword.as_ref(),
            default: MsgType::Text,
            expected,
        }
    }

    fn own_findings(&self) -> Vec<Finding> {
        Vec::new()
    }

    fn vendor_limit(&self) -> usize {
        // Bytes of the whole body (open.feishu.cn, custom bots).
        20_000
    }

    fn build_robot(&self, resolver: &Resolver<'_>) -> Result<Box<dyn Action>, Unresolved> {
        let robot = Robot::build(&self.robot_keys(), resolver)?;
        let sign = resolver.secret("sign", self.sign.as_ref())?.map(|v| v.text);
        Ok(Box::new(Feishu { robot, sign }))
    }
}

impl Action for Feishu {
    fn request(&self, out: &Outgoing, attempt: &Attempt) -> Result<Request, RenderError> {
        let limit = LIMIT.min(out.max_body);
        let signature = self.signature(attempt.now_ms);
        let signed = |mut message: Map<String, Value>| {
            message.extend(signature.clone());
            message
        };
        let body = match self.robot.form(out.kind, attempt.simplify) {
            MessageForm::Text => {
                let text = |bytes| {
                    self.robot.text(
                        out,
                        &TEXT,
                        &TEXT,
                        Room {
                            bytes,
                            titled: false,
                        },
                    )
                };
                fit_envelope(limit, |t| signed(text_message(t)), text)?
            }
            MessageForm::Markdown => {
                let title = self.robot.title(out, &TEXT)?;
                let text = |bytes| {
                    self.robot.text(
                        out,
                        &CARD,
                        &TEXT,
                        Room {
                            bytes,
                            titled: true,
                        },
                    )
                };
                fit_envelope(
                    limit,
                    |t| signed(card::message(&title, &t, card::color(out))),
                    text,
                )?
            }
            MessageForm::Whole => {
                let fits =
                    |whole: &Map<String, Value>| bytes(&signed(whole.clone())).len() <= limit;
                signed(self.robot.whole(out, markup::clean, &fits)?)
            }
        };
        let sign = signature.get("sign").and_then(Value::as_str).unwrap_or("");
        let secrets = [self.sign.as_deref().unwrap_or(""), sign];
        Ok(self
            .robot
            .post(self.robot.address.url().to_owned(), &body, &secrets))
    }

    fn verdict(&self, response: &Response) -> Verdict {
        codes::verdict(
            response,
            self.robot.form(outgoing::MessageKind::Push, false) == MessageForm::Markdown,
        )
    }

    fn advice(&self, response: &Response) -> Vec<&'static str> {
        codes::advice(response)
    }
}

impl Feishu {
    /// `timestamp` (seconds, a string) and `sign` of this attempt; empty without a secret.
    fn signature(&self, now_ms: i64) -> Map<String, Value> {
        let Some(secret) = &self.sign else {
            return Map::new();
        };
        let seconds = now_ms.div_euclid(1000);
        object([
            ("timestamp", seconds.to_string().into()),
            ("sign", signature::feishu(secret, seconds).into()),
        ])
    }
}

fn text_message(text: String) -> Map<String, Value> {
    object([
        ("msg_type", "text".into()),
        ("content", object([("text", text.into())]).into()),
    ])
}
