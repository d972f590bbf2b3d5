//! "Why did nothing arrive?": what `preview`, `test`, `event` and the log say, word for word (tests/golden/answers).
//! After a change of the wording: run with `UPDATE_GOLDEN=1` and read the diff.

mod event;
mod looks;
mod receivers;
mod requests;
mod stopped;

use crate::support::{PROGRAM, Sandbox};
use std::path::Path;

/// A bare repository with two commits on main; the second touches `docs/a.md`, `docs/b.md`, `README.md` and `x`.
pub fn pushed(config: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.bare("r.git");
    sandbox.clone_with_commit("r.git", "c");
    for file in ["docs/a.md", "docs/b.md", "README.md"] {
        sandbox.write(&format!("c/{file}"), "text\n");
    }
    sandbox.commit("c", "x", "two\n", "Second commit\n\nIt is quick: [skip ci]");
    sandbox.push("c", &["-q", "origin", "HEAD:main"]);
    sandbox.write("r.git/hooks.toml", config);
    sandbox
}

/// What a command says, stdout before stderr, and how it exits; without what differs from run to run.
pub fn reported(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let mut command = sandbox.command(PROGRAM, "r.git");
    // Whoever runs the tests, and as long as their name is.
    let out = command
        .args(arguments)
        .env("GL_REPO", "r")
        .env("GL_USER", "ann")
        .output()
        .unwrap();
    let said = String::from_utf8([out.stdout, out.stderr].concat()).unwrap();
    assert!(!said.contains("hunter2"), "a secret is shown: {said}");
    format!(
        "$ {}\n{}exit {}\n\n",
        arguments.join(" "),
        steady(sandbox, &said),
        out.status.code().unwrap()
    )
}

fn steady(sandbox: &Sandbox, said: &str) -> String {
    let place = sandbox
        .path("")
        .canonicalize()
        .unwrap()
        .display()
        .to_string();
    let said = said.replace(&place, "/T");
    let words = said
        .split_inclusive([' ', '\n', '"', '/', ',', '`'])
        .map(|piece| {
            let word = piece.trim_end_matches([' ', '\n', '"', '/', ',', '`']);
            let end = &piece[word.len()..];
            if word.len() == 36 && word.matches('-').count() == 4 {
                format!("ID{end}")
            } else if let Some(port) = word.strip_prefix("127.0.0.1:").filter(|p| p.len() > 1) {
                let rest = port.trim_start_matches(|c: char| c.is_ascii_digit());
                format!("127.0.0.1:PORT{rest}{end}")
            } else {
                piece.to_owned()
            }
        });
    durations(&words.collect::<String>())
}

/// "12 ms" becomes "N ms".
fn durations(text: &str) -> String {
    let mut parts = text.split(" ms");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let before = text.trim_end_matches(|c: char| c.is_ascii_digit());
        let number = if before.len() < text.len() { "N" } else { "" };
        format!("{before}{number} ms{part}")
    })
}

#[track_caller]
pub fn compare(scene: &str, reported: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/answers")
        .join(format!("{scene}.txt"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, reported).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        reported, expected,
        "{scene}: to accept the change, run the test with UPDATE_GOLDEN=1"
    );
}
