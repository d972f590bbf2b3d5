//! `check --handshake` and receivers that consent, refuse, or know nothing of it.

use crate::delivery::{Pushing, webhook};
use crate::support::receiver::{Answer, Receiver};

fn reply(status: u16, headers: &[(&str, &str)]) -> Answer {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Answer::Reply(status, headers, Vec::new())
}

#[test]
fn only_an_allowed_origin_is_consent() {
    let receiver = Receiver::start(|request| match request.target.as_str() {
        "/any" => reply(
            200,
            &[
                ("WebHook-Allowed-Origin", "*"),
                ("WebHook-Allowed-Rate", "120"),
            ],
        ),
        "/other" => reply(200, &[("WebHook-Allowed-Origin", "other.example.com")]),
        "/old" => reply(200, &[]),
        _ => reply(405, &[]),
    });
    let dialect = |name: &str, flavor: &str| {
        webhook(name, &receiver.url(&format!("/{name}")))
            + &format!(
                "flavor = \"{flavor}\"\nusername = \"ann\"\npassword = \"hunter2-hunter2\"\nheaders = {{ aeg-sas-key = \"k\" }}\n"
            )
    };
    let hooks = dialect("any", "cloudevents")
        + &dialect("other", "cloudevents-structured")
        + &dialect("old", "cloudevents")
        + &dialect("none", "cloudevents")
        + &dialect("github", "github");
    let pushing = Pushing::new(&hooks);
    pushing.push("one");
    let since = receiver.got().len();
    for (hook, code, words) in [
        ("any", 0, "consents: origin `*`, 120 deliveries a minute"),
        ("other", 1, "allows `other.example.com` and not `"),
        ("old", 1, "(200 OK, no WebHook-Allowed-Origin)"),
        (
            "none",
            1,
            "(405 Method Not Allowed, no WebHook-Allowed-Origin)",
        ),
        ("github", 1, "github: speaks no CloudEvents"),
        ("nothing", 1, "no hook `nothing`"),
    ] {
        let out = pushing
            .sandbox
            .run("r.git", &["check", "--handshake", hook]);
        let said = [out.stdout, out.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(said.contains(words), "{hook}: {said}");
        assert_eq!(out.status.code(), Some(code), "{hook}: {said}");
    }
    let got = &receiver.got()[since..];
    assert_eq!(got.len(), 4, "a hook of another dialect is not asked");
    for request in got {
        assert_eq!(
            (request.method.as_str(), request.body.len()),
            ("OPTIONS", 0)
        );
        assert!(
            request
                .header("webhook-request-origin")
                .is_some_and(|name| !name.is_empty())
        );
        assert!(request.header("authorization").is_some());
        assert_eq!(request.header("aeg-sas-key"), Some("k"), "a credential");
        assert_eq!(request.header("ce-id"), None, "it is no event");
    }
}
