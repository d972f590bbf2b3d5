//! The table "works with" of docs/receivers.md.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

static WRITING: Mutex<()> = Mutex::new(());

/// Holds the row against the document.
#[track_caller]
pub fn agrees(receiver: &str, version: &str, sent: &str, made: &str) {
    let start = format!("| {receiver} |");
    let row = format!("{start} {version} | {sent} | {made} |");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/receivers.md");
    let _one = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let text = std::fs::read_to_string(&path).unwrap();
    let of_this = |line: &&str| line.starts_with(&start) && line.contains(&format!("| {sent} |"));
    let old = text.lines().find(of_this);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let old = old.unwrap_or_else(|| panic!("the table has no row for {receiver}, {sent}"));
        std::fs::write(&path, text.replace(old, &row)).unwrap();
        return;
    }
    assert_eq!(
        old,
        Some(row.as_str()),
        "docs/receivers.md: to accept the change, run the test with UPDATE_GOLDEN=1"
    );
}
