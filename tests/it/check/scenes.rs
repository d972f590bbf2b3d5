//! What `check` says, word for word, in one file a scene. After a change of the wording: run with `UPDATE_GOLDEN=1` and
//! read the diff.

use super::{GOOD, private, repository};
use crate::support::{PROGRAM, Sandbox};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

/// What was said, without what differs between machines. Wrapped lines are joined: where they break depends on that.
fn told(sandbox: &Sandbox, dir: &str, arguments: &[&str]) -> String {
    told_with_path(sandbox, dir, arguments, &std::env::var("PATH").unwrap())
}

/// The same with programs of its own.
fn told_with_path(sandbox: &Sandbox, dir: &str, arguments: &[&str], path: &str) -> String {
    let out = sandbox.command(PROGRAM, dir).arg("check").args(arguments).env("PATH", path).output().unwrap();
    let said = String::from_utf8([out.stdout, out.stderr].concat()).unwrap();
    for line in said.lines().filter(|_| arguments.is_empty()) {
        assert!(line.chars().count() <= 80 || line.trim().split(' ').count() < 4, "longer than 80: {line}");
    }
    let code = out.status.code().unwrap();
    let joined = said.lines().fold(String::new(), |text, line| match line.strip_prefix("  ") {
        Some(rest) if !rest.starts_with(' ') => text.trim_end().to_owned() + " " + rest + "\n",
        _ => text + line + "\n",
    });
    let version = sandbox.git("", &["--version"]).replace("git version ", "");
    let user = String::from_utf8(sandbox.command("id", "").arg("-un").output().unwrap().stdout).unwrap();
    let gid = String::from_utf8(sandbox.command("id", "").arg("-g").output().unwrap().stdout).unwrap();
    let plain = joined
        .replace(&sandbox.path("").canonicalize().unwrap().display().to_string(), "/T")
        .replace(PROGRAM, "/usr/bin/git-service-hook")
        .replace(&format!("git {version}"), "git 2.x")
        .replace(&format!("user `{}`", user.trim()), "user `git`")
        .replace(&format!("group {}", gid.trim()), "group 100")
        .replace(&format!("chgrp {}", gid.trim()), "chgrp 100");
    assert!(!plain.contains("hunter2"), "a secret is shown: {plain}");
    format!("{plain}exit {code}\n")
}

#[track_caller]
fn compare(scene: &str, told: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/check").join(format!("{scene}.txt"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, told).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(told, expected, "{scene}: to accept the change, run the test with UPDATE_GOLDEN=1");
}

/// A repository whose timer has just run.
fn set_up(config: &str) -> Sandbox {
    let sandbox = repository(config);
    sandbox.run("r.git", &["drain"]);
    sandbox
}

#[track_caller]
fn scene(name: &str, config: &str) {
    compare(name, &told(&set_up(config), "r.git", &[]));
}

#[test]
fn a_good_set_up() {
    scene("good", GOOD);
}

#[test]
fn mistakes_of_every_kind() {
    scene(
        "mistakes",
        r#"# 注释
brnch = "hunter2"

[hook.ci]
action = "jenkins_generic_build_job"
service_url = "https://jenkins.example.com/generic-webhook-trigger/invoke"
build_token = { envv = "HUNTER2" }
build_args = { env = "hunter2", deep = { x = "hunter2" } }
timeout = "10 sec"
max_commits = "five"
	brnches	=	["hunter2"]
sign = 'hunter2'
"提交" = "hunter2" # hunter2

[hook.team]
action = "dingding_group_chat_robot"
service_url = "https://oapi.dingtalk.com/robot/send?access_token=hunter2"
msg_type = "markdwn"
at_mobiles = ["18000000000", 18000000001]
branches = [
    "main",
    "refs/heads/dev", # hunter2
]

[hook.empty]

[hook.typo]
action = "webhook_http_pots"
service_url = "https://hunter2.example.com/"

[hook."bad name"]
action = "webhook_http_get"

[deliver]
wait = 5
state_dir = "/hunter2"

[project]
language = "de"
url = "https://git.example.com/${project.nam}"

[hooks.x]
"#,
    );
}

#[test]
fn a_file_that_is_no_toml() {
    scene(
        "no_toml",
        "[hook.audit]\naction = webhook_http_post\nservice_url = \"https://hunter2.example.com\ntoken = \"hunter2\"\n[hook.audit]\n",
    );
}

#[test]
fn filters_that_nothing_can_pass_and_settings_that_are_hardly_meant() {
    let config = r#"
[hook.audit]
action = "webhook_http_post"
service_url = "http://user:hunter2@audit.example.com/push"
branches = ["main", "feature/", "!**"]
tags = "v 1"
paths = ["/src/**", "docs/"]
insecure_skip_verify = true

[hook.team]
action = "dingding_group_chat_robot"
service_url = { file = "team.url" }
per = "ref"
template = "{% for u in updates %}${u.ref}{% endfor %}"
"#;
    let sandbox = set_up(config);
    private(&sandbox, "r.git/team.url", "https://oapi.dingtalk.com/robot/send?access_token=hunter2\n");
    compare("odd", &told(&sandbox, "r.git", &[]));
}

#[test]
fn templates_that_fail_for_some_pushes() {
    scene(
        "templates",
        r#"
[hook.names]
action = "webhook_http_post"
service_url = "https://audit.example.com/${project.nam}"
template = '''
{
  "title": "${head_comit.title}"
}
'''

[hook.json]
action = "webhook_http_post"
service_url = "https://audit.example.com/"
template = '{"tag": ${tag.name | tojson}, "commit": ${head_commit.id}}'

[hook.empty]
action = "wecom_group_chat_robot"
service_url = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=hunter2"
msg_type = "text"
template = "${head_commit.message}"

[hook.only_tags]
action = "wecom_group_chat_robot"
service_url = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=hunter2"
tags = ["v*"]
changes = ["created"]
template = "${tag.message}"

[hook.comment]
action = "wecom_group_chat_robot"
service_url = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=hunter2"
template = "{#标题} ${project.name}"
"#,
    );
}

#[test]
fn secrets_that_cannot_be_read_are_all_named() {
    let config = r#"
[hook.audit]
action = "webhook_http_post"
service_url = { file = "audit.url" }
token = { file = "missing.token" }
headers = { X-A = { file = "missing.header" }, X-B = { env = "NOT_SET" }, X-C = "hunter2" }

[hook.timer]
action = "feishu_group_chat_robot"
service_url = { credential = "feishu.url" }

[hook.lines]
action = "webhook_http_post"
service_url = "https://audit.example.com/"
token = """
hunter2
hunter2"""
"#;
    let sandbox = set_up(config);
    private(&sandbox, "r.git/audit.url", "https://audit.example.com/push\n");
    compare("secrets", &told(&sandbox, "r.git", &[]));
}

#[test]
fn robots_are_known_by_their_addresses() {
    let config = r#"
[hook.other]
action = "dingding_group_chat_robot"
service_url = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=hunter2"

[hook.old]
action = "feishu_group_chat_robot"
service_url = "https://open.feishu.cn/open-apis/bot/hook/hunter2"

[hook.elsewhere]
action = "wecom_group_chat_robot"
service_url = { file = "robot.url" }

[hook.webhook]
action = "webhook_http_post"
service_url = "https://open.larksuite.com/open-apis/bot/v2/hook/hunter2"

[hook.wecom]
action = "wecom_group_chat_robot"
service_url = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"
mentioned = ["@all"]
mentioned_mobile = ["18000000000"]

[hook.signed]
action = "dingding_group_chat_robot"
service_url = "https://oapi.dingtalk.com/robot/send?access_token=hunter2"
sign = "hunter2 without SEC in front"

[hook.ci]
action = "jenkins_generic_build_job"
service_url = "https://jenkins.example.com/job/app/build?token=hunter2"
build_token = "hunter2"
build_args = '{“arg”: "hunter2"}'

[hook.wide]
action = "jenkins_generic_build_job"
service_url = "https://jenkins.example.com/generic-webhook-trigger/invoke"
build_args = """
{"arg": "，",
 "other"： "hunter2"}"""
"#;
    let sandbox = set_up(config);
    private(&sandbox, "r.git/robot.url", "https://oapi.dingtalk.com/robot/send?access_token=hunter2\n");
    compare("robots", &told(&sandbox, "r.git", &[]));
}

#[test]
fn hooks_that_git_does_not_run_or_runs_twice() {
    let sandbox = set_up(GOOD);
    let hook = sandbox.path("r.git/hooks/post-receive");
    let mut all = String::new();
    let mut tell = |what: &str| all += &format!("# {what}\n{}\n", told(&sandbox, "r.git", &[]));
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
    let mut tell = |what: &str| all += &format!("# {what}\n{}\n", told(&sandbox, "r.git", &[]));
    let global = sandbox.path("gitconfig");
    let before = fs::read_to_string(&global).unwrap();
    fs::write(&global, format!("{before}[core]\n\thooksPath = {}\n", elsewhere.display())).unwrap();
    tell("named by the user's configuration, empty");
    symlink(PROGRAM, elsewhere.join("post-receive")).unwrap();
    tell("named by the user's configuration");
    fs::remove_file(sandbox.path("r.git/hooks/post-receive")).unwrap();
    fs::write(&global, before).unwrap();
    sandbox.git("r.git", &["config", "core.hooksPath", elsewhere.to_str().unwrap()]);
    tell("named by the repository's");
    compare("hooks_path", &all);
}

/// Stands before the real git, and is of another version.
fn git_of_version(sandbox: &Sandbox, version: &str) -> String {
    let path = std::env::var("PATH").unwrap();
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
        let told = told_with_path(&sandbox, "r.git", &[], &git_of_version(&sandbox, version));
        all += &format!("# {what}\n{told}\n");
    };
    tell("without an event", "2.54.0.test");
    config("hook.tell.event", "post-receive");
    tell("beside a link", "2.54.0.test");
    fs::remove_file(sandbox.path("r.git/hooks/post-receive")).unwrap();
    tell("alone", "2.54.0.test");
    tell("alone, before Git knew of them", "2.47.3.test");
    sandbox.write("r.git/hooks/post-receive", "#!/bin/sh\nexec mail\n");
    tell("beside another program", "2.55.1.test");
    tell("a git of long ago", "2.9.5.test");
    config("hook.tell.enabled", "false");
    tell("switched off", "2.55.1.test");
    let told = told_with_path(&sandbox, "r.git", &[], "/nowhere");
    all += &format!("# no git\n{told}\n");
    compare("configured", &all);
}

#[test]
fn who_can_read_and_write() {
    let sandbox = set_up(&format!("{GOOD}token = {{ file = \"audit.token\" }}\nheaders = \"X-A: b\"\n"));
    let mode = |path: &str, mode: u32| {
        fs::set_permissions(sandbox.path(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    private(&sandbox, "r.git/audit.token", "hunter2\n");
    // The sandbox itself is closed, which closes everything in it.
    mode("", 0o755);
    let mut all = String::new();
    let mut tell = |what: &str| all += &format!("# {what}\n{}\n", told(&sandbox, "r.git", &[]));
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
    mode("r.git/hooks.toml", 0o660);
    mode("r.git/audit.token", 0o640);
    mode("r.git/service-hook", 0o2770);
    for folder in ["pending", "done"] {
        fs::create_dir_all(sandbox.path(&format!("r.git/service-hook/{folder}"))).unwrap();
        mode(&format!("r.git/service-hook/{folder}"), 0o2770);
    }
    tell("of a group");
    compare("access", &all);
}

#[test]
fn many_repositories_are_a_line_each() {
    let sandbox = set_up(GOOD);
    for name in ["group/new.git", "group/typo.git", "group/warned.git", "broken.git"] {
        sandbox.git("", &["init", "-q", "--bare", name]);
    }
    for name in ["group/typo.git", "group/warned.git"] {
        symlink(PROGRAM, sandbox.path(name).join("hooks/post-receive")).unwrap();
    }
    private(&sandbox, "group/typo.git/hooks.toml", &format!("{GOOD}brnches = \"main\"\ntokn = \"hunter2\"\n"));
    private(&sandbox, "group/warned.git/hooks.toml", GOOD);
    sandbox.write("broken.git/config", "[core\n");
    compare("all", &told(&sandbox, "", &["--all", "."]));
}
