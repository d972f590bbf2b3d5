//! What WeCom answers (developer centre, global codes; -1 and 40008 are from the general list).

use crate::action::Verdict;
use crate::action::robot::Class::{Permanent, Transient};
use crate::action::robot::{Ruling, Vendor, excerpt, integer, judge};
use crate::http::Response;

pub(super) fn verdict(response: &Response) -> Verdict {
    let vendor = Vendor { name: "WeCom", code: |body| integer(&body["errcode"]), message: "errmsg", rule: &rule };
    judge(response, &vendor)
}

fn rule(code: i64, message: &str) -> Option<Ruling> {
    let (words, class) = match code {
        -1 => ("system busy", Transient(None)),
        // 20 messages a minute; how long the robot stays shut is not documented, others wait 65 s.
        45009 => ("rate limited", Transient(Some(65))),
        93000 => ("URL is not valid, or the robot was removed (check `service_url`)", Permanent),
        93004 => ("robot is switched off (switch it on in the group)", Permanent),
        93008 => ("robot is not in the group (check `service_url`)", Permanent),
        44004 => ("message is empty (check `template`)", Permanent),
        40008 => ("message type is not valid (check `template`)", Permanent),
        40058 if message.contains("exceed") => ("message is too long (lower `max_body`)", Permanent),
        40058 => {
            let words = format!("parameter is not valid: {} (check `template`)", excerpt(message));
            return Some(Ruling::new(words, Permanent));
        }
        _ => return None,
    };
    Some(Ruling::new(words, class))
}
