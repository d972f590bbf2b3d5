//! What the answers of the vendors mean: their tables, code by code.

use super::fixture::*;
use git_service_hook::action::Verdict;
use git_service_hook::http::Response;
use serde_json::json;

fn verdict(name: &str, msg_type: &str, status: u16, body: &str) -> Verdict {
    let robot = robot(name, json!({"msg_type": msg_type}));
    robot.verdict(&Response {
        status,
        body: body.as_bytes().to_vec(),
        ..Response::default()
    })
}

/// `!` failed permanently, `~` simplify, a number the seconds to wait, `?` later without a time.
fn summary(verdict: Verdict) -> String {
    match verdict {
        Verdict::Failed { why } => format!("! {why}"),
        Verdict::Simplify { why } => format!("~ {why}"),
        Verdict::Deferred {
            why,
            after: Some(after),
            unknown: false,
        } => format!("{} {why}", after.as_secs()),
        Verdict::Deferred {
            why,
            after: None,
            unknown: false,
        } => format!("? {why}"),
        other => format!("{other:?}"),
    }
}

#[track_caller]
fn table(name: &str, msg_type: &str, code: &str, message: &str, rows: &[(i64, &str, &str)]) {
    for (number, said, meaning) in rows {
        let body = json!({code: number, message: said}).to_string();
        assert_eq!(
            summary(verdict(name, msg_type, 200, &body)),
            *meaning,
            "{body}"
        );
        assert_eq!(
            summary(verdict(name, msg_type, 400, &body)),
            *meaning,
            "at any status: {body}"
        );
    }
}

#[test]
fn every_code_of_dingtalk_has_its_meaning() {
    let rows = [
        (-1, "system error", "? DingTalk -1 system busy"),
        (
            310_000,
            "keywords not in content, more: [https://x]",
            "! DingTalk 310000 keywords not in content (check `keyword`)",
        ),
        (
            310_000,
            "sign not match",
            "! DingTalk 310000 sign not match (check `sign`)",
        ),
        (
            310_000,
            "invalid timestamp",
            "! DingTalk 310000 invalid timestamp (check this machine's clock)",
        ),
        (
            310_000,
            "ip 1.2.3.4 not in whitelist",
            "! DingTalk 310000 address not in whitelist (add this server's to the robot's)",
        ),
        (
            300_001,
            "token is not exist",
            "! DingTalk 300001 token does not exist (check `service_url`)",
        ),
        (
            300_005,
            "token is not exist",
            "! DingTalk 300005 token does not exist (check `service_url`)",
        ),
        (
            400_101,
            "",
            "! DingTalk 400101 token does not exist (check `service_url`)",
        ),
        (
            400_013,
            "",
            "! DingTalk 400013 group was dissolved (check `service_url`)",
        ),
        (
            400_102,
            "",
            "! DingTalk 400102 robot is switched off (switch it on in the group)",
        ),
        (
            400_106,
            "",
            "! DingTalk 400106 robot is not in the group (check `service_url`)",
        ),
        (
            400_105,
            "",
            "! DingTalk 400105 message type is not supported (check `template`)",
        ),
        (410_100, "", "600 DingTalk 410100 rate limited"),
        (130_101, "send too fast", "600 DingTalk 130101 rate limited"),
        (660_026, "", "600 DingTalk 660026 rate limited"),
        (
            90_030,
            "",
            "3600 DingTalk 90030 calls of this day are used up",
        ),
        (430_101, "", "! DingTalk 430101 refused an unsafe link"),
        (430_102, "", "! DingTalk 430102 refused improper text"),
        (430_103, "", "! DingTalk 430103 refused an improper image"),
        (430_104, "", "! DingTalk 430104 refused improper content"),
        (
            460_101,
            "message too long",
            "! DingTalk 460101 message is too long (lower `max_body`)",
        ),
        (
            40_035,
            "",
            "! DingTalk 40035 parameter is missing (check `service_url` and `template`)",
        ),
        (
            43_002,
            "",
            "! DingTalk 43002 wants a POST (check `service_url`)",
        ),
        (
            43_004,
            "",
            "! DingTalk 43004 wants another Content-Type (check `service_url`)",
        ),
    ];
    table("dingtalk", "markdown", "errcode", "errmsg", &rows);
    let unknown = verdict(
        "dingtalk",
        "text",
        200,
        r#"{"errcode":77,"errmsg":"what, more: [u]"}"#,
    );
    assert_eq!(summary(unknown), "! DingTalk 77 what");
}

#[test]
fn the_ban_of_an_address_is_known_without_a_code() {
    let body = r#"{"status":1111,"wait":5,"source":"x5","punish":"deny"}"#;
    assert_eq!(
        summary(verdict("dingtalk", "text", 200, body)),
        "300 DingTalk 1111 this server's address is shut out for too many calls"
    );
    assert!(matches!(
        verdict("dingtalk", "text", 200, r#"{"status":0}"#),
        Verdict::Deferred { unknown: true, .. }
    ));
}

#[test]
fn every_code_of_feishu_has_its_meaning() {
    let sure = [
        (9499, "too many request", "60 Feishu 9499 rate limited"),
        (
            11_232,
            "frequency limited psm[x]",
            "60 Feishu 11232 rate limited",
        ),
        (
            19_001,
            "param invalid: incoming webhook access token invalid",
            "! Feishu 19001 token is not valid: wrong URL, or the bot was removed (check `service_url`)",
        ),
        (
            19_021,
            "sign match fail or timestamp is not within one hour from current time",
            "! Feishu 19021 sign not match, or older than an hour (check `sign` and this machine's clock)",
        ),
        (
            19_022,
            "Ip Not Allowed",
            "! Feishu 19022 address not allowed (add this server's to the bot's)",
        ),
        (
            19_024,
            "Key Words Not Found",
            "! Feishu 19024 keyword missing (check `keyword`)",
        ),
    ];
    let refused = [
        (
            9499,
            "Bad Request",
            "Feishu 9499 message is not valid: Bad Request (check `template`)",
        ),
        (
            19_002,
            "params error, msg_type need",
            "Feishu 19002 parameter is not valid: params error, msg_type need (check `template`)",
        ),
        (
            230_099,
            "Failed to create card",
            "Feishu 230099 card was refused: Failed to create card (check `template`)",
        ),
        (
            200_621,
            "",
            "Feishu 200621 card was refused (check `template`)",
        ),
        (
            200_861,
            "",
            "Feishu 200861 card was refused (check `template`)",
        ),
        (
            11_310,
            "",
            "Feishu 11310 card was refused (check `template`)",
        ),
        (
            230_025,
            "",
            "Feishu 230025 card was refused (check `template`)",
        ),
    ];
    for (msg_type, mark) in [("text", "!"), ("markdown", "~")] {
        table("feishu", msg_type, "code", "msg", &sure);
        for (code, said, meaning) in refused {
            table(
                "feishu",
                msg_type,
                "code",
                "msg",
                &[(code, said, &format!("{mark} {meaning}"))],
            );
        }
    }
}

#[test]
fn every_code_of_wecom_has_its_meaning() {
    let rows = [
        (-1, "", "? WeCom -1 system busy"),
        (
            45_009,
            "api freq out of limit",
            "65 WeCom 45009 rate limited",
        ),
        (
            93_000,
            "invalid webhook url, hint: [1], from ip: 1.2.3.4",
            "! WeCom 93000 URL is not valid, or the robot was removed (check `service_url`)",
        ),
        (
            93_004,
            "",
            "! WeCom 93004 robot is switched off (switch it on in the group)",
        ),
        (
            93_008,
            "",
            "! WeCom 93008 robot is not in the group (check `service_url`)",
        ),
        (
            40_058,
            "markdown.content exceed max length 4096",
            "! WeCom 40058 message is too long (lower `max_body`)",
        ),
        (
            40_058,
            "invalid Request Parameter, hint: [1]",
            "! WeCom 40058 parameter is not valid: invalid Request Parameter (check `template`)",
        ),
        (
            44_004,
            "",
            "! WeCom 44004 message is empty (check `template`)",
        ),
        (
            40_008,
            "",
            "! WeCom 40008 message type is not valid (check `template`)",
        ),
    ];
    table("wecom", "markdown", "errcode", "errmsg", &rows);
}

#[test]
fn only_the_vendors_yes_is_success() {
    let yes = [
        ("dingtalk", r#"{"errcode":0,"errmsg":"ok"}"#),
        ("dingtalk", r#"{"errcode":"0","errmsg":"ok"}"#),
        ("wecom", r#"{"errcode":0,"errmsg":"ok"}"#),
        (
            "feishu",
            r#"{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}"#,
        ),
        (
            "feishu",
            r#"{"Extra":null,"StatusCode":0,"StatusMessage":"success"}"#,
        ),
    ];
    for (name, body) in yes {
        assert_eq!(
            verdict(name, "text", 200, body),
            Verdict::Delivered {
                note: String::new()
            }
        );
    }
    for name in ["dingtalk", "wecom", "feishu"] {
        for body in ["", "ok", "<html>", "{}", r#"{"errmsg":"ok","msg":"ok"}"#] {
            let why = "answered 200 without a code".to_owned();
            assert_eq!(
                verdict(name, "text", 200, body),
                Verdict::Deferred {
                    why,
                    after: None,
                    unknown: true
                }
            );
        }
        assert_eq!(
            summary(verdict(name, "text", 503, "<html>")),
            "? 503 Service Unavailable"
        );
        assert!(matches!(
            verdict(name, "text", 404, "nothing here"),
            Verdict::Failed { .. }
        ));
        assert!(matches!(
            verdict(name, "text", 302, ""),
            Verdict::Failed { .. }
        ));
    }
}
