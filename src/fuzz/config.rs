//! Fuzz target: a `hooks.toml` that anybody may have written.

use super::Scratch;
use crate::config::{self, Found, SERVER_FILE_VARIABLE, SourceMap};
use crate::environment::Environment;
use crate::parameter::Reference;
use std::fmt::Write as _;

/// Stands in the corpus wherever a secret can stand. It cannot be the name of a hook: those are shown.
const CANARY: &str = "c4n4ryZ0x9+Kq7Lm2Rt5Wv8";

/// Nothing that is shown of the file holds the canary, every place is in the file, and every active hook can be asked
/// everything that `check` asks it.
pub(super) fn load(data: &[u8]) {
    let scratch = Scratch::new();
    scratch.write("hooks.toml", data);
    let nowhere = Environment::from([(SERVER_FILE_VARIABLE, "/nowhere/hooks.toml")]);
    let loaded = config::load(scratch.path(), &nowhere);
    let places = SourceMap::read(scratch.path(), &nowhere);
    let last_line = data.split(|byte| *byte == b'\n').count();
    let mut shown = String::new();
    let lints = places.lints();
    for diagnostic in loaded.diagnostics.iter().chain(&lints) {
        assert!(diagnostic.place.line <= last_line, "{diagnostic}");
        let _infallible = writeln!(shown, "{diagnostic}");
        if let Some(excerpt) = places.excerpt(diagnostic) {
            let _infallible = writeln!(
                shown,
                "{}{}{}",
                excerpt.before, excerpt.meant, excerpt.after
            );
        }
    }
    assert!(loaded.hooks.len() <= 256);
    for hook in &loaded.hooks {
        assert!(matches!(loaded.find(&hook.name), Found::Active(_)));
        let _infallible = writeln!(shown, "{:?} {:?}", hook.parameters, hook.needs());
        for finding in hook.parameters.findings() {
            shown.push_str(&finding.sentence());
            if let Some(diagnostic) = places.locate(&hook.name, &finding) {
                let _infallible = writeln!(shown, "{diagnostic}");
            }
        }
        let trial = hook.trial();
        if let Err(error) = &trial.action {
            let _infallible = writeln!(shown, "{error}");
        }
        let reads_this = |unread: &crate::parameter::Unread| {
            matches!(
                &unread.reference,
                Reference::File(_) | Reference::Env(_) | Reference::Credential(_)
            )
        };
        assert!(trial.unread.iter().all(reads_this));
    }
    assert!(!shown.contains(CANARY), "{shown}");
}
