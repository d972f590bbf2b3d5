//! The pictures show what the program says.

use std::path::Path;
use std::process::Command;

/// The words of a picture, sorted, without what differs from run to run: ids, times, durations.
fn words(picture: &str) -> Vec<String> {
    let texts = picture
        .split('>')
        .filter_map(|part| part.split('<').next())
        .filter(|text| !text.trim().is_empty());
    let steady = texts.flat_map(|text| {
        text.split(|c: char| !c.is_alphabetic())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    });
    let mut words: Vec<_> = steady
        .filter(|w| w.chars().any(|c| !c.is_ascii_hexdigit()) && w.len() > 2)
        .collect();
    words.sort();
    words
}

#[needs("script")]
#[test]
fn the_pictures_show_what_the_program_says_today() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = Path::new(env!("CARGO_BIN_EXE_git-service-hook"))
        .with_file_name("examples")
        .join("pictures");
    let out = Command::new(program)
        .arg(folder.path())
        .output()
        .expect("`cargo test` builds the examples");
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(names.len() >= 11);
    for name in names {
        let read = |folder: &Path| std::fs::read_to_string(folder.join(&name)).unwrap_or_default();
        let (now, then) = (
            words(&read(folder.path())),
            words(&read(&root.join("docs/pictures"))),
        );
        assert_eq!(
            now,
            then,
            "docs/pictures/{}: `cargo run --example pictures` draws it anew",
            name.display()
        );
    }
}
