//! Packages that check signatures and parse events.

use super::pushes::{SECRET, all_read, nine_changes};
use super::receiver::{Receiver, installed};
use super::table;

/// The key of Standard Webhooks, as its packages want it.
const SIGNING_SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Pushes all changes to the package: each is accepted, and read with its ref, its newest commit and as this event.
#[track_caller]
fn reads_all(package: &str, registry: &str, sent: &str, keys: &str, event: Option<&str>) {
    let secret = if keys.contains("signing_secret") {
        SIGNING_SECRET
    } else {
        SECRET
    };
    let folder = installed();
    let mut receiver = match registry {
        "PyPI" => Receiver::start("parsers.py", &[package, secret]),
        _ => Receiver::start("parsers.mjs", &[folder.to_str().unwrap(), package, secret]),
    };
    let pushes = nine_changes(&receiver.url("/"), keys, &mut || receiver.reports());
    let made = all_read(&pushes);
    for push in &pushes {
        assert_eq!(push.reports[0]["event"].as_str(), event, "{}", push.name);
    }
    let receiver_name = format!("{package} ({registry})");
    table::agrees(&receiver_name, &receiver.version, sent, &made);
}

fn github() -> String {
    format!("flavor = \"github\"\ntoken = \"{SECRET}\"")
}

fn standard() -> String {
    format!("signing_secret = \"whsec_{SIGNING_SECRET}\"")
}

const CLOUD: &str = "`flavor = \"cloudevents\"`";
const STRUCTURED: &str = "`flavor = \"cloudevents-structured\"`";
const GITHUB: &str = "`flavor = \"github\"`, `token`";
const SIGNED: &str = "`signing_secret`";

#[needs("target/receivers/requirements.txt")]
#[test]
fn gidgethub_accepts_and_reads_every_change() {
    reads_all("gidgethub", "PyPI", GITHUB, &github(), Some("push"));
}

#[needs("node", "target/receivers/package.json.installed")]
#[test]
fn octokit_accepts_and_reads_every_change() {
    reads_all("@octokit/webhooks", "npm", GITHUB, &github(), Some("push"));
}

#[needs("target/receivers/requirements.txt")]
#[test]
fn standardwebhooks_in_python_accepts_and_reads_every_change() {
    reads_all("standardwebhooks", "PyPI", SIGNED, &standard(), None);
}

#[needs("node", "target/receivers/package.json.installed")]
#[test]
fn standardwebhooks_in_node_accepts_and_reads_every_change() {
    reads_all("standardwebhooks", "npm", SIGNED, &standard(), None);
}

#[needs("target/receivers/requirements.txt")]
#[test]
fn cloudevents_in_python_read_every_change_in_both_modes() {
    for (sent, flavor) in [
        (CLOUD, "cloudevents"),
        (STRUCTURED, "cloudevents-structured"),
    ] {
        let keys = format!("flavor = \"{flavor}\"");
        reads_all("cloudevents", "PyPI", sent, &keys, Some("com.github.push"));
    }
}

#[needs("node", "target/receivers/package.json.installed")]
#[test]
fn cloudevents_in_node_read_every_change_in_both_modes() {
    for (sent, flavor) in [
        (CLOUD, "cloudevents"),
        (STRUCTURED, "cloudevents-structured"),
    ] {
        let keys = format!("flavor = \"{flavor}\"");
        reads_all("cloudevents", "npm", sent, &keys, Some("com.github.push"));
    }
}
