//! `check` says when all people push as one account.

use crate::delivery::{Pushing, webhook};

/// Pushes five times, from these machines in turn, with these variables.
fn check_after(machines: &[&str], variables: &[(&str, &str)]) -> String {
    let pushing = Pushing::new(&webhook("ci", "http://127.0.0.1:1/"));
    for n in 0..5 {
        let text = format!("push {n}");
        pushing.sandbox.commit("c", "file.txt", &text, &text);
        let machine = machines[n % machines.len()];
        let mut push = pushing.sandbox.command("git", "c");
        push.args(["push", "-q", "origin", "HEAD:main"])
            .env("SSH_CONNECTION", format!("{machine} 50000 192.0.2.1 22"))
            .envs(variables.iter().copied());
        assert!(push.output().unwrap().status.success());
    }
    let out = pushing.sandbox.run("r.git", &["check"]);
    let words = String::from_utf8_lossy(&out.stdout).into_owned();
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn many_machines_and_one_account_are_a_warning() {
    let text = check_after(&["192.0.2.7", "192.0.2.8"], &[]);
    assert!(
        text.contains("the last 5 pushes came from 2 machines, all as the account"),
        "{text}"
    );
    assert!(text.contains("docs/who-pushed.md"), "{text}");
}

#[test]
fn one_machine_or_names_of_people_are_not() {
    for (machines, variables) in [
        (&["192.0.2.7"][..], &[][..]),
        (
            &["192.0.2.7", "192.0.2.8"],
            &[("GL_REPO", "r"), ("GL_USER", "ann")],
        ),
    ] {
        let text = check_after(machines, variables);
        assert!(!text.contains("all as the account"), "{text}");
    }
}
