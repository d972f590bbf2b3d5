//! `check`: what it finds in a set-up, and that it finds nothing in a good one.

mod golden;
mod good;
mod handshake;
mod proposed;
mod pushers;
mod scenes;
mod surroundings;

use crate::support::Sandbox;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// Exit code and everything that was said.
fn check(sandbox: &Sandbox, arguments: &[&str]) -> (i32, String) {
    let out = sandbox.run("r.git", &[&["check"], arguments].concat());
    let said = String::from_utf8([out.stdout, out.stderr].concat()).unwrap();
    // Where lines break is a matter of their width.
    let said = said.replace("\n  ", " ");
    (out.status.code().unwrap(), said)
}

const GOOD: &str = "[hook.audit]\naction = \"webhook_http_post\"\nservice_url = \"https://audit.example.com/push\"\n";

fn repository(config: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.bare("r.git");
    sandbox.clone_with_commit("r.git", "work");
    sandbox.push("work", &["origin", "main"]);
    private(&sandbox, "r.git/hooks.toml", config);
    sandbox
}

fn private(sandbox: &Sandbox, path: &str, text: &str) {
    let path = sandbox.write(path, text);
    fs::set_permissions(path, fs::Permissions::from_mode(0o640)).unwrap();
}

#[track_caller]
fn finds(sandbox: &Sandbox, code: i32, words: &[&str]) {
    let (got, said) = check(sandbox, &[]);
    assert_eq!(got, code, "{said}");
    for word in words {
        assert!(said.contains(word), "`{word}` is missing: {said}");
    }
}

#[test]
fn a_good_set_up_has_no_mistakes() {
    finds(
        &repository(GOOD),
        0,
        &["1 hook tried as user", ": audit", "hooks/post-receive -> "],
    );
}

#[test]
fn a_mistake_is_reported_by_file_line_and_column_and_is_1() {
    let config = format!("{GOOD}brnches = [\"main\"]\n");
    finds(
        &repository(&config),
        1,
        &[
            "hooks.toml:4:1",
            "did you mean `branches`?",
            "hook `audit` is disabled",
        ],
    );
}

#[test]
fn no_configuration_is_worth_a_warning() {
    let sandbox = repository("");
    fs::remove_file(sandbox.path("r.git/hooks.toml")).unwrap();
    finds(&sandbox, 0, &["there is no hooks.toml"]);
}

#[test]
fn a_secret_that_cannot_be_read_is_reported_with_the_user_who_tried() {
    let config = format!("{GOOD}token = {{ file = \"missing.token\" }}\n");
    finds(
        &repository(&config),
        1,
        &["hooks.toml:4:9: `token`", "tried as user `"],
    );
}

#[test]
fn templates_are_rendered_against_samples() {
    let config = format!("{GOOD}template = '{{\"x\": \"${{head_comit.id}}\"}}'\n");
    finds(&repository(&config), 1, &["head_comit"]);
}

#[test]
fn a_mirror_needs_no_hook_where_what_moved_is_looked_for() {
    let sandbox = repository(GOOD);
    fs::remove_file(sandbox.path("r.git/hooks/post-receive")).unwrap();
    finds(&sandbox, 1, &["there is no hook"]);
    sandbox.run("r.git", &["drain", "--timer", "--catch-up"]);
    finds(
        &sandbox,
        0,
        &["warning: there is no hook: `drain --catch-up` alone finds what moves"],
    );
}

#[test]
fn what_was_put_aside_is_worth_a_warning() {
    let sandbox = repository(GOOD);
    sandbox.write("r.git/service-hook/corrupt/x", "no record\n");
    finds(
        &sandbox,
        0,
        &[
            "warning",
            "service-hook/corrupt/: warning: 1 in it that are not records",
        ],
    );
}

#[needs(root)]
#[test]
fn a_hook_that_a_third_user_owns_is_worth_a_warning() {
    let sandbox = repository(GOOD);
    let hook = sandbox.path("r.git/hooks/post-receive");
    fs::remove_file(&hook).unwrap();
    fs::write(&hook, include_str!("../../../hooks/post-receive")).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::chown(&hook, Some(65534), None).unwrap();
    finds(&sandbox, 0, &["warning", "belongs to user 65534"]);
}

#[test]
fn json_is_an_object_a_line() {
    let sandbox = repository("[hook.x]\n");
    let (code, said) = check(&sandbox, &["--json"]);
    assert_eq!(code, 1);
    let lines: Vec<serde_json::Value> = said
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert!(
        lines
            .iter()
            .any(|l| l["severity"] == "mistake" && l["hook"] == "x"),
        "{said}"
    );
    assert!(
        lines
            .iter()
            .any(|l| l["file"] == "hooks.toml" && l["line"] == 1 && l["column"] == 1),
        "{said}"
    );
    assert!(
        lines
            .iter()
            .all(|l| l["message"].is_string() && l["repository"].is_string())
    );
    sandbox.init_bare("broken.git");
    sandbox.write("broken.git/config", "[core\n");
    let out = sandbox.run("", &["check", "--json", "--all", "."]);
    let said = String::from_utf8(out.stdout).unwrap();
    let lines: Vec<serde_json::Value> = said
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    let of = |name: &str| {
        lines
            .iter()
            .find(|l| l["repository"].as_str().unwrap().ends_with(name))
            .unwrap()
    };
    assert_eq!(
        (&of("broken.git")["severity"], &of("r.git")["severity"]),
        (&"error".into(), &"mistake".into())
    );
}

#[test]
fn the_repositories_of_several_directories_are_checked_each_under_its_own_name() {
    let sandbox = Sandbox::new();
    for name in ["a/one.git", "a/two.git", "b/one.git"] {
        sandbox.init_bare(name);
    }
    sandbox.write("b/one.git/hooks.toml", "[hook.ci]\nactoin = 1\n");
    sandbox.write("server.toml", "");
    let checked = |arguments: &[&str]| {
        let out = sandbox.run("", &[&["check"], arguments].concat());
        (out.status.code(), String::from_utf8(out.stdout).unwrap())
    };
    let full = |name: &str| sandbox.path(name).canonicalize().unwrap();
    let (code, said) = checked(&["--all", "a", "b", "a"]);
    let problem = format!("{}: hooks.toml:2:1: ", full("b/one.git").display());
    assert_eq!(said.matches(&problem).count(), 1, "{said}");
    let sum = "3 repositories: 1 with mistakes, 2 unused";
    assert!(
        code == Some(1) && said.ends_with(&format!("{sum}\n")),
        "{said}"
    );
    // With one, the path below it; of the directory itself, the whole path.
    let one = full("b/one.git").display().to_string();
    for (dir, name) in [("b", "mistakes  one.git: "), ("b/one.git", one.as_str())] {
        let (_, said) = checked(&["--all", dir]);
        assert!(said.contains(name), "{said}");
    }
    let (_, said) = checked(&["--config", "server.toml", "--all", "a", "b"]);
    assert!(
        said.contains(&one) && said.contains("3 repositories"),
        "{said}"
    );
    for wrong in [&["--all"][..], &["-C", "a/one.git", "--all", "a"]] {
        assert_eq!(checked(wrong).0, Some(2), "{wrong:?}");
    }
    std::fs::create_dir(sandbox.path("empty")).unwrap();
    let out = sandbox.run("", &["check", "--all", "empty", "empty"]);
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(said.contains("no repository is below empty"), "{said}");
}

#[test]
fn what_the_filters_keep_from_a_hook_need_not_be_reported_by_it() {
    let config = "[hook.t]\naction = \"dingding_group_chat_robot\"\nservice_url = \"http://127.0.0.1:1/robot/send?access_token=x\"\n\
                  tags = [\"v*\"]\ntemplate = \"${tag.message}\"\n";
    let (code, said) = check(&repository(config), &[]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn the_advice_on_comments_can_be_followed() {
    let config = "[hook.t]\naction = \"webhook_http_post\"\nservice_url = \"http://127.0.0.1:1/\"\ntemplate = '${ \"{#\" } x'\n";
    let (code, said) = check(&repository(config), &[]);
    assert!(code == 0 && !said.contains("begins a comment"), "{said}");
}
