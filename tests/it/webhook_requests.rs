//! The two webhooks: the requests that a hook of hooks.toml makes.

use crate::actions::{Configured, changed_push, json, mistakes, push, request, sample, text};
use git_service_hook::http::{Method, Request};
use git_service_hook::outgoing::MessageKind;
use git_service_hook::push::RefName;
use git_service_hook::signature::{hmac_sha1, hmac_sha256_hex};

const POST: &str =
    "action = \"webhook_http_post\"\nservice_url = \"https://ci.example.com/hook\"\n";
const GET: &str = "action = \"webhook_http_get\"\n";

fn post(keys: &str) -> Request {
    request(&format!("{POST}{keys}"))
}

fn names(request: &Request) -> Vec<&str> {
    request
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect()
}

#[test]
fn a_post_has_the_headers_of_coding_and_github_with_one_delivery_id() {
    let out = push();
    let request = post("");
    assert_eq!(
        (request.method, request.url.as_str()),
        (Method::Post, "https://ci.example.com/hook")
    );
    assert_eq!(request.body, out.body_bytes());
    let agent = concat!("git-service-hook/", env!("CARGO_PKG_VERSION"));
    for (name, value) in [
        ("Content-Type", "application/json"),
        ("User-Agent", agent),
        ("X-Coding-Event", "push"),
        ("X-Coding-WebHook-Version", "v2"),
        ("X-Coding-Service-Hook-Event", "GIT_PUSHED"),
        ("X-Coding-Service-Hook-Action", "webhook_http_post"),
        ("X-Coding-Service-Hook-Id", "ci"),
        ("X-GitHub-Event", "push"),
    ] {
        assert_eq!(request.header(name), Some(value), "{name}");
    }
    let deliveries = request
        .headers
        .iter()
        .filter(|(name, _)| name.ends_with("-Delivery"))
        .collect::<Vec<_>>();
    assert_eq!(deliveries.len(), 2);
    assert!(deliveries.iter().all(|(_, id)| *id == out.delivery));
}

#[test]
fn the_coding_flavor_speaks_its_family_alone() {
    let request = post("flavor = \"coding\"\ntoken = \"123\"");
    assert_eq!(request.header("User-Agent"), Some("Coding.net Hook"));
    assert_eq!(
        request.header("X-Coding-Signature"),
        Some(hmac_sha1("123", &request.body).as_str())
    );
    let foreign = names(&request)
        .into_iter()
        .filter(|n| n.starts_with("X-") && !n.starts_with("X-Coding-"));
    assert_eq!(foreign.count(), 0, "{:?}", names(&request));
}

#[test]
fn a_test_is_marked_in_headers_and_body() {
    let request = Configured::new(POST).request(&sample(MessageKind::Test));
    for name in ["X-Coding-Event", "X-GitHub-Event"] {
        assert_eq!(request.header(name), Some("ping"), "{name}");
    }
    assert_eq!(
        (
            json(&request)["event"].as_str(),
            json(&request)["test"].as_bool()
        ),
        (Some("PING"), Some(true))
    );
}

#[test]
fn signatures_cover_the_exact_bytes_and_stand_there_only_with_a_token() {
    for keys in ["", "template = \"测试模板 ${project.name}\"\n"] {
        let request = post(&format!("token = \"123\"\n{keys}"));
        let (sha1, sha256) = (
            hmac_sha1("123", &request.body),
            hmac_sha256_hex("123", &request.body),
        );
        for (name, value) in [
            ("X-Coding-Signature", sha1.clone()),
            ("X-Hub-Signature", sha1),
            ("X-Hub-Signature-256", format!("sha256={sha256}")),
        ] {
            assert_eq!(request.header(name), Some(value.as_str()), "{name}");
        }
    }
    for keys in ["", "token = \"\"\n"] {
        assert!(
            !names(&post(keys)).iter().any(|n| n.contains("Signature")),
            "{keys}"
        );
    }
}

#[test]
fn basic_authentication_takes_an_empty_password() {
    let authorization = |keys: &str| post(keys).header("Authorization").map(str::to_owned);
    assert_eq!(
        authorization("username = \"admin\"\npassword = \"admin123\"").unwrap(),
        "Basic YWRtaW46YWRtaW4xMjM="
    );
    assert_eq!(
        authorization("username = \"admin\"").unwrap(),
        "Basic YWRtaW46"
    );
    assert_eq!(authorization(""), None);
    let in_url = request(
        "action = \"webhook_http_post\"\nservice_url = \"https://me:p%20w@ci.example.com/x\"",
    );
    assert_eq!(
        (in_url.url.as_str(), in_url.header("Authorization")),
        ("https://ci.example.com/x", Some("Basic bWU6cCB3"))
    );
}

#[test]
fn headers_of_the_user_win_over_ours() {
    let lines =
        post("headers = \"\"\"\nAccept: text/html\r\n\nuser-agent:  mine\nX-Ref: ${ref}\n\"\"\"");
    assert_eq!(lines.header("Accept"), Some("text/html"));
    assert_eq!(
        lines
            .headers
            .iter()
            .filter(|(n, _)| n.eq_ignore_ascii_case("User-Agent"))
            .count(),
        1
    );
    assert_eq!(lines.header("User-Agent"), Some("mine"));
    assert_eq!(
        lines.header("X-Ref"),
        Some("refs/heads/feature/\"x\"<y>[z]")
    );
    let table = post(
        "headers = { \"X-Message\" = \"${head_commit.message}\", Secret = { file = \"secret.txt\" } }",
    );
    assert_eq!(
        table.header("X-Message").unwrap(),
        "Mend \"quotes\" & [links](http://evil) Why \\ how"
    );
    assert_eq!(table.header("Secret"), Some("s3cret-in-a-file"));
}

#[test]
fn what_comes_from_a_reference_is_never_evaluated() {
    let sandbox_file = "headers = { X = { file = \"body.txt\" } }";
    let action = Configured::new(&format!("{POST}{sandbox_file}"))
        .hook()
        .action();
    assert!(
        action.err().unwrap().why.contains("line"),
        "a header cannot have two lines"
    );
    let request = post("template = { file = \"body.txt\" }");
    assert!(
        text(&request).starts_with("line one of refs/heads/feature/"),
        "a template in a file is one"
    );
    assert_eq!(
        request.header("Content-Type"),
        Some("text/plain; charset=UTF-8")
    );
}

#[test]
fn refused_headers_are_mistakes_at_their_place() {
    for (keys, expected) in [
        (
            "headers = \"Accept: a\\nContent-Length: 1\"",
            "hooks.toml:4:23: `headers` has a line whose name belongs to the connection and cannot be set",
        ),
        (
            "headers = \"X-Coding-Signature: x\"",
            "hooks.toml:4:12: `headers` has a line whose name is a signature: it is made from the key `token`",
        ),
        (
            "headers = \"X-Coding-Event: push\"",
            "hooks.toml:4:12: `headers` has a line whose name cannot be set: it marks a test",
        ),
        (
            "headers = \"Accept\"",
            "hooks.toml:4:12: `headers` has a line that is no `Name: value`",
        ),
        (
            "headers = \"A b: c\"",
            "hooks.toml:4:12: `headers` has a line whose name is no valid name of a header",
        ),
        (
            "headers = { Proxy-Foo = \"x\" }",
            "hooks.toml:4:25: `headers.Proxy-Foo` belongs to the connection and cannot be set",
        ),
        (
            "headers = { A = \"x\\ny\" }",
            "hooks.toml:4:17: `headers.A` has line ends or control characters in its value",
        ),
        (
            "username = \"u\"\nheaders = { Authorization = \"x\" }",
            "hooks.toml:5:29: `headers.Authorization` cannot stand beside `username`, which is sent in the same header",
        ),
        (
            "headers = \"X: ${ ref | \"",
            "hooks.toml:4:22: `headers`: unexpected end of input, expected identifier",
        ),
        (
            "password = \"x\"",
            "hooks.toml:4:12: `password` is not sent without `username`",
        ),
        (
            "content_type = \"json\"",
            "hooks.toml:4:16: `content_type` is no content type such as `application/json`",
        ),
    ] {
        let found = mistakes(&format!("{POST}{keys}"));
        assert_eq!(found.len(), 1, "{keys}: {found:?}");
        assert!(
            found[0].starts_with(expected),
            "{keys}:\n{}\n{expected}",
            found[0]
        );
    }
}

#[test]
fn an_address_is_an_http_url_that_no_event_chooses() {
    for (url, expected) in [
        (
            "ftp://h/",
            "3:15: `service_url` must begin with `http://` or `https://`",
        ),
        ("https:///x", "has no host"),
        ("https://h:99999/", "has an invalid port"),
        ("https://hö/", "xn--"),
        ("https://a b/", "has a host with blanks"),
        (
            "https://${ref}/",
            "3:24: `service_url`: a template cannot stand in the scheme, user, host or port",
        ),
        ("${ref}", "3:16: `service_url`: a template cannot stand in"),
    ] {
        let found = mistakes(&format!(
            "action = \"webhook_http_post\"\nservice_url = \"{url}\""
        ));
        assert!(
            found.len() == 1 && found[0].contains(expected),
            "{url}: {found:?}"
        );
    }
}

#[test]
fn a_template_is_the_body_and_says_what_it_is() {
    let sample = post("template = \"测试模板 ${project.name}\"");
    assert_eq!(text(&sample), "测试模板 team/payments");
    assert_eq!(
        sample.header("Content-Type"),
        Some("text/plain; charset=UTF-8")
    );
    let template = r#"template = '{"ref": "${ref}", "message": "${head_commit.message}", "n": ${total_commits}}'"#;
    let request = post(template);
    assert_eq!(request.header("Content-Type"), Some("application/json"));
    assert_eq!(json(&request)["ref"], "refs/heads/feature/\"x\"<y>[z]");
    assert_eq!(
        json(&request)["message"],
        push().events[0]
            .head_commit
            .as_ref()
            .unwrap()
            .message
            .as_str()
    );
    assert_eq!(json(&request)["n"], 2);
    let as_text = post(&format!("content_type = \"text/xml\"\n{template}"));
    assert_eq!(as_text.header("Content-Type"), Some("text/xml"));
    assert!(text(&as_text).contains("Why \\ how") && text(&as_text).contains('\n'));
    let forced = Configured::new(&format!(
        "{POST}content_type = \"application/x+json\"\ntemplate = \"${{ref}}\""
    ));
    let error = forced
        .action()
        .request(&push(), &crate::actions::ATTEMPT)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`template`: `${…}` prints text outside of quotes"
    );
}

#[test]
fn a_template_gets_less_of_an_event_that_does_not_fit() {
    let keys =
        "max_body = 4096\ntemplate = '{\"c\": ${commits | tojson}, \"all\": ${total_commits}}'";
    let configured = Configured::new(&format!("{POST}{keys}"));
    let mut out = changed_push(|event| {
        event.commits = vec![event.commits[1].clone(); 500];
        event.total_commits = 500;
    });
    out.max_body = configured.hook().max_body;
    let request = configured.request(&out);
    let listed = json(&request)["c"].as_array().unwrap().len();
    assert!(
        request.body.len() <= 4096 && listed > 0 && listed < 500,
        "{listed}"
    );
    assert_eq!(json(&request)["all"], 500);
}

#[test]
fn values_in_a_url_are_encoded_and_cannot_change_its_path() {
    let url = "action = \"webhook_http_post\"\nservice_url = \"https://ci.example.com/${project.name}/${ref}?m=${head_commit.title}\"";
    let request = request(url);
    assert_eq!(
        request.url,
        "https://ci.example.com/team/payments/refs%2Fheads%2Ffeature%2F%22x%22%3Cy%3E%5Bz%5D\
         ?m=Mend%20%22quotes%22%20%26%20%5Blinks%5D%28http%3A%2F%2Fevil%29"
    );
    let dots = changed_push(|event| event.update.name = RefName::new(".."));
    let error = Configured::new(url)
        .action()
        .request(&dots, &crate::actions::ATTEMPT)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("`service_url`: a path segment"),
        "{error}"
    );
}

#[test]
fn a_get_has_our_headers_and_no_body() {
    let keys = "service_url = \"https://ci.example.com/run?job=a#part\"\nrequest_parameters = \" ref=${ref}&x=1 \"";
    let request = request(&format!("{GET}{keys}\nusername = \"u\""));
    assert_eq!(request.method, Method::Get);
    assert_eq!(
        request.url,
        "https://ci.example.com/run?job=a&ref=refs%2Fheads%2Ffeature%2F%22x%22%3Cy%3E%5Bz%5D&x=1"
    );
    assert!(request.body.is_empty() && request.header("Content-Type").is_none());
    assert_eq!(
        request.header("X-Coding-Service-Hook-Action"),
        Some("webhook_http_get")
    );
    assert_eq!(request.header("X-GitHub-Event"), Some("push"));
    assert_eq!(request.header("Authorization"), Some("Basic dTo="));
}

#[test]
fn request_parameters_of_a_table_keep_their_order_and_are_encoded_whole() {
    let table = "request_parameters = { z = \"a&b=c ${total_commits}\", a = \"分支\", n = 3 }";
    let url = request(&format!("{GET}service_url = \"https://h/r?\"\n{table}")).url;
    assert_eq!(url, "https://h/r?z=a%26b%3Dc%202&a=%E5%88%86%E6%94%AF&n=3");
    assert_eq!(
        request(&format!("{GET}service_url = \"https://h/路 径\"")).url,
        "https://h/%E8%B7%AF%20%E5%BE%84"
    );
    assert_eq!(
        request(&format!("{GET}service_url = \"https://h?x\"")).url,
        "https://h/?x"
    );
}

#[test]
fn no_secret_shows_in_what_people_see() {
    let keys = "service_url = \"https://me:userinfo-pw@ci.example.com/hook/0a1b2c3d4e5f6a7b8c9d?key=query-secret\"\n\
        token = \"token-secret\"\nheaders = { X-Api-Key = \"header-secret\", Plain = { file = \"secret.txt\" } }";
    let configured = Configured::new(&format!("action = \"webhook_http_post\"\n{keys}"));
    let request = configured.request(&push());
    let secrets = configured.hook().action().unwrap().1;
    let seen = format!(
        "{request:?} {} {:?} {secrets:?}",
        request.masked_url,
        request.masked_headers()
    );
    let echo = request.secrets.redact(&format!(
        "userinfo-pw 0a1b2c3d4e5f6a7b8c9d query-secret token-secret header-secret {}",
        request.header("Authorization").unwrap()
    ));
    for secret in [
        "userinfo-pw",
        "0a1b2c3d4e5f6a7b8c9d",
        "query-secret",
        "token-secret",
        "header-secret",
        "bWU6",
    ] {
        assert!(!seen.contains(secret), "{secret} in {seen}");
        assert!(!echo.contains(secret), "{secret} in {echo}");
    }
    let plain = request
        .masked_headers()
        .into_iter()
        .find(|(name, _)| name == "Plain")
        .unwrap();
    assert_eq!(secrets.redact(&plain.1), "***");
}

#[test]
fn a_host_that_no_name_server_will_ever_know_is_a_mistake() {
    for (url, why) in [
        ("http://[::zz]/x", "no IPv6 address"),
        ("http://us er:pw@[::1]/x", "blanks before its path"),
    ] {
        let found = mistakes(&format!(
            "action = \"webhook_http_post\"\nservice_url = \"{url}\""
        ));
        assert!(
            found.len() == 1 && found[0].contains(why) && !found[0].contains("pw"),
            "{url}: {found:?}"
        );
    }
    assert!(
        mistakes("action = \"webhook_http_post\"\nservice_url = \"http://[::1]:8080/x\"")
            .is_empty()
    );
}
