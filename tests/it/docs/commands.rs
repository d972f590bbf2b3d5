//! The commands of the documentation are run, each document's in its order, in a server of its own.

use super::blocks::{Block, blocks};
use crate::support::receiver::{Answer, Received, Receiver};
use crate::support::{PROGRAM, Sandbox, eventually};
use std::collections::BTreeMap;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

/// Addresses that the documentation shows; here one receiver answers for all of them.
const HOSTS: [&str; 8] = [
    "https://oapi.dingtalk.com",
    "https://qyapi.weixin.qq.com",
    "https://open.feishu.cn",
    "http://jenkins.example.com:8080",
    "https://jenkins.example.com",
    "https://audit.example.com",
    "https://mirror.example.com",
    "https://ci.example.com",
];

/// A document whose commands are about whole machines, each section another one: tests/it/install runs them.
const INSTALLING: &str = "docs/install.md";

/// Commands that are no business of this test, and what runs them instead.
const ELSEWHERE: [(&str, &str); 4] = [
    ("cargo ", ".ci/run and the tests themselves"),
    ("./install.sh", "tests/it/install.rs"),
    ("packaging/", ".ci/run"),
    ("fuzz/run ", "src/fuzz/tests.rs, with the same targets"),
];

/// What needs a running system: accepted, and not done.
const SYSTEM: [&str; 7] = [
    "systemctl",
    "journalctl",
    "apt-get",
    "apt",
    "dpkg",
    "setsebool",
    "sudo",
];

#[test]
fn every_command_in_the_documentation_runs() {
    let mut documents: BTreeMap<PathBuf, Vec<Block>> = BTreeMap::new();
    for block in blocks("sh")
        .into_iter()
        .filter(|block| !block.file.ends_with(INSTALLING))
    {
        documents.entry(block.file.clone()).or_default().push(block);
    }
    assert!(documents.len() >= 5);
    for (document, blocks) in documents {
        let server = Server::new();
        for block in blocks {
            server.run(&block);
        }
        if document.ends_with("docs/quick-start.md")
            || document.ends_with("docs/zh-CN/quick-start.md")
        {
            server.every_service_was_called();
        }
    }
}

/// A server as the documentation has it: /srv/git/payments.git with hooks, a push behind it, and a delivery that failed.
struct Server {
    sandbox: Sandbox,
    receiver: Receiver,
    failed: String,
}

impl Server {
    fn new() -> Self {
        let (sandbox, receiver) = (Sandbox::new(), Receiver::start(|_| Answer::ok()));
        sandbox.bare("srv/git/payments.git");
        std::fs::create_dir(sandbox.path("bin")).unwrap();
        symlink(PROGRAM, sandbox.path("bin/git-service-hook")).unwrap();
        for name in SYSTEM {
            let path = sandbox.write(&format!("bin/{name}"), "#!/bin/sh\nexit 0\n");
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        sandbox.write("bin/sudo", "#!/bin/sh\nexec \"$@\"\n");
        for folder in [
            "etc/git-service-hook",
            "etc/systemd/system",
            "etc/cron.d",
            "usr/local/bin",
            "server",
        ] {
            std::fs::create_dir_all(sandbox.path(folder)).unwrap();
        }
        let failed = fail(&sandbox, &receiver);
        receiver.answer(answer);
        Self {
            sandbox,
            receiver,
            failed,
        }
    }

    fn run(&self, block: &Block) {
        let lines = block
            .text
            .lines()
            .filter(|line| !ELSEWHERE.iter().any(|(what, _)| line.contains(what)));
        let mut script = lines.collect::<Vec<_>>().join("\n");
        for host in HOSTS {
            script = script.replace(host, &self.receiver.url(""));
        }
        for place in [
            "/srv/git",
            "/etc/git-service-hook",
            "/etc/systemd/system",
            "/etc/cron.d",
            "/usr/local/bin",
        ] {
            script = script.replace(
                place,
                self.sandbox
                    .path(place.trim_start_matches('/'))
                    .to_str()
                    .unwrap(),
            );
        }
        script = script.replace("1f0c7f2c ", &format!("{} ", self.failed));
        script = script.replace(
            "examples/",
            concat!(env!("CARGO_MANIFEST_DIR"), "/examples/"),
        );
        let elsewhere = script.replace(self.sandbox.path("").to_str().unwrap(), "");
        let touches = |place: &str| {
            elsewhere
                .split([' ', '\n', '"', '\'', '='])
                .any(|word| word.starts_with(place))
        };
        assert!(
            !["/etc/", "/srv/", "/usr/", "/var/"]
                .into_iter()
                .any(touches),
            "{}: this machine is no sandbox",
            block.place
        );
        let mut shell = self.sandbox.command("sh", "srv/git/payments.git");
        let mut path = std::ffi::OsString::from(self.sandbox.path("bin"));
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap());
        shell.env("PATH", path);
        shell.env(
            "GIT_SERVICE_HOOK_CONFIG",
            self.sandbox.path("etc/git-service-hook/hooks.toml"),
        );
        let out = shell.args(["-euc", &script]).output().unwrap();
        let said = [out.stdout, out.stderr]
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .concat();
        assert!(out.status.success(), "{}\n{script}\n{said}", block.place);
    }

    fn every_service_was_called(&self) {
        let got = self.receiver.got();
        for part in [
            "/robot/send?",
            "/cgi-bin/webhook",
            "/open-apis/",
            "/generic-webhook-trigger/",
            "/push",
            "/sync/",
        ] {
            assert!(
                got.iter().any(|request| request.target.starts_with(part)),
                "{part}"
            );
        }
    }
}

/// A push that the one hook refuses; the beginning of the delivery's id.
fn fail(sandbox: &Sandbox, receiver: &Receiver) -> String {
    let url = receiver.url("/gone");
    let hooks = format!("[hook.audit]\naction = \"webhook_http_post\"\nservice_url = \"{url}\"\n");
    sandbox.write("srv/git/payments.git/hooks.toml", hooks);
    receiver.answer(|_| Answer::json(410, "{}"));
    sandbox.clone_with_commit("srv/git/payments.git", "clone");
    sandbox.push("clone", &["-q", "origin", "main"]);
    let list = || {
        sandbox
            .run(
                "srv/git/payments.git",
                &["deliveries", "--state", "failed", "--json"],
            )
            .stdout
    };
    eventually("it has failed", || !list().is_empty());
    let failed: serde_json::Value = serde_json::from_slice(&list()).unwrap();
    // Else every `drain` would fail because of it.
    sandbox.run("srv/git/payments.git", &["drain", "--timer"]);
    failed["id"].as_str().unwrap()[28..].to_owned()
}

/// As each service says yes.
fn answer(request: &Received) -> Answer {
    let body = match request.target.as_str() {
        t if t.starts_with("/robot/") || t.starts_with("/cgi-bin/") => {
            r#"{"errcode":0,"errmsg":"ok"}"#
        }
        t if t.starts_with("/open-apis/") => r#"{"code":0,"msg":"success","data":{}}"#,
        t if t.starts_with("/generic-webhook-trigger/") => {
            r#"{"jobs":{"app":{"regexpFilterExpression":"","triggered":true,"resolvedVariables":{},"regexpFilterText":"","id":0,"url":""}},"message":"Triggered jobs."}"#
        }
        _ => "{}",
    };
    Answer::json(200, body)
}
