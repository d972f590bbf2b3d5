//! Messages, people and dates, however odd.

use super::repo::{Repo, messages};
use git_service_hook::push::Commit;

const MAIN: &str = "refs/heads/main";

/// A commit object of these headers and this text, pushed to a new branch.
fn pushed(headers: &[u8], text: &[u8]) -> Commit {
    let mut repo = Repo::new();
    let tree = repo.git_with(&["mktree"], b"");
    let data = [format!("tree {tree}\n").as_bytes(), headers, b"\n\n", text].concat();
    let id = repo.object("commit", &data);
    repo.push_one(MAIN, "", &id).head_commit.unwrap()
}

const PEOPLE: &[u8] = b"author A <a@b> 1714521600 +0800\ncommitter C <c@d> 1714521660 -0330";

fn with_encoding(encoding: &str, text: &[u8]) -> Commit {
    pushed(
        &[PEOPLE, b"\nencoding ", encoding.as_bytes()].concat(),
        text,
    )
}

#[test]
fn empty_commits_and_empty_messages_are_listed() {
    let mut repo = Repo::new();
    repo.commit_with("a", &[], |draft| draft.message(b""));
    repo.commit_with("b", &["a"], |draft| draft.message(b"   \n"));
    let event = repo.push_one(MAIN, "", "b");
    assert_eq!(messages(&event), ["", "   "]);
    assert_eq!(
        event.commits.iter().map(Commit::title).collect::<Vec<_>>(),
        ["", ""]
    );
    assert!(event.commits[0].added.is_empty());
}

#[test]
fn messages_are_complete_up_to_a_mebibyte() {
    let commit = pushed(PEOPLE, &b"x".repeat(1 << 20));
    assert_eq!(
        (commit.message.len(), commit.message_truncated),
        (1 << 20, false)
    );
    let commit = pushed(PEOPLE, "é".repeat(1 << 20).as_bytes());
    assert_eq!(
        (commit.message.len(), commit.message_truncated),
        (1 << 20, true)
    );
}

#[test]
fn messages_are_decoded_by_the_encoding_that_the_commit_names() {
    for (encoding, bytes, text) in [
        ("ISO-8859-1", &b"caf\xe9\n"[..], "café"),
        ("GBK", &[0xd6, 0xd0, 0xce, 0xc4][..], "中文"),
        ("Shift_JIS", &[0x93, 0xfa, 0x96, 0x7b][..], "日本"),
    ] {
        let commit = with_encoding(encoding, bytes);
        assert_eq!(
            (commit.message.as_str(), commit.encoding_lossy),
            (text, false),
            "{encoding}"
        );
    }
}

#[test]
fn undecodable_text_is_replaced_and_flagged() {
    for encoding in ["UTF-8", "no-such-encoding", ""] {
        let commit = with_encoding(encoding, b"caf\xe9 ok");
        assert_eq!(
            (commit.message.as_str(), commit.encoding_lossy),
            ("caf\u{fffd} ok", true),
            "{encoding}"
        );
    }
    assert!(with_encoding("Shift_JIS", &[0xff, 0xff]).encoding_lossy);
    assert!(pushed(PEOPLE, b"lone \xed\xa0\x80 surrogate").encoding_lossy);
    assert!(
        pushed(
            b"author \xff <a@b> 1 +0000\ncommitter C <c@d> 1 +0000",
            b"x"
        )
        .encoding_lossy
    );
}

#[test]
fn control_characters_stay_facts_and_the_json_is_valid() {
    let commit = pushed(
        PEOPLE,
        "bell \u{7} esc \u{1b}[31m cr\r\nline\u{2028}sep".as_bytes(),
    );
    assert_eq!(
        commit.message,
        "bell \u{7} esc \u{1b}[31m cr\r\nline\u{2028}sep"
    );
    let json = serde_json::to_string(&commit).unwrap();
    assert!(!json.contains(['\u{7}', '\u{1b}', '\r', '\n']));
    assert_eq!(serde_json::from_str::<Commit>(&json).unwrap(), commit);
}

#[test]
fn author_and_committer_have_their_own_offsets() {
    let commit = pushed(PEOPLE, b"Subject\n\nBody\n\nCo-authored-by: B <b@c>\n");
    assert_eq!(
        (commit.author.name.as_str(), commit.committer.name.as_str()),
        ("A", "C")
    );
    assert_eq!(
        commit.author.date.as_deref(),
        Some("2024-05-01T08:00:00+08:00")
    );
    assert_eq!(
        commit.committer.date.as_deref(),
        Some("2024-04-30T20:31:00-03:30")
    );
    assert_eq!(commit.title(), "Subject");
    assert!(commit.message.ends_with("Co-authored-by: B <b@c>"));
}

#[test]
fn a_mailmap_changes_nobody() {
    let mut repo = Repo::new();
    repo.commit_with("a", &[], |draft| {
        draft.file(".mailmap", "Other <o@x> <ann@example.com>\n")
    });
    assert_eq!(
        repo.push_one(MAIN, "", "a").commits[0].author.name,
        "Ann Author"
    );
}

#[test]
fn names_and_mails_are_read_as_git_reads_them() {
    for line in [
        "<a@b> 1714521600 +0000",
        "A <> 1714521600 +0000",
        "A <B> C <a@b> 1714521600 +0000",
        "\"Q, R\" <a b@c> 1714521600 +0000",
        "A  <a@b> 1714521600 +0000",
    ] {
        let mut repo = Repo::new();
        let tree = repo.git_with(&["mktree"], b"");
        let id = repo.object(
            "commit",
            format!("tree {tree}\nauthor {line}\ncommitter {line}\n\nx\n").as_bytes(),
        );
        let author = repo.push_one(MAIN, "", &id).commits[0].author.clone();
        let git = repo.git(&["log", "-1", "--format=%an|%ae", &id]);
        assert_eq!(format!("{}|{}", author.name, author.email), git, "{line}");
    }
}

#[test]
fn no_date_and_no_name_is_too_broken() {
    for (line, date) in [
        (
            "A <a@b> 1714521600 +1400",
            Some("2024-05-01T14:00:00+14:00"),
        ),
        (
            "A <a@b> 1714521600 -0000",
            Some("2024-05-01T00:00:00+00:00"),
        ),
        ("A <a@b> 0 +0000", Some("1970-01-01T00:00:00+00:00")),
        ("A <a@b> -86400 +0000", Some("1969-12-31T00:00:00+00:00")),
        (
            "A <a@b> 4294967296 +0000",
            Some("2106-02-07T06:28:16+00:00"),
        ),
        (
            "A <a@b> 1714521600 +9960",
            Some("2024-05-01T00:00:00+00:00"),
        ),
        ("A <a@b> 1714521600", Some("2024-05-01T00:00:00+00:00")),
        ("A <a@b> 18446744073709551615 +0000", None),
        ("A <a@b> 9223372036854775807 +0000", None),
        ("A <a@b> soon +0000", None),
        ("A <a@b>", None),
        ("A", None),
        ("", None),
    ] {
        let commit = pushed(format!("author {line}\ncommitter {line}").as_bytes(), b"x");
        assert_eq!(commit.author.date.as_deref(), date, "{line}");
    }
    let nobody = pushed(b"x-nobody at all", b"x");
    assert_eq!(
        (nobody.author.name.as_str(), nobody.committer.email.as_str()),
        ("", "")
    );
}

#[test]
fn the_newest_commits_stay_when_the_list_is_cut_and_the_counts_are_real() {
    let mut repo = Repo::new();
    repo.line(&[], &["a", "b", "c", "d"]);
    for max in [0, 1, 3, 4, 5] {
        repo.needs.max_commits = max;
        let event = repo.push_one(&format!("refs/changes/{max}"), "", "d");
        assert_eq!(
            (event.total_commits, event.total_distinct, event.truncated),
            (4, 4, max < 4)
        );
        assert_eq!(messages(&event), ["a", "b", "c", "d"][4 - max.min(4)..]);
        assert_eq!(event.head_commit.unwrap().message, "d");
    }
}
