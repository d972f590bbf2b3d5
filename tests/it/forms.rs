//! `form`, and what a template can make of the whole body.

use crate::actions::{Configured, mistakes, push, request};
use git_service_hook::signature::hmac_sha1;
use serde_json::Value;

const POST: &str =
    "action = \"webhook_http_post\"\nservice_url = \"https://ci.example.com/hook\"\n";

fn field(body: &[u8], name: &str) -> String {
    let body = std::str::from_utf8(body).unwrap();
    let pair = |pair: &str| {
        let (key, value) = pair.split_once('=').unwrap();
        let value = percent_encoding::percent_decode_str(value);
        (key == name).then(|| value.decode_utf8().unwrap().into_owned())
    };
    body.split('&').find_map(pair).unwrap()
}

#[test]
fn a_form_carries_the_body_of_the_dialect_in_a_field() {
    let keys =
        "flavor = \"github\"\ntoken = \"123\"\nform = { payload = \"${ payload | tojson }\" }";
    let sent = request(&format!("{POST}{keys}"));
    assert_eq!(
        sent.header("Content-Type"),
        Some("application/x-www-form-urlencoded")
    );
    let bare = request(&format!("{POST}flavor = \"github\""));
    let payload: Value = serde_json::from_str(&field(&sent.body, "payload")).unwrap();
    let body: Value = serde_json::from_slice(&bare.body).unwrap();
    assert_eq!(payload, body);
    let signature = hmac_sha1("123", &sent.body);
    assert_eq!(sent.header("X-Hub-Signature"), Some(&*signature));
}

#[test]
fn no_text_of_a_push_begins_another_field() {
    let keys = "form = { message = \"${ head_commit.message }\", \"a b\" = \"${ref}&x=1\" }";
    let sent = request(&format!("{POST}{keys}"));
    let message = push().events[0].head_commit.clone().unwrap().message;
    assert!(message.contains('&'));
    assert_eq!(field(&sent.body, "message"), message);
    assert_eq!(
        String::from_utf8(sent.body.clone())
            .unwrap()
            .matches('&')
            .count(),
        1
    );
    let name = push().events[0].ref_name().display().into_owned();
    assert_eq!(field(&sent.body, "a%20b"), format!("{name}&x=1"));
}

#[test]
fn a_form_gets_less_of_an_event_that_does_not_fit() {
    let configured = Configured::new(&format!(
        "{POST}form = {{ c = \"${{ payload | tojson }}\" }}"
    ));
    let mut out = push();
    let commit = out.events[0].commits[1].clone();
    out.events[0].commits = vec![commit; 300];
    out.max_body = 16 * 1024;
    let sent = configured.request(&out);
    assert!(sent.body.len() <= out.max_body);
    let payload: Value = serde_json::from_str(&field(&sent.body, "c")).unwrap();
    assert_eq!(payload["truncated"], true);
}

#[test]
fn what_a_form_excludes_is_a_mistake() {
    for (keys, expected) in [
        (
            "template = \"payload=${ref}\"\ncontent_type = \"application/x-www-form-urlencoded\"",
            "`template` cannot encode the fields of a form: write them as `form`",
        ),
        (
            "form = { a = \"b\" }\ntemplate = \"x\"",
            "`template` cannot stand beside `form`",
        ),
        (
            "form = { a = \"b\" }\ncontent_type = \"text/plain\"",
            "`content_type` cannot stand beside `form`",
        ),
        (
            "form = { a = \"b\" }\nflavor = \"cloudevents\"",
            "`flavor` cannot stand beside `form`",
        ),
        (
            "form = \"a=b\"",
            "`form` takes a table of fields and values",
        ),
    ] {
        let found = mistakes(&format!("{POST}{keys}"));
        assert!(
            found.len() == 1 && found[0].contains(expected),
            "{keys}: {found:?}"
        );
    }
}

#[test]
fn a_template_puts_the_whole_body_into_json_as_it_is_or_as_a_string() {
    let template =
        r#"template = '{"whole": ${payload | tojson}, "text": ${payload | tojson | tojson}}'"#;
    let sent = request(&format!("{POST}flavor = \"gitlab\"\n{template}"));
    let body: Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(body["whole"]["project_id"], 7);
    let text: Value = serde_json::from_str(body["text"].as_str().unwrap()).unwrap();
    assert_eq!(text, body["whole"]);
}

#[test]
fn values_are_encoded_by_filters_where_a_receiver_wants_it() {
    let template = "template = 'r=${ ref | urlencode } b=${ \"ä&\" | b64encode }'";
    let sent = request(&format!("{POST}{template}"));
    let text = String::from_utf8(sent.body).unwrap();
    assert_eq!(
        text,
        "r=refs%2Fheads%2Ffeature%2F%22x%22%3Cy%3E%5Bz%5D b=w6Qm"
    );
    let url = "action = \"webhook_http_get\"\nservice_url = \"https://h/x?r=${ ref | urlencode }\"";
    assert!(
        request(url)
            .url
            .ends_with("?r=refs%2Fheads%2Ffeature%2F%22x%22%3Cy%3E%5Bz%5D")
    );
}

#[test]
fn check_knows_the_members_of_the_payload() {
    let lint = |keys: &str| {
        let configured = Configured::new(&format!("{POST}{keys}"));
        configured.hook().parameters.lint_templates().len()
    };
    let gitlab = "flavor = \"gitlab\"\n";
    let good = "form = { id = \"${ payload.project_id }\" }";
    assert_eq!(lint(&format!("{gitlab}{good}")), 0);
    assert_eq!(lint(good), 1, "the default has no such member");
}
