//! A member of the group that shares a repository plants links, FIFOs and huge files below `service-hook/`.

use super::{Pushing, feed, seen, webhook};
use crate::support::PROGRAM;
use crate::support::receiver::{Answer, Receiver};
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// An id that no record has.
const ID: &str = "0193a2b4-0000-7000-8000-00001f0c7f2c";

/// Every kind of file that the program creates.
const FILES: [&str; 13] = [
    "lane/ci",
    "pending/ID",
    "done/ID",
    "publish.lock",
    "stay.lock",
    "catch-up.lock",
    "failed",
    "told",
    "timer",
    "reported",
    "refs",
    "announced",
    "announced-counted",
];

const SECRET: &str = "{\"v\":1}\nanother member's file\n";

/// Runs the program, at most for a minute: a FIFO must not hold it.
fn run(pushing: &Pushing, arguments: &[&str], stdin: &str) -> Output {
    let mut command: Command = pushing.sandbox.command("timeout", "r.git");
    command.args(["60", PROGRAM]).args(arguments);
    command.env("GIT_DIR", ".");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let out = feed(&mut command, stdin);
    assert_ne!(out.status.code(), Some(124), "{arguments:?} hangs");
    out
}

fn fresh(folder: &Path) {
    let _ = std::fs::remove_dir_all(folder);
    for name in ["pending", "done", "corrupt", "lane"] {
        std::fs::create_dir_all(folder.join(name)).unwrap();
    }
}

fn plant(kind: &str, victim: &Path, at: &Path) {
    match kind {
        "symlink" => symlink(victim, at).unwrap(),
        "hard link" => std::fs::hard_link(victim, at).unwrap(),
        _ => assert!(Command::new("mkfifo").arg(at).status().unwrap().success()),
    }
}

/// What is said of each kind.
fn refusal(kind: &str) -> &'static str {
    match kind {
        "symlink" => "is a symbolic link",
        "hard link" => "has a second name (a hard link)",
        _ => "is not a regular file",
    }
}

#[test]
fn a_planted_lane_is_named_and_the_push_waits_for_its_removal() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let line = pushing.unannounced("one", "refs/heads/main");
    let folder = pushing.sandbox.path("r.git/service-hook");
    let victim = pushing.sandbox.write("victim", SECRET);
    for kind in ["symlink", "hard link", "fifo"] {
        fresh(&folder);
        plant(kind, &victim, &folder.join("lane/ci"));
        run(&pushing, &["post-receive"], &line);
        let out = run(&pushing, &["drain"], "");
        let why = format!("`service-hook/lane/ci` {}", refusal(kind));
        assert!(seen(&out).contains(&why), "{kind}: {}", seen(&out));
        assert_eq!(out.status.code(), Some(1));
        let checked = run(&pushing, &["check"], "");
        let text = String::from_utf8_lossy(&checked.stdout).replace('\n', " ");
        let words: Vec<_> = text.split_whitespace().collect();
        assert!(words.join(" ").contains(&why), "{kind}: {text}");
        assert_eq!(checked.status.code(), Some(1));
        let before = receiver.got().len();
        std::fs::remove_file(folder.join("lane/ci")).unwrap();
        assert_eq!(pushing.drain(), Some(0));
        assert_eq!(receiver.got().len() - before, 1, "{kind}");
    }
}

#[test]
fn a_folder_that_is_a_link_is_refused_and_the_push_is_sent_from_memory() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let line = pushing.unannounced("one", "refs/heads/main");
    let folder = pushing.sandbox.path("r.git/service-hook");
    let outside = pushing.sandbox.path("outside");
    for name in ["", "pending", "lane", "done", "corrupt"] {
        let (target, alias) = match name {
            "" => (outside.clone(), folder.clone()),
            name => (outside.join(name), folder.join(name)),
        };
        fresh(&outside);
        fresh(&folder);
        std::fs::remove_dir_all(&alias).unwrap();
        symlink(&target, &alias).unwrap();
        let before = receiver.got().len();
        let said = seen(&run(&pushing, &["post-receive"], &line));
        assert_eq!(receiver.got().len() - before, 1, "{name}: {said}");
        if matches!(name, "" | "pending" | "lane") {
            let place = format!("service-hook/{name}");
            let why = format!("`{}` is a symbolic link", place.trim_end_matches('/'));
            assert!(said.contains("not recorded: "), "{name}: {said}");
            assert!(said.contains(&why), "{name}: {said}");
        }
        run(&pushing, &["drain", "--catch-up"], "");
        run(&pushing, &["deliveries"], "");
        // `fresh` has created four folders.
        let untouched = if name.is_empty() { 4 } else { 0 };
        assert_eq!(std::fs::read_dir(&target).unwrap().count(), untouched);
        std::fs::remove_file(&alias).unwrap();
    }
}

#[test]
fn a_record_of_a_gigabyte_is_named_and_not_read() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    super::durable::killed_after_publishing(&pushing, "one");
    let folder = pushing.sandbox.path("r.git/service-hook");
    let huge = |at: &str, from: &str| {
        let file = std::fs::File::create(folder.join(at).join(ID)).unwrap();
        std::io::Write::write_all(&mut &file, from.as_bytes()).unwrap();
        file.set_len(1 << 30).unwrap();
    };
    let first = pushing.records();
    for (at, from) in [
        ("pending", &first),
        ("pending", &String::new()),
        ("done", &first),
    ] {
        huge(at, from);
        for arguments in [&["deliveries"][..], &["drain"], &["redeliver", "--failed"]] {
            let mut command = pushing.sandbox.command("sh", "r.git");
            let limited = "ulimit -v 600000; exec \"$0\" \"$@\"";
            let out = command
                .args(["-c", limited, PROGRAM])
                .args(arguments)
                .output()
                .unwrap();
            let said = seen(&out);
            assert!(
                matches!(out.status.code(), Some(0 | 1)),
                "{arguments:?}: {said}"
            );
            if at == "pending" && arguments[0] != "redeliver" {
                let why = format!("{ID} cannot be read: it is larger than 512 MiB");
                assert!(said.contains(&why), "{arguments:?}: {said}");
            }
        }
        // In the history it is too old, and `drain` has removed it.
        let _ = std::fs::remove_file(folder.join(at).join(ID));
    }
    assert_eq!(receiver.got().len(), 1, "the other record is delivered");
}

#[test]
fn no_file_of_the_spool_is_opened_through_a_link_or_a_fifo() {
    let receiver = Receiver::start(|_| Answer::json(404, ""));
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let line = pushing.unannounced("one", "refs/heads/main");
    let folder = pushing.sandbox.path("r.git/service-hook");
    let victim = pushing.sandbox.path("victim");
    let planted = FILES
        .iter()
        .flat_map(|name| ["symlink", "hard link", "fifo"].map(|kind| (*name, kind)));
    for (name, kind) in planted {
        fresh(&folder);
        let _ = std::fs::remove_file(&victim);
        std::fs::write(&victim, SECRET).unwrap();
        plant(kind, &victim, &folder.join(name.replace("ID", ID)));
        let before = receiver.got().len();
        let said = seen(&run(&pushing, &["post-receive"], &line));
        // Without its lock a lane sends nothing: the push waits, and `drain` says why.
        let sent = usize::from(name != "lane/ci");
        assert_eq!(receiver.got().len() - before, sent, "{name} {kind}: {said}");
        for arguments in [
            &["drain", "--timer", "--catch-up"][..],
            &["drain", "--catch-up"],
            &["deliveries"],
            &["redeliver", "--failed"],
        ] {
            run(&pushing, arguments, "");
        }
        assert_eq!(
            std::fs::read_to_string(&victim).unwrap(),
            SECRET,
            "{name} {kind}"
        );
    }
}

/// A file is judged by its owner too: one that somebody outside of the group has moved here is not used.
#[needs(root)]
#[test]
fn a_file_of_somebody_who_may_not_write_here_is_not_used() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let line = pushing.unannounced("one", "refs/heads/main");
    let folder = pushing.sandbox.path("r.git/service-hook");
    let owner = 64301;
    for place in ["lane/ci", ""] {
        fresh(&folder);
        if place == "lane/ci" {
            std::fs::write(folder.join(place), "").unwrap();
        }
        chown(folder.join(place), Some(owner), None).unwrap();
        run(&pushing, &["post-receive"], &line);
        let out = run(&pushing, &["drain"], "");
        let why = format!("belongs to user {owner}, who may not write here");
        assert!(seen(&out).contains(&why), "{place}: {}", seen(&out));
        assert_eq!(out.status.code(), Some(1));
    }
    // In a repository that is shared, the members of its group may.
    pushing
        .sandbox
        .git("r.git", &["config", "core.sharedRepository", "group"]);
    let group = std::fs::metadata(pushing.sandbox.path("r.git"))
        .unwrap()
        .gid();
    fresh(&folder);
    std::fs::write(folder.join("lane/ci"), "").unwrap();
    chown(folder.join("lane/ci"), Some(owner), Some(group)).unwrap();
    let before = receiver.got().len();
    run(&pushing, &["post-receive"], &line);
    assert_eq!(receiver.got().len() - before, 1);
}
