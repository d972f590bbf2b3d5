//! The command line: what `event`, `preview` and `test` say, exit codes, and whose rights a command has.

use crate::support::receiver::{Answer, Receiver};
use crate::support::server::program_for_all;
use crate::support::{PROGRAM, Sandbox};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::process::{Output, Stdio};

fn stdout(out: &Output) -> String {
    String::from_utf8_lossy(&out.stdout).into_owned()
}

fn stderr(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

/// A repository whose main branch has two commits, with these lines as its hooks.toml.
fn pushed(sandbox: &Sandbox, config: &str) {
    sandbox.bare("r.git");
    sandbox.clone_with_commit("r.git", "work");
    sandbox.commit("work", "file.txt", "two\n", "Second commit");
    sandbox.push("work", &["origin", "main"]);
    sandbox.write("r.git/hooks.toml", config);
}

fn json(out: &Output) -> Value {
    assert!(out.status.success(), "{}", stderr(out));
    serde_json::from_slice(&out.stdout).unwrap()
}

#[test]
fn a_usage_error_is_2_and_speaks_on_stderr() {
    let sandbox = Sandbox::new();
    for arguments in [
        &[][..],
        &["deliver"],
        &["event", "--nonsense"],
        &["event", "HEAD~1"],
        &["-C"],
    ] {
        let out = sandbox.run("", arguments);
        assert_eq!(
            out.status.code(),
            Some(2),
            "{arguments:?}: {}",
            stderr(&out)
        );
        assert!(
            out.stdout.is_empty() && !out.stderr.is_empty(),
            "{arguments:?}"
        );
    }
    assert!(
        stderr(&sandbox.run("", &["instal"])).contains("install"),
        "a misspelt command gets a hint"
    );
}

#[test]
fn every_command_has_help_and_the_program_a_version() {
    let sandbox = Sandbox::new();
    for command in [
        "check",
        "event",
        "preview",
        "test",
        "deliveries",
        "redeliver",
        "cancel",
        "drain",
        "status",
        "install",
        "uninstall",
        "post-receive",
    ] {
        let out = sandbox.run("", &[command, "--help"]);
        assert_eq!(out.status.code(), Some(0), "{command}");
        assert!(
            stdout(&out).contains("Usage: git service-hook"),
            "{command}: {}",
            stdout(&out)
        );
        let long = stdout(&out)
            .lines()
            .find(|l| l.chars().count() > 80)
            .map(str::to_owned);
        assert_eq!(
            long, None,
            "{command}: longer than a terminal of 80 columns"
        );
    }
    assert_eq!(
        stdout(&sandbox.run("", &["--version"])).trim(),
        concat!("git-service-hook ", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn a_reader_that_goes_away_is_no_panic() {
    let sandbox = Sandbox::new();
    let mut child = sandbox
        .command(PROGRAM, "")
        .arg("--help")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let out = child.wait_with_output().unwrap();
    assert_eq!((out.status.code(), stderr(&out)), (Some(0), String::new()));
}

#[test]
fn the_event_is_by_default_the_newest_commit_of_heads_branch() {
    let sandbox = Sandbox::new();
    pushed(&sandbox, "");
    let event = json(&sandbox.run("r.git", &["event"]));
    assert_eq!(event["ref"], "refs/heads/main");
    assert_eq!(
        event["before"],
        sandbox.git("r.git", &["rev-parse", "main~1"])
    );
    assert_eq!(event["after"], sandbox.git("r.git", &["rev-parse", "main"]));
    assert_eq!(event["commits"][0]["message"], "Second commit");
}

#[test]
fn the_event_can_be_any_update_of_any_ref() {
    let sandbox = Sandbox::new();
    pushed(&sandbox, "");
    let run = |arguments: &[&str]| {
        json(&sandbox.run("", &[&["event", "-C", "r.git"], arguments].concat()))
    };
    let created = run(&["0", "main"]);
    assert_eq!(
        (
            &created["created"],
            created["commits"].as_array().unwrap().len()
        ),
        (&true.into(), 2)
    );
    let deleted = run(&["main", "0", "--ref", "old"]);
    assert_eq!(
        (&deleted["deleted"], &deleted["ref"]),
        (&true.into(), &"refs/heads/old".into())
    );
    sandbox.git("r.git", &["tag", "v1", "main"]);
    assert_eq!(run(&["0", "v1", "--ref", "v1"])["ref"], "refs/tags/v1");

    let wrong = sandbox.run("r.git", &["event", "nowhere", "main"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(
        stderr(&wrong).contains("`nowhere` names no object"),
        "{}",
        stderr(&wrong)
    );
}

#[test]
fn an_event_in_a_pipe_is_one_line() {
    let sandbox = Sandbox::new();
    pushed(&sandbox, "");
    let out = stdout(&sandbox.run("r.git", &["event"]));
    assert_eq!(out.lines().count(), 1);
}

#[test]
fn a_repository_that_is_none_is_said_in_one_line() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("empty")).unwrap();
    for command in ["event", "preview", "test", "check", "install", "uninstall"] {
        let out = sandbox.run("", &["-C", "empty", command]);
        assert_eq!(out.status.code(), Some(1), "{command}");
        assert_eq!(
            stderr(&out).lines().count(),
            1,
            "{command}: {}",
            stderr(&out)
        );
    }
}

fn hooks(receiver: &Receiver) -> String {
    format!(
        "[hook.audit]\naction = \"webhook_http_post\"\nservice_url = \"{}\"\ntoken = \"hunter2-hunter2\"\nusername = \"ann\"\n\
         password = \"open-sesame\"\n\n[hook.release]\naction = \"webhook_http_post\"\nservice_url = \"{}\"\n\
         branches = [\"release/**\"]\n",
        receiver.url("/audit"),
        receiver.url("/release"),
    )
}

#[test]
fn preview_shows_the_request_masked_and_sends_nothing() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::start(|_| Answer::ok());
    pushed(&sandbox, &hooks(&receiver));
    let out = sandbox.run("r.git", &["preview"]);
    assert!(out.status.success(), "{}", stderr(&out));
    let text = stdout(&out);
    assert!(
        text.contains(&format!("POST {} HTTP/1.1", receiver.url("/audit"))),
        "{text}"
    );
    assert!(
        text.contains("authorization: ***") && text.contains("x-coding-event: push"),
        "{text}"
    );
    assert!(
        !text.contains("hunter2") && !text.contains("open-sesame"),
        "{text}"
    );
    let body = text.lines().find(|l| l.starts_with('{')).unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["head_commit"]["message"], "Second commit");
    assert!(receiver.got().is_empty());
}

#[test]
fn preview_shows_the_headers_that_really_go_out() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::start(|_| Answer::ok());
    pushed(&sandbox, &hooks(&receiver));
    let text = stdout(&sandbox.run("r.git", &["preview", "audit"]));
    let head = text.split("\n\n").nth(1).unwrap();
    let mut shown: Vec<_> = head
        .lines()
        .skip(2)
        .map(|l| l.split(':').next().unwrap().to_lowercase())
        .collect();
    sandbox.run("r.git", &["test", "audit", "--as-push"]);
    let got = receiver.got().pop().unwrap();
    let mut sent: Vec<_> = got
        .headers
        .iter()
        .map(|(name, _)| name.to_lowercase())
        .collect();
    shown.sort();
    sent.sort();
    assert_eq!(shown, sent);
}

#[test]
fn preview_says_why_a_hook_would_not_fire_and_shows_it_when_asked_for() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::start(|_| Answer::ok());
    pushed(&sandbox, &hooks(&receiver));
    let all = stdout(&sandbox.run("r.git", &["preview"]));
    let (_, release) = all.split_once("# release").unwrap();
    assert!(
        release.contains("would not fire: `branches = [") && !release.contains("POST"),
        "{all}"
    );
    let named = stdout(&sandbox.run("r.git", &["preview", "release", "main~1", "main"]));
    assert!(
        named.contains("would not fire") && named.contains("/release HTTP/1.1"),
        "{named}"
    );
    let unknown = sandbox.run("r.git", &["preview", "relese"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(
        stderr(&unknown).contains("did you mean `release`?"),
        "{}",
        stderr(&unknown)
    );
}

#[test]
fn preview_and_test_take_the_name_of_a_pusher() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::start(|_| Answer::ok());
    let hook = crate::delivery::webhook("audit", &receiver.url("/")) + "pushers = [\"bob\"]\n";
    pushed(&sandbox, &hook);
    let preview = |name: &str| stdout(&sandbox.run("r.git", &["preview", "--pusher", name]));
    assert!(
        preview("ann").contains("would not fire: `pushers"),
        "{}",
        preview("ann")
    );
    assert!(preview("bob").contains("POST "), "{}", preview("bob"));
    let since = receiver.got().len();
    sandbox.run("r.git", &["test", "audit", "--pusher", "bob"]);
    assert_eq!(receiver.got()[since].json()["pusher"]["username"], "bob");
}

#[test]
fn test_really_sends_and_is_marked_as_a_test() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::start(|_| Answer::ok());
    pushed(&sandbox, &hooks(&receiver));
    let out = sandbox.run("r.git", &["test"]);
    assert_eq!(
        out.status.code(),
        Some(0),
        "{}{}",
        stdout(&out),
        stderr(&out)
    );
    let got = receiver.got();
    assert_eq!(got.len(), 2, "filters are not asked");
    for request in got {
        assert_eq!(
            (request.method.as_str(), request.header("X-Coding-Event")),
            ("POST", Some("ping"))
        );
        assert_eq!(
            (&request.json()["event"], &request.json()["test"]),
            (&"PING".into(), &true.into())
        );
    }
    sandbox.run("r.git", &["test", "audit", "--as-push"]);
    let last = receiver.got().pop().unwrap();
    assert_eq!(
        (last.header("X-Coding-Event"), last.json().get("test")),
        (Some("push"), None)
    );
}

#[test]
fn test_prints_the_answer_in_words_and_is_0_only_when_all_accepted() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::start(|request| match request.target.as_str() {
        "/audit" => Answer::json(422, "{\"error\":\"no such hunter2-hunter2\"}"),
        _ => Answer::ok(),
    });
    pushed(&sandbox, &hooks(&receiver));
    let out = sandbox.run("r.git", &["test"]);
    assert_eq!(out.status.code(), Some(1));
    let text = stdout(&out);
    assert!(
        text.contains("audit: failed: 422") && text.contains("release: delivered"),
        "{text}"
    );
    assert!(
        text.contains("answer (422): withheld"),
        "an answer that repeats a secret is not shown: {text}"
    );
}

#[test]
fn a_hook_whose_dialect_has_no_test_event_does_not_count() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::start(|_| Answer::ok());
    let hook = |name: &str, flavor: &str| {
        format!(
            "[hook.{name}]\naction = \"webhook_http_post\"\nservice_url = \"{}\"\nflavor = \"{flavor}\"\n",
            receiver.url("/")
        )
    };
    pushed(&sandbox, &(hook("lab", "gitlab") + &hook("hub", "github")));
    for (arguments, code, requests) in [
        (&["test"][..], 0, 1),
        (&["test", "lab"], 1, 0),
        (&["test", "lab", "--as-push"], 0, 1),
    ] {
        let before = receiver.got().len();
        let out = sandbox.run("r.git", arguments);
        let got = receiver.got().len() - before;
        assert_eq!(
            (out.status.code(), got),
            (Some(code), requests),
            "{arguments:?}: {}",
            stdout(&out)
        );
    }
}

#[test]
fn a_mistake_in_one_hook_is_reported_and_the_others_are_tested() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::start(|_| Answer::ok());
    let config = format!(
        "{}\n[hook.bad]\naction = \"webhook_http_post\"\nservice_ulr = \"x\"\n",
        hooks(&receiver)
    );
    pushed(&sandbox, &config);
    let out = sandbox.run("r.git", &["test"]);
    assert!(stderr(&out).contains("hooks.toml:15:1"), "{}", stderr(&out));
    assert_eq!(receiver.got().len(), 2);
    let named = sandbox.run("r.git", &["test", "bad"]);
    assert!(
        stderr(&named).contains("hook `bad` is disabled"),
        "{}",
        stderr(&named)
    );
}

#[needs(root)]
#[test]
fn a_command_of_root_runs_as_the_repositorys_owner() {
    let sandbox = Sandbox::new();
    let program = program_for_all(&sandbox);
    let nobody = 65534;
    sandbox.init_bare("theirs.git");
    let status = sandbox
        .command("chown", "")
        .args(["-R", "65534:0", "theirs.git"])
        .status()
        .unwrap();
    assert!(status.success());
    chown(sandbox.path(""), Some(nobody), None).unwrap();
    let run = |arguments: &[&str]| {
        sandbox
            .command(program.to_str().unwrap(), "")
            .args(arguments)
            .output()
            .unwrap()
    };
    let out = run(&["install", "--repo", "theirs.git"]);
    assert!(out.status.success(), "{}", stderr(&out));
    let file = fs::metadata(sandbox.path("theirs.git/hooks.toml")).unwrap();
    assert_eq!(file.uid(), nobody);
    assert_ne!(
        file.gid(),
        0,
        "the group of the directory is not a reason to have root's group"
    );
    let link = fs::symlink_metadata(sandbox.path("theirs.git/hooks/post-receive")).unwrap();
    assert_eq!(link.uid(), nobody);
}

#[needs(root)]
#[test]
fn a_repository_of_another_user_is_refused_as_git_refuses_it() {
    let sandbox = Sandbox::new();
    let program = program_for_all(&sandbox);
    sandbox.init_bare("roots.git");
    let mut command = sandbox.command(program.to_str().unwrap(), "");
    std::os::unix::process::CommandExt::uid(&mut command, 65534);
    let out = command.args(["event", "-C", "roots.git"]).output().unwrap();
    assert_eq!(out.status.code(), Some(1));
    assert!(stderr(&out).contains("safe.directory"), "{}", stderr(&out));
}

#[needs(root)]
#[test]
fn a_timer_of_root_drains_each_repository_as_its_owner() {
    let sandbox = Sandbox::new();
    let program = program_for_all(&sandbox);
    for name in ["a.git", "b.git"] {
        sandbox.init_bare(name);
        sandbox.write(&format!("{name}/hooks.toml"), "[deliver]\nwait = \"0s\"\n");
        fs::create_dir(sandbox.path(&format!("{name}/service-hook"))).unwrap();
        let status = sandbox
            .command("chown", "")
            .args(["-R", "65534", name])
            .status()
            .unwrap();
        assert!(status.success());
    }
    let out = sandbox
        .command(program.to_str().unwrap(), "")
        .args(["drain", "--timer", "--all", "."])
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", stderr(&out));
    for name in ["a.git", "b.git"] {
        let stamp = fs::metadata(sandbox.path(&format!("{name}/service-hook/timer"))).unwrap();
        assert_eq!(stamp.uid(), 65534);
    }
}

#[test]
fn a_hook_that_is_switched_off_is_said_to_be() {
    let sandbox = Sandbox::new();
    let hook = |name: &str| {
        format!(
            "[hook.{name}]\naction = \"webhook_http_post\"\nservice_url = \"http://127.0.0.1:1/\"\n"
        )
    };
    pushed(
        &sandbox,
        &format!("{}{}enabled = false\n", hook("on"), hook("gone")),
    );
    let out = sandbox.run("r.git", &["test", "gone"]);
    assert!(
        out.status.code() == Some(1) && stderr(&out).contains("switched off"),
        "{}",
        stderr(&out)
    );
    assert!(
        stdout(&sandbox.run("r.git", &["preview"]))
            .contains("# gone\n# would not fire: `enabled = false` (hooks.toml:7)")
    );
}

#[test]
fn a_test_of_a_hook_for_whole_pushes_has_their_updates() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::start(|_| Answer::ok());
    let url = receiver.url("/");
    pushed(
        &sandbox,
        &format!(
            "[hook.p]\naction = \"webhook_http_post\"\nservice_url = \"{url}\"\nper = \"push\"\n"
        ),
    );
    assert_eq!(sandbox.run("r.git", &["test"]).status.code(), Some(0));
    assert_eq!(
        receiver.got()[0].json()["updates"][0]["ref"],
        "refs/heads/main"
    );
}

#[test]
fn what_cannot_go_together_is_said_in_a_sentence() {
    let pushing = Sandbox::new();
    pushing.bare("r.git");
    let said = |arguments: &[&str]| {
        let out = pushing.run("r.git", arguments);
        (out.status.code(), String::from_utf8(out.stderr).unwrap())
    };
    let (code, text) = said(&["redeliver", "--hook", "ci"]);
    assert!(
        code == Some(2)
            && text.contains("use `--failed`, `--pending` or `--since TIME --hook HOOK`"),
        "{text}"
    );
    let (code, text) = said(&["redeliver", "1f0c7f2c", "--hook", "ci"]);
    assert!(
        code == Some(2) && text.contains("go with `--failed` or `--pending`, not with ids"),
        "{text}"
    );
    let (code, text) = said(&["-C", "r.git", "drain", "--all", "."]);
    assert!(code == Some(2) && text.contains("leave out `-C`"), "{text}");
}
