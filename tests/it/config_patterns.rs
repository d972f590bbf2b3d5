//! Patterns match as those of Git do, but for the differences that docs/configuration.md names.

use git_service_hook::filter::Pattern;
use gix::glob::wildmatch::Mode;
use std::collections::BTreeSet;

/// Patterns without braces, which Git does not have.
const PATTERNS: &[&str] = &[
    "main",
    "*",
    "**",
    "?",
    "???",
    "release/*",
    "release/**",
    "rel*",
    "rel**",
    "**/main",
    "**/Makefile",
    "src/**/*.rs",
    "a/**/b",
    "a/**/b/**/c",
    "*/*",
    "*/**",
    "**/*",
    "**/*.md",
    "*.md",
    "docs/**",
    "docs/**/",
    "/docs/*",
    "v?.[0-9]",
    "v[0-9]*",
    "[!a-c]x",
    "[^a-c]x",
    "[]]",
    "[]-a]x",
    "[a-]x",
    r"\*",
    r"a\*b",
    r"\[x\]",
    "feature/*-old",
    "*-old-*/x",
    "wip/**",
    "**wip",
    "**/wip/**",
    "a**b",
    "a**/b",
    "**a",
    "a/**b",
    "[[:alpha:]]x",
    "[[:digit:]]",
    "功能/*",
    "功?",
    "[中-文]x",
    "a/b",
    "a//b",
    "refs/heads/*",
    "refs/**",
    "*a*b*c",
    "x*/y",
    "***",
    "a***b",
    "**/**",
    "**/",
    "/**",
    "[a/b]x",
    "a[/]b",
    "a?b",
];

/// Names of refs and paths.
const NAMES: &[&str] = &[
    "",
    "a",
    "b",
    "main",
    "x/main",
    "x/y/main",
    "mainline",
    "release/",
    "release/1",
    "release/1/2",
    "release",
    "Makefile",
    "a/Makefile",
    "aMakefile",
    "src/a.rs",
    "src/b/c/a.rs",
    "src.rs",
    "a/b",
    "a/x/b",
    "a/x/y/b",
    "a/b/c",
    "a/x/b/y/c",
    "README.md",
    "docs/README.md",
    "docs/",
    "docs",
    "/docs/x",
    "v1.0",
    "v1",
    "v10",
    "dx",
    "ax",
    "]",
    "]x",
    "-x",
    "*",
    "a*b",
    "[x]",
    "feature/1-old",
    "a-old-b/x",
    "wip/x",
    "x/wip/y",
    "wip",
    "ab",
    "axb",
    "ax/yb",
    "1",
    "功能/登录",
    "功能",
    "中x",
    "a//b",
    "refs/heads/main",
    "refs/heads/a/b",
    "refs/tags/v1",
    "xaybzc",
    "a/b/c/d",
    "x/y",
    "xx/y",
    "/",
    "/x",
    "/x/y",
    "中",
    "a中b",
];

#[test]
fn patterns_match_as_git_does_but_for_documented_differences() {
    let git = |pattern: &str, name: &str| {
        gix::glob::wildmatch(pattern.into(), name.into(), Mode::NO_MATCH_SLASH_LITERAL)
    };
    let mut differing = BTreeSet::new();
    for pattern in PATTERNS {
        let parsed = Pattern::parse(pattern).unwrap();
        let differs = |name: &&str| parsed.describes(name.as_bytes()) != git(pattern, name);
        if NAMES.iter().any(differs) {
            differing.insert(*pattern);
        }
    }
    let documented = [
        // `**` crosses segments wherever it stands; to Git it does so only as a whole segment.
        "a***b",
        "a**/b",
        "a**b",
        "a/**b",
        "rel**",
        // `?` and a class stand for a character; to Git for a byte.
        "[!a-c]x",
        "[^a-c]x",
        "?",
        "???",
        "[中-文]x",
        "a?b",
        "功?",
        // Named classes exist only in Git.
        "[[:alpha:]]x",
        "[[:digit:]]",
    ];
    assert_eq!(differing, documented.into_iter().collect());
}
