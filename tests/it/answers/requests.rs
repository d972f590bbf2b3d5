//! `preview`: the request, byte for byte as it arrives.

use super::{compare, pushed, reported};
use crate::support::receiver::{Answer, Receiver};

/// A hook for each form of body; what must stay secret is `hunter2…`.
fn hooks(url: &str) -> String {
    let json = "template = '''{ \"text\":  \"${ ref }\",\n\t\"n\": ${ commits | length } }'''";
    let text = "template = \"${ head_commit.message }\\r\\n\\u0085 tab\\t<${ ref }>\\n\\n\"";
    [
        (
            "body",
            "webhook_http_post",
            "/body?access_token=hunter2hunter2",
            "token = \"hunter2-token\"\nusername = \"ann\"\npassword = \"hunter2-pass\"",
        ),
        ("json", "webhook_http_post", "/json", json),
        ("text", "webhook_http_post", "/text/${ref}", text),
        ("query", "webhook_http_get", "/q", "request_parameters = { ref = \"${ref}\", key = \"hunter2-key\" }"),
        (
            "group",
            "dingding_group_chat_robot",
            "/robot/send?access_token=hunter2hunter2",
            "sign = \"SEChunter2\"\nat_mobiles = [\"18000000000\"]",
        ),
        ("lark", "feishu_group_chat_robot", "/open-apis/bot/v2/hook/hunter2hunter2", "sign = \"hunter2-sign\""),
        (
            "ci",
            "jenkins_generic_build_job",
            "/generic-webhook-trigger/invoke",
            "build_token = \"hunter2-build\"\nskip_ci = false\nheader_parameters = { X-Job = \"${project.name}\" }",
        ),
    ]
    .map(|(name, action, path, more)| {
        format!("[hook.{name}]\naction = \"{action}\"\nservice_url = \"{url}{path}\"\n{more}\n")
    })
    .concat()
}

/// Everything in a body that another request has otherwise: ids, times and signatures.
fn without_ids(text: &str) -> String {
    let digits = |c: char| c.is_ascii_hexdigit() || c == '-';
    text.split(['"', '\n'])
        .map(|part| {
            if part.len() == 36 && part.chars().all(digits) {
                "ID"
            } else {
                part
            }
        })
        .collect::<Vec<_>>()
        .join("\"")
}

#[test]
fn what_preview_shows_is_what_arrives() {
    let receiver = Receiver::start(|_| Answer::json(200, "{\"errcode\":0,\"code\":0}"));
    let sandbox = pushed(&hooks(&receiver.url("")));
    for name in ["body", "json", "text", "query", "ci"] {
        let shown = String::from_utf8(sandbox.run("r.git", &["preview", name]).stdout).unwrap();
        let (_, shown) = shown.split_once(&format!("# {name} (")).unwrap();
        let (head, body) = shown
            .split_once("\n\n")
            .unwrap_or((shown.trim_end_matches('\n'), ""));
        sandbox.run("r.git", &["test", name, "--as-push"]);
        let got = receiver.got().pop().unwrap();
        let body = body.strip_suffix('\n').unwrap_or(body);
        let headers: Vec<_> = head
            .lines()
            .skip(2)
            .map(|line| line.split_once(": ").unwrap())
            .collect();
        let arrived: Vec<_> = got
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(headers.len(), arrived.len(), "{headers:?} {arrived:?}");
        for ((name, shown), (arrived, value)) in headers.iter().zip(&arrived) {
            // Ids and moments are others, the latter with other digits.
            let is_own = match *name {
                "content-length" => *shown == body.len().to_string(),
                _ => *shown == "***" || value.len() == 36,
            };
            assert!(
                name == arrived && (is_own || shown == value),
                "{name}: {shown} {value}"
            );
        }
        assert_eq!(
            without_ids(&steady(body)),
            without_ids(&steady(&got.text())),
            "{name}"
        );
    }
}

/// Without the moment of the push, which is another for each of them.
fn steady(body: &str) -> String {
    let mut parts = body.split("\"time\":\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| {
        all + "\"time\":\"" + part.split_once('"').map_or("", |(_, rest)| rest)
    })
}

#[test]
fn every_request_is_shown_and_nothing_secret_in_it() {
    let receiver = Receiver::start(|_| Answer::ok());
    let sandbox = pushed(&hooks(&receiver.url("")));
    let mut all = String::new();
    for name in ["json", "text", "query", "group", "lark"] {
        all += &reported(&sandbox, &["preview", name]);
    }
    assert!(receiver.got().is_empty(), "nothing is sent");
    let stamp = all.find("\"timestamp\":\"").unwrap() + 13;
    all.replace_range(stamp..stamp + 10, "SECONDS");
    compare("requests", &all);
}
