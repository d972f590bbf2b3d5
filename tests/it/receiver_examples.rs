//! The examples for receivers are pushed with, to a receiver that reads what the real one reads.

use crate::delivery::Pushing;
use crate::support::eventually;
use crate::support::receiver::{Answer, Received, Receiver};
use serde_json::Value;
use std::path::Path;

/// Pushes once with an example, whose receivers are all replaced by one of ours; what it got, and what the pusher saw.
fn pushed(example: &str, deliveries: usize, answer: Answer) -> (Vec<Received>, String) {
    let receiver = Receiver::start(move |_| answer.clone());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/receivers");
    let text = std::fs::read_to_string(path.join(format!("{example}.toml"))).unwrap();
    let ours = receiver.url("");
    let hooks = text
        .split_inclusive('\n')
        .map(|line| match line.strip_prefix("service_url = \"") {
            Some(address) => {
                let (_, rest) = address.split_once("://").unwrap();
                let (_, path) = rest.split_once('/').unwrap();
                format!("service_url = \"{ours}/{path}")
            }
            None => line.replace("{ file = \"flux.url\" }", &format!("\"{ours}/hook/x\"")),
        })
        .collect::<String>();
    let pushing = Pushing::new("");
    pushing.sandbox.write_referenced("r.git", &hooks);
    pushing.configure(&format!("[deliver]\nwait = \"20s\"\n{hooks}"));
    let seen = pushing.push("one");
    eventually("all hooks are sent", || receiver.got().len() == deliveries);
    (receiver.got(), seen)
}

/// The only request of an example whose receiver accepts it.
fn accepted(example: &str, answer: Answer) -> Received {
    let (mut got, seen) = pushed(example, 1, answer);
    assert!(seen.contains(": delivered"), "{seen}");
    got.remove(0)
}

#[test]
fn dialects_arrive_with_the_headers_of_their_forge() {
    let github = accepted("github-speaking", Answer::ok());
    assert_eq!(github.target, "/api/webhook");
    assert_eq!(github.header("x-github-event"), Some("push"));
    let html_url = github.json()["repository"]["html_url"].clone();
    assert_eq!(html_url, "https://git.example.com/team/app");

    let gitea = accepted("gitea-speaking", Answer::ok());
    assert_eq!(gitea.header("x-gitea-event"), Some("push"));
    assert_eq!(gitea.json()["repository"]["owner"]["username"], "team");

    let gitlab = accepted("gitlab-speaking", Answer::ok());
    assert_eq!(gitlab.header("x-gitlab-token"), Some("secret"));
    assert_eq!(gitlab.json()["project_id"], 42);
}

#[test]
fn flux_finds_the_signature_in_its_own_header() {
    let flux = accepted("flux", Answer::ok());
    let signature = flux.header("x-signature").unwrap();
    assert!(
        signature.starts_with("sha256=") && signature.len() == 71,
        "{signature}"
    );
}

#[test]
fn a_form_has_the_payload_that_a_github_plugin_reads() {
    let redmine = accepted("redmine", Answer::ok());
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&redmine.body)
        .into_owned()
        .collect();
    assert_eq!((form.len(), form[0].0.as_str()), (1, "payload"));
    let payload: Value = serde_json::from_str(&form[0].1).unwrap();
    assert_eq!(payload["ref"], "refs/heads/main");
}

#[test]
fn notify_commit_is_believed_by_its_text() {
    let words = |text: &str| Answer::Reply(200, Vec::new(), text.as_bytes().to_vec());
    let sent = accepted("jenkins-notify-commit", words("Scheduled polling of app"));
    let query = url::Url::parse(&format!("http://x{}", sent.target)).unwrap();
    let pairs: Vec<_> = query.query_pairs().into_owned().collect();
    assert_eq!(pairs[0].1, "https://git.example.com/r.git");
    assert_eq!((pairs[1].1.as_str(), pairs[2].1.len()), ("main", 40));
    let no = "No git jobs using repository: https://git.example.com/r.git and branches: main";
    let (_, seen) = pushed("jenkins-notify-commit", 1, words(no));
    assert!(
        seen.contains("failed permanently: 200 OK; `success` is false: No git jobs"),
        "{seen}"
    );
}

#[test]
fn every_cloudevents_receiver_gets_the_attributes_in_its_form() {
    let (got, _) = pushed("cloudevents", 3, Answer::Reply(202, Vec::new(), Vec::new()));
    let at = |path: &str| got.iter().find(|r| r.target.starts_with(path)).unwrap();
    assert_eq!(at("/default").header("ce-specversion"), Some("1.0"));
    for path in ["/v1.0", "/api/events"] {
        let sent = at(path);
        assert_eq!(
            sent.header("content-type"),
            Some("application/cloudevents+json")
        );
        assert_eq!(sent.json()["type"], "com.github.push");
    }
    assert_eq!(at("/api/events").header("aeg-sas-key"), Some("secret"));
}

#[test]
fn brokers_get_the_event_in_the_envelope_of_their_gateway() {
    let kafka = accepted("kafka", Answer::ok());
    let record = kafka.json()["records"][0].clone();
    assert_eq!(record["value"]["ref"], "refs/heads/main");
    assert_eq!(
        kafka.header("content-type"),
        Some("application/vnd.kafka.json.v2+json")
    );

    let rabbit = accepted("rabbitmq", Answer::json(200, r#"{"routed": true}"#));
    assert_eq!(rabbit.target, "/api/exchanges/%2F/amq.default/publish");
    let payload = rabbit.json()["payload"].clone();
    let event: Value = serde_json::from_str(payload.as_str().unwrap()).unwrap();
    assert_eq!(event["ref"], "refs/heads/main");
    let (_, seen) = pushed("rabbitmq", 1, Answer::json(200, r#"{"routed": false}"#));
    assert!(seen.contains("`success` is false"), "{seen}");
}

#[test]
fn the_page_of_receivers_names_every_example() {
    let page = include_str!("../../docs/receivers.md");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/receivers");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            page.contains(&format!("(../examples/receivers/{name})")),
            "{name}"
        );
    }
}
