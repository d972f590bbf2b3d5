//! A receiver as a process: see tests/receivers/asked.py for how it is asked.

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

pub struct Receiver {
    child: Child,
    reports: BufReader<ChildStdout>,
    port: u64,
    pub version: String,
}

/// Where tests/receivers/install.sh installs.
pub fn installed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/receivers")
}

impl Receiver {
    /// Starts a script of tests/receivers, and returns when it listens.
    pub fn start(script: &str, arguments: &[&str]) -> Self {
        let program = match script.rsplit_once('.') {
            Some((_, "py")) => installed().join("python/bin/python"),
            _ => "node".into(),
        };
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/receivers");
        let mut child = Command::new(program)
            .arg(scripts.join(script))
            .args(arguments)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let reports = BufReader::new(child.stdout.take().unwrap());
        let mut receiver = Self {
            child,
            reports,
            port: 0,
            version: String::new(),
        };
        let started = receiver.line();
        receiver.port = started["port"].as_u64().unwrap();
        started["version"]
            .as_str()
            .unwrap()
            .clone_into(&mut receiver.version);
        receiver
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.reports.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// What it made of the requests since the last question.
    pub fn reports(&mut self) -> Vec<Value> {
        let stdin = self.child.stdin.as_mut().unwrap();
        stdin.write_all(b"\n").unwrap();
        let Value::Array(reports) = self.line() else {
            panic!("not a list");
        };
        reports
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
