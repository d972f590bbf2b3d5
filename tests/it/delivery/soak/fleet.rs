//! The repositories, the pushes, and the time that passes for them.

use super::receivers::{self, Receivers};
use crate::delivery::{feed, seen, webhook};
use crate::support::{PROGRAM, Sandbox};
use git_service_hook::spool::{LaneState, Spool};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

const HOUR_MS: i64 = 3_600_000;

/// A push by what it moved: `OLD NEW REF` lines, in order.
pub type Moved = BTreeSet<String>;

pub struct Fleet {
    pub sandbox: Sandbox,
    pub names: Vec<String>,
    /// Commits that all repositories have, oldest first.
    commits: Vec<String>,
    /// What was pushed to each repository.
    pub pushed: Vec<Mutex<Vec<Moved>>>,
}

impl Fleet {
    /// So many copies of a repository with `length` commits and one more.
    pub fn new(size: usize, length: usize, receivers: &Receivers) -> Self {
        let sandbox = Sandbox::new();
        sandbox.bare("template.git");
        let mut stream = String::new();
        for n in 0..=length {
            let (message, file) = (format!("commit {n}"), format!("{n}\n"));
            write!(
                stream,
                "commit refs/heads/main\ncommitter A <a@example.com> {n} +0000\ndata {}\n{message}\n\
                 M 100644 inline file.txt\ndata {}\n{file}\n",
                message.len(),
                file.len()
            )
            .unwrap();
        }
        let imported = feed(
            sandbox
                .command("git", "template.git")
                .args(["fast-import", "--quiet"]),
            &stream,
        );
        assert!(imported.status.success());
        let commits = sandbox.git("template.git", &["rev-list", "--reverse", "main"]);
        let commits: Vec<String> = commits.lines().map(str::to_owned).collect();
        sandbox.git("", &["clone", "-q", "template.git", "c"]);
        std::fs::create_dir(sandbox.path("fleet")).unwrap();
        let names: Vec<String> = (0..size).map(|n| format!("fleet/{n:02}.git")).collect();
        for (n, name) in names.iter().enumerate() {
            let copied = sandbox
                .command("cp", "")
                .args(["-a", "template.git", name])
                .status()
                .unwrap();
            assert!(copied.success());
            sandbox.write(&format!("{name}/hooks.toml"), hooks(n, receivers));
        }
        let pushed = names.iter().map(|_| Mutex::default()).collect();
        Self {
            sandbox,
            names,
            commits,
            pushed,
        }
    }

    pub fn size(&self) -> usize {
        self.names.len()
    }

    pub fn place(&self, repository: usize) -> PathBuf {
        self.sandbox.path(&self.names[repository])
    }

    pub fn spool(&self, repository: usize) -> Spool {
        Spool::at(&self.place(repository), 0)
    }

    /// The `nth` push to a repository: some with Git, most by starting the hook as Git does.
    pub fn push(&self, repository: usize, nth: usize, number: usize) {
        let (null, commits) = ("0".repeat(40), &self.commits);
        let (old, new) = (&commits[nth], &commits[nth + 1]);
        let name = &self.names[repository];
        if number % 40 == 39 {
            let place = self.place(repository);
            self.sandbox.push(
                "c",
                &[
                    "-q",
                    place.to_str().unwrap(),
                    &format!("{new}:refs/heads/real-{nth}"),
                ],
            );
            self.note(repository, &format!("{null} {new} refs/heads/real-{nth}\n"));
            return;
        }
        let mut stdin = format!("{old} {new} refs/heads/main\n");
        if number.is_multiple_of(10) {
            writeln!(stdin, "{null} {new} refs/tags/v{nth}").unwrap();
        }
        let mut hook = self.sandbox.command(PROGRAM, name);
        let out = feed(
            hook.arg("post-receive")
                .env("GIT_DIR", ".")
                .stderr(std::process::Stdio::piped()),
            &stdin,
        );
        let said = seen(&out);
        let odd = ["not recorded", "hooks.toml", "failed permanently"]
            .iter()
            .any(|word| said.contains(word));
        assert!(out.status.success() && !odd, "{name}: {said}");
        self.note(repository, &stdin);
    }

    fn note(&self, repository: usize, stdin: &str) {
        self.pushed[repository]
            .lock()
            .unwrap()
            .push(stdin.lines().map(str::to_owned).collect());
    }

    /// As a timer runs it.
    pub fn drain(&self) {
        let out = self.sandbox.run("", &["drain", "--all", "fleet"]);
        assert!(out.status.success(), "{}", seen(&out));
    }

    /// Whether nothing waits anywhere.
    pub fn is_idle(&self) -> bool {
        (0..self.size()).all(|n| self.spool(n).pending().unwrap().is_empty())
    }

    /// As if an hour had passed for what waits. Who is sending is left alone until next time.
    pub fn an_hour_passes(&self) {
        for n in 0..self.size() {
            let (spool, place) = (self.spool(n), self.place(n).join("service-hook"));
            for hook in std::fs::read_dir(place.join("lane"))
                .into_iter()
                .flatten()
                .flatten()
            {
                if let Ok(Some(lane)) = spool.lane(hook.file_name().to_str().unwrap()) {
                    let earlier = earlier(lane.state());
                    lane.save(&earlier);
                }
            }
            spool
                .pending()
                .unwrap()
                .iter()
                .for_each(|id| due_an_hour_earlier(&place.join("pending").join(id)));
        }
    }
}

fn earlier(mut standing: LaneState) -> LaneState {
    let LaneState {
        since_ms,
        failed_ms,
        next_ms,
        due_ms,
        sent,
        ..
    } = &mut standing;
    let times = [since_ms, failed_ms, next_ms, due_ms].into_iter().flatten();
    times.chain(sent).for_each(|at| *at -= HOUR_MS);
    standing
}

/// A line of a record with the checksum that belongs to it.
fn sealed(line: &str) -> String {
    let (start, _) = line.rsplit_once(",\"crc\"").unwrap();
    let crc = crc32fast::hash(start.as_bytes());
    format!("{start},\"crc\":\"{crc:08x}\"}}\n")
}

/// In place, since others may append meanwhile: what is due later is due an hour earlier.
fn due_an_hour_earlier(record: &Path) {
    const MEMBER: &str = "\"next_attempt_ms\":";
    // It may have been finished meanwhile.
    let Ok(text) = std::fs::read_to_string(record) else {
        return;
    };
    let Ok(file) = std::fs::OpenOptions::new().write(true).open(record) else {
        return;
    };
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let after = line.split_once(MEMBER).map_or("", |(_, after)| after);
        let digits = after.split([',', '}']).next().unwrap_or_default();
        let at: i64 = digits.parse().unwrap_or_default();
        if at > git_service_hook::clock::now_ms() && line.ends_with('\n') {
            let earlier = sealed(&line.replacen(digits, &(at - HOUR_MS).to_string(), 1));
            assert_eq!(earlier.len(), line.len());
            file.write_all_at(earlier.as_bytes(), offset).unwrap();
        }
        offset += line.len() as u64;
    }
}

/// Two webhooks each, one of them with a receiver that all have; a robot in a few. Most do not wait for results.
fn hooks(n: usize, receivers: &Receivers) -> String {
    let wait = if n % 10 == 5 { "1s" } else { "0s" };
    let timeout = format!("timeout = \"{}s\"\n", receivers::TIMEOUT.as_secs());
    let mut hooks = format!("[deliver]\nwait = \"{wait}\"\n");
    hooks += &(webhook("ci", &receivers.web.url(&format!("/ci/{n}"))) + &timeout);
    hooks += &(webhook("audit", &receivers.web.url("/audit")) + &timeout);
    if n.is_multiple_of(10) {
        let url = receivers.robot.url("/robot/send?access_token=x");
        write!(
            hooks,
            "[hook.team]\naction = \"dingding_group_chat_robot\"\nservice_url = \"{url}{n}\"\n"
        )
        .unwrap();
    }
    hooks
}
