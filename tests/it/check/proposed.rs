//! What a server's file would stop: warned of where there is none, and tried with one that is not in place yet.

use super::golden::{add, compare, reported, set_up};
use super::{GOOD, private};
use crate::support::{PROGRAM, Sandbox};
use serde_json::{Value, json};
use std::fs;

const POST: &str =
    "action = \"webhook_http_post\"\nservice_url = \"https://audit.example.com/push\"\n";

#[test]
fn without_a_servers_file_check_warns_of_what_one_would_stop() {
    let sandbox = set_up(&format!(
        "[hook.audit]\n{POST}token = {{ env = \"HUNTER2\" }}\nusername = \"ann\"\n\
         password = {{ credential = \"hunter2\" }}\nca_file = \"/etc/ssl/certs/ca-certificates.crt\"\n\
         [hook.files]\n{POST}token = [{{ file = \"own.token\" }}, {{ file = \"../keys/hunter2\" }}]\n\
         headers = {{ X-Own = {{ file = \"own.token\" }}, X-Twice = {{ file = \"twice\" }} }}\n\
         [hook.off]\nenabled = false\n{POST}token = {{ env = \"HUNTER2\" }}\n"
    ));
    for path in ["r.git/own.token", "keys/hunter2", "r.git/twice"] {
        private(&sandbox, path, "hunter2\n");
    }
    fs::hard_link(sandbox.path("r.git/twice"), sandbox.path("r.git/again")).unwrap();
    let mut all = String::new();
    add(
        &mut all,
        "without a server's file",
        &reported(&sandbox, "r.git", &[]),
    );
    // Then they are mistakes, and no warnings.
    private(&sandbox, "server/hooks.toml", "[secrets]\nshared = []\n");
    add(&mut all, "with one", &reported(&sandbox, "r.git", &[]));
    compare("future_mistakes", &all);
}

/// Three repositories and a server's file in place, of which the proposed `new.toml` differs.
fn server() -> Sandbox {
    let sandbox = set_up("");
    for name in ["srv/team/app.git", "srv/team/new.git", "srv/other.git"] {
        sandbox.init_bare(name);
    }
    let all = "repositories = [\"**\"]\n";
    private(
        &sandbox,
        "server/hooks.toml",
        &format!("[hook.old]\n{POST}{all}[secrets]\nshared = [\"env:CI_*\"]\n"),
    );
    private(&sandbox, "server/audit.token", "hunter2\n");
    private(
        &sandbox,
        "srv/team/app.git/hooks.toml",
        &format!("[hook.mail]\n{POST}token = {{ env = \"CI_HUNTER2\" }}\n{GOOD}"),
    );
    sandbox
}

fn proposal(sandbox: &Sandbox, more: &str) {
    let root = sandbox.path("srv").display().to_string();
    let text = format!(
        "[project]\nroot = \"{root}\"\n\
         [hook.everywhere]\n{POST}token = {{ file = \"audit.token\" }}\n\
         [hook.team]\n{POST}repositories = [\"team/**\"]\n{more}"
    );
    private(sandbox, "new/hooks.toml", &text);
}

#[test]
fn a_proposed_servers_file_is_tried_in_every_repository() {
    let sandbox = server();
    let mut all = String::new();
    let try_it = &["--all", "srv", "--config", "new/hooks.toml"];
    let mut tell = |what: &str| add(&mut all, what, &reported(&sandbox, "", try_it));
    proposal(&sandbox, "");
    tell("a variable that is shared no more, and a hook that is gone");
    proposal(
        &sandbox,
        "[hook.old]\naction = \"webhook_http_get\"\nservice_url = \"https://x.example.com/\"\n[secrets]\nshared = [\"env:CI_*\"]\n",
    );
    tell("nothing");
    proposal(
        &sandbox,
        &format!("[hook.audit]\n{POST}token = {{ file = \"missing\" }}\nbrnches = [\"hunter2\"]\n"),
    );
    tell("a hook's name that is taken, with a mistake");
    proposal(&sandbox, "[network]\nallow = [\"hunter2:\"]\n");
    tell("a table that protects others");
    proposal(&sandbox, "[hook.x\n");
    tell("no TOML");
    fs::remove_file(sandbox.path("new/hooks.toml")).unwrap();
    tell("no file");
    compare("proposed", &all);
}

#[test]
fn a_trial_as_json_is_an_object_for_each_repository_and_changes_nothing() {
    let sandbox = server();
    proposal(&sandbox, "");
    let arguments = [
        "check",
        "--all",
        "srv",
        "--config",
        "new/hooks.toml",
        "--json",
    ];
    let out = sandbox.run("", &arguments);
    assert_eq!(out.status.code(), Some(1));
    let said = String::from_utf8(out.stdout).unwrap();
    let lines = said.lines().map(|line| serde_json::from_str(line).unwrap());
    let lines = lines.collect::<Vec<Value>>();
    let of = |name: &str| {
        let found = lines.iter().find(|line| {
            let repository = line["repository"].as_str();
            repository.is_some_and(|repository| repository.ends_with(name))
        });
        found.unwrap()
    };
    let app = of("app.git");
    assert_eq!(app["server_hooks"], json!(["everywhere", "team"]));
    assert_eq!(app["own_hooks"], json!(["audit"]));
    assert_eq!(app["gone"], json!(["old"]));
    let stop = &app["stops"][0];
    let place = ["file", "line", "hook"].map(|member| stop[member].clone());
    assert_eq!(json!(place), json!(["hooks.toml", 4, "mail"]));
    assert_eq!(of("other.git")["server_hooks"], json!(["everywhere"]));
    assert!(!sandbox.path("srv/other.git/service-hook").exists());
    // One repository alone.
    let out = sandbox.run(
        "srv/other.git",
        &["check", "--config", "../../new/hooks.toml"],
    );
    let said = String::from_utf8(out.stdout).unwrap();
    assert!(out.status.success(), "{said}");
    assert!(said.contains("1 repository: nothing stops"), "{said}");
}

#[test]
fn a_named_pipe_as_a_proposed_file_is_refused_and_not_waited_for() {
    let sandbox = set_up("");
    let script = "mkfifo -m 600 pipe; timeout 60 \"$PROGRAM\" -C r.git check --config pipe";
    let mut command = sandbox.command("sh", "");
    command.env("PROGRAM", PROGRAM).args(["-c", script]);
    let out = command.output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(said.contains("pipe: is not a regular file"), "{said}");
    assert_eq!(out.status.code(), Some(1));
}

#[needs(root)]
#[test]
fn a_proposed_file_is_tried_as_the_owner_of_each_repository() {
    let sandbox = server();
    proposal(&sandbox, "");
    let mode = |path: &str, mode: u32| {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(sandbox.path(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    for path in ["", "srv", "new", "server"] {
        mode(path, 0o755);
    }
    let owned = |path: &str| {
        let status = std::process::Command::new("chown")
            .args(["-R", "nobody:nogroup"])
            .arg(sandbox.path(path))
            .status();
        assert!(status.unwrap().success());
    };
    owned("srv/other.git");
    // Named by the directory where root is: the child is elsewhere.
    let said = || {
        let arguments = ["check", "--all", "../srv", "--config", "hooks.toml"];
        let out = sandbox.run("new", &arguments);
        String::from_utf8([out.stdout, out.stderr].concat()).unwrap()
    };
    let unreadable = said();
    let expected = "new/hooks.toml: cannot be read: permission denied (root runs this as";
    assert!(unreadable.contains(expected), "{unreadable}");
    assert!(unreadable.contains("(in other.git)\n"), "{unreadable}");
    mode("new/hooks.toml", 0o644);
    let no_token = said();
    assert!(
        no_token.contains("audit.token` cannot be read: permission denied (root runs this"),
        "{no_token}"
    );
    mode("server/audit.token", 0o644);
    let readable = said();
    assert!(readable.contains("other.git: everywhere\n"), "{readable}");
}
