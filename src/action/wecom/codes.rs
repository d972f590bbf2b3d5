//! What WeCom answers (developer centre, global codes; -1 and 40008 are from the general list).

use crate::action::Verdict;
use crate::action::robot::Class::{Permanent, Transient};
use crate::action::robot::{self, CodeMeaning, Vendor, excerpt, integer, judge};
use crate::http::Response;
use serde_json::Value;

const VENDOR: Vendor<'_> = Vendor {
    name: "WeCom",
    code,
    message: "errmsg",
    meaning: &meaning,
};

const FORM: &str = "the message has not the form that its `msgtype` asks for: compare `template` with WeCom's page about \
    group robots";

pub(super) fn verdict(response: &Response) -> Verdict {
    judge(response, &VENDOR)
}

pub(super) fn advice(response: &Response) -> Vec<&'static str> {
    robot::advice(response, &VENDOR)
}

fn code(body: &Value) -> Option<i64> {
    integer(&body["errcode"])
}

fn meaning(code: i64, message: &str) -> Option<CodeMeaning> {
    let (words, class, advice) = match code {
        -1 => (
            "system busy",
            Transient(None),
            "WeCom is busy: try again in a minute",
        ),
        // 20 messages a minute; how long the robot stays shut is not documented, others wait 65 s.
        45009 => (
            "rate limited",
            Transient(Some(65)),
            "a robot takes 20 messages a minute: try again in two minutes; pushes wait by themselves. Where several \
             repositories share the robot, set `state_dir` in the server's file",
        ),
        93000 => (
            "URL is not valid, or the robot was removed (check `service_url`)",
            Permanent,
            "copy the robot's Webhook address from the group again: `service_url` ends in `/cgi-bin/webhook/send?key=…`; \
             a robot that was removed and added has a new key",
        ),
        93004 => (
            "robot is switched off (switch it on in the group)",
            Permanent,
            "switch the robot on in the group, or ask the company's administrator",
        ),
        93008 => (
            "robot is not in the group (check `service_url`)",
            Permanent,
            "it was taken out of the group: add one again, and put its new address into `service_url`",
        ),
        44004 => (
            "message is empty (check `template`)",
            Permanent,
            "`template` renders to nothing: see `preview`",
        ),
        40008 => (
            "message type is not valid (check `template`)",
            Permanent,
            FORM,
        ),
        40058 if message.contains("exceed") => (
            "message is too long (lower `max_body`)",
            Permanent,
            "WeCom takes 2048 bytes of text, 4096 of markdown: lower `max_body` or `max_commits`, or shorten `template`",
        ),
        40058 => {
            let words = format!(
                "parameter is not valid: {} (check `template`)",
                excerpt(message)
            );
            return Some(CodeMeaning::new(words, Permanent, FORM));
        }
        _ => return None,
    };
    Some(CodeMeaning::new(words, class, advice))
}
