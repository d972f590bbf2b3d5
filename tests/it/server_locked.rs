//! Hooks that the server's file has locked: nothing in a repository's file touches them. Real pushes.

use crate::server_file::{Server, set};
use crate::support::server::is_root;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

/// A locked hook, and one that repositories may change.
const FILE: &str = "[project]\nroot = \"/srv/git\"\n[deliver]\nwait = \"20s\"\n\
    [hook.audit]\naction = \"webhook_http_post\"\nservice_url = \"https://audit.example.com/push\"\nlocked = true\n\
    [hook.ci]\naction = \"webhook_http_post\"\nservice_url = \"https://jenkins.example.com/generic-webhook-trigger/invoke\"\n";

fn own(server: &Server) -> String {
    let own = server.receiver.url("/own");
    format!("[hook.own]\naction = \"webhook_http_post\"\nservice_url = \"{own}\"\n")
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn nothing_that_a_repositorys_file_says_silences_a_locked_hook() {
    let server = Server::new(FILE);
    let repo = server.repository("web/x");
    for (text, shown) in [
        (
            "[hook.audit]\nbranches = [\"nothing\"]\n",
            "has locked `audit`",
        ),
        (
            "[hook.audit]\nenabled = false\npaths = [3]\n",
            "has locked `audit`",
        ),
        (
            "[hook.audit]\nskip_ci = \"x\"\nbranches = 3\n",
            "has locked `audit`",
        ),
        (
            "[hook.audit]\naction = \"webhook_http_post\"\nservice_url = \"http://127.0.0.1:1/\"\n",
            "has locked `audit`",
        ),
        ("[network]\ndeny = [\"0.0.0.0/0\"]\n", "`[network]`"),
        (
            "[pusher]\nenv = [\"A\"]\n",
            "belongs to the server's file alone",
        ),
        (
            "[secrets]\nshared = [3]\n",
            "belongs to the server's file alone",
        ),
        ("pusher = 3\n", "`pusher` must be a table"),
        (
            "[deliver]\nstate_dir = \"x\"\nretry_for = \"0s\"\ntimeout = \"0s\"\n",
            "state_dir",
        ),
        ("[hook]\naudit = 3\n", "`hook.audit` must be a table"),
        ("hook = 3\n", "`hook` must be a table"),
    ] {
        server.sandbox.write(&format!("{repo}/hooks.toml"), text);
        let before = server.receiver.got().len();
        let seen = server.push("web/x", &[]);
        assert_eq!(
            server.reported_since(before),
            set(&["audit", "ci"]),
            "{text}: {seen}"
        );
        assert!(seen.contains(shown), "{text}: {seen}");
        assert!(!seen.contains("disabled until"), "{text}: {seen}");
    }
    server.sandbox.write(
        &format!("{repo}/hooks.toml"),
        "[project]\ndescription = \"Not for the audit\"\n",
    );
    let before = server.receiver.got().len();
    server.push("web/x", &[]);
    let bodies = server.receiver.got()[before..]
        .iter()
        .map(|request| (crate::server_file::hook(request), request.json()))
        .collect::<Vec<_>>();
    for (hook, body) in bodies {
        let description = &body["project"]["description"];
        let expected = if hook == "audit" {
            Value::Null
        } else {
            "Not for the audit".into()
        };
        assert_eq!(*description, expected, "{hook}");
    }
}

/// What makes a repository's file unusable, and undoes it.
type Attack = (&'static str, fn(&Path), fn(&Path));

fn remove(path: &Path) {
    let _ = fs::remove_dir(path);
    let _ = fs::remove_file(path);
}

#[test]
fn a_repositorys_file_that_cannot_be_used_delays_other_hooks_and_no_locked_one() {
    let server = Server::new(FILE);
    let repo = server.repository("web/x");
    let file = server.sandbox.path(&format!("{repo}/hooks.toml"));
    let mut attacks: Vec<Attack> = vec![
        (
            "a syntax error",
            |f| fs::write(f, "[hook.audit\n").unwrap(),
            |_| {},
        ),
        ("writable by all", |f| mode(f, 0o666), |f| mode(f, 0o644)),
        (
            "a loop of links",
            |f| {
                remove(f);
                symlink("hooks.toml", f).unwrap();
            },
            remove,
        ),
        (
            "a directory",
            |f| {
                remove(f);
                fs::create_dir(f).unwrap();
            },
            remove,
        ),
        (
            "too large",
            |f| fs::write(f, "#".repeat((4 << 20) + 1)).unwrap(),
            |_| {},
        ),
        ("not UTF-8", |f| fs::write(f, b"# \xff\n").unwrap(), |_| {}),
    ];
    if is_root() {
        let give = |f: &Path| chown(f, Some(65534), None).unwrap();
        attacks.push(("of somebody else", give, |f| {
            chown(f, Some(0), None).unwrap();
        }));
    }
    for (name, spoil, undo) in attacks {
        fs::write(&file, own(&server)).unwrap();
        spoil(&file);
        let before = server.receiver.got().len();
        let seen = server.push("web/x", &[]);
        assert_eq!(
            server.reported_since(before),
            set(&["audit"]),
            "{name}: {seen}"
        );
        assert!(seen.contains("audit: delivered"), "{name}: {seen}");
        assert!(
            seen.contains("waits until hooks.toml can be read"),
            "{name}: {seen}"
        );
        let early = server.sandbox.run(&repo, &["drain"]);
        assert!(
            !early.status.success(),
            "{name}: hooks.toml is still unusable"
        );
        assert_eq!(
            server.receiver.got().len(),
            before + 1,
            "{name}: nothing is sent twice"
        );

        undo(&file);
        fs::write(&file, own(&server)).unwrap();
        let out = server.sandbox.run(&repo, &["drain"]);
        assert!(
            out.status.success(),
            "{name}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
        let got = server.receiver.got()[before..].to_vec();
        assert_eq!(got.len(), 3, "{name}: each hook once");
        assert_eq!(
            server.reported_since(before),
            set(&["audit", "ci", "own"]),
            "{name}"
        );
        let body = |request: &crate::support::receiver::Received| request.json()["after"].clone();
        assert!(
            got.iter().all(|request| body(request) == body(&got[0])),
            "{name}: of one push"
        );
        let pending = server.sandbox.path(&format!("{repo}/service-hook/pending"));
        assert_eq!(fs::read_dir(pending).unwrap().count(), 0, "{name}");
    }
}

#[test]
fn the_log_shows_that_the_other_hooks_of_a_push_wait() {
    let server = Server::new(FILE);
    let repo = server.repository("web/x");
    server
        .sandbox
        .write(&format!("{repo}/hooks.toml"), "[hook.own\n");
    server.push("web/x", &[]);
    let out = server.sandbox.run(&repo, &["deliveries"]);
    let log = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(log.contains("other hooks wait for hooks"), "{log}");
    assert!(log.contains("audit"), "{log}");
}

#[test]
fn a_locked_hook_is_sent_from_memory_when_nothing_can_be_recorded_or_read() {
    let server = Server::new(FILE);
    let repo = server.repository("web/x");
    server
        .sandbox
        .write(&format!("{repo}/hooks.toml"), "[hook.own\n");
    server
        .sandbox
        .write(&format!("{repo}/service-hook"), "in the way");
    let seen = server.push("web/x", &[]);
    assert_eq!(server.reported_since(0), set(&["audit"]), "{seen}");
    assert!(
        seen.contains("not recorded") && seen.contains("this push is lost"),
        "{seen}"
    );
}
