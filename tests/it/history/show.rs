//! `deliveries show`.

use super::{complaints, log, push_and_finish, reported, run};
use crate::delivery::{Pushing, webhook};
use crate::support::receiver::{Answer, Receiver};
use serde_json::Value;

#[track_caller]
fn shown(pushing: &Pushing, id: &str) -> Value {
    serde_json::from_str(&reported(pushing, &["deliveries", "show", id, "--json"])).unwrap()
}

#[test]
fn one_delivery_is_reported_in_full_and_without_its_secrets() {
    let receiver =
        Receiver::start(|r| Answer::json(400, &format!("{{\"error\":\"{}\"}}", r.target)));
    let hook = webhook("ci", &receiver.url("/in?access_token=hunter2hunter2"));
    let pushing = Pushing::new(&format!("{hook}token = \"correct-horse\"\n"));
    push_and_finish(&pushing, "one");
    let id = receiver.got()[0]
        .header("X-Coding-Delivery")
        .unwrap()
        .to_owned();
    let text = reported(&pushing, &["deliveries", "show", &id]);
    for part in [
        &id[..],
        "Ann",
        "refs/heads/main",
        "1  20",
        " ms  400  failed",
        "POST http://127.0.0.1",
        "SHA-256",
        "answer, 400",
    ] {
        assert!(text.contains(part), "`{part}` is missing: {text}");
    }
    assert!(
        text.contains("with the configuration of today: what was sent\n")
            && text.contains("\"message\":\"one"),
        "{text}"
    );
    let json = shown(&pushing, &id);
    assert_eq!(
        (&json["log"][0]["number"], &json["log"][0]["status"]),
        (&1.into(), &400.into())
    );
    assert_eq!(
        (&json["request"]["method"], &json["body_differs"]),
        (&"POST".into(), &false.into())
    );
    assert_eq!(json["push"]["updates"][0]["ref"], "refs/heads/main");
    for secret in ["hunter2", "correct-horse"] {
        assert!(
            !text.contains(secret) && !json.to_string().contains(secret),
            "{secret}: {text}"
        );
    }
}

#[test]
fn a_changed_configuration_is_noticed() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    push_and_finish(&pushing, "one");
    let id = receiver.got()[0]
        .header("X-Coding-Delivery")
        .unwrap()
        .to_owned();
    pushing.configure(&format!(
        "[project]\nname = \"renamed\"\n{}",
        webhook("ci", &receiver.url("/"))
    ));
    assert_eq!(shown(&pushing, &id)["body_differs"], true);
    assert!(reported(&pushing, &["deliveries", "show", &id]).contains("not what was sent"));
    pushing.configure(&webhook("other", &receiver.url("/")));
    let json = shown(&pushing, &id);
    assert!(
        json["body"].is_null() && json["body_error"].as_str().unwrap().contains("was removed"),
        "{json}"
    );
    pushing.configure("[hook.ci\n");
    let json = shown(&pushing, &id);
    assert!(
        json["body_error"]
            .as_str()
            .unwrap()
            .contains("until a mistake is fixed"),
        "{json}"
    );
}

#[test]
fn what_holds_a_time_stamp_is_made_again_as_it_was() {
    let receiver = Receiver::start(|_| Answer::json(200, "{\"code\":0,\"msg\":\"success\"}"));
    let hook = webhook("group", &receiver.url("/open-apis/bot/v2/hook/x"))
        .replace("webhook_http_post", "feishu_group_chat_robot");
    let pushing = Pushing::new(&format!("{hook}sign = \"correct-horse\"\n"));
    push_and_finish(&pushing, "one");
    let id = log(&pushing, &[])[0]["id"].as_str().unwrap().to_owned();
    let json = shown(&pushing, &id);
    assert_eq!(
        (&json["body_differs"], &json["state"]),
        (&false.into(), &"delivered".into()),
        "{json}"
    );
    assert!(!json.to_string().contains("correct-horse"));
}

#[test]
fn any_end_or_beginning_of_an_id_that_means_one_is_enough() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    for message in ["one", "two"] {
        push_and_finish(&pushing, message);
    }
    let ids: Vec<_> = log(&pushing, &[])
        .iter()
        .map(|d| d["id"].as_str().unwrap().to_owned())
        .collect();
    let end = ids[0][28..].to_uppercase();
    assert_eq!(shown(&pushing, &end)["id"], ids[0].as_str());
    assert_eq!(shown(&pushing, &ids[1][..35])["id"], ids[1].as_str());
    let out = run(&pushing, &["deliveries", "show", &ids[0][..4]]);
    assert_eq!(out.status.code(), Some(1));
    let said = complaints(&out);
    assert!(
        said.contains("may be 2 deliveries") && said.contains(&ids[0]) && said.contains(&ids[1]),
        "{said}"
    );
    for nothing in ["ffffffff", ""] {
        let out = run(&pushing, &["deliveries", "show", nothing]);
        assert!(
            out.status.code() == Some(1) && complaints(&out).contains("is recorded"),
            "{}",
            complaints(&out)
        );
    }
}

#[test]
fn a_large_body_is_cut_and_says_so() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    push_and_finish(&pushing, &"x".repeat(40_000));
    let id = receiver.got()[0]
        .header("X-Coding-Delivery")
        .unwrap()
        .to_owned();
    let text = reported(&pushing, &["deliveries", "show", &id]);
    assert!(
        text.len() < 20_000 && text.trim_end().ends_with("bytes more"),
        "{}",
        text.len()
    );
}
