//! What a command of root keeps from the owner of the repository that it is about.

use crate::support::receiver::{Answer, Receiver};
use crate::support::server::program_for_all;
use crate::support::{Sandbox, eventually};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const NOBODY: u32 = 65534;

/// A repository of the user `nobody` with one hook, and a program that they can run.
fn theirs(url: &str) -> (Sandbox, PathBuf) {
    let sandbox = Sandbox::new();
    let program = program_for_all(&sandbox);
    sandbox.init_bare("theirs.git");
    sandbox.clone_with_commit("theirs.git", "c");
    sandbox.write(
        "theirs.git/hooks.toml",
        format!("[hook.ci]\naction = \"webhook_http_post\"\nservice_url = \"{url}\"\n"),
    );
    let long = sandbox.write("long", "a word\n".repeat(100_000));
    sandbox.git("c", &["add", "-A"]);
    let message = [
        "commit",
        "-q",
        "--allow-empty",
        "-F",
        long.to_str().unwrap(),
    ];
    sandbox.git("c", &message);
    sandbox.git("c", &["push", "-q", "origin", "HEAD:main"]);
    let mut owned = sandbox.command("chown", "");
    assert!(
        owned
            .args(["-R", "65534:0", "theirs.git"])
            .status()
            .unwrap()
            .success()
    );
    (sandbox, program)
}

/// The child that works for the owner, by its command line and its user.
fn child_of(program: &Path) -> Option<PathBuf> {
    let mut processes = fs::read_dir("/proc").unwrap().flatten().map(|e| e.path());
    processes.find(|process| {
        let line = fs::read(process.join("cmdline")).unwrap_or_default();
        let status = fs::read_to_string(process.join("status")).unwrap_or_default();
        fs::read_link(process.join("exe")).is_ok_and(|exe| exe == program)
            && String::from_utf8_lossy(&line).contains("--as-owner-of")
            && status.contains(&format!("\nUid:\t{NOBODY}\t"))
    })
}

fn field(process: &Path, name: &str) -> String {
    let status = fs::read_to_string(process.join("status")).unwrap();
    let line = status.lines().find(|l| l.starts_with(name)).unwrap();
    line[name.len() + 1..].trim().to_owned()
}

/// Ends a process when the test does.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Started as root with a terminal and an open file that are root's; waits for the child.
fn started(sandbox: &Sandbox, program: &Path, arguments: &str) -> (Ended, PathBuf) {
    let secret = sandbox.write("root-only", "secret");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let line = format!("exec 9<>root-only; exec {} {arguments}", program.display());
    let mut terminal = sandbox.command("script", "");
    terminal
        .args(["-qec", &line, "/dev/null"])
        .env("https_proxy", "http://127.0.0.1:9")
        .env("SECRET_OF_ROOT", "x")
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let process = Ended(terminal.spawn().unwrap());
    eventually("the child runs", || child_of(program).is_some());
    (process, child_of(program).unwrap())
}

#[track_caller]
fn has_nothing_of_root(child: &Path) {
    for link in fs::read_dir(child.join("fd")).unwrap().flatten() {
        let to = fs::read_link(link.path()).unwrap_or_default();
        let to = to.to_string_lossy();
        let harmless = ["/dev/null", "pipe:", "socket:", "anon_inode:"];
        let own = to.contains("/theirs.git/");
        assert!(own || harmless.iter().any(|h| to.starts_with(h)), "{to}");
    }
    let stat = fs::read_to_string(child.join("stat")).unwrap();
    let fields: Vec<_> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    let pid = child.file_name().unwrap().to_str().unwrap();
    assert_eq!(fields[3], pid, "it leads a session of its own");
    assert_eq!(
        fields[4], "0",
        "it has no terminal, so none can be typed into"
    );
    assert_eq!(field(child, "Groups:"), "");
    let owner_of_memory = fs::metadata(child.join("mem")).unwrap().uid();
    assert_eq!(owner_of_memory, 0, "it is not dumpable");
    assert!(keeps_no_core(child));
    let environment = fs::read(child.join("environ")).unwrap();
    let environment = String::from_utf8_lossy(&environment).into_owned();
    let names: Vec<_> = environment
        .split_terminator('\0')
        .map(|pair| pair.split('=').next().unwrap())
        .collect();
    let allowed = [
        "PATH",
        "LANG",
        "TZ",
        "HOME",
        "GIT_SERVICE_HOOK_CONFIG",
        "https_proxy",
    ];
    assert!(names.iter().all(|name| allowed.contains(name)), "{names:?}");
    assert!(
        environment.contains("HOME=/nonexistent\0"),
        "{environment:?}"
    );
}

fn keeps_no_core(process: &Path) -> bool {
    let limits = fs::read_to_string(process.join("limits")).unwrap();
    let core = limits.lines().find(|l| l.starts_with("Max core file size"));
    core.unwrap().split_whitespace().collect::<Vec<_>>()[4..6] == ["0", "0"]
}

#[needs(root, "script")]
#[test]
fn a_child_of_root_that_sends_has_no_descriptor_terminal_or_group_of_root() {
    let receiver = Receiver::start(|_| Answer::Hang);
    let (sandbox, program) = theirs(&receiver.url("/"));
    let (_process, child) = started(&sandbox, &program, "test -C theirs.git ci");
    eventually("it sends", || !receiver.got().is_empty());
    has_nothing_of_root(&child);
    assert_eq!(
        field(&child, "NoNewPrivs:"),
        "0",
        "a setgid sendmail must work"
    );
}

#[needs(root, "script")]
#[test]
fn a_child_of_root_that_sends_nothing_cannot_gain_rights() {
    let (sandbox, program) = theirs("http://127.0.0.1:9/");
    // Nobody reads the terminal, so the child waits.
    let (_process, child) = started(&sandbox, &program, "event -C theirs.git");
    eventually("it is protected", || {
        fs::metadata(child.join("mem")).is_ok_and(|mem| mem.uid() == 0)
    });
    has_nothing_of_root(&child);
    assert_eq!(field(&child, "NoNewPrivs:"), "1");
}

#[needs(root)]
#[test]
fn root_refuses_a_repository_of_its_own_that_a_group_can_write() {
    let sandbox = Sandbox::new();
    let program = program_for_all(&sandbox);
    for (name, dir) in [("a.git", "a.git"), ("b.git", "b.git/service-hook")] {
        sandbox.init_bare(name);
        let dir = sandbox.path(dir);
        fs::create_dir_all(&dir).unwrap();
        let run = || {
            let mut command = Command::new(&program);
            command.args(["drain", "-C"]).arg(sandbox.path(name));
            command.output().unwrap()
        };
        assert!(run().status.success());
        chown(&dir, Some(0), Some(NOBODY)).unwrap();
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o2775)).unwrap();
        let out = run();
        let said = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(1), "{said}");
        let place = dir.display().to_string();
        assert!(
            said.contains(&place) && said.contains("its group can write it"),
            "{said}"
        );
    }
}

#[test]
fn the_deliverer_leaves_no_core_file() {
    let receiver = Receiver::start(|_| Answer::Hang);
    let sandbox = Sandbox::new();
    let repository = sandbox.bare("r.git");
    let hook = format!(
        "[deliver]\nwait = \"0s\"\n[hook.ci]\naction = \"webhook_http_post\"\nservice_url = \"{}\"\n",
        receiver.url("/")
    );
    sandbox.write("r.git/hooks.toml", hook);
    sandbox.clone_with_commit("r.git", "c");
    sandbox.push("c", &["-q", "origin", "HEAD:main"]);
    eventually("it sends", || !receiver.got().is_empty());
    let mut records = fs::read_dir(repository.join("service-hook/pending")).unwrap();
    let id = records.next().unwrap().unwrap().file_name();
    let line = format!("git-service-hook\0drain\0--push\0{}\0", id.display());
    let mut processes = fs::read_dir("/proc").unwrap().flatten().map(|e| e.path());
    let deliverer = processes.find(|process| {
        fs::read(process.join("cmdline")).is_ok_and(|found| found == line.as_bytes())
    });
    assert!(keeps_no_core(&deliverer.expect("the deliverer runs")));
}

#[needs(root)]
#[test]
fn what_a_child_of_root_may_not_read_is_refused_with_the_keys_of_the_unit() {
    let receiver = Receiver::start(|_| Answer::ok());
    let (sandbox, program) = theirs(&receiver.url("/"));
    let url = receiver.url("/");
    let hook = |name: &str, token: &str| {
        format!(
            "[hook.{name}]\naction = \"webhook_http_post\"\nservice_url = \"{url}\"\ntoken = {token}\n"
        )
    };
    let hooks = [
        hook("group", "{ file = \"shared.token\" }"),
        hook("unit", "{ credential = \"token\" }"),
    ];
    sandbox.write("theirs.git/hooks.toml", hooks.concat());
    // Readable for a group of which the owner may be a member: only a login or `Group=` would give it to them.
    let for_group = |path: &str| {
        let path = sandbox.write(path, "hunter2");
        chown(&path, Some(0), Some(1234)).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o640)).unwrap();
    };
    for_group("theirs.git/shared.token");
    sandbox.write("credentials/token", "hunter2");
    let run = |command: &str| {
        let mut root = sandbox.command(program.to_str().unwrap(), "");
        let credentials = sandbox.path("credentials");
        root.args([command, "-C", "theirs.git"])
            .env("CREDENTIALS_DIRECTORY", credentials);
        let out = root.output().unwrap();
        let said = String::from_utf8([out.stdout, out.stderr].concat()).unwrap();
        said.replace("\n  ", " ")
    };
    for command in ["check", "test"] {
        let said = run(command);
        let group = "cannot be read: permission denied (root runs this as the repository's owner";
        let unit = "there is no $CREDENTIALS_DIRECTORY where root runs this as the repository's";
        for why in [group, unit] {
            let named = said
                .split(why)
                .nth(1)
                .unwrap_or_else(|| panic!("{why}: {said}"));
            let keys = named.find("`User=`").zip(named.find("`Group=`"));
            assert!(keys.is_some(), "{said}");
        }
    }
    assert!(receiver.got().is_empty());
    // The server's file itself.
    for_group("server/hooks.toml");
    let said = run("drain");
    assert!(said.contains("`User=` and `Group=` in the unit"), "{said}");
}
