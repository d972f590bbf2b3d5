//! What DingTalk answers (open platform, custom robot; 130101, 300005 and 660026 as seen from the endpoint).

use crate::action::Verdict;
use crate::action::robot::Class::{Permanent, Transient};
use crate::action::robot::{self, CodeMeaning, Vendor, excerpt, integer, judge};
use crate::http::Response;
use serde_json::Value;

/// The ban of an address has no `errcode`, but this `status`.
const BANNED: i64 = 1111;

const VENDOR: Vendor<'_> = Vendor {
    name: "DingTalk",
    code,
    message: "errmsg",
    meaning: &meaning,
};

const ADDRESS: &str = "copy the whole Webhook address from the robot's settings into `service_url` again: its \
    `access_token` belongs to no robot, or the robot was removed";
const PACE: &str = "a robot takes 20 messages a minute and is shut for 10 minutes after that: wait; pushes wait by \
    themselves. Where several repositories share the robot, set `state_dir` in the server's file";
const CONTENT: &str = "something in the message is not let through: test another commit with `--ref`, or leave the \
    commits' words out with a `template` of your own";
const FORM: &str = "the message has not the form that its `msgtype` asks for (text, link, markdown, actionCard, \
    feedCard): compare `template` with DingTalk's page about custom robots";

pub(super) fn verdict(response: &Response) -> Verdict {
    judge(response, &VENDOR)
}

pub(super) fn advice(response: &Response) -> Vec<&'static str> {
    robot::advice(response, &VENDOR)
}

fn code(body: &Value) -> Option<i64> {
    integer(&body["errcode"]).or_else(|| integer(&body["status"]).filter(|s| *s == BANNED))
}

fn meaning(code: i64, message: &str) -> Option<CodeMeaning> {
    let (words, class, advice) = match code {
        -1 => (
            "system busy",
            Transient(None),
            "DingTalk is busy: try again in a minute",
        ),
        310_000 => return Some(insecure(message)),
        300_001 | 300_005 | 400_101 => (
            "token does not exist (check `service_url`)",
            Permanent,
            ADDRESS,
        ),
        400_013 => (
            "group was dissolved (check `service_url`)",
            Permanent,
            "add a robot to another group, and put its address into `service_url`",
        ),
        400_102 => (
            "robot is switched off (switch it on in the group)",
            Permanent,
            "switch the robot on: the group's settings, Robots",
        ),
        400_106 => (
            "robot is not in the group (check `service_url`)",
            Permanent,
            "it was taken out of the group: add one again, and put its new address into `service_url`",
        ),
        400_105 => (
            "message type is not supported (check `template`)",
            Permanent,
            FORM,
        ),
        // More than 20 messages a minute shut the robot for 10 minutes.
        410_100 | 130_101 | 660_026 => ("rate limited", Transient(Some(600)), PACE),
        90_030 => (
            "calls of this day are used up",
            Transient(Some(3600)),
            "wait until tomorrow, or use a robot of another group",
        ),
        BANNED => (
            "this server's address is shut out for too many calls",
            Transient(Some(300)),
            "more than 10000 calls in 20 s came from this server's address: wait 5 minutes, and look for what else \
             calls DingTalk from here",
        ),
        430_101 => ("refused an unsafe link", Permanent, CONTENT),
        430_102 => ("refused improper text", Permanent, CONTENT),
        430_103 => ("refused an improper image", Permanent, CONTENT),
        430_104 => ("refused improper content", Permanent, CONTENT),
        460_101 => (
            "message is too long (lower `max_body`)",
            Permanent,
            "DingTalk takes 20000 bytes in all: lower `max_body` or `max_commits`, or shorten `template`",
        ),
        40_035 => (
            "parameter is missing (check `service_url` and `template`)",
            Permanent,
            "`service_url` must have its `access_token=…`; a `template` must have what its `msgtype` asks for",
        ),
        43_002 => (
            "wants a POST (check `service_url`)",
            Permanent,
            "something on the way makes a GET of the POST: use https in `service_url`, and look for a proxy",
        ),
        43_004 => (
            "wants another Content-Type (check `service_url`)",
            Permanent,
            "something on the way changes the request's headers: use https in `service_url`, and look for a proxy",
        ),
        _ => return None,
    };
    Some(CodeMeaning::new(words, class, advice))
}

/// One code for four reasons: the robot's security settings.
fn insecure(message: &str) -> CodeMeaning {
    let lower = message.to_lowercase();
    let (hint, advice) = if lower.contains("keyword") {
        (
            "check `keyword`",
            "the robot's security settings ask for a keyword: put one of its keywords into `keyword`, spelt as there",
        )
    } else if lower.contains("timestamp") {
        (
            "check this machine's clock",
            "the signature is more than an hour off: set this machine's clock (`timedatectl` shows whether it is synchronized)",
        )
    } else if lower.contains("sign") {
        (
            "check `sign`",
            "the robot's security settings ask for a signature: copy its whole secret, `SEC` included, into `sign`",
        )
    } else if lower.contains("whitelist") || lower.contains("ip") {
        let words = "address not in whitelist (add this server's to the robot's)";
        let advice = "the robot's security settings list addresses: add the one that DingTalk names in its answer \
            (behind NAT or a proxy it is not this server's own; IPv6 cannot be listed)";
        return CodeMeaning::new(words, Permanent, advice);
    } else {
        (
            "check `sign` and `keyword`",
            "compare the robot's security settings with `sign` and `keyword`: what is set there is needed here",
        )
    };
    CodeMeaning::new(
        format!("{} ({hint})", excerpt(message)).trim_start(),
        Permanent,
        advice,
    )
}
