//! What Feishu and Lark answer (open platform, custom bot; the codes of cards are those of its API for applications).

use crate::action::Verdict;
use crate::action::robot::Class::{Permanent, Simplify, Transient};
use crate::action::robot::{self, Class, CodeMeaning, Vendor, excerpt, integer, judge};
use crate::http::Response;
use serde_json::Value;

const PACE: &str = "a bot takes 100 messages a minute and 5 a second, and Feishu is busy at full and half hours: try \
    again in a minute; pushes wait by themselves";
const FORM: &str = "the message has not the form that Feishu asks for, or more than 20 KB: compare `template` with its \
    page about custom bots (`msg_type` with `content`, or with `card`), or lower `max_body`";
const CARD: &str = "try the card of `template` in Feishu's card builder; where the group does not allow @all, a card that \
    mentions all is refused as a whole; `msg_type = \"text\"` needs no card";

/// `card`: whether our card was sent, which a text can stand in for.
pub(super) fn verdict(response: &Response, card: bool) -> Verdict {
    let refused = if card { Simplify } else { Permanent };
    let meaning = |code, message: &str| meaning(code, message, refused);
    judge(response, &vendor(&meaning))
}

pub(super) fn advice(response: &Response) -> Vec<&'static str> {
    let meaning = |code, message: &str| meaning(code, message, Permanent);
    robot::advice(response, &vendor(&meaning))
}

fn vendor(meaning: &dyn Fn(i64, &str) -> Option<CodeMeaning>) -> Vendor<'_> {
    Vendor {
        name: "Feishu",
        code,
        message: "msg",
        meaning,
    }
}

/// `code`, or `StatusCode` in answers of the older form.
fn code(body: &Value) -> Option<i64> {
    integer(&body["code"]).or_else(|| integer(&body["StatusCode"]))
}

fn meaning(code: i64, message: &str, refused: Class) -> Option<CodeMeaning> {
    let (words, class, advice) = match code {
        // One code for two reasons; comes with HTTP 400 as well.
        9499 if message.to_lowercase().contains("too many") => {
            ("rate limited", Transient(Some(60)), PACE)
        }
        9499 => {
            return Some(CodeMeaning::new(
                quote_answer("message is not valid", message),
                refused,
                FORM,
            ));
        }
        // 100 a minute, 5 a second, or the vendor is busy.
        11_232 => ("rate limited", Transient(Some(60)), PACE),
        19_001 => (
            "token is not valid: wrong URL, or the bot was removed (check `service_url`)",
            Permanent,
            "copy the bot's Webhook address from the group's settings into `service_url` again; it has the form \
             https://open.feishu.cn/open-apis/bot/v2/hook/… (Lark: open.larksuite.com)",
        ),
        19_002 => {
            return Some(CodeMeaning::new(
                quote_answer("parameter is not valid", message),
                refused,
                FORM,
            ));
        }
        19_021 => (
            "sign not match, or older than an hour (check `sign` and this machine's clock)",
            Permanent,
            "copy the secret from the bot's security settings (signature verification) into `sign` again; if it is the \
             same, set this machine's clock (`timedatectl` shows whether it is synchronized)",
        ),
        19_022 => (
            "address not allowed (add this server's to the bot's)",
            Permanent,
            "the bot's security settings list addresses: add the one that this server is seen under (behind NAT or a \
             proxy it is not its own)",
        ),
        19_024 => (
            "keyword missing (check `keyword`)",
            Permanent,
            "the bot's security settings ask for a keyword: put one of its keywords into `keyword`, spelt as there",
        ),
        230_099 | 200_621 | 200_861 | 11_310 | 230_025 => {
            return Some(CodeMeaning::new(
                quote_answer("card was refused", message),
                refused,
                CARD,
            ));
        }
        _ => return None,
    };
    Some(CodeMeaning::new(words, class, advice))
}

fn quote_answer(what: &str, message: &str) -> String {
    let excerpt = excerpt(message);
    format!(
        "{what}{}{excerpt} (check `template`)",
        if excerpt.is_empty() { "" } else { ": " }
    )
}
