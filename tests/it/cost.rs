//! Where somebody else chooses how much there is, the cost grows in proportion. Instructions are counted, by valgrind, and
//! never time.

use crate::delivery::{Pushing, webhook};
use crate::support::receiver::{Answer, Receiver};
use crate::support::{PROGRAM, full, memory_peak};
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Instructions of one run of the program in the repository.
#[track_caller]
fn instructions(pushing: &Pushing, arguments: &[&str], stdin: &str) -> u64 {
    let log = pushing.sandbox.path("valgrind.log");
    let mut command = pushing.sandbox.command("valgrind", "r.git");
    command
        .args([
            "--tool=cachegrind",
            "--cache-sim=no",
            "--cachegrind-out-file=/dev/null",
        ])
        .arg(format!("--log-file={}", log.display()))
        .arg(PROGRAM)
        .args(arguments)
        .env("GIT_DIR", ".")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    feed(&mut command, stdin);
    let text = std::fs::read_to_string(log).unwrap();
    let (_, count) = text.split_once("refs:").expect(&text);
    let count = count.lines().next().unwrap_or_default().replace(',', "");
    count.trim().parse().unwrap()
}

fn feed(command: &mut Command, stdin: &str) {
    let _output = crate::delivery::feed(command, stdin);
}

/// Four times as much costs less than twice as much more than twice as much did: for a linear cost the ratio is 2, for a
/// quadratic one 4.
#[track_caller]
fn is_linear(size: usize, cost: impl Fn(usize) -> u64) {
    let [one, two, four] = [1, 2, 4].map(|times| cost(size * times));
    let (first, second) = (two - one, four - two);
    assert!(
        second * 10 < first * 27,
        "{one}, {two} and {four} instructions for {size} to {}",
        4 * size
    );
}

#[needs("valgrind")]
#[test]
fn hooks_and_invalid_names_of_hooks_cost_in_proportion_to_their_number() {
    let pushing = Pushing::new("");
    let hook = |n| webhook(&format!("h{n}"), "http://h.example.com/") + "branches = [\"x\"]\n";
    let invalid = |n| format!("[hook.\"no name {n}\"]\nactoin = \"x\"\n");
    let cases: [(usize, &dyn Fn(usize) -> String); 2] = [(64, &hook), (500, &invalid)];
    for (size, text) in cases {
        is_linear(size, |count| {
            pushing.configure(&(0..count).map(text).collect::<String>());
            instructions(&pushing, &["status"], "")
        });
    }
}

#[needs("valgrind")]
#[test]
fn refs_of_a_push_cost_in_proportion_to_their_number() {
    let filter = "branches = [\"none\"]\n";
    let pushing = Pushing::new(&(webhook("ci", "http://h.example.com/") + filter));
    pushing
        .sandbox
        .push("c", &["-q", "origin", "HEAD:refs/keep/1"]);
    let id = pushing.sandbox.git("c", &["rev-parse", "HEAD"]);
    is_linear(500, |count| {
        let line = |n| format!("{} {id} refs/heads/b{n:07}\n", "0".repeat(40));
        let lines: String = (0..count).map(line).collect();
        instructions(&pushing, &["post-receive"], &lines)
    });
}

#[needs("valgrind")]
#[test]
fn lines_of_a_record_cost_in_proportion_to_their_number() {
    let pushing = Pushing::new(&webhook("ci", "http://h.example.com/"));
    let name = "01932b6e-7a58-7c3f-9a55-0a1b1f0c7f2b";
    let first = format!(
        "{{\"v\":1,\"push\":{{\"id\":\"{name}\",\"time_ms\":1800000000000,\"updates\":[],\
         \"pusher\":{{\"username\":\"a\",\"name\":\"A\",\"source\":\"http\"}}}}}}\n"
    );
    is_linear(300, |count| {
        let mut text = first.clone();
        for n in 0..count {
            // Attempts of deliveries that nobody has planned, and events of one hook after the other.
            let attempt = format!("{{\"delivery\":\"e{n}\",\"attempt\":1,\"at_ms\":5}}");
            let planned =
                format!("{{\"id\":\"d{n}\",\"hook\":\"ci\",\"kind\":\"ref\",\"events\":[]}}");
            writeln!(text, "{{\"started\":{attempt}}}").unwrap();
            writeln!(
                text,
                "{{\"events\":{{\"push_total_commits\":0,\"events\":[],\"hooks\":[\"h{n}\"],\
                 \"deliveries\":[{planned}]}}}}"
            )
            .unwrap();
        }
        let path = format!("r.git/service-hook/pending/{name}");
        pushing.sandbox.write(&path, text);
        instructions(&pushing, &["status"], "")
    });
}

/// The input of git-fast-import(1): `commits` in one line, a branch at each end of as many parts.
fn import(commits: usize, branches: usize) -> String {
    let mut text = String::new();
    for n in 0..commits {
        let branch = n * branches / commits;
        let is_first = n == 0 || (n - 1) * branches / commits != branch;
        writeln!(
            text,
            "commit refs/heads/b{branch:04}\nmark :{}\ncommitter A <a@example.com> {} +0000\ndata 7\nc {n:05}",
            n + 1,
            1_000_000 + n
        )
        .unwrap();
        if is_first && n > 0 {
            writeln!(text, "from :{n}").unwrap();
        }
        writeln!(
            text,
            "M 100644 inline d{}/f{}\ndata 5\n{n:05}\n",
            n % 5,
            n % 11
        )
        .unwrap();
    }
    text
}

#[test]
fn an_import_takes_less_than_200_mb() {
    let (commits, branches) = if full() { (66_000, 4300) } else { (6600, 430) };
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let mut fast_import = pushing.sandbox.command("git", "r.git");
    feed(
        fast_import.args(["fast-import", "--quiet"]),
        &import(commits, branches),
    );
    let refs = pushing.sandbox.git(
        "r.git",
        &[
            "for-each-ref",
            "--format=%(objectname) %(refname)",
            "refs/heads/b*",
        ],
    );
    let line = |line: &str| format!("{} {line}\n", "0".repeat(40));
    let lines: String = refs.lines().map(line).collect();
    assert_eq!(lines.lines().count(), branches);
    let mut hook = pushing.hook();
    let mut hook = hook.stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = hook.stdin.take().unwrap();
    stdin.write_all(lines.as_bytes()).unwrap();
    drop(stdin);
    let mut peak = 0;
    while hook.try_wait().unwrap().is_none() {
        peak = memory_peak(hook.id()).unwrap_or(0).max(peak);
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(
        pushing.records().contains("\"events\""),
        "they were computed"
    );
    assert!((1..200 << 10).contains(&peak), "{peak} KiB");
}
