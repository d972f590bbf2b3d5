//! Commands run in turn, their times and their memory.

use nix::sys::resource::{UsageWho, getrusage};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Programs joined by pipes, with something to read for the first; several such lines one after the other.
#[derive(Clone, Default)]
pub(crate) struct Job {
    pub(crate) lines: Vec<Vec<Vec<String>>>,
    pub(crate) stdin: Vec<u8>,
}

impl Job {
    pub(crate) fn new(words: &[&str]) -> Self {
        Self::default().then(&[words])
    }

    /// Further programs, each reading what the one before prints.
    pub(crate) fn then(mut self, pipe: &[&[&str]]) -> Self {
        let owned = |words: &&[&str]| words.iter().map(|w| (*w).to_owned()).collect();
        self.lines.push(pipe.iter().map(owned).collect());
        self
    }

    pub(crate) fn reading(mut self, stdin: impl Into<Vec<u8>>) -> Self {
        self.stdin = stdin.into();
        self
    }

    /// What it prints.
    pub(crate) fn output(&self, repo: &Path) -> Vec<u8> {
        let out = std::env::temp_dir().join(format!("event-bench-{}", std::process::id()));
        let file = std::fs::File::create(&out).unwrap();
        self.run(repo, &file, &mut |_| {});
        let bytes = std::fs::read(&out).unwrap();
        std::fs::remove_file(out).unwrap();
        bytes
    }

    /// How long it takes, and how long processors were at work; its output goes to a file, as a pipe would be read by
    /// somebody who costs time too.
    fn time(&self, repo: &Path, out: &std::fs::File) -> (Duration, Duration) {
        out.set_len(0).unwrap();
        let (start, before) = (Instant::now(), processors());
        self.run(repo, out, &mut |_| {});
        (start.elapsed(), processors().saturating_sub(before))
    }

    /// The most anonymous memory it was seen to have, in KiB: all but the mapped packs. Looked at every 200 µs.
    fn memory(&self, repo: &Path, out: &std::fs::File) -> usize {
        let mut most = 0;
        self.run(repo, out, &mut |child| {
            let status = format!("/proc/{}/status", child.id());
            while child.try_wait().unwrap().is_none() {
                let text = std::fs::read_to_string(&status).unwrap_or_default();
                let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"));
                let now = line
                    .and_then(|l| l.trim().trim_end_matches(" kB").parse().ok())
                    .unwrap_or(0);
                most = most.max(now);
                std::thread::sleep(Duration::from_micros(200));
            }
        });
        most
    }

    fn run(&self, repo: &Path, out: &std::fs::File, watch: &mut dyn FnMut(&mut Child)) {
        for line in &self.lines {
            let mut children: Vec<Child> = Vec::new();
            for (at, words) in line.iter().enumerate() {
                let mut command = Command::new(&words[0]);
                command
                    .args(&words[1..])
                    .current_dir(repo)
                    .stderr(Stdio::inherit());
                let last = at + 1 == line.len();
                command.stdout(if last {
                    Stdio::from(out.try_clone().unwrap())
                } else {
                    Stdio::piped()
                });
                command.stdin(match children.last_mut().and_then(|c| c.stdout.take()) {
                    Some(pipe) => Stdio::from(pipe),
                    None if self.stdin.is_empty() => Stdio::null(),
                    None => Stdio::piped(),
                });
                children.push(command.spawn().unwrap());
            }
            if let Some(mut pipe) = children[0].stdin.take() {
                pipe.write_all(&self.stdin).unwrap();
            }
            watch(children.last_mut().unwrap());
            for child in &mut children {
                assert!(child.wait().unwrap().success(), "{line:?}");
            }
        }
    }
}

/// Time of all processors for all children that have ended.
fn processors() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let of = |time: nix::sys::time::TimeVal| {
        Duration::new(
            time.tv_sec().try_into().unwrap(),
            u32::try_from(time.tv_usec()).unwrap() * 1000,
        )
    };
    of(usage.user_time()) + of(usage.system_time())
}

/// Medians in milliseconds, of time and of processors; the first one's memory in MiB.
pub(crate) struct Outcome {
    pub(crate) ours: (f64, f64),
    pub(crate) git: (f64, f64),
    pub(crate) memory: f64,
}

/// Runs both in turn, so that a machine whose speed drifts slows both.
pub(crate) fn race(ours: &Job, git: &Job, repo: &Path, rounds: usize) -> Outcome {
    let out = tempfile::tempfile().unwrap();
    let (mut a, mut b) = (Vec::new(), Vec::new());
    ours.time(repo, &out);
    git.time(repo, &out);
    for _ in 0..rounds {
        a.push(ours.time(repo, &out));
        b.push(git.time(repo, &out));
    }
    let kib = (0..3).map(|_| ours.memory(repo, &out)).max().unwrap_or(0);
    Outcome {
        ours: medians(&a),
        git: medians(&b),
        memory: f64::from(u32::try_from(kib).unwrap()) / 1024.0,
    }
}

fn medians(times: &[(Duration, Duration)]) -> (f64, f64) {
    let median = |pick: fn(&(Duration, Duration)) -> Duration| {
        let mut times: Vec<_> = times.iter().map(pick).collect();
        times.sort();
        times[times.len() / 2].as_secs_f64() * 1000.0
    };
    (median(|t| t.0), median(|t| t.1))
}
