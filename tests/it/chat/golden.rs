//! Every default message as it goes out. After a change of the wording: run with `UPDATE_GOLDEN=1` and read the diff.

use super::digest;
use super::fixture::*;
use git_service_hook::outgoing::Language;
use serde_json::{Map, Value};
use std::path::Path;

fn compare(name: &str, bodies: Map<String, Value>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/chat")
        .join(name);
    let bodies = Value::Object(bodies);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, serde_json::to_string_pretty(&bodies).unwrap() + "\n").unwrap();
        return;
    }
    let expected: Value = std::fs::read(&path)
        .ok()
        .and_then(|b| serde_json::from_slice(&b).ok())
        .unwrap_or_default();
    for (case, body) in bodies.as_object().unwrap() {
        assert_eq!(
            body, &expected[case],
            "{name}, {case}: to accept the change, run the test with UPDATE_GOLDEN=1"
        );
    }
}

#[test]
fn every_default_message_is_as_written_down() {
    for dialect in DIALECTS {
        for (language, suffix) in [(Language::English, "en"), (Language::Chinese, "zh")] {
            let bodies = cases(language).into_iter().map(|(case, out)| {
                (
                    case.to_owned(),
                    body(&of_dialect(dialect).request(&out, &NOW).unwrap()),
                )
            });
            compare(&format!("{dialect}.{suffix}.json"), bodies.collect());
            let bodies = digest::cases(language).into_iter().map(|(case, out)| {
                (
                    case.to_owned(),
                    body(&of_dialect(dialect).request(&out, &NOW).unwrap()),
                )
            });
            compare(&format!("digest.{dialect}.{suffix}.json"), bodies.collect());
        }
    }
}

#[test]
fn no_message_shows_an_address_of_a_person() {
    for dialect in DIALECTS {
        for (case, out) in cases(Language::English) {
            let request = of_dialect(dialect).request(&out, &NOW).unwrap();
            assert!(
                !String::from_utf8(request.body).unwrap().contains("secret"),
                "{dialect}, {case}"
            );
        }
    }
}

#[test]
fn only_distinct_commits_are_counted_and_listed() {
    let mut commits = two_commits();
    commits[0].distinct = false;
    let mut event = updated(commits);
    event.total_distinct = 1;
    let out = outgoing(
        git_service_hook::outgoing::MessageKind::Push,
        vec![event],
        Language::English,
    );
    for dialect in DIALECTS {
        let text = text(&body(&of_dialect(dialect).request(&out, &NOW).unwrap()));
        assert!(
            text.contains("1 commit") && !text.contains("1 commits"),
            "{text}"
        );
        assert!(
            !text.contains("bbbbbbbb") && text.contains("cccccccc"),
            "{text}"
        );
    }
}
