//! The words that the tables of trouble explain are those of the program.

use std::path::Path;

const TABLES: [&str; 2] = ["docs/troubleshooting.md", "docs/zh-CN/troubleshooting.md"];

#[test]
fn the_program_says_what_the_tables_of_trouble_explain() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let said = sources(&root.join("src"));
    let mut explained = 0;
    for table in TABLES {
        let text = std::fs::read_to_string(root.join(table)).unwrap();
        for row in text.lines().filter(|line| line.starts_with("| ")) {
            let seen = row.split('|').nth(1).unwrap();
            let quoted = seen
                .split('`')
                .skip(1)
                .step_by(2)
                .filter(|quoted| !quoted.starts_with("git "));
            for part in quoted.flat_map(|quoted| {
                quoted.split(|c: char| c == '…' || c == '"' || c.is_ascii_digit())
            }) {
                let part = part.trim_matches(|c: char| !c.is_alphanumeric() && c != '/');
                let part = part
                    .trim_start_matches("hooks.toml")
                    .trim_end_matches(" NAME")
                    .trim();
                if part.len() > 4 {
                    assert!(said.contains(part), "{table}: `{part}` of {seen}");
                    explained += 1;
                }
            }
        }
    }
    assert!(explained > 30, "{explained}");
}

/// The texts of all sources, with strings over several lines made one.
fn sources(folder: &Path) -> String {
    let mut all = String::new();
    for entry in std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        if entry.is_dir() {
            all += &sources(&entry);
        } else {
            let text = std::fs::read_to_string(&entry).unwrap();
            let mut parts = text.split("\\\n");
            all += parts.next().unwrap();
            parts.for_each(|part| all += part.trim_start());
        }
    }
    all
}
