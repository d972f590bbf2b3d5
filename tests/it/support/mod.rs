//! Sandboxes with a real Git and receivers on loopback.

pub mod dice;
pub mod event_schema;
pub mod receiver;
pub mod server;
mod templates;
pub mod tracer;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_git-service-hook");

/// Nothing is synced, and nothing is tidied up behind the back of a test.
const GITCONFIG: &str = "\
[user]
	name = Ann Author
	email = ann@example.com
[init]
	defaultBranch = main
[receive]
	advertisePushOptions = true
	autogc = false
[protocol \"file\"]
	allow = always
[core]
	fsync = none
[gc]
	auto = 0
[maintenance]
	auto = false
";

/// Where a template of a clone has the place of its origin.
const ORIGIN: &str = "@ORIGIN@";

/// A temporary directory, and a Git that sees nothing of the machine's configuration.
pub struct Sandbox {
    dir: tempfile::TempDir,
}

impl Sandbox {
    pub fn new() -> Self {
        receiver::INSPECT.get_or_init(|| event_schema::problem_of_request);
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("gitconfig"), GITCONFIG).unwrap();
        Self { dir }
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    pub fn write(&self, relative: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(relative);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Writes the files that the text of a hooks.toml in `folder` refers to, each with what may stand in it: addresses
    /// fit the action above them. Nothing is written outside of the sandbox.
    #[track_caller]
    pub fn write_referenced(&self, folder: &str, text: &str) {
        let text = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .collect::<Vec<_>>()
            .join("\n");
        for (at, mark) in text
            .match_indices("file = \"")
            .filter(|(at, _)| !text[..*at].ends_with("ca_"))
        {
            let file = text[at + mark.len()..].split('"').next().unwrap();
            let path = self.path(folder).join(file);
            assert!(
                path.starts_with(self.path("")),
                "{file} is outside of the sandbox"
            );
            let action = text[..at]
                .rsplit("action = \"")
                .next()
                .and_then(|rest| rest.split('"').next());
            let content = match action
                .filter(|_| path.extension().is_some_and(|extension| extension == "url"))
            {
                None => "secret",
                Some("wecom_group_chat_robot") => {
                    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k"
                }
                Some("dingding_group_chat_robot") => {
                    "https://oapi.dingtalk.com/robot/send?access_token=k"
                }
                Some("feishu_group_chat_robot") => "https://open.feishu.cn/open-apis/bot/v2/hook/k",
                Some(_) => "https://receiver.example.com/push",
            };
            let path = self.write(
                path.strip_prefix(self.path("")).unwrap().to_str().unwrap(),
                content,
            );
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o640)).unwrap();
        }
    }

    /// A command with a clean environment, in `dir` below the sandbox.
    pub fn command(&self, program: &str, dir: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.path(dir))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path())
            .env("GIT_CONFIG_GLOBAL", self.path("gitconfig"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            // Not read, but it is where `git config --system` would write.
            .env("GIT_CONFIG_SYSTEM", self.path("system"))
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_AUTHOR_DATE", "2024-05-01T08:00:00+08:00")
            .env("GIT_COMMITTER_DATE", "2024-05-01T08:00:00+08:00")
            .env("GIT_SERVICE_HOOK_CONFIG", self.path("server/hooks.toml"))
            .env("LANG", "C.UTF-8");
        command
    }

    /// The same with a folder before all others on PATH, and `system` in the sandbox for the system's gitconfig.
    pub fn command_on_server(&self, program: &str, dir: &str, first: &Path) -> Command {
        let mut command = self.command(program, dir);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(first.to_owned()).chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(folders).unwrap());
        command.env_remove("GIT_CONFIG_NOSYSTEM");
        command
    }

    /// Runs git, which must succeed; returns its stdout without the last newline.
    #[track_caller]
    pub fn git(&self, dir: &str, arguments: &[&str]) -> String {
        let out = self.command("git", dir).args(arguments).output().unwrap();
        assert!(
            out.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        String::from_utf8_lossy(&out.stdout)
            .trim_end_matches('\n')
            .to_owned()
    }

    /// Runs the program under test.
    pub fn run(&self, dir: &str, arguments: &[&str]) -> Output {
        self.command(PROGRAM, dir).args(arguments).output().unwrap()
    }

    /// `git init --bare`
    pub fn init_bare(&self, name: &str) -> PathBuf {
        let repo = self.path(name);
        let make = |sandbox: &Self| drop(sandbox.git("", &["init", "-q", "--bare", "bare.git"]));
        templates::copy("bare.git", make, &repo);
        repo
    }

    /// `git init`
    pub fn init(&self, name: &str) {
        let make = |sandbox: &Self| drop(sandbox.git("", &["init", "-q", "worktree"]));
        templates::copy("worktree", make, &self.path(name));
    }

    /// A bare repository `name` with the program as its post-receive hook.
    pub fn bare(&self, name: &str) -> PathBuf {
        let repo = self.init_bare(name);
        std::os::unix::fs::symlink(PROGRAM, repo.join("hooks/post-receive")).unwrap();
        repo
    }

    /// A clone of an empty repository, with one commit.
    pub fn clone_with_commit(&self, bare: &str, clone: &str) {
        templates::copy("clone", Self::make_clone, &self.path(clone));
        let config = self.path(clone).join(".git/config");
        let text = std::fs::read_to_string(&config).unwrap();
        let origin = self.path(bare).display().to_string();
        std::fs::write(config, text.replace(ORIGIN, &origin)).unwrap();
    }

    fn make_clone(&self) {
        self.init_bare("bare.git");
        self.git("", &["clone", "-q", "bare.git", "clone"]);
        self.git("clone", &["config", "remote.origin.url", ORIGIN]);
        self.commit("clone", "file.txt", "one\n", "First commit");
    }

    /// Writes a file and commits it; returns the id.
    pub fn commit(&self, clone: &str, file: &str, text: &str, message: &str) -> String {
        self.write(&format!("{clone}/{file}"), text);
        self.git(clone, &["add", "-A"]);
        self.git(
            clone,
            &[
                "commit",
                "-q",
                "--allow-empty",
                "--allow-empty-message",
                "-m",
                message,
            ],
        );
        self.head(clone)
    }

    /// The commit that HEAD is at.
    fn head(&self, clone: &str) -> String {
        let read = |file: &str| {
            let text = std::fs::read_to_string(self.path(clone).join(".git").join(file)).ok()?;
            Some(text.trim_end().to_owned())
        };
        let id = read("HEAD").and_then(|head| read(head.strip_prefix("ref: ")?));
        id.unwrap_or_else(|| self.git(clone, &["rev-parse", "HEAD"]))
    }

    /// Pushes; returns what the pusher saw, `remote: ` lines included.
    #[track_caller]
    pub fn push(&self, clone: &str, arguments: &[&str]) -> String {
        let out = self
            .command("git", clone)
            .arg("push")
            .args(arguments)
            .output()
            .unwrap();
        let seen = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.success(), "git push {arguments:?}: {seen}");
        seen
    }
}

/// Waits until `probe` holds, at most 20 s.
#[track_caller]
pub fn eventually(what: &str, mut probe: impl FnMut() -> bool) {
    for _ in 0..1000 {
        if probe() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("never happened: {what}");
}

/// Whether everything is to be proven, not only what fits into a minute: `GIT_SERVICE_HOOK_FULL=1`.
pub fn full() -> bool {
    std::env::var_os("GIT_SERVICE_HOOK_FULL").is_some_and(|v| v == "1")
}

/// Places in /proc of processes that run the program under test somewhere below a directory.
pub fn ours_below(dir: &Path) -> Vec<PathBuf> {
    let points_to =
        |process: &Path, link: &str| std::fs::read_link(process.join(link)).unwrap_or_default();
    let ours = |process: &PathBuf| {
        points_to(process, "cwd").starts_with(dir)
            && points_to(process, "exe") == Path::new(PROGRAM)
    };
    std::fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .filter(ours)
        .collect()
}

/// Peak of a process's resident memory so far, in KiB.
pub fn memory_peak(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.trim().trim_end_matches(" kB").parse().ok()
}
