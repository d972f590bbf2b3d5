//! The README's first command.

use std::process::Command;

#[test]
fn the_demo_ends_well_in_80_columns_and_without_colour_in_a_pipe() {
    let cargo = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline", "--example", "demo"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&cargo.stdout);
    let complaints = String::from_utf8_lossy(&cargo.stderr);
    assert!(cargo.status.success(), "{said}{complaints}");
    assert!(
        said.contains("18 of 18 deliveries arrived and were verified"),
        "{said}"
    );
    assert!(!said.contains('\x1b'), "{said}");
    for line in said.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert!(
        said.contains("remote: service-hook: ci: queued payments/build"),
        "{said}"
    );
}
