//! docs/robots.md says what the program does.

use super::fixture::*;
use git_service_hook::action::{self, Severity};
use git_service_hook::http::Response;
use std::path::Path;

fn manual() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/robots.md")).unwrap()
}

#[test]
fn every_example_is_without_mistakes() {
    let manual = manual();
    let examples: Vec<_> = manual
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split("\n```").next())
        .collect();
    assert_eq!(examples.len(), 4);
    for example in examples {
        let mut file: toml::Table = toml::from_str(example).unwrap();
        let hooks = file
            .remove("hook")
            .and_then(|h| h.try_into::<toml::Table>().ok())
            .unwrap();
        for (_, hook) in hooks {
            let kind = hook
                .get("action")
                .cloned()
                .and_then(|a| a.try_into().ok())
                .unwrap();
            let parameters = action::read(kind, hook).unwrap();
            let found = [parameters.findings(), parameters.lint_templates()].concat();
            assert!(
                found.iter().all(|f| f.severity == Severity::Warning),
                "{found:?}"
            );
        }
    }
}

#[test]
fn every_code_of_the_tables_is_one_that_the_program_knows() {
    let manual = manual();
    let mut seen = 0;
    for (chapter, name, member) in [
        ("## WeCom", "wecom", "errcode"),
        ("## DingTalk", "dingtalk", "errcode"),
        ("## Feishu", "feishu", "code"),
    ] {
        let chapter = manual
            .split(chapter)
            .nth(1)
            .and_then(|c| c.split("\n## ").next())
            .unwrap();
        let table = chapter.split("| answer |").nth(1).unwrap();
        let cells = table.lines().filter_map(|row| row.split('|').nth(1));
        let codes = cells
            .flat_map(|cell| cell.split([' ', ',']))
            .filter_map(|word| word.parse::<i64>().ok());
        for code in codes.filter(|code| ![0, 1111].contains(code)) {
            let body = format!("{{\"{member}\": {code}}}").into_bytes();
            let verdict = robot(name, serde_json::json!({})).verdict(&Response {
                status: 200,
                body,
                ..Response::default()
            });
            let said = format!("{verdict:?}");
            assert!(
                said.contains(&format!("{code} ")),
                "a known code has words of ours: {said}"
            );
            seen += 1;
        }
    }
    assert!(seen > 35, "{seen}");
}
