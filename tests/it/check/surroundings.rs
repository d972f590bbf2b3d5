//! What `check` says of what stands around: hooks, git, files, and many repositories.

use super::golden::{add, compare, path, reported, reported_with_path, set_up};
use super::{GOOD, private};
use crate::support::{PROGRAM, Sandbox};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

#[test]
fn hooks_that_git_does_not_run_or_runs_twice() {
    let sandbox = set_up(GOOD);
    let hook = sandbox.path("r.git/hooks/post-receive");
    let mut all = String::new();
    let mut tell = |what: &str| add(&mut all, what, &reported(&sandbox, "r.git", &[]));
    fs::remove_file(&hook).unwrap();
    tell("none");
    symlink("/gone/git-service-hook", &hook).unwrap();
    tell("dangling");
    fs::remove_file(&hook).unwrap();
    fs::write(&hook, "#!/bin/sh\nexec mail\n").unwrap();
    tell("foreign");
    fs::write(&hook, include_str!("../../../hooks/post-receive")).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o644)).unwrap();
    tell("not executable");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    tell("the shim");
    let chain = sandbox.path("r.git/hooks/post-receive.d");
    fs::create_dir(&chain).unwrap();
    symlink(PROGRAM, chain.join("50-again")).unwrap();
    symlink("../gone", chain.join("60-gone")).unwrap();
    for name in ["20-mail", "README"] {
        fs::write(chain.join(name), "#!/bin/sh\nexec mail\n").unwrap();
    }
    fs::set_permissions(chain.join("20-mail"), fs::Permissions::from_mode(0o755)).unwrap();
    tell("chained");
    compare("hook", &all);
}

#[test]
fn hooks_in_another_place() {
    let sandbox = set_up(GOOD);
    let elsewhere = sandbox.path("shared-hooks");
    fs::create_dir(&elsewhere).unwrap();
    let mut all = String::new();
    let mut tell = |what: &str| add(&mut all, what, &reported(&sandbox, "r.git", &[]));
    let global = sandbox.path("gitconfig");
    let before = fs::read_to_string(&global).unwrap();
    fs::write(
        &global,
        format!("{before}[core]\n\thooksPath = {}\n", elsewhere.display()),
    )
    .unwrap();
    tell("named by the user's configuration, empty");
    symlink(PROGRAM, elsewhere.join("post-receive")).unwrap();
    tell("named by the user's configuration");
    fs::remove_file(sandbox.path("r.git/hooks/post-receive")).unwrap();
    fs::write(&global, before).unwrap();
    sandbox.git(
        "r.git",
        &["config", "core.hooksPath", elsewhere.to_str().unwrap()],
    );
    tell("named by the repository's");
    compare("hooks_path", &all);
}

/// Stands before the real git, and is of another version.
fn git_of_version(sandbox: &Sandbox, version: &str) -> String {
    let path = path();
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = --version ] && echo git version {version} && exit\nPATH='{path}' exec git \"$@\"\n"
    );
    let program = sandbox.write("bin/git", script);
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:{path}", sandbox.path("bin").display())
}

#[test]
fn hooks_that_the_configuration_of_git_names() {
    let sandbox = set_up(GOOD);
    let config = |key: &str, value: &str| {
        sandbox.git("r.git", &["config", key, value]);
    };
    config("hook.tell.command", "git service-hook post-receive");
    let mut all = String::new();
    let mut tell = |what: &str, version: &str| {
        let reported =
            reported_with_path(&sandbox, "r.git", &[], &git_of_version(&sandbox, version));
        add(&mut all, what, &reported);
    };
    tell("without an event", "2.54.99.test");
    config("hook.tell.event", "post-receive");
    tell("beside a link", "2.54.99.test");
    tell("beside a link, before Git knew of them", "2.53.99.test");
    fs::remove_file(sandbox.path("r.git/hooks/post-receive")).unwrap();
    tell("alone", "2.54.99.test");
    tell("alone, before Git knew of them", "2.53.99.test");
    sandbox.write("r.git/hooks/post-receive", "#!/bin/sh\nexec mail\n");
    tell("beside another program", "2.55.99.test");
    tell("a git of long ago", "2.9.99.test");
    config("hook.tell.enabled", "false");
    tell("switched off", "2.55.99.test");
    let reported = reported_with_path(&sandbox, "r.git", &[], "/nowhere");
    add(&mut all, "no git", &reported);
    compare("configured", &all);
}

#[test]
fn who_can_read_and_write() {
    let sandbox = set_up(&format!(
        "{GOOD}token = {{ file = \"audit.token\" }}\nheaders = \"X-A: b\"\n"
    ));
    let mode = |path: &str, mode: u32| {
        fs::set_permissions(sandbox.path(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    private(&sandbox, "r.git/audit.token", "hunter2\n");
    // The sandbox itself is closed, which closes everything in it.
    mode("", 0o755);
    let mut all = String::new();
    let mut tell = |what: &str| add(&mut all, what, &reported(&sandbox, "r.git", &[]));
    mode("r.git/hooks.toml", 0o644);
    tell("open, but without a secret");
    mode("r.git/audit.token", 0o644);
    mode("r.git/hooks", 0o777);
    mode("r.git/service-hook", 0o777);
    tell("open to everybody");
    mode("r.git", 0o700);
    tell("in a closed directory");
    mode("r.git/audit.token", 0o600);
    mode("r.git/hooks", 0o755);
    mode("r.git/service-hook", 0o700);
    sandbox.git("r.git", &["config", "core.sharedRepository", "group"]);
    tell("of one in a shared repository");
    mode("r.git/hooks.toml", 0o640);
    mode("r.git/audit.token", 0o640);
    mode("r.git/service-hook", 0o2770);
    for folder in ["pending", "done", "corrupt", "lane"] {
        fs::create_dir_all(sandbox.path(&format!("r.git/service-hook/{folder}"))).unwrap();
        mode(&format!("r.git/service-hook/{folder}"), 0o2770);
    }
    tell("of a group");
    // Root would not read the token for them.
    sandbox.write("r.git/hooks.toml", GOOD);
    mode("r.git/hooks.toml", 0o660);
    tell("of a group that can write it");
    compare("access", &all);
}

#[test]
fn a_problem_of_many_repositories_is_written_once_and_mistakes_come_first() {
    let sandbox = set_up(GOOD);
    for name in [
        "group/new.git",
        "group/typo.git",
        "group/warned.git",
        "broken.git",
    ] {
        sandbox.init_bare(name);
    }
    for name in ["group/typo.git", "group/warned.git"] {
        symlink(PROGRAM, sandbox.path(name).join("hooks/post-receive")).unwrap();
    }
    private(
        &sandbox,
        "group/typo.git/hooks.toml",
        &format!("{GOOD}brnches = \"main\"\ntokn = \"hunter2\"\n"),
    );
    private(&sandbox, "group/warned.git/hooks.toml", GOOD);
    sandbox.write("broken.git/config", "[core\n");
    fs::create_dir(sandbox.path("more")).unwrap();
    for number in 10..18 {
        let name = format!("more/{number}.git");
        sandbox.init_bare(&name);
        symlink(PROGRAM, sandbox.path(&name).join("hooks/post-receive")).unwrap();
        private(&sandbox, &format!("{name}/hooks.toml"), GOOD);
    }
    let all = ["--all", "group", "more", "broken.git", "r.git"];
    compare("all", &reported(&sandbox, "", &all));
}

#[test]
fn a_state_dir_must_be_usable_and_robots_of_the_server_need_one() {
    let sandbox = set_up("");
    let robot = "[hook.team]\naction = \"wecom_group_chat_robot\"\n\
        service_url = \"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k\"\n";
    let said = |deliver: &str| {
        sandbox.write("server/hooks.toml", format!("{deliver}{robot}"));
        let out = sandbox.run("r.git", &["check"]);
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        (out.status.code(), flat)
    };
    let (code, text) = said("");
    let warning =
        "warning: `team` is a robot of the server's file, and each repository keeps its pace";
    assert!(code == Some(0) && text.contains(warning), "{text}");
    let dir = sandbox.path("state");
    let deliver = format!("[deliver]\nstate_dir = {dir:?}\n");
    let (code, text) = said(&deliver);
    assert!(
        code == Some(1) && text.contains("mistake: `state_dir` is missing: "),
        "{text}"
    );
    fs::create_dir(&dir).unwrap();
    let (code, text) = said(&deliver);
    assert!(code == Some(0) && !text.contains("state_dir"), "{text}");
}
