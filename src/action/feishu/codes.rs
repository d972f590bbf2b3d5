//! What Feishu and Lark answer (open platform, custom bot; the codes of cards are those of its API for applications).

use crate::action::Verdict;
use crate::action::robot::Class::{Permanent, Simplify, Transient};
use crate::action::robot::{Class, Ruling, Vendor, excerpt, integer, judge};
use crate::http::Response;
use serde_json::Value;

/// `card`: whether our card was sent, which a text can stand in for.
pub(super) fn verdict(response: &Response, card: bool) -> Verdict {
    let refused = if card { Simplify } else { Permanent };
    let rule = |code, message: &str| rule(code, message, refused);
    judge(response, &Vendor { name: "Feishu", code, message: "msg", rule: &rule })
}

/// `code`, or `StatusCode` in answers of the older form.
fn code(body: &Value) -> Option<i64> {
    integer(&body["code"]).or_else(|| integer(&body["StatusCode"]))
}

fn rule(code: i64, message: &str, refused: Class) -> Option<Ruling> {
    let (words, class) = match code {
        // One code for two reasons; comes with HTTP 400 as well.
        9499 if message.to_lowercase().contains("too many") => ("rate limited", Transient(Some(60))),
        9499 => return Some(Ruling::new(told("message is not valid", message), refused)),
        // 100 a minute, 5 a second, or the vendor is busy.
        11_232 => ("rate limited", Transient(Some(60))),
        19_001 => ("token is not valid: wrong URL, or the bot was removed (check `service_url`)", Permanent),
        19_002 => return Some(Ruling::new(told("parameter is not valid", message), refused)),
        19_021 => ("sign not match, or older than an hour (check `sign` and this machine's clock)", Permanent),
        19_022 => ("address not allowed (add this server's to the bot's)", Permanent),
        19_024 => ("keyword missing (check `keyword`)", Permanent),
        230_099 | 200_621 | 200_861 | 11_310 | 230_025 => {
            return Some(Ruling::new(told("card was refused", message), refused));
        }
        _ => return None,
    };
    Some(Ruling::new(words, class))
}

fn told(what: &str, message: &str) -> String {
    let excerpt = excerpt(message);
    format!("{what}{}{excerpt} (check `template`)", if excerpt.is_empty() { "" } else { ": " })
}
