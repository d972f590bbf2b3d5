//! Debian's `webhook`, with GitHub's signature, hands a script what it reads of the event.

use super::pushes::{SECRET, all_read, nine_changes};
use super::table;
use crate::support::Sandbox;
use crate::support::server::{Server, free_port, listening};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

fn version() -> String {
    let out = Command::new("webhook").arg("-version").output().unwrap();
    let text = String::from_utf8([out.stdout, out.stderr].concat()).unwrap();
    text.split_whitespace().last().unwrap().to_owned()
}

fn rule(script: &std::path::Path) -> Value {
    let payload = |name: &str| json!({"source": "payload", "name": name});
    json!([{
        "id": "push",
        "execute-command": script,
        // Else it answers before the script has run.
        "include-command-output-in-response": true,
        "trigger-rule-mismatch-http-response-code": 401,
        "pass-arguments-to-command": [payload("ref"), payload("head_commit.id")],
        "trigger-rule": {"match": {"type": "payload-hmac-sha256", "secret": SECRET,
            "parameter": {"source": "header", "name": "X-Hub-Signature-256"}}}
    }])
}

#[needs("webhook")]
#[test]
fn debians_webhook_runs_its_command_for_every_change() {
    let sandbox = Sandbox::new();
    let calls = sandbox.write("calls", "");
    let text = format!("#!/bin/sh\necho \"$1 $2\" >>{}\n", calls.display());
    let script = sandbox.write("run.sh", text);
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let hooks = sandbox.write("hooks.json", rule(&script).to_string());
    let port = free_port();
    let mut command = Command::new("webhook");
    command.args(["-ip", "127.0.0.1", "-port", &port.to_string(), "-hooks"]);
    let _server = Server::start(&sandbox, "webhook.log", command.arg(hooks));
    listening(port);
    let mut reports = || {
        let text = std::fs::read_to_string(&calls).unwrap();
        std::fs::write(&calls, "").unwrap();
        let report = |line: &str| {
            let (name, id) = line.split_once(' ').unwrap();
            json!({"ref": name, "newest": (!id.is_empty()).then_some(id)})
        };
        text.lines().map(report).collect()
    };
    let url = format!("http://127.0.0.1:{port}/hooks/push");
    let keys = format!("flavor = \"github\"\ntoken = \"{SECRET}\"");
    let made = all_read(&nine_changes(&url, &keys, &mut reports));
    let sent = "`flavor = \"github\"`, `token`";
    table::agrees("webhook (Debian)", &version(), sent, &made);
}
