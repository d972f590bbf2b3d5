//! However large a push is, its event takes bounded memory, and no blob is read. `GIT_SERVICE_HOOK_FULL=1` takes the
//! largest of each kind.

use super::repo::Repo;
use crate::support::{PROGRAM, full};
use git_service_hook::push::{Needs, ObjectId, RefName, RefUpdate};
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::process::Stdio;
use std::time::Duration;

const MAIN: &str = "refs/heads/main";
/// Of memory that is no mapped file, beside what an event itself may hold.
const MOST_KIB: usize = 64 << 10;

/// What the program prints, and the most anonymous memory that it was seen to have, in KiB.
fn run(repo: &Repo, arguments: &[&str], stdin: &[u8]) -> (Vec<u8>, usize) {
    let mut command = repo.sandbox.command(PROGRAM, "repo.git");
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin).unwrap();
    let mut pipe = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || {
        let mut out = Vec::new();
        pipe.read_to_end(&mut out).map(|_| out)
    });
    let (status, mut most) = (format!("/proc/{}/status", child.id()), 0);
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:"))
            .unwrap_or_default();
        most = most.max(line.trim().trim_end_matches(" kB").parse().unwrap_or(0));
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(child.wait().unwrap().success());
    (reader.join().unwrap().unwrap(), most)
}

/// The event of an update of main, from a process of its own that stays within its memory.
#[track_caller]
fn event(repo: &Repo, old: &str, new: &str) -> Value {
    let (json, memory) = run(repo, &["event", old, new, "--ref", MAIN], b"");
    assert!(memory < MOST_KIB, "{memory} KiB");
    let event: Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(event["error"], Value::Null);
    event
}

/// A line of commits without files, the n-th one named `n`.
fn line(repo: &Repo, commits: usize) -> String {
    let mut stream = String::new();
    for n in 0..commits {
        let message = n.to_string();
        let (date, size) = (1_600_000_000 + n, message.len());
        write!(
            stream,
            "commit {MAIN}\ncommitter C <c@d> {date} +0000\ndata {size}\n{message}\n"
        )
        .unwrap();
    }
    repo.git_with(&["fast-import", "--quiet"], stream.as_bytes());
    repo.git(&["rev-parse", MAIN])
}

#[test]
fn an_import_of_a_million_commits_lists_the_newest() {
    let commits = if full() { 1_000_000 } else { 50_000 };
    let repo = Repo::new();
    let tip = line(&repo, commits);
    let event = event(&repo, "0", &tip);
    assert_eq!(event["total_commits"], commits.min(100_000));
    assert_eq!(event["total_commits_exact"], commits <= 100_000);
    assert_eq!(
        (&event["truncated"], &event["head_commit"]["id"]),
        (&Value::from(true), &Value::from(tip))
    );
}

#[test]
fn ten_thousand_commits_are_counted_and_the_newest_listed() {
    let repo = Repo::new();
    line(&repo, 10_500);
    let (old, new) = (
        repo.git(&["rev-parse", "main~10000"]),
        repo.git(&["rev-parse", MAIN]),
    );
    let event = event(&repo, &old, &new);
    assert_eq!(
        (&event["total_commits"], &event["total_commits_exact"]),
        (&Value::from(10_000), &Value::from(true))
    );
    let listed: Vec<_> = event["commits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["message"].as_str().unwrap())
        .collect();
    let expected: Vec<_> = (10_500 - listed.len()..10_500)
        .map(|n| n.to_string())
        .collect();
    assert!(listed.len() > 1000, "{}", listed.len());
    assert_eq!(listed, expected);
}

#[test]
fn ten_thousand_refs_in_one_push_take_little_memory() {
    let repo = Repo::new();
    line(&repo, 300);
    let ids = repo.lines(&["rev-list", MAIN]);
    let moves = (0..10_000).map(|n| {
        (
            &ids[n % 290],
            &ids[n % 290 + n % 10],
            format!("refs/heads/b{n:05}"),
        )
    });
    let (mut refs, mut lines) = (String::new(), String::new());
    for (new, old, name) in moves.filter(|(new, old, _)| new != old) {
        writeln!(refs, "create {name} {new}").unwrap();
        writeln!(lines, "{old} {new} {name}").unwrap();
    }
    repo.git_with(&["update-ref", "--stdin"], refs.as_bytes());
    repo.sandbox.write(
        "repo.git/hooks.toml",
        "[deliver]\nwait = \"0s\"\n[hook.h]\naction = \"webhook_http_post\"\nservice_url = \"http://127.0.0.1:9/\"\nmax_refs = 1000\n",
    );
    let (_, memory) = run(&repo, &["post-receive"], lines.as_bytes());
    assert!(memory < 300 << 10, "{memory} KiB");
}

#[test]
fn a_commit_of_many_refs_is_distinct_only_in_the_first() {
    let mut repo = Repo::new();
    line(&repo, 400);
    let ids = repo.lines(&["rev-list", "--reverse", MAIN]);
    let mut updates = Vec::new();
    for (n, id) in ids.iter().enumerate().skip(10).take(300) {
        updates.push(repo.update(&format!("refs/heads/b{n:03}"), "", id));
    }
    repo.git(&["update-ref", MAIN, &ids[4]]);
    let events = repo.open().events(&updates, &Needs::everything(5));
    for (n, computed) in events.iter().enumerate() {
        let event = &computed.event;
        assert_eq!(
            (event.total_commits, event.total_distinct),
            (n + 6, if n == 0 { 6 } else { 1 }),
            "{n}"
        );
        let distinct: Vec<_> = event.commits.iter().map(|commit| commit.distinct).collect();
        assert_eq!(distinct, [n == 0, n == 0, n == 0, n == 0, true], "{n}");
        assert!(event.head_commit.as_ref().unwrap().distinct);
    }
}

#[test]
fn a_commit_that_touches_very_many_files_lists_three_thousand() {
    let files = if full() { 200_000 } else { 20_000 };
    let mut repo = Repo::new();
    let blob = repo.object("blob", b"x");
    repo.commit_with("many", &[], |draft| {
        (0..files).fold(draft, |draft, n| {
            draft.line(&format!("M 100644 {blob} d{}/f{n}", n % 100))
        })
    });
    let tip = repo.id("many");
    let event = event(&repo, "0", &tip);
    let commit = &event["commits"][0];
    assert_eq!(commit["files_truncated"], true);
    let update = repo.update(MAIN, "", "many");
    let computed = repo
        .open()
        .events(&[update], &Needs::everything(10))
        .remove(0);
    assert_eq!(computed.event.commits[0].added.len(), 3000);
    assert_eq!(
        (computed.scan.paths.len(), computed.scan.bounded),
        (files, false),
        "filters see them all"
    );
}

#[test]
fn a_message_of_ten_megabytes_is_cut() {
    let mut repo = Repo::new();
    let message = "long ".repeat(2 << 20);
    repo.commit_with("long", &[], |draft| {
        draft.message(message.as_bytes()).file("f", "x")
    });
    let tip = repo.id("long");
    let event = event(&repo, "0", &tip);
    let commit = &event["commits"][0];
    assert!(message.starts_with(commit["message"].as_str().unwrap()));
    assert_eq!(
        (&commit["message_truncated"], &commit["added"][0]),
        (&Value::from(true), &Value::from("f"))
    );
}

/// As a file of a commit, and as what a tag names: a reader would need its size in memory.
#[test]
fn a_huge_blob_is_never_read() {
    let megabytes = if full() { 1024 } else { 128 };
    let mut repo = Repo::new();
    let zeros = repo.sandbox.write("zeros", "");
    std::fs::File::options()
        .write(true)
        .open(&zeros)
        .unwrap()
        .set_len(megabytes << 20)
        .unwrap();
    let blob = repo.git(&["hash-object", "-w", zeros.to_str().unwrap()]);
    repo.set("refs/tags/huge", &blob);
    repo.commit_with("huge", &[], |draft| {
        draft.line(&format!("M 100644 {blob} huge"))
    });
    repo.commit("next", &["huge"]);
    repo.set(MAIN, "huge");
    let (old, new) = (repo.id("huge"), repo.id("next"));
    assert_eq!(event(&repo, "0", &old)["commits"][0]["added"][0], "huge");
    assert_eq!(event(&repo, &old, &new)["commits"][0]["distinct"], true);
    let (json, memory) = run(
        &repo,
        &["event", "0", &blob, "--ref", "refs/tags/huge"],
        b"",
    );
    let event: Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(
        (&event["tag"]["target_type"], memory < MOST_KIB),
        (&Value::from("blob"), true),
        "{memory} KiB"
    );
}

/// A line of commits by this person and with this message.
fn odd_line(repo: &Repo, commits: usize, person: &str, message: &str) -> Vec<String> {
    let tree = repo.git_with(&["mktree"], b"");
    let mut ids: Vec<String> = Vec::new();
    for n in 0..commits {
        let parent = ids
            .last()
            .map_or_else(String::new, |id| format!("parent {id}\n"));
        let text = format!(
            "tree {tree}\n{parent}author {person} {n} +0000\ncommitter {person} {n} +0000\n\n{message}"
        );
        ids.push(repo.object("commit", text.as_bytes()));
    }
    ids
}

#[test]
fn a_name_without_end_is_cut() {
    let repo = Repo::new();
    let person = format!(
        "{} <{}@example.com>",
        "Ann".repeat(1 << 20),
        "ann".repeat(1 << 20)
    );
    let ids = odd_line(&repo, 5, &person, "x");
    repo.git(&["update-ref", MAIN, &ids[4]]);
    repo.git(&["repack", "-adq"]);
    let event = event(&repo, "0", &ids[4]);
    let commit = &event["commits"][4];
    assert_eq!(commit["author"]["name"].as_str().unwrap(), &person[..1024]);
    assert_eq!(commit["encoding_lossy"], true);
}

#[test]
fn many_refs_at_a_long_message_take_the_memory_of_one_push() {
    let mut repo = Repo::new();
    let ids = odd_line(&repo, 2, "Ann <a@b>", &"long ".repeat(200_000));
    repo.git(&["update-ref", MAIN, &ids[1]]);
    repo.git(&["repack", "-adq"]);
    repo.git(&["update-ref", "-d", MAIN]);
    let mut updates: Vec<_> = (0..400)
        .map(|n| repo.update(&format!("refs/heads/b{n:03}"), "", &ids[1]))
        .collect();
    updates.extend((0..400).map(|n| repo.update(&format!("refs/heads/c{n:03}"), &ids[0], &ids[1])));
    let events = repo.open().events(&updates, &Needs::everything(10));
    let bytes: usize = events
        .iter()
        .flat_map(|computed| {
            computed
                .event
                .commits
                .iter()
                .chain(&computed.event.head_commit)
        })
        .map(|commit| commit.message.len())
        .sum();
    assert!(bytes < 130 << 20, "{bytes}");
    let last = events.last().unwrap().event.head_commit.as_ref().unwrap();
    assert!(last.message_truncated && last.id.as_str() == ids[1]);
}

/// Three thousand files below directories whose names add up to 100 KB.
#[test]
fn paths_without_end_are_listed_within_bounds() {
    let mut repo = Repo::new();
    let blob = repo.object("blob", b"x");
    let leaves = (0..3000)
        .map(|n| format!("100644 blob {blob}\tf{n}\n"))
        .collect::<Vec<_>>()
        .concat();
    let mut tree = repo.git_with(&["mktree"], leaves.as_bytes());
    for _ in 0..400 {
        tree = repo.git_with(
            &["mktree"],
            format!("040000 tree {tree}\t{}\n", "d".repeat(250)).as_bytes(),
        );
    }
    let person = "Ann <a@b> 1 +0000";
    let text = format!("tree {tree}\nauthor {person}\ncommitter {person}\n\ndeep");
    let tip = repo.object("commit", text.as_bytes());
    let (_, memory) = run(&repo, &["event", "0", &tip, "--ref", MAIN], b"");
    assert!(memory < 2 * MOST_KIB, "{memory} KiB");
    let update = repo.update(MAIN, "", &tip);
    let computed = repo
        .open()
        .events(&[update], &Needs::everything(10))
        .remove(0);
    let commit = &computed.event.commits[0];
    assert_eq!((commit.added.len(), commit.files_truncated), (41, true));
    assert!(
        computed.scan.bounded,
        "filters cannot see them all, and let the event pass"
    );
    assert!(computed.scan.paths.iter().map(Vec::len).sum::<usize>() <= 64 << 20);
}

/// core.maxTreeDepth of git-config(1), as it is by default.
#[test]
fn trees_are_followed_as_deep_as_git_follows_them() {
    let repo = Repo::new();
    let blob = repo.object("blob", b"x");
    let mut tree = repo.git_with(&["mktree"], format!("100644 blob {blob}\tf\n").as_bytes());
    let commit = |tree: &str| {
        let person = "Ann <a@b> 1 +0000";
        repo.object(
            "commit",
            format!("tree {tree}\nauthor {person}\ncommitter {person}\n\ndeep").as_bytes(),
        )
    };
    for depth in 1..=2049 {
        tree = repo.git_with(&["mktree"], format!("040000 tree {tree}\td\n").as_bytes());
        if depth >= 2048 {
            let tip = commit(&tree);
            let update = RefUpdate {
                old: ObjectId::parse(&"0".repeat(40)).unwrap(),
                new: ObjectId::parse(&tip).unwrap(),
                name: RefName::new(MAIN),
            };
            let event = repo.open().events(&[update], &repo.needs).remove(0).event;
            assert_eq!(
                event.commits[0].added.len(),
                usize::from(depth == 2048),
                "{depth}"
            );
            assert_eq!(event.commits[0].files_truncated, depth > 2048, "{depth}");
        }
    }
}
