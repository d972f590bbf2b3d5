//! How a robot's answer is read: the code in the body decides, at any status. Knows no vendor's codes.

use crate::action::chat::untrusted;
use crate::action::{Verdict, advice, verdict};
use crate::http::Response;
use serde_json::Value;
use std::time::Duration;

/// What a code means for the delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Fails permanently.
    Permanent,
    /// May succeed later; seconds to wait where the vendor says so.
    Transient(Option<u64>),
    /// A card was refused: sent again as text.
    Simplify,
}

/// The meaning of one code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CodeMeaning {
    /// A short fragment, with the key to change where there is one.
    pub(crate) words: String,
    /// What follows.
    pub(crate) class: Class,
    /// What to do about it: a sentence for `test`.
    pub(crate) advice: &'static str,
}

impl CodeMeaning {
    /// From a line of a table.
    pub(crate) fn new(words: impl Into<String>, class: Class, advice: &'static str) -> Self {
        Self {
            words: words.into(),
            class,
            advice,
        }
    }
}

/// Where in an answer of a vendor the code and the message stand.
pub(crate) struct Vendor<'a> {
    /// The name in messages.
    pub(crate) name: &'static str,
    /// The code in a body.
    pub(crate) code: fn(&Value) -> Option<i64>,
    /// The member that holds words.
    pub(crate) message: &'static str,
    /// The vendor's table, by code and words; `None` for a code that is not in it.
    pub(crate) meaning: &'a dyn Fn(i64, &str) -> Option<CodeMeaning>,
}

/// The verdict. Only code 0, as a number or a string, is success; 2xx without a code may have had its effect.
pub(crate) fn judge(response: &Response, vendor: &Vendor<'_>) -> Verdict {
    let success = (200..300).contains(&response.status);
    let body = serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
    let Some(code) = (vendor.code)(&body) else {
        if !success {
            return verdict::from_status(response);
        }
        let why = format!("answered {} without a code", response.status);
        return Verdict::Deferred {
            why,
            after: None,
            unknown: true,
        };
    };
    if code == 0 {
        return Verdict::Delivered {
            note: String::new(),
        };
    }
    let message = body[vendor.message].as_str().unwrap_or("");
    match (vendor.meaning)(code, message) {
        Some(meaning) => verdict_of(&meaning, vendor.name, code),
        // A gateway in between has codes of its own.
        None if !success => verdict::from_status(response),
        None => Verdict::Failed {
            why: format!("{} {code} {}", vendor.name, excerpt(message))
                .trim_end()
                .to_owned(),
        },
    }
}

/// What to do about an answer that reports no success.
pub(crate) fn advice(response: &Response, vendor: &Vendor<'_>) -> Vec<&'static str> {
    let body = serde_json::from_slice::<Value>(&response.body).unwrap_or_default();
    let code = (vendor.code)(&body);
    let meaning =
        code.and_then(|code| (vendor.meaning)(code, body[vendor.message].as_str().unwrap_or("")));
    match meaning {
        _ if code == Some(0) => Vec::new(),
        Some(meaning) => vec![meaning.advice],
        None if (200..300).contains(&response.status) => vec![UNKNOWN],
        None => advice::by_status(response),
    }
}

/// For a code that is not in the vendor's table.
const UNKNOWN: &str = "the answer is not one that the vendor documents: compare `service_url` with the address in the \
    group's settings, and look for a proxy or a login page in between";

fn verdict_of(meaning: &CodeMeaning, vendor: &str, code: i64) -> Verdict {
    let why = format!("{vendor} {code} {}", meaning.words);
    match meaning.class {
        Class::Permanent => Verdict::Failed { why },
        Class::Transient(after) => Verdict::Deferred {
            why,
            after: after.map(Duration::from_secs),
            unknown: false,
        },
        Class::Simplify => Verdict::Simplify { why },
    }
}

/// A number, or one in a string (a sample of DingTalk's documentation).
pub(crate) fn integer(value: &Value) -> Option<i64> {
    value
        .as_i64()
        .or_else(|| value.as_str()?.trim().parse().ok())
}

/// The beginning of the vendor's words, without the links and addresses that they append.
pub(crate) fn excerpt(message: &str) -> String {
    let line = untrusted::line(message);
    let end = [", more", ", hint:", " hint:", ", from ip", "; more"]
        .iter()
        .filter_map(|m| line.find(m))
        .min();
    untrusted::truncate(line[..end.unwrap_or(line.len())].trim(), 80)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VENDOR: Vendor<'_> = Vendor {
        name: "Vendor",
        code: |body| integer(&body["code"]).or_else(|| integer(&body["StatusCode"])),
        message: "msg",
        meaning: &|code, _| {
            (code == 7).then(|| CodeMeaning::new("slow down", Class::Transient(Some(9)), "wait"))
        },
    };

    fn answered(status: u16, body: &str) -> Verdict {
        judge(
            &Response {
                status,
                body: body.as_bytes().to_vec(),
                ..Response::default()
            },
            &VENDOR,
        )
    }

    #[test]
    fn only_code_0_is_success() {
        for body in [r#"{"code":0}"#, r#"{"code":"0"}"#, r#"{"StatusCode":0}"#] {
            assert_eq!(
                answered(200, body),
                Verdict::Delivered {
                    note: String::new()
                }
            );
        }
        assert_eq!(
            answered(200, r#"{"code":5,"StatusCode":0,"msg":"no"}"#),
            Verdict::Failed {
                why: "Vendor 5 no".into()
            }
        );
    }

    #[test]
    fn an_answer_without_a_code_is_no_confirmation() {
        for body in [
            "",
            "<html>ok</html>",
            "{}",
            "[0]",
            "0",
            r#"{"code":null}"#,
            r#"{"code":"ok"}"#,
            "{\"code\":0",
        ] {
            let why = "answered 200 without a code".to_owned();
            assert_eq!(
                answered(200, body),
                Verdict::Deferred {
                    why,
                    after: None,
                    unknown: true
                },
                "{body}"
            );
        }
    }

    #[test]
    fn the_code_counts_at_any_status_and_the_status_only_without_a_known_one() {
        let slow = Verdict::Deferred {
            why: "Vendor 7 slow down".into(),
            after: Some(Duration::from_secs(9)),
            unknown: false,
        };
        assert_eq!(answered(200, r#"{"code":7}"#), slow);
        assert_eq!(answered(400, r#"{"code":7}"#), slow);
        assert!(
            matches!(answered(502, r#"{"code":502}"#), Verdict::Deferred { why, .. } if why == "502 Bad Gateway")
        );
        assert!(matches!(answered(404, "nothing"), Verdict::Failed { .. }));
    }

    #[test]
    fn there_is_advice_for_every_no() {
        let advice = |status: u16, body: &str| {
            advice(
                &Response {
                    status,
                    body: body.as_bytes().to_vec(),
                    ..Response::default()
                },
                &VENDOR,
            )
        };
        assert_eq!(advice(200, r#"{"code":0}"#), [""; 0]);
        assert_eq!(advice(200, r#"{"code":7}"#), ["wait"]);
        assert_eq!(advice(200, "<html>"), [UNKNOWN]);
        assert_eq!(advice(200, r#"{"code":8}"#), [UNKNOWN]);
        assert!(advice(503, "<html>")[0].contains("overloaded"));
    }

    #[test]
    fn an_excerpt_is_short_and_has_no_addresses() {
        assert_eq!(
            excerpt("sign not match, more: [https://x]"),
            "sign not match"
        );
        assert_eq!(
            excerpt("invalid, hint: [1], from ip: 1.2.3.4, more info at https://x"),
            "invalid"
        );
        assert_eq!(excerpt(&"x".repeat(500)).chars().count(), 80);
    }
}
