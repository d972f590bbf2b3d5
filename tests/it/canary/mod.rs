//! A secret of its own in every place that can hold one, for every action, in every form: whatever goes wrong, and
//! however a receiver repeats it, it is found in nothing that is printed, written, started or sent to somebody else.

mod evidence;
mod mistakes;
mod places;
mod spellings;

use crate::delivery::Pushing;
use crate::support::receiver::{Answer, Received, Receiver};
use crate::support::server::free_port;
use crate::support::{PROGRAM, eventually, ours_below};
use evidence::Evidence;
use git_service_hook::action::Kind;
use git_service_hook::config;
use git_service_hook::environment::Environment;
use git_service_hook::spool::ExclusiveLock;
use places::{Canary, Form, Hook, Outside};
use spellings::{SPELLINGS, alphanumeric};
use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Pushes to receivers that repeat secrets. Each hook repeats them at another offset and in another spelling.
const PUSHES: usize = 8;

/// A repository with a hook for each action and form, and a receiver for each of them.
struct Scene {
    pushing: Pushing,
    hooks: Vec<Hook>,
    outside: Outside,
    /// Changes what references name.
    change: fn(&str) -> String,
    hosts: BTreeMap<String, String>,
    evidence: Evidence,
    /// Hears of the trouble of all hooks.
    watch: Receiver,
    /// Nothing is retried behind the back of the test.
    _stay: ExclusiveLock,
}

impl Scene {
    fn new() -> Self {
        let mut outside = Outside::default();
        let mut hooks = Vec::new();
        for kind in Kind::all() {
            for form in Form::ALL {
                let receiver = Receiver::start(|_| Answer::ok());
                hooks.push(Hook::new(kind, form, receiver, &mut outside));
            }
        }
        hooks.push(Hook::with_userinfo(Receiver::start(|_| Answer::ok())));
        let pushing = Pushing::new("");
        let sandbox = &pushing.sandbox;
        std::fs::create_dir(sandbox.path("state")).unwrap();
        let state = sandbox.path("state").display().to_string();
        let shared = "[secrets]\nshared = [\"env:**\", \"credential:**\"]\n";
        sandbox.write(
            "server/hooks.toml",
            format!("[deliver]\nstate_dir = \"{state}\"\n{shared}"),
        );
        let stay = pushing.nobody_stays();
        let mut scene = Self {
            pushing,
            hooks,
            outside,
            change: str::to_owned,
            hosts: BTreeMap::new(),
            evidence: Evidence::default(),
            watch: Receiver::start(|_| Answer::ok()),
            _stay: stay,
        };
        scene.configure(|hook| hook.receiver.url(""), "");
        let environment = Environment::from([(
            config::SERVER_FILE_VARIABLE,
            scene
                .pushing
                .sandbox
                .path("server/hooks.toml")
                .to_str()
                .unwrap(),
        )]);
        let loaded = config::load(&scene.pushing.sandbox.path("r.git"), &environment);
        assert_eq!(
            loaded.hooks.len(),
            scene.hooks.len() + 1,
            "{:?}",
            loaded.diagnostics
        );
        scene
    }

    /// Writes hooks.toml, with a host for each hook, and further keys.
    fn configure(&mut self, host: impl Fn(&Hook) -> String, more: &str) {
        let hosts = self
            .hooks
            .iter()
            .map(|hook| (hook.name.clone(), host(hook)));
        self.hosts = hosts.collect();
        let hooks = self.hooks.iter();
        let sections = hooks.map(|hook| hook.section(&self.hosts[&hook.name], more));
        let watch = crate::delivery::webhook("watch", &self.watch.url("/"));
        let watch = format!("{watch}on = [\"trouble\"]\n");
        self.pushing
            .configure(&(sections.collect::<String>() + &watch));
        for (form, folder) in [
            (Form::File, "r.git/keys"),
            (Form::Credential, "credentials"),
        ] {
            for (name, text) in self.outside(form) {
                self.pushing
                    .sandbox
                    .write(&format!("{folder}/{name}"), text);
            }
        }
    }

    fn outside(&self, form: Form) -> Vec<(String, String)> {
        let mut all = self.outside.all(form, |hook| self.hosts[hook].clone());
        for (_, text) in &mut all {
            *text = (self.change)(text);
        }
        all
    }

    fn canaries(&self) -> Vec<Canary> {
        let hooks = self.hooks.iter();
        hooks.flat_map(|hook| hook.canaries.clone()).collect()
    }

    fn variables(&self) -> Vec<(String, String)> {
        let credentials = self.pushing.sandbox.path("credentials");
        let credentials = credentials.display().to_string();
        let mut all = self.outside(Form::Env);
        all.push(("CREDENTIALS_DIRECTORY".to_owned(), credentials));
        all
    }

    fn command(&self, program: &str, dir: &str) -> Command {
        let mut command = self.pushing.sandbox.command(program, dir);
        command.envs(self.variables());
        command
    }

    /// A push on its way; what the pusher sees is its standard error.
    fn start_push(&self, message: &str) -> std::process::Child {
        let sandbox = &self.pushing.sandbox;
        sandbox.commit("c", "file.txt", message, message);
        let mut command = self.command("git", "c");
        command.args(["push", "-q", "origin", "HEAD:main"]);
        command.stderr(Stdio::piped()).spawn().unwrap()
    }

    fn push(&mut self, message: &str) {
        let out = self.start_push(message).wait_with_output().unwrap();
        assert!(out.status.success());
        self.evidence.add("what a pusher sees", out.stderr);
    }

    fn run(&mut self, arguments: &[&str]) -> String {
        let out = self.command(PROGRAM, "r.git").args(arguments).output();
        let out = out.unwrap();
        let all = [out.stdout.as_slice(), b"\n", &out.stderr].concat();
        self.evidence.add(&arguments.join(" "), all);
        String::from_utf8_lossy(&out.stdout).into_owned()
    }
}

/// The hook's own secrets, each behind so many characters that the cuts of an answer go through it.
fn echo(canaries: &[Canary], round: usize) -> String {
    let spell = SPELLINGS[round % SPELLINGS.len()];
    let pad = ".".repeat(50 + round * 7 % 31);
    let first = round % canaries.len();
    let all = canaries[first..].iter().chain(&canaries[..first]);
    let texts = all.map(|canary| pad.clone() + &spell(&canary.text));
    texts.collect::<Vec<_>>().concat()
}

/// An answer that refuses, with `echo` where a receiver gives its reason; in every third round a plain one, and in every
/// third a redirect.
fn refusal(action: &str, round: usize, echo: &str) -> Answer {
    let line = echo.replace('\n', "\\n");
    let json = |code: &str, text: &str| format!("{{\"{code}\":310000,\"{text}\":\"{line}\"}}");
    let location = format!("http://127.0.0.1/{}", echo.replace(['\n', ' '], ""));
    match (round % 3, action) {
        (1, _) => Answer::json(400, echo),
        (2, _) => {
            let headers = vec![("Location".to_owned(), location)];
            Answer::Reply(302, headers, echo.as_bytes().to_vec())
        }
        (_, "feishu_group_chat_robot") => Answer::json(200, &json("code", "msg")),
        (_, "jenkins_generic_build_job") => Answer::json(404, &json("jobs", "message")),
        (_, name) if name.ends_with("robot") => Answer::json(200, &json("errcode", "errmsg")),
        _ => Answer::json(403, &json("code", "message")),
    }
}

#[test]
fn no_secret_comes_back_at_any_offset_or_in_any_spelling() {
    let mut scene = Scene::new();
    let round = Arc::new(AtomicUsize::new(0));
    for (number, hook) in scene.hooks.iter().enumerate() {
        let (round, canaries, id) = (round.clone(), hook.canaries.clone(), hook.kind.id);
        hook.receiver.answer(move |_| {
            let round = round.load(Ordering::SeqCst) * Form::ALL.len() + number % Form::ALL.len();
            refusal(id, round, &echo(&canaries, round))
        });
    }
    for push in 0..PUSHES {
        round.store(push, Ordering::SeqCst);
        scene.push(&format!("push {push}"));
    }
    for arguments in [
        "drain",
        "check",
        "deliveries",
        "deliveries --json",
        "preview",
        "event",
        "status",
        "status --json",
        "redeliver --failed --hook webhook_http_get-File",
        "test",
    ] {
        scene.run(&arguments.split(' ').collect::<Vec<_>>());
    }
    let listed = scene.run(&["deliveries", "--json", "-n", "0"]);
    let mut shown = std::collections::BTreeSet::new();
    for line in listed.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        if shown.insert(line["hook"].to_string()) {
            scene.run(&["deliveries", line["id"].as_str().unwrap()]);
        }
    }
    let all = scene.hooks.len() + 1;
    assert_eq!(shown.len(), all, "every hook sent something");
    for hook in &scene.hooks {
        let got = hook.receiver.got().len();
        assert!(got >= PUSHES, "{} sent {got} requests", hook.name);
    }
    assert!(!scene.watch.got().is_empty(), "trouble is reported");
    let canaries = scene.canaries();
    finish(scene, &canaries);
}

/// Searches everything, and what was sent: a receiver gets the secrets of its own hook alone, and no keys of signatures.
fn finish(mut scene: Scene, canaries: &[Canary]) {
    for folder in ["r.git/service-hook", "state"] {
        scene
            .evidence
            .add_folder(&scene.pushing.sandbox.path(folder));
    }
    for hook in &scene.hooks {
        let place = format!("on the wire to {}", hook.name);
        for request in hook.receiver.got() {
            scene.evidence.add(&place, written(&request));
        }
    }
    for request in scene.watch.got() {
        let place = "on the wire to a hook for trouble";
        scene.evidence.add(place, written(&request));
    }
    scene.evidence.is_clean(canaries, |place, canary| {
        canary.is_sent && place == format!("on the wire to {}", canary.hook)
    });
}

fn written(request: &Received) -> String {
    let Received {
        target, headers, ..
    } = request;
    format!("{target}\n{headers:?}\n{}", request.text())
}

/// Closes every connection after some bytes that are not TLS.
fn no_tls() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    port
}

/// A secret that is not of one hook.
fn further(name: &str) -> Canary {
    Canary {
        hook: name.to_owned(),
        key: "proxy",
        text: alphanumeric(name),
        is_sent: true,
    }
}

#[test]
fn no_secret_is_shown_when_a_connection_fails() {
    let mut scene = Scene::new();
    let proxy_secret = further("proxy");
    let text = proxy_secret.text.clone();
    let proxy = Receiver::start(move |_| {
        let header = (
            "Proxy-Authenticate".to_owned(),
            format!("Basic realm={text}"),
        );
        Answer::Reply(407, vec![header], text.clone().into_bytes())
    });
    let by_proxy = format!(
        "proxy = \"{}\"\n",
        proxy
            .url("")
            .replace("//", &format!("//ann:{}@", proxy_secret.text))
    );
    scene.push("so that there is something to test with");
    let (closed, not_tls) = (free_port(), no_tls());
    let troubles = [
        ("nobody listens", format!("http://127.0.0.1:{closed}"), ""),
        ("no TLS", format!("https://127.0.0.1:{not_tls}"), ""),
        ("a proxy", format!("https://127.0.0.1:{not_tls}"), &by_proxy),
    ];
    for (what, host, more) in troubles {
        scene.configure(|_| host.clone(), more);
        let said = scene.run(&["test"]);
        let failed = said.matches("no answer: ").count();
        assert_eq!(failed, scene.hooks.len(), "{what}: {said}");
    }
    for request in proxy.got() {
        scene
            .evidence
            .add("on the wire to proxy", written(&request));
    }
    assert!(proxy.got().len() >= scene.hooks.len());
    // Nobody answers: the processes that were started can be inspected meanwhile.
    scene.configure(|hook| hook.receiver.url(""), "timeout = \"1s\"\n");
    for hook in &scene.hooks {
        hook.receiver.answer(|_| Answer::Hang);
    }
    let push = scene.start_push("hangs");
    let dir = scene.pushing.sandbox.path("").canonicalize().unwrap();
    let got = |scene: &Scene| {
        scene
            .hooks
            .iter()
            .map(|hook| hook.receiver.got().len())
            .sum::<usize>()
    };
    let before = got(&scene);
    eventually("a request is made", || got(&scene) > before);
    let processes = ours_below(&dir);
    assert!(!processes.is_empty());
    let own = scene.variables().into_iter().map(|(name, _)| name);
    scene
        .evidence
        .add_processes(&processes, &own.collect::<Vec<_>>());
    let out = push.wait_with_output().unwrap();
    scene.evidence.add("what a pusher sees", out.stderr);
    for arguments in ["status", "deliveries", "deliveries --json", "drain"] {
        scene.run(&arguments.split(' ').collect::<Vec<_>>());
    }
    let canaries = [scene.canaries(), vec![proxy_secret]].concat();
    finish(scene, &canaries);
}

#[test]
fn no_secret_is_shown_that_cannot_be_used() {
    let mut scene = Scene::new();
    let key = further("key");
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        key.text
    );
    scene.pushing.sandbox.write("r.git/keys/bad.pem", pem);
    let files = "client_cert = \"keys/bad.pem\"\nclient_key = \"keys/bad.pem\"\nca_file = \"keys/bad.pem\"\n";
    for more in ["", files] {
        scene.configure(|hook| hook.receiver.url(""), more);
        scene.push("cannot be used");
        for arguments in ["check --json", "preview", "test"] {
            scene.run(&arguments.split(' ').collect::<Vec<_>>());
        }
        scene.change = |text| format!("{text}\n{text}");
    }
    let canaries = [scene.canaries(), vec![key]].concat();
    finish(scene, &canaries);
}
