//! The repository, its history and its pushes.

use crate::receiver::{Received, Receiver};
use crate::receivers::{self, Service};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// One push of the play.
pub struct Act {
    pub title: &'static str,
    /// Git commands in the clone before the push, arguments separated by `|`.
    before: &'static [&'static str],
    push: &'static [&'static str],
    /// Whose message is drawn large.
    pub closest: Service,
}

impl Act {
    pub fn command(&self) -> String {
        format!("git push {}", self.push.join(" "))
    }
}

/// A branch, a tag, and a force push.
pub const ACTS: [Act; 3] = [
    Act {
        title: "A new branch with three commits",
        before: &[
            "commit|-m|Take the currency from the order|--author=Ann Lee <ann@example.com>",
            "commit|-m|Retry the card network once, then tell the customer|--author=Björn Åkesson <bjorn@example.com>",
            "commit|-m|退款金额四舍五入到分 (rounding of refunds)|--author=李雷 <lilei@example.com>",
        ],
        push: &["origin", "main"],
        closest: Service::DingTalk,
    },
    Act {
        title: "A release: an annotated tag",
        before: &["tag|-a|v1.0.0|-m|First release: cards and refunds"],
        push: &["origin", "v1.0.0"],
        closest: Service::WeCom,
    },
    Act {
        title: "A force push: the last commit was amended",
        before: &[
            "commit|--amend|-m|Round refunds to cents, half to even|--author=李雷 <lilei@example.com>",
        ],
        push: &["--force", "origin", "main"],
        closest: Service::Feishu,
    },
];

/// Everything stands in a temporary directory, which goes with it.
pub struct Scene {
    dir: tempfile::TempDir,
    receiver: Receiver,
}

impl Scene {
    /// A bare repository with the hook and six hooks configured, and a clone.
    pub fn set(language: &str) -> Result<Self, String> {
        let dir = tempfile::Builder::new()
            .prefix("git-service-hook-demo-")
            .tempdir()
            .map_err(|e| e.to_string())?;
        let scene = Self {
            dir,
            receiver: receivers::start(),
        };
        let config = "[user]\n\tname = Mia Chen\n\temail = mia@example.com\n[init]\n\tdefaultBranch = main\n\
                      [commit]\n\tgpgSign = false\n[tag]\n\tgpgSign = false\n";
        scene.write("gitconfig", config)?;
        scene.git("", &["init", "-q", "--bare", "payments.git"])?;
        // A server says who pushed; over a local path it would be the account of this machine.
        scene.write("server.toml", "[pusher]\nenv = [\"DEMO_USER\"]\n")?;
        scene.write(
            "payments.git/hooks.toml",
            &hooks_toml(&scene.receiver.url(""), language),
        )?;
        let this = std::env::current_exe().map_err(|e| e.to_string())?;
        std::os::unix::fs::symlink(this, scene.path("payments.git/hooks/post-receive"))
            .map_err(|e| e.to_string())?;
        scene.git("", &["clone", "-q", "payments.git", "payments"])?;
        Ok(scene)
    }

    /// Plays one act; what the pusher saw.
    pub fn push(&self, act: &Act) -> Result<String, String> {
        for line in act.before {
            let mut words = line.split('|').collect::<Vec<_>>();
            if words[0] == "commit" {
                words.extend(["-q", "--allow-empty"]);
            }
            self.git("payments", &words)?;
        }
        let mut words = vec!["push"];
        words.extend(act.push);
        let seen = self.git("payments", &words)?;
        Ok(seen.replace(&self.path("").display().to_string(), ""))
    }

    /// What a command in the repository says to somebody at a terminal; addresses of this machine are those of the
    /// services.
    pub fn in_terminal(&self, command: &str) -> Result<String, String> {
        let bin = self.path("bin");
        if !bin.exists() {
            std::fs::create_dir(&bin).map_err(|e| e.to_string())?;
            let this = std::env::current_exe().map_err(|e| e.to_string())?;
            std::os::unix::fs::symlink(this, bin.join("git-service-hook"))
                .map_err(|e| e.to_string())?;
        }
        let line = format!("stty cols 80; PATH={}:$PATH; {command}", bin.display());
        let mut terminal = self.command("script", "payments.git");
        terminal
            .args(["-qec", &line, "/dev/null"])
            .env("TERM", "xterm")
            .stdin(std::process::Stdio::null());
        let out = terminal
            .output()
            .map_err(|e| format!("script cannot be started: {e}"))?;
        let said = String::from_utf8_lossy(&out.stdout).replace('\r', "");
        Ok(self.elsewhere(&said))
    }

    /// A text with the addresses and places of a server instead of this machine's.
    pub fn elsewhere(&self, text: &str) -> String {
        let url = self.receiver.url("");
        let program = std::env::current_exe()
            .unwrap_or_default()
            .display()
            .to_string();
        let text = text
            .replace(&program, "/usr/local/bin/git-service-hook")
            .replace("user `root`", "user `git`");
        let text = text
            .replace(&url, "https://example.com")
            .replace(url.trim_start_matches("http://"), "example.com");
        text.replace(&self.path("").display().to_string(), "/srv/git/")
    }

    /// A slip of the finger in hooks.toml.
    pub fn break_configuration(&self) -> Result<(), String> {
        let text = std::fs::read_to_string(self.path("payments.git/hooks.toml"))
            .map_err(|e| e.to_string())?;
        let slip = "msg_type = \"markdown\"\nbrnches = [\"main\"]\ntimeout = \"5 sec\"\n";
        self.write(
            "payments.git/hooks.toml",
            &text.replace("msg_type = \"markdown\"\n", slip),
        )
    }

    /// Everything that has arrived once there are so many, or nothing more is to be expected.
    pub fn wait_for(&self, number: usize) -> Vec<Received> {
        let until = Instant::now() + Duration::from_secs(10);
        while self.receiver.got().len() < number && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(10));
        }
        self.got()
    }

    /// Everything that has arrived.
    pub fn got(&self) -> Vec<Received> {
        self.receiver.got()
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.dir.path().join(relative)
    }

    fn write(&self, relative: &str, text: &str) -> Result<(), String> {
        std::fs::write(self.path(relative), text)
            .map_err(|e| format!("cannot write {relative}: {e}"))
    }

    /// A program with nothing of this machine's configuration.
    fn command(&self, program: &str, dir: &str) -> Command {
        let path = std::env::vars_os()
            .find(|(name, _)| name == "PATH")
            .map(|(_, value)| value);
        let mut command = Command::new(program);
        command.current_dir(Path::new(&self.path(dir))).env_clear();
        command.env(
            "PATH",
            path.unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into()),
        );
        command
            .env("HOME", self.dir.path())
            .env("GIT_CONFIG_GLOBAL", self.path("gitconfig"));
        command
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_SERVICE_HOOK_CONFIG", self.path("server.toml"));
        command.env("DEMO_USER", "mia");
        command
    }

    /// Runs Git; its stderr.
    fn git(&self, dir: &str, arguments: &[&str]) -> Result<String, String> {
        let mut command = self.command("git", dir);
        command.args(arguments);
        let out = command
            .output()
            .map_err(|e| format!("git cannot be started: {e}"))?;
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        if out.status.success() {
            Ok(said)
        } else {
            Err(format!("git {}: {said}", arguments.join(" ")))
        }
    }
}

/// The configuration that the README describes, one hook for each action.
fn hooks_toml(receiver: &str, language: &str) -> String {
    use receivers::{BUILD_TOKEN, DINGTALK_SECRET, FEISHU_SECRET, PASSWORD, TOKEN, USER};
    format!(
        r#"
[project]
url = "https://git.example.com/${{project.name}}"
language = "{language}"

[hook.dingtalk]
action = "dingding_group_chat_robot"
service_url = "{receiver}/robot/send?access_token=5f2d1c6e8b3a4f97"
sign = "{DINGTALK_SECRET}"

[hook.wecom]
action = "wecom_group_chat_robot"
service_url = "{receiver}/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"

[hook.feishu]
action = "feishu_group_chat_robot"
service_url = "{receiver}/open-apis/bot/v2/hook/2e1f6a9c-demo-4d0b"
sign = "{FEISHU_SECRET}"
msg_type = "markdown"

[hook.ci]
action = "jenkins_generic_build_job"
service_url = "{receiver}/generic-webhook-trigger/invoke"
build_token = "{BUILD_TOKEN}"
build_args = {{ environment = "staging" }}

[hook.audit]
action = "webhook_http_post"
service_url = "{receiver}/audit"
token = "{TOKEN}"
username = "{USER}"
password = "{PASSWORD}"

[hook.mirror]
action = "webhook_http_get"
service_url = "{receiver}/mirror?ref=${{ref}}"
"#
    )
}
