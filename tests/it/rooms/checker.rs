//! The checker finds what it is for: one example for each way to name a room.

use super::sources::Sources;

/// A crate with three rooms and this code in `deliver`.
fn with(deliver: &str) -> Sources {
    let files = [
        ("lib.rs", "mod deliver; mod git; mod spool;"),
        ("deliver.rs", deliver),
        ("deliver/lane.rs", ""),
        ("git/mod.rs", ""),
        ("git/open.rs", ""),
        ("spool.rs", ""),
    ];
    Sources::new(
        files
            .map(|(file, text)| (file.to_owned(), text.to_owned()))
            .into(),
    )
}

fn knows_git(deliver: &str) -> bool {
    with(deliver)
        .must_not_name(&["deliver"], &["crate::git"])
        .is_err()
}

#[test]
fn every_way_to_name_a_room_is_found() {
    for code in [
        "use crate::git;",
        "use crate::git::open;",
        "use crate::{git, spool};",
        "use crate::{spool::{self}, git::{open::Repository}};",
        "use super::git;",
        "use super::{spool, git as other};",
        "use self::super::git;",
        "pub(crate) use crate::git::*;",
        "use crate::*;",
        "use crate as root; fn f() { root::git::open() }",
        "fn f() { crate::git::open() }",
        "fn f(repository: &super::git::Repository) {}",
        "fn f() -> Vec<crate::git::Event> { Vec::new() }",
        "mod inner { fn f() { super::super::git::open() } }",
        "table! { field: crate::git::Event }",
    ] {
        assert!(knows_git(code), "{code}");
    }
}

#[test]
fn code_after_unit_tests_is_checked_too() {
    for tests in [
        "#[cfg(test)]\nmod tests { fn f() { if a { b } } }\n",
        "#[cfg(test)]\n#[path = \"lane_tests.rs\"]\nmod tests;\n",
        "#[cfg(test)]\nuse crate::{spool, spool::Lane};\n",
        "#[cfg(test)]\npub(crate) const fn f() -> u8 { 1 }\n",
        "#[cfg(test)]\nconst A: B = B { c: 1 };\n",
        "const A: char = '\"';\n",
        "const A: &str = r#\"\"{\"#;\n",
        "fn f<'a>(a: &'a str) -> char { '\\'' }\n",
    ] {
        assert!(!knows_git(tests), "{tests}");
        assert!(knows_git(&format!("{tests}use crate::git;\n")), "{tests}");
    }
}

#[test]
fn comments_texts_unit_tests_and_namesakes_are_no_use_of_a_room() {
    for code in [
        "// crate::git\n/* crate::git */",
        "const TEXT: &str = \"crate::git\";",
        "#[cfg(test)]\nmod tests { use crate::git; }",
        "#[cfg(all(test, unix))]\nuse crate::git;",
        "use super::lane; use crate::github; use std::git;",
        "mod inner { use super::git; }",
        "fn f(git: u8) -> u8 { git }",
    ] {
        assert!(!knows_git(code), "{code}");
    }
}

#[test]
fn what_is_not_under_test_only_is_checked() {
    assert!(knows_git("#[cfg(not(test))]\nuse crate::git;"));
    assert!(knows_git("#[cfg(any(test, unix))]\nuse crate::git;"));
}

#[test]
fn other_crates_are_found_through_their_imports() {
    let env = |code: &str| with(code).only_in("std::env::var", &["spool"]).is_err();
    for code in [
        "use std::env::var;",
        "use std::{env}; fn f() { env::var() }",
        "fn f() { ::std::env::var() }",
    ] {
        assert!(env(code), "{code}");
    }
    assert!(!env("use std::env; fn f() { env::args() }"));
    assert!(with("use gix::ObjectId;").only_in("gix", &["git"]).is_err());
    assert!(with("use gix;").only_in("gix", &["deliver"]).is_ok());
}

#[test]
fn a_rule_about_a_room_that_is_gone_is_broken() {
    let sources = with("");
    assert_eq!(
        sources.must_not_name(&["delivery"], &["gix"]),
        Err("no file is in delivery".into())
    );
    assert_eq!(
        sources.must_not_name(&["deliver"], &["crate::hooks"]),
        Err("no file is in crate::hooks".into())
    );
    assert!(sources.only_in("gix", &["git", "packs"]).is_err());
}
