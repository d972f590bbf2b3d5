//! One file for all repositories of a server: real pushes, with examples/server.toml as it stands but for the
//! receivers' addresses.

use crate::support::receiver::{Answer, Received, Receiver};
use crate::support::server::is_root;
use crate::support::{PROGRAM, Sandbox};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::process::Command;

const EXAMPLE: &str = include_str!("../../examples/server.toml");

/// A server with repositories below `srv/`, receivers, and one file.
pub struct Server {
    pub sandbox: Sandbox,
    pub receiver: Receiver,
}

/// Which hook a request is of, by its path.
pub fn hook(request: &Received) -> String {
    request
        .target
        .trim_start_matches('/')
        .split(['/', '?'])
        .next()
        .unwrap_or_default()
        .to_owned()
}

impl Server {
    pub fn new(file: &str) -> Self {
        let (sandbox, receiver) = (
            Sandbox::new(),
            Receiver::start(|request| match hook(request).as_str() {
                "payments" => Answer::json(200, "{\"errcode\":0,\"errmsg\":\"ok\"}"),
                "tools" => Answer::json(200, "{\"code\":0,\"msg\":\"success\"}"),
                "ci" => Answer::json(
                    200,
                    "{\"jobs\":{\"app\":{\"triggered\":true,\"id\":1,\"url\":\"queue/item/1/\"}}}",
                ),
                _ => Answer::ok(),
            }),
        );
        let server = Self { sandbox, receiver };
        for (name, secret) in [
            ("audit.token", "a".to_owned()),
            ("jenkins.token", "j".to_owned()),
            ("payments.sign", "SECx".to_owned()),
            ("payments.url", server.receiver.url("/payments")),
            ("tools.url", server.receiver.url("/tools")),
        ] {
            server.sandbox.write(&format!("server/{name}"), secret);
        }
        server.configure(file);
        server.sandbox.init("wt");
        server
    }

    /// The server's file, with addresses that lead to the receiver.
    pub fn configure(&self, file: &str) {
        let srv = self.sandbox.path("srv").display().to_string();
        let file = file
            .replace(
                "https://audit.example.com/push",
                &self.receiver.url("/audit"),
            )
            .replace(
                "https://jenkins.example.com/generic-webhook-trigger/invoke",
                &self.receiver.url("/ci"),
            )
            .replace("/srv/git\"", &format!("{srv}\""))
            .replace("wait = \"2s\"", "wait = \"20s\"");
        let path = self.sandbox.write("server/hooks.toml", file);
        fs::set_permissions(path, fs::Permissions::from_mode(0o640)).unwrap();
    }

    pub fn repository(&self, name: &str) -> String {
        let name = format!("srv/{name}.git");
        self.sandbox.init_bare(&name);
        symlink(PROGRAM, self.sandbox.path(&name).join("hooks/post-receive")).unwrap();
        name
    }

    /// A commit of its own for each push; what the pusher saw.
    #[track_caller]
    pub fn push(&self, name: &str, more: &[&str]) -> String {
        self.push_as(name, more, |_| {})
    }

    #[track_caller]
    fn push_as(&self, name: &str, more: &[&str], adjust: impl FnOnce(&mut Command)) -> String {
        self.sandbox
            .git("wt", &["commit", "-q", "--allow-empty", "-m", name]);
        let mut push = self.sandbox.command("git", "wt");
        push.args(["push", "-q", &format!("../srv/{name}.git"), "HEAD:main"])
            .args(more);
        adjust(&mut push);
        let out = push.output().unwrap();
        let seen = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.success(), "{name}: {seen}");
        seen
    }

    /// Hooks that were notified since so many requests.
    pub fn reported_since(&self, before: usize) -> BTreeSet<String> {
        self.receiver.got()[before..].iter().map(hook).collect()
    }
}

pub fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn each_repository_has_the_hooks_that_the_file_gives_it_by_its_name() {
    let server = Server::new(EXAMPLE);
    let mut expected = BTreeMap::new();
    for team in [
        "payments",
        "payments/attic",
        "tools",
        "tools/attic",
        "web",
        "attic",
    ] {
        let hooks = match team {
            "payments" => set(&["audit", "payments", "ci"]),
            // `**/` also stands for nothing.
            "payments/attic" | "attic" => set(&["audit"]),
            "tools" => set(&["audit", "tools", "ci"]),
            "tools/attic" => set(&["audit", "tools"]),
            _ => set(&["audit", "ci"]),
        };
        for n in 0..6 {
            expected.insert(format!("{team}/r{n}"), hooks.clone());
        }
    }
    let names: Vec<&String> = expected.keys().collect();
    for name in names {
        server.repository(name);
        let before = server.receiver.got().len();
        let seen = server.push(name, &[]);
        assert_eq!(
            server.reported_since(before),
            expected[name],
            "{name}: {seen}"
        );
    }
    let audit = server
        .receiver
        .got()
        .into_iter()
        .filter(|request| hook(request) == "audit");
    let notified: BTreeSet<String> = audit
        .map(|r| r.json()["project"]["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(notified.len(), 36, "all under their own names");
    let page = server.receiver.got()[0].json()["project"]["url"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        page.starts_with("https://git.example.com/attic/r"),
        "{page}"
    );
    let builds = server
        .receiver
        .got()
        .into_iter()
        .filter(|request| hook(request) == "ci");
    let builds: Vec<String> = builds
        .map(|request| request.target.replace("%2F", "/"))
        .collect();
    assert!(
        builds.contains(&"/ci?project=payments/r0&branch=refs/heads/main".to_owned()),
        "{builds:?}"
    );
}

#[test]
fn a_repositorys_file_can_have_less_and_its_own_and_nothing_else_of_the_servers() {
    let server = Server::new(EXAMPLE);
    let repo = server.repository("payments/api");
    let with = |file: &str| {
        server.sandbox.write(&format!("{repo}/hooks.toml"), file);
        let before = server.receiver.got().len();
        let seen = server.push("payments/api", &[]);
        (server.reported_since(before), seen)
    };
    let (notified, _) =
        with("[hook.ci]\nbranches = [\"release/**\"]\n\n[hook.payments]\nenabled = false\n");
    assert_eq!(notified, set(&["audit"]));
    let (notified, seen) = with("[hook.audit]\nenabled = false\n");
    assert_eq!(notified, set(&["audit", "payments", "ci"]));
    assert!(
        seen.contains("the server's file has locked `audit`"),
        "{seen}"
    );
    let own = server.receiver.url("/own");
    let (notified, seen) = with(&format!("[hook.payments]\nservice_url = \"{own}\"\n"));
    assert_eq!(
        notified,
        set(&["audit", "ci"]),
        "a secret is not sent elsewhere: {seen}"
    );
    assert!(seen.contains("hook `payments` is disabled"), "{seen}");

    let hook = format!("[hook.own]\naction = \"webhook_http_post\"\nservice_url = \"{own}\"\n");
    let token = server
        .sandbox
        .path("server/audit.token")
        .display()
        .to_string();
    let (notified, seen) = with(&format!("{hook}token = {{ file = \"{token}\" }}\n"));
    assert!(
        !notified.contains("own") && seen.contains("hook `own` is disabled"),
        "{seen}"
    );
    let (notified, _) = with(&hook);
    assert_eq!(notified, set(&["audit", "payments", "ci", "own"]));
}

#[test]
fn the_pusher_can_leave_out_what_the_file_calls_skippable() {
    let server = Server::new(EXAMPLE);
    server.repository("tools/x");
    server.push("tools/x", &["-o", "service-hook.skip"]);
    assert_eq!(server.reported_since(0), set(&["audit", "ci"]));
}

#[test]
fn a_file_that_cannot_be_trusted_sends_nothing_and_loses_nothing() {
    let server = Server::new(EXAMPLE);
    let repo = server.repository("web/x");
    let path = server.sandbox.path("server/hooks.toml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
    let seen = server.push("web/x", &[]);
    assert!(
        seen.contains("nothing is sent") && seen.contains("the push is recorded"),
        "{seen}"
    );
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    if is_root() {
        chown(&path, Some(65534), None).unwrap();
        let seen = server.push("web/x", &[]);
        assert!(seen.contains("nothing is sent"), "{seen}");
        chown(&path, Some(0), None).unwrap();
    }
    // A person who pushes over a local path chooses the variable, but not what it may name.
    let mine = server.sandbox.write("mine.toml", "");
    fs::set_permissions(&mine, fs::Permissions::from_mode(0o666)).unwrap();
    for name in [mine.to_str().unwrap(), "mine.toml"] {
        let seen = server.push_as("web/x", &[], |push| {
            push.env("GIT_SERVICE_HOOK_CONFIG", name);
        });
        assert!(seen.contains("nothing is sent"), "{name}: {seen}");
    }
    assert!(server.receiver.got().is_empty());
    let out = server.sandbox.run(&repo, &["drain"]);
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let pushes = if is_root() { 4 } else { 3 };
    assert_eq!(
        server
            .receiver
            .got()
            .iter()
            .filter(|request| hook(request) == "audit")
            .count(),
        pushes
    );
    assert_eq!(server.reported_since(0), set(&["audit", "ci"]));
}

#[test]
fn a_mistake_in_one_hook_of_the_file_stops_that_one_in_every_repository_and_is_reported() {
    let server = Server::new(&EXAMPLE.replace("skippable = true", "skipable = true"));
    for name in ["tools/x", "web/x"] {
        server.repository(name);
        let seen = server.push(name, &[]);
        assert!(
            seen.contains("did you mean `skippable`? hook `tools` is disabled"),
            "{seen}"
        );
    }
    assert_eq!(server.reported_since(0), set(&["audit", "ci"]));
}

#[test]
fn a_repository_cannot_take_the_name_of_another_team_for_the_servers_hooks() {
    let file = "[project]\nroot = \"/srv/git\"\nurl = \"https://git.example.com/${project.name}\"\n\
        clone_url = \"https://git.example.com/${project.name}.git\"\n[deliver]\nwait = \"2s\"\n\
        [hook.payments]\naction = \"webhook_http_post\"\nservice_url = \"https://jenkins.example.com/generic-webhook-trigger/invoke\"\n\
        repositories = [\"payments/**\"]\n\
        [hook.mallory]\naction = \"webhook_http_post\"\nservice_url = \"https://audit.example.com/push\"\n\
        repositories = [\"mallory/**\"]\n";
    let server = Server::new(file);
    let repo = server.repository("mallory/evil");
    let theirs = "[project]\nname = \"payments/api\"\nurl = \"https://evil.example/x\"\n\
        clone_url = \"https://evil.example/x.git\"\ndescription = \"Mine\"\n";
    let own = server.receiver.url("/own");
    let own = format!("[hook.own]\naction = \"webhook_http_post\"\nservice_url = \"{own}\"\n");
    server
        .sandbox
        .write(&format!("{repo}/hooks.toml"), format!("{theirs}{own}"));
    let seen = server.push_as("mallory/evil", &[], |push| {
        push.env("GL_REPO", "payments/api");
    });
    let got = server.receiver.got();
    let of = |name: &str| {
        let mut found = got.iter().filter(|request| hook(request) == name);
        let body = found
            .next()
            .unwrap_or_else(|| panic!("{name}: {seen}"))
            .json();
        assert!(found.next().is_none(), "{name}: one request alone: {seen}");
        body
    };
    let (audit, own) = (of("audit"), of("own"));
    let payments = got.iter().filter(|request| hook(request) == "ci");
    assert_eq!(payments.count(), 0, "{seen}");
    assert_eq!(audit["project"]["name"], "mallory/evil");
    assert_eq!(
        audit["project"]["url"],
        "https://git.example.com/mallory/evil"
    );
    assert_eq!(
        audit["repository"]["clone_url"],
        "https://git.example.com/mallory/evil.git"
    );
    assert_eq!(audit["project"]["description"], "Mine", "`from_repository`");
    let page = audit["head_commit"]["url"].as_str().unwrap();
    assert!(page.starts_with("https://git.example.com/"), "{page}");
    assert_eq!(own["project"]["name"], "payments/api");
    assert_eq!(own["project"]["url"], "https://evil.example/x");
}
