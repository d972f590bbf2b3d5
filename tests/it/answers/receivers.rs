//! `test`: what every answer of every receiver means, and what to do.

use super::{compare, pushed, reported};
use crate::support::receiver::{Answer, Received, Receiver};
use serde_json::json;
use std::fmt::Write;

/// A hook of an action, and what it is answered.
struct Case {
    name: String,
    action: &'static str,
    path: &'static str,
    answer: Answer,
}

fn robot(vendor: &str, code: i64, message: &str, number: usize) -> Case {
    let (action, path, body) = match vendor {
        "dingtalk" => (
            "dingding_group_chat_robot",
            "/robot/send?access_token=t&n=",
            json!({"errcode": code, "errmsg": message}),
        ),
        "feishu" => (
            "feishu_group_chat_robot",
            "/open-apis/bot/v2/hook/t?n=",
            json!({"code": code, "msg": message}),
        ),
        _ => (
            "wecom_group_chat_robot",
            "/cgi-bin/webhook/send?key=t&n=",
            json!({"errcode": code, "errmsg": message}),
        ),
    };
    Case {
        name: format!("{vendor}-{number}"),
        action,
        path,
        answer: Answer::json(200, &body.to_string()),
    }
}

/// Runs `test` on all of them at once.
fn answers(cases: &[Case]) -> String {
    let answers: Vec<_> = cases.iter().map(|case| case.answer.clone()).collect();
    let receiver = Receiver::start(move |request: &Received| {
        let number = request
            .target
            .rsplit("n=")
            .next()
            .and_then(|n| n.split('&').next()?.parse::<usize>().ok());
        number
            .and_then(|n| answers.get(n).cloned())
            .unwrap_or(Answer::Close)
    });
    let mut hooks = String::new();
    for (
        number,
        Case {
            name, action, path, ..
        },
    ) in cases.iter().enumerate()
    {
        let url = receiver.url(path);
        let _ = write!(
            hooks,
            "[hook.{name}]\naction = \"{action}\"\nservice_url = \"{url}{number}\"\n"
        );
    }
    reported(&pushed(&hooks), &["test"])
}

const DINGTALK: [(i64, &str); 27] = [
    (0, "ok"),
    (-1, "system busy"),
    (
        310_000,
        "keywords not in content, more: [https://ding-doc.dingtalk.com]",
    ),
    (
        310_000,
        "sign not match, more: [https://ding-doc.dingtalk.com]",
    ),
    (310_000, "invalid timestamp"),
    (310_000, "ip 203.0.113.7 not in whitelist"),
    (310_000, "something new"),
    (300_001, "token is not exist"),
    (300_005, "token is not exist"),
    (400_101, "access_token not exist"),
    (400_013, "group dissolved"),
    (400_102, "robot stopped"),
    (400_105, "unsupported msgtype"),
    (400_106, "robot not in group"),
    (410_100, "send too fast"),
    (130_101, "send too fast"),
    (660_026, "send too fast"),
    (90_030, "quota"),
    (430_101, "unsafe link"),
    (430_102, "improper text"),
    (430_103, "improper image"),
    (430_104, "improper content"),
    (460_101, "message too long"),
    (40_035, "missing parameter"),
    (43_002, "require POST"),
    (43_004, "invalid contenttype"),
    (77, "unheard of"),
];

const FEISHU: [(i64, &str); 14] = [
    (0, "success"),
    (9499, "Bad Request"),
    (9499, "too many request"),
    (
        11_232,
        "frequency limited psm[lark.oapi.app_platform_runtime]",
    ),
    (
        19_001,
        "param invalid: incoming webhook access token invalid",
    ),
    (19_002, "params error, msg_type need"),
    (
        19_021,
        "sign match fail or timestamp is not within one hour from current time",
    ),
    (19_022, "Ip Not Allowed"),
    (19_024, "Key Words Not Found"),
    (230_099, "Failed to create card content"),
    (200_621, "parse card json err"),
    (200_861, "unsupported tag"),
    (11_310, "table number over limit"),
    (
        230_025,
        "The length of the message content reaches its limit",
    ),
];

const WECOM: [(i64, &str); 10] = [
    (0, "ok"),
    (-1, "system busy"),
    (45_009, "api freq out of limit"),
    (
        93_000,
        "invalid webhook url, hint: [1700000000], from ip: 203.0.113.7",
    ),
    (93_004, "robot disabled"),
    (93_008, "not in chat"),
    (40_058, "markdown.content exceed max length 4096"),
    (40_058, "invalid Request Parameter"),
    (44_004, "empty content"),
    (40_008, "invalid message type"),
];

#[test]
fn every_code_of_the_robots_is_put_into_words() {
    for (vendor, codes) in [
        ("dingtalk", &DINGTALK[..]),
        ("feishu", &FEISHU),
        ("wecom", &WECOM),
    ] {
        let cases = codes
            .iter()
            .enumerate()
            .map(|(number, (code, message))| robot(vendor, *code, message, number));
        compare(vendor, &answers(&cases.collect::<Vec<_>>()));
    }
}

#[test]
fn a_card_that_is_refused_goes_as_text_and_that_is_said() {
    let receiver =
        Receiver::start(
            |request: &Received| match request.json()["msg_type"].as_str() {
                Some("interactive") => {
                    Answer::json(200, r#"{"code":11310,"msg":"table number over limit"}"#)
                }
                _ => Answer::json(200, r#"{"code":0,"msg":"success"}"#),
            },
        );
    let url = receiver.url("/open-apis/bot/v2/hook/t");
    let hook = format!(
        "[hook.lark]\naction = \"feishu_group_chat_robot\"\nservice_url = \"{url}\"\nmsg_type = \"markdown\"\n"
    );
    compare("card", &reported(&pushed(&hook), &["test"]));
}

const NO_JOBS: &str = "Did not find any jobs with GenericTrigger configured! ";

fn jenkins() -> Vec<(&'static str, u16, String)> {
    let job = |triggered: bool, id: u32, text: &str, expression: &str| json!({"triggered": triggered, "id": id, "url": "", "regexpFilterText": text, "regexpFilterExpression": expression});
    let jobs =
        |jobs: serde_json::Value| json!({"message": "Triggered jobs.", "jobs": jobs}).to_string();
    let none =
        |token: &str| json!({"message": format!("{NO_JOBS}{token}"), "jobs": null}).to_string();
    vec![
        (
            "queued",
            200,
            jobs(json!({"folder/app": job(true, 0, "", "")})),
        ),
        (
            "built",
            200,
            jobs(json!({"folder/app": job(true, 42, "", "")})),
        ),
        (
            "several",
            200,
            jobs(json!({"a": job(true, 0, "", ""), "b": job(true, 0, "", "")})),
        ),
        (
            "filtered",
            200,
            jobs(json!({"app": job(false, 0, "refs/heads/x", "^refs/heads/main$")})),
        ),
        ("disabled", 200, jobs(json!({"app": job(false, 0, "", "")}))),
        (
            "broken",
            200,
            jobs(json!({"app": "java.lang.RuntimeException"})),
        ),
        (
            "partly",
            500,
            jobs(json!({"app": job(true, 42, "", ""), "b": "java.lang.RuntimeException"})),
        ),
        ("silent", 200, String::new()),
        ("wrong-token", 404, none("A token was supplied.")),
        ("no-token", 404, none("No token was supplied.")),
        (
            "no-plugin",
            404,
            "<html><body>Not Found</body></html>".to_owned(),
        ),
        (
            "crumb",
            403,
            "<html>Error 403 No valid crumb was included in the request</html>".to_owned(),
        ),
        (
            "login",
            403,
            "<html><body>Authentication required</body></html>".to_owned(),
        ),
        ("unauthorized", 401, "<html>".to_owned()),
        (
            "proxy-login",
            200,
            "<html><form>Sign in</form></html>".to_owned(),
        ),
        (
            "whitelist",
            403,
            json!({"jobs": null, "message": "denied {authorization=[Bearer x]}"}).to_string(),
        ),
        ("unread", 500, "Unable to read inputstream".to_owned()),
        (
            "restarting",
            503,
            "<html>Jenkins is getting ready to work</html>".to_owned(),
        ),
    ]
}

#[test]
fn jenkins_says_why_nothing_is_built() {
    let path = "/generic-webhook-trigger/invoke?n=";
    let cases = jenkins().into_iter().map(|(name, status, body)| Case {
        name: name.to_owned(),
        action: "jenkins_generic_build_job",
        path,
        answer: Answer::json(status, &body),
    });
    let moved = vec![(
        "Location".to_owned(),
        "https://ci.example.com/generic-webhook-trigger/invoke?token=x".to_owned(),
    )];
    let moved = Case {
        name: "moved".to_owned(),
        action: "jenkins_generic_build_job",
        path,
        answer: Answer::Reply(301, moved, Vec::new()),
    };
    compare(
        "jenkins",
        &answers(&cases.chain([moved]).collect::<Vec<_>>()),
    );
}

#[test]
fn every_status_of_a_webhook_has_its_advice() {
    let statuses = [
        204, 400, 401, 403, 404, 405, 407, 408, 410, 411, 413, 414, 415, 418, 422, 429, 500, 501,
        502, 503, 504, 507,
    ];
    let status = |status: u16| Case {
        name: format!("s{status}"),
        action: "webhook_http_post",
        path: "/hook?n=",
        answer: Answer::json(status, "{\"error\":\"as it is\"}"),
    };
    let to = vec![(
        "Location".to_owned(),
        "https://user:hunter2@new.example.com/hook?key=hunter2".to_owned(),
    )];
    let others = [
        ("moved", Answer::Reply(301, to, Vec::new())),
        ("moved-nowhere", Answer::Reply(302, Vec::new(), Vec::new())),
        ("garbage", Answer::Garbage),
        ("closed", Answer::Close),
    ];
    let others = others.map(|(name, answer)| Case {
        name: name.into(),
        action: "webhook_http_post",
        path: "/h?n=",
        answer,
    });
    compare(
        "webhooks",
        &answers(
            &statuses
                .map(status)
                .into_iter()
                .chain(others)
                .collect::<Vec<_>>(),
        ),
    );
}

#[test]
fn what_cannot_be_reached_has_its_advice() {
    let hook = |name: &str, url: &str| {
        format!("[hook.{name}]\naction = \"webhook_http_post\"\nservice_url = \"{url}\"\n")
    };
    let plain = Receiver::start(|_| Answer::Hang);
    let hooks = [
        hook("refused", "http://127.0.0.1:1/"),
        hook("nowhere", "http://receiver.invalid/"),
        hook("no-tls", &plain.url("/").replace("http:", "https:")) + "timeout = \"1s\"\n",
        hook("slow", &plain.url("/")) + "timeout = \"1s\"\n",
        hook("no-ca", "https://127.0.0.1:1/") + "ca_file = \"/dev/null\"\n",
        hook("unresolved", "http://127.0.0.1:1/") + "token = { file = \"missing.token\" }\n",
    ];
    let said = reported(&pushed(&hooks.concat()), &["test"]);
    // What a name server says depends on the machine.
    let said = said.replace(
        "lookup failed for now: no name server answers",
        "lookup failed: no such host",
    );
    compare("unreachable", &said);
}
