//! Requests of the robots: addresses, signatures, mentions, keyword and title, and what `check` finds.

use super::fixture::*;
use git_service_hook::action::{Attempt, Severity};
use git_service_hook::http::Request;
use git_service_hook::outgoing::{Language, MessageKind, Outgoing};
use serde_json::{Value, json};

fn push() -> Outgoing {
    outgoing(
        MessageKind::Push,
        vec![updated(two_commits())],
        Language::English,
    )
}

fn sent(name: &str, keys: Value) -> Request {
    robot(name, keys).request(&push(), &NOW).unwrap()
}

#[test]
fn a_robot_gets_a_json_post_and_two_headers() {
    for (name, url) in [("wecom", WECOM), ("dingtalk", DINGTALK), ("feishu", FEISHU)] {
        let request = sent(name, json!({}));
        assert_eq!(
            (request.method.as_str(), request.url.as_str()),
            ("POST", url)
        );
        let agent = concat!("git-service-hook/", env!("CARGO_PKG_VERSION"));
        let headers = [("Content-Type", "application/json"), ("User-Agent", agent)];
        assert_eq!(
            request.headers,
            headers.map(|(n, v)| (n.to_owned(), v.to_owned()))
        );
    }
}

#[test]
fn no_token_or_secret_is_shown() {
    for (name, url) in [("wecom", WECOM), ("dingtalk", DINGTALK), ("feishu", FEISHU)] {
        for keys in [
            json!({"service_url": url}),
            json!({"service_url": {"file": url}}),
        ] {
            let mut keys = keys;
            if name != "wecom" {
                keys["sign"] = "SECRETSECRET".into();
            }
            let request = sent(name, keys);
            let token = &url[url.rfind(['=', '/']).unwrap() + 1..];
            assert!(request.url.contains(token));
            let seen = format!(
                "{} {request:?} {}",
                request.masked_url,
                request.secrets.redact(&request.url)
            );
            assert!(
                !seen.contains(token) && !seen.contains("SECRETSECRET"),
                "{seen}"
            );
            assert_eq!(
                request
                    .secrets
                    .redact(&format!("echo {token} SECRETSECRET"))
                    .matches("***")
                    .count(),
                if name == "wecom" { 1 } else { 2 }
            );
            let shown = format!(
                "{} {}",
                request.masked_url,
                request.secrets.redact(&request.url)
            );
            assert!(
                !shown.contains("sign=") || shown.contains("sign=***"),
                "{shown}"
            );
        }
    }
}

#[test]
fn dingtalk_signs_the_query_anew_for_each_attempt() {
    let keys = json!({"service_url": "https://oapi.dingtalk.com/robot/send?access_token=TOKEN&timestamp=1&sign=old#x", "sign": "this is secret"});
    let robot = robot("dingtalk", keys);
    let at = |now_ms| {
        robot
            .request(&push(), &Attempt { now_ms, ..NOW })
            .unwrap()
            .url
    };
    let expected = "https://oapi.dingtalk.com/robot/send?access_token=TOKEN&timestamp=1577262236757&sign=hmPWwU%2B7lVdm3ZZz0r9tSfx0L4Q26jWOZr9%2BGs6EZQM%3D";
    assert_eq!(at(1_577_262_236_757), expected);
    assert_ne!(at(1_577_262_236_758), expected);
    let bare = super::fixture::robot(
        "dingtalk",
        json!({"service_url": "http://127.0.0.1:1/hook", "sign": "s"}),
    );
    assert!(
        bare.request(&push(), &NOW)
            .unwrap()
            .url
            .starts_with("http://127.0.0.1:1/hook?timestamp=1599360473000&sign=")
    );
}

#[test]
fn feishu_signs_the_body_in_seconds() {
    for msg_type in ["text", "markdown"] {
        let body = body(&sent(
            "feishu",
            json!({"msg_type": msg_type, "sign": "demo"}),
        ));
        assert_eq!(body["timestamp"], "1599360473");
        assert_eq!(body["sign"], "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8=");
    }
    assert_eq!(body(&sent("feishu", json!({}))).get("sign"), None);
}

#[test]
fn feishu_sends_text_when_its_card_was_refused() {
    let robot = robot("feishu", json!({"msg_type": "markdown"}));
    let kind = |attempt| body(&robot.request(&push(), &attempt).unwrap())["msg_type"].clone();
    assert_eq!(kind(NOW), "interactive");
    assert_eq!(
        kind(Attempt {
            number: 2,
            simplify: true,
            ..NOW
        }),
        "text"
    );
}

#[test]
fn wecom_mentions_by_lists_in_text_and_inline_in_markdown() {
    let keys = |msg_type| json!({"msg_type": msg_type, "mentioned": "ZhangSan, @all,,", "mentioned_mobile": ["18000000000"]});
    let text_body = body(&sent("wecom", keys("text")));
    assert_eq!(
        text_body["text"]["mentioned_list"],
        json!(["ZhangSan", "@all"])
    );
    assert_eq!(
        text_body["text"]["mentioned_mobile_list"],
        json!(["18000000000"])
    );
    let content = text(&body(&sent("wecom", keys("markdown"))));
    assert!(
        content.ends_with("\n<@ZhangSan>")
            && !content.contains("18000000000")
            && !content.contains("@all"),
        "{content}"
    );
    let without = body(&sent("wecom", json!({"msg_type": "text"})));
    assert_eq!(
        without["text"]
            .as_object()
            .unwrap()
            .keys()
            .collect::<Vec<_>>(),
        ["content"]
    );
}

#[test]
fn dingtalk_mentions_by_lists_and_in_the_text() {
    let keys = |msg_type| json!({"msg_type": msg_type, "at_user_ids": ["ZhangSan", "@all"], "at_mobiles": "18000000000"});
    for (msg_type, line_break) in [("text", "\n"), ("markdown", "\n\n")] {
        let body = body(&sent("dingtalk", keys(msg_type)));
        let at = json!({"atMobiles": ["18000000000"], "atUserIds": ["ZhangSan"], "isAtAll": true});
        assert_eq!(body["at"], at);
        assert!(
            text(&body).ends_with(&format!("{line_break}@18000000000 @ZhangSan @all")),
            "{body}"
        );
    }
}

#[test]
fn the_keyword_stands_in_title_and_text() {
    let keys = |msg_type: &str| json!({"keyword": "发布-[x]_y", "msg_type": msg_type});
    for dialect in DIALECTS {
        let (name, msg_type) = dialect.split_once('-').unwrap();
        let body = body(&sent(name, keys(msg_type)));
        assert!(text(&body).contains("发布-[x]_y"), "{body}");
        for title in ["/markdown/title", "/card/header/title/content"] {
            assert!(
                body.pointer(title)
                    .is_none_or(|t| t.as_str().unwrap().contains("发布-[x]_y")),
                "{body}"
            );
        }
    }
    let there = text(&body(&sent(
        "dingtalk",
        json!({"keyword": "Ann Author", "msg_type": "text"}),
    )));
    assert_eq!(there.matches("Ann Author pushed").count(), 1);
    assert!(
        there.starts_with("team/payments"),
        "a keyword that is there anyway is not repeated: {there}"
    );
}

fn found(name: &str, keys: Value) -> Vec<(Severity, &'static str, String)> {
    let findings = parameters(name, keys).findings();
    findings
        .into_iter()
        .map(|f| (f.severity, f.key, f.message))
        .collect()
}

#[test]
fn valid_parameters_have_no_findings() {
    assert_eq!(
        found(
            "wecom",
            json!({"service_url": WECOM, "msg_type": "text", "mentioned": "a", "mentioned_mobile": ["1"]})
        ),
        []
    );
    assert_eq!(
        found(
            "dingtalk",
            json!({"service_url": DINGTALK, "sign": "s", "at_mobiles": ["1"]})
        ),
        []
    );
    assert_eq!(
        found("feishu", json!({"service_url": FEISHU, "keyword": "push"})),
        []
    );
    assert_eq!(found("feishu", json!({"service_url": {"env": "URL"}})), []);
}

#[test]
fn a_wrong_address_is_a_mistake_and_a_strange_one_a_warning() {
    for name in ["wecom", "dingtalk", "feishu"] {
        let of = |url: &str| found(name, json!({"service_url": url}));
        for url in [
            "",
            "ftp://e.com/x",
            "robot.example.com/x",
            "https://u:p@e.com/",
            "https://e.com/a b",
            "https:///x",
            "http://e.com/${x}",
        ] {
            let found = of(url);
            assert!(
                matches!(found.as_slice(), [(Severity::Mistake, "service_url", _)]),
                "{name} {url}: {found:?}"
            );
            assert!(
                !format!("{found:?}").contains("e.com"),
                "a finding shows no value"
            );
        }
        let found = of("http://127.0.0.1:8080/test");
        assert!(
            matches!(found.as_slice(), [(Severity::Warning, "service_url", _)]),
            "{found:?}"
        );
        assert!(matches!(
            super::requests::found(name, json!({})).as_slice(),
            [(Severity::Mistake, "service_url", _)]
        ));
    }
    let old = found(
        "feishu",
        json!({"service_url": "https://open.feishu.cn/open-apis/bot/hook/abc"}),
    );
    assert!(
        matches!(old.as_slice(), [(Severity::Mistake, "service_url", why)] if why.contains("/v2/hook/")),
        "{old:?}"
    );
}

#[test]
fn mentions_that_a_message_cannot_have_are_reported() {
    let keys =
        json!({"service_url": WECOM, "mentioned": "a,@all", "mentioned_mobile": "18000000000"});
    let keys_found: Vec<_> = found("wecom", keys)
        .into_iter()
        .map(|(s, key, _)| (s, key))
        .collect();
    assert_eq!(
        keys_found,
        [
            (Severity::Warning, "mentioned"),
            (Severity::Warning, "mentioned_mobile")
        ]
    );
    let nobody = found(
        "dingtalk",
        json!({"service_url": DINGTALK, "at_mobiles": [], "at_user_ids": " , "}),
    );
    assert!(
        nobody
            .iter()
            .all(|(s, _, why)| *s == Severity::Warning && why == "names nobody"),
        "{nobody:?}"
    );
    assert_eq!(nobody.len(), 2);
}

#[test]
fn customize_without_a_template_is_a_mistake() {
    for (name, url) in [("wecom", WECOM), ("dingtalk", DINGTALK), ("feishu", FEISHU)] {
        for template in [json!(null), json!("")] {
            let found = found(
                name,
                json!({"service_url": url, "msg_type": "customize", "template": template}),
            );
            assert!(
                matches!(found.as_slice(), [(Severity::Mistake, "template", _)]),
                "{found:?}"
            );
        }
    }
}
