//! What strangers write in places that end up on somebody's terminal, in a log or in JSON: names of branches and tags,
//! messages, push options, labels and mistakes in a hooks.toml, answers of receivers, names of repositories and files.

use super::corpus::HOSTILE;
use crate::delivery::{Pushing, seen};
use crate::support::receiver::{Answer, Receiver};
use crate::support::{PROGRAM, Sandbox};
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

/// Begins a line that is not ours.
const FORGED: &str = "FORGED";

/// A text with everything that drives a terminal, hides or begins a line.
fn hostile() -> String {
    let controls = "\u{1b}[2J\u{1b}]0;t\u{7}\u{9b}31m\u{8}\u{7f}\u{202e}\u{2066}\u{200f}\u{61c}\u{200b}\u{feff}\u{ad}";
    let breaks = [
        "\n", "\r", "\r\n", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}",
    ];
    let lines = breaks.map(|line| format!("x{line}{FORGED} git-service-hook: delivered"));
    format!("{controls}{}", lines.concat())
}

/// The same without what a name of a ref or of a file in a push cannot have.
fn hostile_name() -> String {
    let name = hostile();
    let allowed = |c: &char| !c.is_ascii_control() && !" ~^:?*[\\".contains(*c);
    name.chars().filter(allowed).take(120).collect()
}

/// The beginning, as long as the name of a file may be.
fn file_name() -> String {
    hostile().replace('/', "_").chars().take(120).collect()
}

/// Asserts that a person or a log sees single lines of ours, and nothing that is hidden.
#[track_caller]
fn is_harmless(what: &str, text: &[u8]) {
    let text = String::from_utf8(text.to_vec()).unwrap_or_else(|_| panic!("{what}: no UTF-8"));
    let is_hidden = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    assert!(!text.contains(is_hidden), "{what}: {text:?}");
    for line in text.lines() {
        let line = line.strip_prefix("remote: ").unwrap_or(line);
        assert!(!line.starts_with(FORGED), "{what}: {text}");
    }
}

/// Every line is a JSON object.
#[track_caller]
fn is_json(what: &str, text: &[u8]) {
    for line in String::from_utf8_lossy(text).lines() {
        let form = super::json::form(line);
        assert!(
            form.is_ok_and(|form| form.starts_with('{')),
            "{what}: {line}"
        );
    }
}

/// Runs commands, and judges what they print.
fn judge(sandbox: &Sandbox, dir: &str, lines: &[&str]) {
    for line in lines {
        let arguments = line.split(' ').collect::<Vec<_>>();
        let out = sandbox.run(dir, &arguments);
        is_harmless(line, &out.stdout);
        is_harmless(line, &out.stderr);
        let is_answered = !out.stdout.is_empty() || !out.stderr.is_empty() || *line == "drain";
        assert!(is_answered, "{line}");
        // Where there is nothing to list there is no object.
        if line.contains("--json") && *line != "deliveries --all srv --json" {
            assert!(!out.stdout.is_empty(), "{line}: {}", seen(&out));
        }
        if line.contains("--json") {
            is_json(line, &out.stdout);
        }
    }
}

fn toml(text: &str) -> String {
    super::toml_string(text)
}

/// Hooks with a hostile label each, whose receivers answer `answer`.
fn hooks(receiver: &Receiver) -> String {
    let label = toml(&hostile());
    let hook = |name: &str, action: &str, path: &str| {
        let url = receiver.url(path);
        format!("[hook.{name}]\naction = \"{action}\"\nlabel = {label}\nservice_url = \"{url}\"\n")
    };
    let robot = "dingding_group_chat_robot";
    let jenkins = "jenkins_generic_build_job";
    [
        hook("post", "webhook_http_post", "/post"),
        hook("get", "webhook_http_get", "/get"),
        hook("robot", robot, "/robot/send?access_token=x"),
        hook("ci", jenkins, "/generic-webhook-trigger/invoke"),
    ]
    .concat()
}

/// Says no in every place where a receiver can say something.
fn refusal(target: &str, text: &str) -> Answer {
    let quoted = serde_json::Value::from(text).to_string();
    let header = text.replace(['\r', '\n'], "");
    match target {
        t if t.starts_with("/robot") => {
            Answer::json(200, &format!("{{\"errcode\":310000,\"errmsg\":{quoted}}}"))
        }
        t if t.starts_with("/generic") => Answer::json(
            200,
            &format!(
                "{{\"jobs\":{{{quoted}:{{\"triggered\":false,\"regexpFilterText\":{quoted}}}}},\"message\":{quoted}}}"
            ),
        ),
        t if t.starts_with("/get") => {
            let location = ("Location".to_owned(), format!("http://127.0.0.1/{header}"));
            Answer::Reply(302, vec![location], text.into())
        }
        _ => Answer::Reply(403, vec![("X-Reason".to_owned(), header)], text.into()),
    }
}

#[test]
fn nothing_of_a_push_or_an_answer_drives_a_terminal_or_forges_a_line() {
    let receiver = Receiver::start(|request| refusal(&request.target, &hostile()));
    let pushing = Pushing::new(&hooks(&receiver));
    let sandbox = &pushing.sandbox;
    let name = hostile_name();
    sandbox.write(&format!("c/{}", name.replace('/', "_")), "x");
    sandbox.commit("c", "file.txt", "x", &hostile());
    sandbox.git("c", &["tag", "-m", &hostile(), &name]);
    let branch = format!("HEAD:refs/heads/{name}");
    let tag = format!("refs/tags/{name}");
    let option = format!("-oservice-hook.skip={name}");
    let mut push = sandbox.command("git", "c");
    push.args(["push", "-q", &option, "origin", &branch, &tag, "HEAD:main"]);
    for variable in ["GL_USER", "GL_REPO", "GITEA_PUSHER_NAME", "REMOTE_USER"] {
        push.env(variable, hostile());
    }
    let out = push.output().unwrap();
    assert!(out.status.success(), "{}", seen(&out));
    // Git itself writes what it was named.
    is_harmless("push", &out.stderr);
    assert!(receiver.got().len() >= 4, "{}", seen(&out));
    // Answers are judged in every other form as well.
    for text in HOSTILE {
        receiver.answer(move |request| refusal(&request.target, text));
        let out = sandbox.run("r.git", &["test", "post", "robot"]);
        is_harmless(text, &out.stdout);
        is_harmless(text, &out.stderr);
    }
    let commands = [
        "check",
        "check --json",
        "check --all ..",
        "check --all .. --json",
        "deliveries",
        "deliveries --json",
        "status",
        "status --json",
        "status --all ..",
        "redeliver --failed",
        "drain",
        "test",
        "cancel --pending --yes",
    ];
    judge(sandbox, "r.git", &commands);
    let listed = sandbox.run("r.git", &["deliveries", "--json"]).stdout;
    for line in String::from_utf8(listed).unwrap().lines().take(12) {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let id = line["id"].as_str().unwrap();
        judge(
            sandbox,
            "r.git",
            &[
                &format!("deliveries {id}"),
                &format!("deliveries {id} --json"),
            ],
        );
    }
}

#[test]
fn nothing_of_a_hooks_toml_drives_a_terminal_or_forges_a_line() {
    let text = toml(&hostile());
    let post = "action = \"webhook_http_post\"\nservice_url = \"http://127.0.0.1:1/\"\n";
    let pushing = Pushing::new("");
    let lines = [
        format!("{text} = 1"),
        format!("{text} = {{ x = 1 }}"),
        format!("[{text}]"),
        format!("[hook.{text}]\n{post}"),
        format!("[hook.x]\n{post}{text} = 1"),
        format!("[hook.x]\n{post}token = {{ file = {text} }}"),
        format!("[hook.x]\n{post}token = {{ env = {text} }}"),
        format!("[hook.x]\n{post}token = {{ credential = {text} }}"),
        format!("[hook.x]\n{post}token = {{ {text} = 1 }}"),
        format!("[hook.x]\n{post}ca_file = {text}\nproxy = {text}"),
        format!("[hook.x]\n{post}headers = {{ {text} = \"x\" }}"),
        format!("[hook.x]\n{post}headers = {text}"),
        format!("[hook.x]\n{post}flavor = {text}"),
        format!("[hook.x]\n{post}template = {text}"),
        format!(
            "[hook.x]\n{post}template = \"${{ x.y }} {{% {} %}}\"",
            hostile_name()
        ),
        format!("[hook.x]\n{post}branches = [{text}]\ntags = [{text}]\nchanges = [{text}]"),
        format!("[hook.x]\n{post}timeout = {text}"),
        format!("[hook.x]\naction = {text}\nservice_url = {text}"),
        format!("[project]\nname = {text}\nurl = {text}\nlanguage = {text}\n[hook.x]\n{post}"),
        format!("[hook.x]\n{post}# {}", hostile_name()),
        format!("[hook.x]\n{post}x = {}", hostile_name()),
    ];
    for (number, line) in lines.iter().enumerate() {
        pushing.configure(line);
        if number % 4 == 0 {
            is_harmless(line, pushing.push(&format!("push {number}")).as_bytes());
        }
        judge(
            &pushing.sandbox,
            "r.git",
            &["check", "check --json", "check --all .."],
        );
    }
    judge(
        &pushing.sandbox,
        "r.git",
        &["status", "status --json", "drain"],
    );
}

#[test]
fn no_name_of_a_repository_or_file_drives_a_terminal_or_forges_a_line() {
    let sandbox = Sandbox::new();
    sandbox.init_bare("plain.git");
    let mut name = OsString::from_vec(b"srv/\xff".to_vec());
    name.push(file_name());
    let name = sandbox.path("").join(name);
    std::fs::create_dir_all(name.parent().unwrap()).unwrap();
    std::fs::rename(sandbox.path("plain.git"), &name).unwrap();
    std::os::unix::fs::symlink(PROGRAM, name.join("hooks/post-receive")).unwrap();
    let other = name.join("hooks/post-receive.d").join(file_name());
    std::fs::create_dir_all(other.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(PROGRAM, other).unwrap();
    std::fs::write(name.join("hooks.toml"), "[hook.x\n").unwrap();
    std::fs::create_dir_all(name.join("service-hook/pending")).unwrap();
    std::fs::write(name.join("service-hook/pending/x"), "x\n").unwrap();
    let post = "action = \"webhook_http_post\"\nservice_url = \"http://127.0.0.1:1/\"\n";
    let file = toml(&hostile());
    sandbox.write(
        "server.toml",
        format!("[hook.x]\n{post}token = {{ file = {file} }}\n"),
    );
    let lines = [
        "check --all srv",
        "check --all srv --json",
        "status --all srv",
        "status --all srv --json",
        "status --all srv --prometheus",
        "deliveries --all srv",
        "deliveries --all srv --json",
        "redeliver --all srv --failed",
        "check --all srv --config gitconfig",
        "check --all srv --config server.toml",
        "check --all srv --config server.toml --json",
        "drain --all srv",
        "install --all srv",
        "cancel --all srv --pending --yes",
    ];
    judge(&sandbox, "", &lines);
    for arguments in [
        vec!["check"],
        vec!["status"],
        vec!["deliveries"],
        vec!["drain"],
        vec!["uninstall"],
    ] {
        let mut command = sandbox.command(PROGRAM, "");
        let out = command
            .args(&arguments)
            .arg("-C")
            .arg(&name)
            .output()
            .unwrap();
        is_harmless(arguments[0], &out.stdout);
        is_harmless(arguments[0], &out.stderr);
    }
}
