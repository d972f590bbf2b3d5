//! `event`: one line of JSON, or a sentence.

use super::{compare, pushed, reported};
use crate::support::Sandbox;

#[test]
fn what_cannot_be_reported_is_said_in_a_sentence() {
    let sandbox = Sandbox::new();
    sandbox.bare("r.git");
    let mut all = reported(&sandbox, &["event"]);
    all += &reported(&sandbox, &["event", "--ref", "main"]);
    all += &reported(&sandbox, &["event", "0", "main"]);
    let sandbox = pushed("");
    sandbox.git("r.git", &["tag", "v1.0", "main"]);
    for arguments in [
        &["event", "0", "mian"][..],
        &["event", "deadbeef", "main"],
        &["event", "--ref", "v1.1"],
        &["event", "--ref", "refs/heads/mian"],
        &["event", "v1.0", "main"],
    ] {
        all += &reported(&sandbox, arguments);
    }
    compare("event", &all);
}

#[test]
fn head_is_its_branch() {
    let sandbox = pushed("");
    let run =
        |arguments: &[&str]| String::from_utf8(sandbox.run("r.git", arguments).stdout).unwrap();
    let event: serde_json::Value = serde_json::from_str(&run(&["event", "--ref", "HEAD"])).unwrap();
    assert_eq!(event["ref"], "refs/heads/main");
}
