//! Jenkins: the requests that a hook of hooks.toml makes.

use crate::actions::{Configured, changed_push, json, mistakes, push, request, sample, text};
use git_service_hook::action::{Finding, Verdict};
use git_service_hook::http::{Method, Request, Response};
use git_service_hook::outgoing::MessageKind;
use git_service_hook::signature::{hmac_sha1, hmac_sha256_hex};

const JENKINS: &str = "action = \"jenkins_generic_build_job\"\n\
    service_url = \"http://jenkins.example.com:8080/generic-webhook-trigger/invoke\"\n";

fn build(keys: &str) -> Request {
    request(&format!("{JENKINS}{keys}"))
}

fn mistakes_of(keys: &str) -> Vec<String> {
    mistakes(&format!("{JENKINS}{keys}"))
}

fn template_findings(keys: &str) -> Vec<Finding> {
    Configured::new(&format!("{JENKINS}{keys}"))
        .hook()
        .parameters
        .lint_templates()
}

#[test]
fn a_build_is_a_post_of_the_event_with_a_bearer_token() {
    let request = build("build_token = \"admin\"");
    assert_eq!(request.method, Method::Post);
    assert_eq!(
        request.url,
        "http://jenkins.example.com:8080/generic-webhook-trigger/invoke"
    );
    assert_eq!(
        request.masked_url, request.url,
        "no credential stands in it"
    );
    assert_eq!(request.header("Authorization"), Some("Bearer admin"));
    assert_eq!(
        request.header("X-Coding-Service-Hook-Action"),
        Some("jenkins_generic_build_job")
    );
    assert_eq!(request.header("X-GitHub-Event"), Some("push"));
    assert_eq!(request.header("gwt-dry-run"), None);
    assert_eq!(request.body, push().body_bytes());
    assert!(
        !request
            .headers
            .iter()
            .any(|(name, _)| name.contains("Signature"))
    );
    assert_eq!(build("").header("Authorization"), None);
}

#[test]
fn a_test_builds_nothing() {
    let configured = Configured::new(JENKINS);
    let action = configured.action();
    let request = action
        .request(&sample(MessageKind::Test), &crate::actions::ATTEMPT)
        .unwrap();
    assert_eq!(request.header("gwt-dry-run"), Some("true"));
    assert_eq!(json(&request)["test"], true);
    let body = br#"{"jobs":{"app":{"triggered":true,"id":7,"url":"queue/item/7/"}}}"#.to_vec();
    let verdict = action.verdict(&Response {
        status: 200,
        body,
        ..Response::default()
    });
    let page = "http://jenkins.example.com:8080/queue/item/7/";
    let note = format!("app: a real build was queued, the plugin is older than 2.1.0 ({page})");
    assert_eq!(verdict, Verdict::Delivered { note });
}

#[test]
fn a_token_signs_for_the_whitelist() {
    let request = build("token = \"123\"");
    assert_eq!(
        request.header("X-Coding-Signature").unwrap(),
        hmac_sha1("123", &request.body)
    );
    assert_eq!(
        request.header("X-Hub-Signature-256").unwrap(),
        format!("sha256={}", hmac_sha256_hex("123", &request.body))
    );
}

#[test]
fn request_parameters_stand_behind_the_query_in_their_order() {
    let url = |keys: &str| build(keys).url.split_once("/invoke").unwrap().1.to_owned();
    assert_eq!(
        url("request_parameters = \"project=example&job=1 \""),
        "?project=example&job=1",
        "the sample's blank"
    );
    assert_eq!(
        url("request_parameters = \"?z=${total_commits}&a=1&\""),
        "?z=2&a=1"
    );
    assert_eq!(
        url("request_parameters = { z = \"x y\", a = { file = \"secret.txt\" } }"),
        "?z=x%20y&a=s3cret-in-a-file"
    );
    let shown =
        build("request_parameters = { z = \"x y\", a = { file = \"secret.txt\" } }").masked_url;
    assert!(
        shown.ends_with("/invoke?z=x%20y&a=***"),
        "what is no secret can be looked at: {shown}"
    );
    let shown = build("request_parameters = \"token=abc&t=9f86d081884c7d65&n=${total_commits}\"")
        .masked_url;
    assert!(shown.ends_with("/invoke?token=***&t=***&n=2"), "{shown}");
}

#[test]
fn header_parameters_are_headers() {
    let request =
        build("header_parameters = \"Accept: text/html\\nX-Branch: ${ref | split('/') | first}\"");
    assert_eq!(
        (request.header("Accept"), request.header("X-Branch")),
        (Some("text/html"), Some("refs"))
    );
    let found = mistakes_of("build_token = \"t\"\nheader_parameters = \"authorization: x\"");
    assert!(
        found[0].starts_with(
            "hooks.toml:5:22: `header_parameters` has a line whose name cannot stand beside `build_token`"
        ),
        "{found:?}"
    );
}

#[test]
fn build_args_stand_below_their_name_and_at_the_top_where_nothing_else_does() {
    let args = r#"build_args = '{"arg": "value", "ref": "mine", "deep": {"n": [1]}}'"#;
    let body = json(&build(args));
    assert_eq!(body["build_args"]["arg"], "value");
    assert_eq!(
        (body["arg"].as_str(), body["deep"]["n"][0].as_i64()),
        (Some("value"), Some(1))
    );
    assert_eq!(
        (body["build_args"]["ref"].as_str(), body["ref"].as_str()),
        (Some("mine"), push().body()["ref"].as_str())
    );
    let clash = template_findings(args);
    assert_eq!(clash.len(), 1, "{clash:?}");
    assert_eq!(
        (clash[0].key, clash[0].entry.as_deref()),
        ("build_args", Some("ref"))
    );
    let table = build(
        "build_args = { env = \"prod\", key = { file = \"secret.txt\" }, n = 3, tag = \"${ref}\" }",
    );
    let body = json(&table);
    assert_eq!(
        (
            body["env"].as_str(),
            body["key"].as_str(),
            body["n"].as_str()
        ),
        (Some("prod"), Some("s3cret-in-a-file"), Some("3"))
    );
    assert_eq!(
        body["build_args"]["tag"], "${ref}",
        "arguments are no templates"
    );
    assert_eq!(
        body.get("tag"),
        None,
        "a name of an event is not an argument, in any event"
    );
    assert_eq!(table.secrets.redact("s3cret-in-a-file"), "***");
}

#[test]
fn invalid_json_in_build_args_is_reported_at_its_place() {
    for (args, expected) in [
        (
            "build_args = '{“arg”: “value”}'",
            "hooks.toml:4:16: `build_args` has curly quotes (“ ”): JSON takes straight ones (\")",
        ),
        (
            "build_args = '[1]'",
            "hooks.toml:4:14: `build_args` is not a JSON object such as `{\"arg\": \"value\"}`",
        ),
        (
            "build_args = '{\"a\": x}'",
            "hooks.toml:4:21: `build_args` is not JSON from here on",
        ),
        (
            "build_args = '{'",
            "hooks.toml:4:15: `build_args` is not JSON from here on",
        ),
    ] {
        let found = mistakes_of(args);
        assert!(
            found.len() == 1 && found[0].starts_with(expected),
            "{args}: {found:?}"
        );
    }
    assert_eq!(mistakes_of("build_args = \"\""), Vec::<String>::new());
    assert_eq!(
        mistakes_of(r#"build_args = "{\"arg\":\"value\"}""#),
        Vec::<String>::new(),
        "the sample of the specification"
    );
}

#[test]
fn a_template_sees_the_arguments_by_their_name_alone() {
    let args = "build_args = { env = \"pr\\\"od\" }\n";
    let request = build(&format!(
        "{args}template = '{{\"to\": \"${{build_args.env}}\", \"top\": \"${{env}}\"}}'"
    ));
    assert_eq!(text(&request), r#"{"to": "pr\"od", "top": ""}"#);
    assert_eq!(request.header("Content-Type"), Some("application/json"));
    let unknown = template_findings(&format!(
        "{args}template = 'x ${{build_args.env}} ${{build_args.enw}}'"
    ));
    assert_eq!(unknown.len(), 1, "{unknown:?}");
    assert!(
        unknown[0]
            .message
            .contains("no event has `build_args.enw`, did you mean `build_args.env`?"),
        "{unknown:?}"
    );
    assert_eq!(
        text(&build("template = \"测试模板 ${project.name}\"")),
        "测试模板 team/payments"
    );
}

#[test]
fn the_bound_of_the_body_includes_the_arguments() {
    let args = format!(
        "max_body = 2048\nbuild_args = {{ long = \"{}\" }}",
        "x".repeat(300)
    );
    let configured = Configured::new(&format!("{JENKINS}{args}"));
    let mut out = changed_push(|event| event.commits = vec![event.commits[1].clone(); 100]);
    out.max_body = configured.hook().max_body;
    let request = configured.request(&out);
    assert!(request.body.len() <= 2048, "{}", request.body.len());
    assert_eq!(json(&request)["long"].as_str().unwrap().len(), 300);
}

#[test]
fn a_stray_token_is_a_mistake_because_jenkins_reads_it_first() {
    for (keys, key) in [
        ("request_parameters = \"a=b&token=x\"", "request_parameters"),
        (
            "request_parameters = { token = \"x\" }",
            "request_parameters",
        ),
        ("header_parameters = \"Token: x\"", "header_parameters"),
    ] {
        let found = mistakes_of(&format!("build_token = \"t\"\n{keys}"));
        assert!(
            found.len() == 1 && found[0].contains(&format!("`{key}` has a `token`")),
            "{keys}: {found:?}"
        );
        assert!(mistakes_of(keys).is_empty(), "{keys}");
    }
    let both = mistakes(
        "action = \"jenkins_generic_build_job\"\nservice_url = \"http://u:p@h/generic-webhook-trigger/invoke\"\nbuild_token = \"t\"",
    );
    assert!(
        both.len() == 1
            && both[0].contains("`build_token` cannot stand beside a user in `service_url`"),
        "{both:?}"
    );
}
