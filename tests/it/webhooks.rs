//! The two webhooks and Jenkins as their receivers meet them: a real push, the request as it arrived.

use crate::support::receiver::{Answer, Received, Receiver};
use crate::support::{Sandbox, eventually};

/// Pushes one commit with one hook of these lines; what arrived, and what the pusher saw.
fn pushed(lines: &str, path: &str, message: &str) -> (Received, String) {
    let receiver = Receiver::start(|_| Answer::json(200, "{}"));
    let sandbox = Sandbox::new();
    let repo = sandbox.bare("app.git");
    let toml = format!(
        "[deliver]\nwait = \"20s\"\n\n[hook.here]\nservice_url = \"{}\"\n{lines}",
        receiver.url(path)
    );
    std::fs::write(repo.join("hooks.toml"), toml).unwrap();
    sandbox.git("", &["clone", "-q", "app.git", "wt"]);
    sandbox.commit("wt", "file.txt", "one\n", message);
    let seen = sandbox.push("wt", &["origin", "HEAD:refs/heads/feature/a&b"]);
    let got = receiver.got();
    assert_eq!(got.len(), 1, "{seen}");
    (got[0].clone(), seen)
}

const POST: &str = "action = \"webhook_http_post\"\n";

#[test]
fn both_families_of_headers_carry_the_same_delivery_id() {
    let (got, _) = pushed(POST, "/", "One");
    let id = got.header("X-Coding-Delivery").unwrap();
    assert_eq!(got.header("X-GitHub-Delivery"), Some(id));
    assert_eq!(got.header("X-Gitea-Delivery"), None);
    assert_eq!(got.header("X-Coding-Event"), Some("push"));
    assert_eq!(
        got.header("X-Coding-Service-Hook-Event"),
        Some("GIT_PUSHED")
    );
    assert_eq!(got.header("X-Coding-Service-Hook-Id"), Some("here"));
    assert_eq!(got.header("Content-Type"), Some("application/json"));
    assert!(
        got.header("User-Agent")
            .unwrap()
            .starts_with("git-service-hook/")
    );
    assert!(
        got.headers
            .iter()
            .all(|(name, _)| !name.to_lowercase().contains("signature")),
        "no token, no signature"
    );
}

#[needs("openssl")]
#[test]
fn the_signature_covers_the_bytes_that_arrived() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let (got, _) = pushed(
        &format!("{POST}token = \"s3cret\"\n"),
        "/",
        "\"quoted\" 修复",
    );
    for (digest, header) in [
        ("-sha1", "X-Coding-Signature"),
        ("-sha256", "X-Hub-Signature-256"),
    ] {
        let mut openssl = Command::new("openssl")
            .args(["dgst", digest, "-hmac", "s3cret", "-r"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        openssl.stdin.take().unwrap().write_all(&got.body).unwrap();
        let out = String::from_utf8(openssl.wait_with_output().unwrap().stdout).unwrap();
        let expected = format!("{}={}", &digest[1..], out.split(' ').next().unwrap());
        assert_eq!(got.header(header), Some(expected.as_str()));
    }
}

#[test]
fn the_coding_flavor_has_its_user_agent_and_no_other_family() {
    let (got, _) = pushed(&format!("{POST}flavor = \"coding\"\n"), "/", "One");
    assert_eq!(got.header("User-Agent"), Some("Coding.net Hook"));
    assert_eq!(got.header("X-GitHub-Event"), None);
}

#[test]
fn a_template_stays_json_whatever_a_message_holds_and_headers_win() {
    let lines = "username = \"admin\"\npassword = \"\"\nheaders = \"Accept: text/html\\nUser-Agent: mine\"\n\
                 template = '{\"text\": \"${head_commit.message}\", \"n\": ${total_commits}}'\n";
    let message = "He said \"no\"\\ and\n\nleft";
    let (got, _) = pushed(&format!("{POST}{lines}"), "/", message);
    assert_eq!(got.json()["text"].as_str().unwrap().trim_end(), message);
    assert_eq!(got.json()["n"], 1);
    assert_eq!(
        got.header("Authorization"),
        Some("Basic YWRtaW46"),
        "an empty password is legal"
    );
    assert_eq!(
        (got.header("Accept"), got.header("User-Agent")),
        (Some("text/html"), Some("mine"))
    );
}

#[test]
fn a_get_has_no_body_and_percent_encodes_what_comes_from_the_push() {
    let lines =
        "action = \"webhook_http_get\"\nrequest_parameters = { ref = \"${ref}\", to = \"x y\" }\n";
    let (got, _) = pushed(lines, "/sync/${project.name}?keep=1", "One");
    assert_eq!((got.method.as_str(), got.body.len()), ("GET", 0));
    assert_eq!(
        got.target,
        "/sync/app?keep=1&ref=refs%2Fheads%2Ffeature%2Fa%26b&to=x%20y"
    );
    assert!(got.header("X-Coding-Delivery").is_some());
}

#[test]
fn jenkins_gets_token_arguments_and_parameters_in_their_places() {
    let lines = "action = \"jenkins_generic_build_job\"\nbuild_token = \"t0ken-value\"\n\
                 build_args = '{\"arg\":\"value\",\"ref\":\"mine\"}'\nrequest_parameters = \"project=example&job=1 \"\n\
                 header_parameters = \"Accept: text/html\"\n";
    let (got, seen) = pushed(lines, "/generic-webhook-trigger/invoke", "One");
    assert_eq!(got.header("Authorization"), Some("Bearer t0ken-value"));
    assert_eq!(
        got.target,
        "/generic-webhook-trigger/invoke?project=example&job=1"
    );
    let body = got.json();
    assert_eq!(
        (&body["arg"], &body["build_args"]["arg"]),
        (&"value".into(), &"value".into())
    );
    assert_eq!(
        (&body["ref"], &body["build_args"]["ref"]),
        (&"refs/heads/feature/a&b".into(), &"mine".into())
    );
    assert_eq!(got.header("gwt-dry-run"), None);
    assert!(
        seen.contains("accepted, no details") && !seen.contains("t0ken-value"),
        "{seen}"
    );
}

#[test]
fn nothing_of_a_credential_is_kept_whatever_its_header_is_called_and_the_receiver_echoes() {
    let receiver = Receiver::start(|request| {
        let headers = request
            .headers
            .iter()
            .map(|(n, v)| format!("{n}: {v}"))
            .collect::<Vec<_>>()
            .join("\n");
        Answer::Reply(
            400,
            Vec::new(),
            format!("{}\n{headers}{}", request.target, request.text()).into_bytes(),
        )
    });
    let sandbox = Sandbox::new();
    let repo = sandbox.bare("app.git");
    let toml = format!(
        "[deliver]\nwait = \"20s\"\n[hook.here]\n{POST}service_url = \"{}\"\ntoken = \"tok3n-value\"\n\
         headers = {{ X-Access = \"l1teral-value\", X-Webhook-Key = \"an0ther\" }}\n",
        receiver.url("/in?token=abc123&k=t1ny")
    );
    std::fs::write(repo.join("hooks.toml"), toml).unwrap();
    sandbox.clone_with_commit("app.git", "wt");
    let seen = sandbox.push("wt", &["origin", "main"]);
    let mut kept = String::new();
    // The pusher reads the last line before the record has moved.
    eventually("the record is in done/", || {
        let mut records = std::fs::read_dir(repo.join("service-hook/done")).unwrap();
        let record = records.next().map(|entry| entry.unwrap().path());
        kept = record.map_or_else(String::new, |path| std::fs::read_to_string(path).unwrap());
        !kept.is_empty()
    });
    assert!(kept.contains("\"status\":400"), "{seen}{kept}");
    for secret in ["tok3n-value", "l1teral-value", "an0ther", "abc123", "t1ny"] {
        assert!(
            !kept.contains(secret) && !seen.contains(secret),
            "{secret}: {seen}{kept}"
        );
    }
}

#[test]
fn a_secret_of_several_lines_is_never_sent() {
    let sandbox = Sandbox::new();
    let repo = sandbox.bare("app.git");
    let lines = "service_url = \"http://127.0.0.1:1/\"\ntoken = \"x\\ny\"\n";
    std::fs::write(
        repo.join("hooks.toml"),
        format!("[hook.here]\n{POST}{lines}"),
    )
    .unwrap();
    sandbox.clone_with_commit("app.git", "wt");
    let seen = sandbox.push("wt", &["origin", "main"]);
    assert!(
        seen.contains("`token`: holds more than one line, or a NUL"),
        "{seen}"
    );
}

#[test]
fn a_receiver_that_answers_200_and_refuses_is_heard_by_success() {
    let receiver = Receiver::start(|request: &Received| {
        let text = if request.target.ends_with("url=known") {
            "Scheduled polling of app"
        } else {
            "No git jobs using repository"
        };
        Answer::Reply(200, Vec::new(), text.into())
    });
    let hook = |name: &str| {
        let url = receiver.url("/git/notifyCommit");
        format!(
            "[hook.{name}]\naction = \"webhook_http_get\"\nservice_url = \"{url}\"\n\
             request_parameters = {{ url = \"{name}\" }}\nsuccess = \"'Scheduled' in text\"\n"
        )
    };
    let posted = hook("posted")
        .replace("webhook_http_get", "webhook_http_post")
        .replace("request_parameters = { url = \"posted\" }\n", "");
    let sandbox = Sandbox::new();
    sandbox.bare("r.git");
    let hooks = format!(
        "[deliver]\nwait = \"20s\"\n{}{}{posted}",
        hook("known"),
        hook("strange")
    );
    sandbox.write("r.git/hooks.toml", hooks);
    sandbox.clone_with_commit("r.git", "c");
    let seen = sandbox.push("c", &["-q", "origin", "main"]);
    assert!(seen.contains("known: delivered"), "{seen}");
    for name in ["strange", "posted"] {
        let refused = format!("{name}: failed permanently: 200 OK; `success` is false");
        assert!(seen.contains(&refused), "{seen}");
    }
    let unusable = hook("known") + &posted;
    let unusable = unusable.replace("'Scheduled' in text", "satus == 200");
    sandbox.write("r.git/hooks.toml", unusable);
    let page = sandbox.run("r.git", &["check"]).stdout;
    let page = String::from_utf8_lossy(&page);
    assert_eq!(page.matches("`satus` is not one of").count(), 2, "{page}");
}

#[test]
fn success_may_stand_in_a_file() {
    let receiver = Receiver::start(|_| Answer::Reply(200, Vec::new(), "half done".into()));
    let hook = |name: &str| {
        format!(
            "[hook.{name}]\naction = \"webhook_http_post\"\nservice_url = \"{}\"\n\
             success = {{ file = \"{name}.rule\" }}\n",
            receiver.url("/")
        )
    };
    let sandbox = Sandbox::new();
    sandbox.bare("r.git");
    sandbox.write("r.git/half.rule", "text == 'half done'\n");
    sandbox.write("r.git/done.rule", "text == 'done'\n");
    let hooks = format!(
        "[deliver]\nwait = \"20s\"\n{}{}",
        hook("half"),
        hook("done")
    );
    sandbox.write("r.git/hooks.toml", hooks);
    sandbox.clone_with_commit("r.git", "c");
    let seen = sandbox.push("c", &["-q", "origin", "main"]);
    assert!(seen.contains("half: delivered"), "{seen}");
    let refused = "done: failed permanently: 200 OK; `success` is false";
    assert!(seen.contains(refused), "{seen}");
}
