//! What the pusher sees, and how long they wait for it.

use super::{Pushing, seen, webhook};
use crate::support::eventually;
use crate::support::receiver::{Answer, Receiver};
use std::fmt::Write;
use std::time::{Duration, Instant};

#[test]
fn show_decides_which_results_the_pusher_reads() {
    let receiver = Receiver::start(|request| match request.target.as_str() {
        "/bad" => Answer::json(422, "{}"),
        _ => Answer::ok(),
    });
    let hooks = webhook("good", &receiver.url("/good")) + &webhook("bad", &receiver.url("/bad"));
    for (show, expected) in [
        ("all", [true, true]),
        ("failures", [false, true]),
        ("nothing", [false, false]),
    ] {
        let before = receiver.got().len();
        let pushing = Pushing::new(&format!(
            "[deliver]\nwait = \"20s\"\nshow = \"{show}\"\n{hooks}[hook.typo]\nactoin = \"x\"\n"
        ));
        let said = pushing.push("one");
        let shown = ["good: delivered", "bad: failed permanently"].map(|line| said.contains(line));
        assert_eq!(shown, expected, "{show}: {said}");
        assert!(said.contains("unknown key `actoin`"), "{show}: {said}");
        eventually("both are sent", || receiver.got().len() == before + 2);
    }
}

#[test]
fn a_refusal_has_the_receivers_own_words_without_secrets_and_on_one_line() {
    let receiver = Receiver::start(|request| match request.target.as_str() {
        "/json" => Answer::json(422, r#"{"message": "branch `main`\nis protected"}"#),
        "/page" => Answer::Reply(403, Vec::new(), b"<html><title>Log in</title>".to_vec()),
        "/false" => Answer::json(200, r#"{"error": "no such project"}"#),
        _ => Answer::json(400, r#"{"message": "bad token hunter2-secret"}"#),
    });
    let hook = |name: &str, more: &str| webhook(name, &receiver.url(&format!("/{name}"))) + more;
    let pushing = Pushing::new(&format!(
        "[deliver]\nwait = \"20s\"\n{}{}{}{}",
        hook("json", ""),
        hook("page", ""),
        hook("false", "success = \"not json.error\"\n"),
        hook("echo", "token = \"hunter2-secret\"\n"),
    ));
    let said = pushing.push("one");
    let lines = said.lines().map(str::trim_end);
    for line in [
        "json: failed permanently: 422 Unprocessable Content: branch `main`",
        "page: failed permanently: 403 Forbidden: Log in",
        "false: failed permanently: 200 OK; `success` is false: no such project",
        "echo: failed permanently: 400 Bad Request",
    ] {
        assert!(
            lines.clone().any(|said| said.ends_with(line)),
            "{line}\n{said}"
        );
    }
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn many_results_are_summed_up_without_the_successes_that_are_not_shown() {
    let receiver = Receiver::start(|request| match request.target.as_str() {
        "/bad" => Answer::json(422, "{}"),
        _ => Answer::ok(),
    });
    let hooks = webhook("good", &receiver.url("/good")) + &webhook("bad", &receiver.url("/bad"));
    let pushing = Pushing::new(&format!(
        "[deliver]\nwait = \"20s\"\nshow = \"failures\"\n{hooks}"
    ));
    for n in 0..24 {
        pushing.sandbox.git("c", &["branch", &format!("b{n}")]);
    }
    let said = pushing.sandbox.push("c", &["-q", "origin", "--all"]);
    assert!(said.contains("bad: 2"), "{said}");
    assert!(
        said.contains("failed permanently") && !said.contains("good"),
        "{said}"
    );
}

#[test]
fn what_is_not_recorded_is_reported_whatever_is_shown() {
    let receiver = Receiver::start(|_| Answer::json(503, "{}"));
    let pushing = Pushing::new(&format!(
        "[deliver]\nshow = \"nothing\"\n{}",
        webhook("ci", &receiver.url("/"))
    ));
    std::fs::write(pushing.sandbox.path("r.git/service-hook"), "in the way").unwrap();
    let said = pushing.push("one");
    assert!(said.contains("not recorded: "), "{said}");
    assert!(
        said.contains("ci: 503 Service Unavailable; not recorded"),
        "{said}"
    );
}

#[test]
fn a_receiver_that_hangs_costs_no_more_than_the_wait() {
    let receiver = Receiver::start(|_| Answer::Hang);
    let pushing = Pushing::new(&format!(
        "[deliver]\nwait = \"1s\"\n{}",
        webhook("slow", &receiver.url("/"))
    ));
    let started = Instant::now();
    let said = pushing.push("one");
    assert!(
        said.contains("slow: still sending after 1 s, goes on in the background"),
        "{said}"
    );
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(receiver.got().len(), 1);
}

/// How long a push takes with that configuration.
fn time_of(hooks: &str) -> Duration {
    let pushing = Pushing::new(hooks);
    let started = Instant::now();
    pushing.sandbox.push("c", &["-q", "origin", "HEAD:main"]);
    started.elapsed()
}

#[test]
fn six_receivers_that_hang_cost_no_more_than_one() {
    let receiver = Receiver::start(|_| Answer::Hang);
    let six: String = (0..6)
        .map(|n| webhook(&format!("h{n}"), &receiver.url("/")))
        .collect();
    let hooks = format!("[deliver]\nwait = \"1s\"\n{six}");
    let wait = Duration::from_secs(1);
    let mut times = Vec::new();
    for _ in 0..5 {
        let (without, with) = (time_of(""), time_of(&hooks));
        times.push((without, with));
        // A machine that is busy with other things is slow at both.
        if with <= wait + Duration::from_millis(200) + 2 * without {
            eprintln!(
                "six receivers hang: {with:?} with a wait of {wait:?}; without hooks {without:?}"
            );
            assert!(receiver.got().len() >= 6, "all are asked");
            return;
        }
    }
    panic!("without hooks, with six that hang and a wait of {wait:?}: {times:?}");
}

#[test]
fn without_a_wait_the_push_returns_at_once_and_silently() {
    let receiver = Receiver::start(|_| Answer::Late(Duration::from_secs(2), 200, Vec::new()));
    let pushing = Pushing::new(&format!(
        "[deliver]\nwait = \"0s\"\n{}",
        webhook("slow", &receiver.url("/"))
    ));
    let started = Instant::now();
    let said = pushing.push("one");
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
    assert!(!said.contains("service-hook"), "{said}");
    eventually("it is delivered all the same", || pushing.done().len() == 1);
}

#[test]
fn without_a_configuration_it_does_nothing_and_says_nothing() {
    let pushing = Pushing::new("");
    std::fs::remove_file(pushing.sandbox.path("r.git/hooks.toml")).unwrap();
    assert_eq!(pushing.push("one"), "");
    assert!(!pushing.sandbox.path("r.git/service-hook").exists());
}

#[test]
fn lines_that_are_no_updates_are_named_and_the_others_are_sent() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let line = pushing.unannounced("one", "refs/heads/main");
    let out = pushing.receive(&format!("nonsense\n{}", line.trim_end()));
    assert!(
        seen(&out).contains("service-hook: line 1 of stdin is skipped: "),
        "{}",
        seen(&out)
    );
    assert!(
        seen(&out).contains("ci: delivered") && out.status.code() == Some(0),
        "{}",
        seen(&out)
    );
    assert_eq!(
        pushing.receive("").status.code(),
        Some(0),
        "an empty stdin is no push"
    );
}

#[test]
fn many_refs_are_one_sum_a_hook() {
    let receiver = Receiver::start(|_| Answer::ok());
    let pushing = Pushing::new(&webhook("ci", &receiver.url("/")));
    let line = pushing.unannounced("one", "refs/heads/x");
    let mut stdin = String::new();
    for n in 0..30 {
        write!(
            stdin,
            "{}",
            line.replace("heads/x", &format!("heads/x{n:02}"))
        )
        .unwrap();
    }
    let out = pushing.receive(&stdin);
    assert_eq!(seen(&out), "service-hook: ci: 30 delivered\n");
    assert_eq!(receiver.got().len(), 30);
}

#[test]
fn it_refuses_to_run_before_the_refs_have_moved() {
    let pushing = Pushing::new(&webhook("ci", "http://127.0.0.1:1/"));
    let line = pushing.unannounced("one", "refs/heads/main");
    let out = super::feed(pushing.hook().env("GIT_QUARANTINE_PATH", "/x"), &line);
    assert_eq!(out.status.code(), Some(1));
    assert!(
        seen(&out).contains("this is a post-receive hook"),
        "{}",
        seen(&out)
    );
    assert!(pushing.pending().is_empty());
}

#[test]
fn refs_past_the_limit_are_reported_after_failures_and_in_one_line() {
    use super::{Pushing, webhook};
    use crate::support::receiver::{Answer, Receiver};
    let receiver = Receiver::start(|_| Answer::json(401, "{}"));
    let hooks: String = (0..12)
        .map(|n| webhook(&format!("h{n}"), &receiver.url("/")) + "max_refs = 1\n")
        .collect();
    let pushing = Pushing::new(&format!("[deliver]\nwait = \"20s\"\n{hooks}"));
    let said = pushing
        .sandbox
        .push("c", &["-q", "origin", "HEAD:one", "HEAD:two"]);
    let failed = said.find("failed permanently").expect("failures are shown");
    let past = said
        .find("past `max_refs`")
        .expect("what is not shown one by one is summed up");
    assert!(
        failed < past && said.matches("past `max_refs`").count() == 1,
        "{said}"
    );
}

/// The bidi controls, and some of the other characters that are drawn as nothing.
const INVISIBLE: &str = "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}\u{200b}\u{feff}\u{e0041}";

#[test]
fn no_invisible_character_of_a_ref_a_pusher_or_an_answer_reaches_a_terminal() {
    let receiver = Receiver::start(|_| Answer::json(400, &format!("refused{INVISIBLE} by x")));
    let hooks = format!(
        "{}[hook.\"b{INVISIBLE}\"]\n\"k{INVISIBLE}\" = 1\n",
        webhook("ci", &receiver.url("/"))
    );
    let pushing = Pushing::new(&hooks);
    let name = format!("refs/heads/x{INVISIBLE}y");
    let line = pushing.unannounced("one", &name);
    pushing
        .sandbox
        .git("r.git", &["update-ref", &name, "refs/keep/one"]);
    let mut hook = pushing.hook();
    hook.env("GL_REPO", "r")
        .env("GL_USER", format!("eve{INVISIBLE}"));
    let out = super::feed(&mut hook, &line);
    let mut shown = vec![("push", seen(&out))];
    let ids = [pushing.pending(), pushing.done()].concat();
    let id = ids.first().expect("the push is recorded").clone();
    let commands: [&[&str]; 6] = [
        &["check"],
        &["check", "--json"],
        &["deliveries"],
        &["deliveries", "--json"],
        &["deliveries", "show", &id],
        &["deliveries", "show", &id, "--json"],
    ];
    for arguments in commands {
        let out = pushing.sandbox.run("r.git", arguments);
        let text = String::from_utf8_lossy(&out.stdout).into_owned() + &seen(&out);
        assert!(text.len() > 20, "{arguments:?}: {text}");
        shown.push((arguments[0], text));
    }
    for (command, text) in shown {
        shows_nothing_invisible(command, &text);
    }
}

#[needs("script")]
#[test]
fn no_invisible_character_of_a_ref_reaches_a_terminal_from_event_and_preview() {
    let pushing = Pushing::new(&webhook("ci", "http://127.0.0.1:9/"));
    let name = format!("refs/heads/x{INVISIBLE}y");
    pushing.unannounced("one", &name);
    pushing
        .sandbox
        .git("r.git", &["update-ref", &name, "refs/keep/one"]);
    for command in ["event", "preview ci"] {
        let line = format!("{} {command} --ref '{name}'", crate::support::PROGRAM);
        let mut terminal = pushing.sandbox.command("script", "r.git");
        let out = terminal
            .args(["-qec", &line, "/dev/null"])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(
            text.contains("refs/heads/x") && text.contains("Ann Author"),
            "{text}"
        );
        shows_nothing_invisible(command, &text);
    }
}

#[track_caller]
fn shows_nothing_invisible(command: &str, text: &str) {
    let found: Vec<_> = text.chars().filter(|c| INVISIBLE.contains(*c)).collect();
    assert!(found.is_empty(), "{command}: {found:?} in {text:?}");
}
