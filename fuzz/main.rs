//! Lets libFuzzer search for inputs of the target that `FUZZ_TARGET` names.

#![no_main]

use git_service_hook::fuzz::{TARGETS, Target};
use std::sync::OnceLock;

fn target() -> Target {
    let name = std::env::var("FUZZ_TARGET").expect("FUZZ_TARGET is set");
    let found = TARGETS.iter().find(|(this, _)| *this == name);
    let names: Vec<_> = TARGETS.iter().map(|(name, _)| name).collect();
    found
        .unwrap_or_else(|| panic!("FUZZ_TARGET is one of {names:?}"))
        .1
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static SELECTED: OnceLock<Target> = OnceLock::new();
    SELECTED.get_or_init(target)(data);
});
