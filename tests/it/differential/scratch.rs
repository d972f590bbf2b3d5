//! Bare repositories in a temporary directory, made without `git init`, and the shell script that makes each again.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub struct Scratch {
    dir: tempfile::TempDir,
    script: String,
}

impl Scratch {
    pub fn new(sha256: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let format = if sha256 {
            "--object-format=sha256 "
        } else {
            ""
        };
        let script =
            format!("cd \"$(mktemp -d)\" && git init -q --bare {format}. && rm -r hooks\n");
        let mut scratch = Self { dir, script };
        let config = if sha256 {
            "\trepositoryformatversion = 1\n[extensions]\n\tobjectformat = sha256\n"
        } else {
            ""
        };
        std::fs::create_dir_all(scratch.path().join("objects/info")).unwrap();
        std::fs::create_dir_all(scratch.path().join("refs")).unwrap();
        scratch.write("HEAD", b"ref: refs/heads/main\n");
        scratch.write(
            "config",
            format!("[core]\n\tbare = true\n[core]\n{config}").as_bytes(),
        );
        scratch
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Replaces a file of the repository.
    pub fn write(&mut self, file: &str, text: &[u8]) {
        let path = self.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        let text = String::from_utf8_lossy(text);
        writeln!(
            self.script,
            "mkdir -p $(dirname {file})\ncat >{file} <<'END'\n{}\nEND",
            text.trim_end()
        )
        .unwrap();
    }

    /// Adds lines to the configuration.
    pub fn configure(&mut self, lines: &str) {
        let text = std::fs::read_to_string(self.path().join("config")).unwrap();
        self.write("config", format!("{text}{lines}\n").as_bytes());
    }

    /// Runs git, which must succeed, as a part of the script.
    #[track_caller]
    pub fn git(&mut self, arguments: &[&str], stdin: &[u8]) -> Vec<u8> {
        let quoted = arguments
            .iter()
            .map(|a| format!("'{a}'"))
            .collect::<Vec<_>>()
            .join(" ");
        if stdin.is_empty() {
            writeln!(self.script, "git {quoted}").unwrap();
        } else if let Ok(text) = std::str::from_utf8(stdin) {
            writeln!(
                self.script,
                "git {quoted} <<'END'\n{}\nEND",
                text.trim_end()
            )
            .unwrap();
        } else {
            writeln!(
                self.script,
                "base64 -d <<'END' | git {quoted}\n{}END",
                encoded(stdin)
            )
            .unwrap();
        }
        self.ask(arguments, stdin)
    }

    /// Runs git, which must succeed, for its answer alone.
    #[track_caller]
    pub fn ask(&self, arguments: &[&str], stdin: &[u8]) -> Vec<u8> {
        let (answer, success) = self.try_ask(arguments, stdin);
        assert!(success, "git {arguments:?} in {}", self.path().display());
        answer
    }

    /// Runs git; its answer, and whether it succeeded.
    pub fn try_ask(&self, arguments: &[&str], stdin: &[u8]) -> (Vec<u8>, bool) {
        let mut command = self.command(arguments);
        if stdin.is_empty() {
            let out = command
                .stdin(Stdio::null())
                .stderr(Stdio::inherit())
                .output()
                .expect("git starts");
            return (out.stdout, out.status.success());
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("git starts");
        let mut pipe = child.stdin.take().expect("it is piped");
        std::thread::scope(|threads| {
            threads.spawn(move || drop(pipe.write_all(stdin)));
            let out = child.wait_with_output().expect("git ends");
            (out.stdout, out.status.success())
        })
    }

    /// Git in this repository, with nobody's configuration, fetching nothing.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_DIR", self.path())
            .args(["-c", "safe.directory=*", "-c", "core.commitGraph=true"])
            .args(arguments);
        command
    }

    /// Moves all packs to where an alternate finds them.
    pub fn set_packs_aside(&mut self) {
        let (aside, info) = (self.path().join("aside"), self.path().join("objects/info"));
        std::fs::create_dir_all(&aside).unwrap();
        std::fs::rename(self.path().join("objects/pack"), aside.join("pack")).unwrap();
        std::fs::write(info.join("alternates"), format!("{}\n", aside.display())).unwrap();
        self.script.push_str(
            "mkdir aside\nmv objects/pack aside/\necho \"$PWD/aside\" >objects/info/alternates\n",
        );
    }

    /// What was done so far, for `sh`.
    pub fn script(&self) -> &str {
        &self.script
    }

    /// Reads objects of other repositories too, each given by its `objects` directory.
    pub fn borrow(&mut self, objects: &[PathBuf]) {
        let lines: Vec<_> = objects
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        self.write("objects/info/alternates", lines.join("\n").as_bytes());
    }
}

fn encoded(bytes: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    let mut lines = String::new();
    for line in text.as_bytes().chunks(120) {
        lines.push_str(&String::from_utf8_lossy(line));
        lines.push('\n');
    }
    lines
}
