//! What DingTalk answers (open platform, custom robot; 130101, 300005 and 660026 as seen from the endpoint).

use crate::action::Verdict;
use crate::action::robot::Class::{Permanent, Transient};
use crate::action::robot::{Ruling, Vendor, excerpt, integer, judge};
use crate::http::Response;
use serde_json::Value;

/// The ban of an address has no `errcode`, but this `status`.
const BANNED: i64 = 1111;

pub(super) fn verdict(response: &Response) -> Verdict {
    judge(response, &Vendor { name: "DingTalk", code, message: "errmsg", rule: &rule })
}

fn code(body: &Value) -> Option<i64> {
    integer(&body["errcode"]).or_else(|| integer(&body["status"]).filter(|s| *s == BANNED))
}

fn rule(code: i64, message: &str) -> Option<Ruling> {
    let (words, class) = match code {
        -1 => ("system busy", Transient(None)),
        310_000 => return Some(Ruling::new(insecure(message), Permanent)),
        300_001 | 300_005 | 400_101 => ("token does not exist (check `service_url`)", Permanent),
        400_013 => ("group was dissolved (check `service_url`)", Permanent),
        400_102 => ("robot is switched off (switch it on in the group)", Permanent),
        400_106 => ("robot is not in the group (check `service_url`)", Permanent),
        400_105 => ("message type is not supported (check `template`)", Permanent),
        // More than 20 messages a minute shut the robot for 10 minutes.
        410_100 | 130_101 | 660_026 => ("rate limited", Transient(Some(600))),
        90_030 => ("calls of this day are used up", Transient(Some(3600))),
        BANNED => ("this server's address is shut out for too many calls", Transient(Some(300))),
        430_101 => ("refused an unsafe link", Permanent),
        430_102 => ("refused improper text", Permanent),
        430_103 => ("refused an improper image", Permanent),
        430_104 => ("refused improper content", Permanent),
        460_101 => ("message is too long (lower `max_body`)", Permanent),
        40_035 => ("parameter is missing (check `service_url` and `template`)", Permanent),
        43_002 => ("wants a POST (check `service_url`)", Permanent),
        43_004 => ("wants another Content-Type (check `service_url`)", Permanent),
        _ => return None,
    };
    Some(Ruling::new(words, class))
}

/// One code for four reasons: the robot's security settings.
fn insecure(message: &str) -> String {
    let lower = message.to_lowercase();
    let hint = if lower.contains("keyword") {
        "check `keyword`"
    } else if lower.contains("timestamp") {
        "check this machine's clock"
    } else if lower.contains("sign") {
        "check `sign`"
    } else if lower.contains("whitelist") || lower.contains("ip") {
        return "address not in whitelist (add this server's to the robot's)".to_owned();
    } else {
        "check `sign` and `keyword`"
    };
    format!("{} ({hint})", excerpt(message)).trim_start().to_owned()
}
