//! Every mistake of hooks.toml is reported at its place, in a sentence, without a value.

use crate::support::Sandbox;
use git_service_hook::action::Severity;
use git_service_hook::config::{self, Loaded};
use git_service_hook::environment::Environment;

/// Loads a repository's file alone.
pub(crate) fn load(text: &str) -> Loaded {
    let sandbox = Sandbox::new();
    sandbox.write("repo.git/hooks.toml", text);
    config::load(&sandbox.path("repo.git"), &none(&sandbox))
}

/// An environment that names a server's file that does not exist.
pub(crate) fn none(sandbox: &Sandbox) -> Environment {
    Environment::from([(
        "GIT_SERVICE_HOOK_CONFIG",
        sandbox.path("none.toml").to_str().unwrap(),
    )])
}

/// The diagnostics of a file.
pub(crate) fn reported(loaded: &Loaded) -> Vec<String> {
    loaded.diagnostics.iter().map(ToString::to_string).collect()
}

#[track_caller]
fn reports(text: &str, expected: &[&str]) {
    assert_eq!(reported(&load(text)), expected, "{text}");
}

const BAD: &str = r#"# 注释 in front
[hook.ci]
action = "jenkins_generic_build_job"
service_url = "http://jenkins.example.com:8080/generic-webhook-trigger/invoke"
build_token = { envv = "JENKINS_TOKEN" }
build_args = { env = "prod", deep = { x = "y" } }
timeout = "10 sec"
max_commits = "five"
brnches = ["main"]
sign = "SEC"

[hook.team]
action = "dingding_group_chat_robot"
service_url = { file = "/etc/team.url" }
msg_type = "markdwn"
at_mobiles = ["18000000000", 18000000001]
at_user_ids = { env = "A", file = "b" }
branches = ["main", "refs/heads/dev", "[x"]
proxy = "ftp://user:hunter2@proxy"

[hook.good]
action = "webhook_http_post"
service_url = "https://example.com/post"
headers = "Accept: text/html\nX-A: b"
branches = "main, release/**"

[hook.good.token]
file = "/etc/x"

[hook.typo]
action = "wecom_group_chat_robott"
service_url = "x"
nonsense = 1

[hook.empty]

[hook.later]
action = "webhook_http_post"
flavor = "gitae"
signing_secret = "whsec_hunter2"
token = { env = "HTTP_TOKEN" }
password = { credential = "../hunter2" }
username = true

[hook."bad name"]
action = "webhook_http_get"

[hooks.x]
action = "x"

[deliver]
wait = 5
branches = ["main"]
keep_size = "1 TB"
state_dir = "/var/lib/x"

[project]
language = "de"
root = "/srv/git"
url = "${project.name"

[hook]
loose = true
"#;

#[test]
fn all_mistakes_of_a_file_are_reported_in_its_order() {
    let off = |hook: &str| format!(" hook `{hook}` is disabled until this is fixed");
    let reference = r#"a string, { env = "NAME" }, { file = "PATH" } or { credential = "NAME" }"#;
    let ci = off("ci");
    let (team, typo, empty, later) = (off("team"), off("typo"), off("empty"), off("later"));
    let expected = [
        format!("hooks.toml:5:17: `build_token` must be {reference};{ci}"),
        format!("hooks.toml:6:39: `build_args.deep` must be {reference};{ci}"),
        format!("hooks.toml:7:11: `timeout` must be a time such as \"5s\", \"2m\", \"72h\" or \"30d\";{ci}"),
        format!("hooks.toml:8:15: `max_commits` must be a whole number;{ci}"),
        format!("hooks.toml:9:1: unknown key `brnches`, did you mean `branches`?{ci}"),
        format!(
            "hooks.toml:10:1: `sign` is a key of `dingding_group_chat_robot` and `feishu_group_chat_robot`, not of `jenkins_generic_build_job`;{ci}"
        ),
        format!(
            "hooks.toml:15:12: `msg_type` must be `text`, `markdown` or `customize`, did you mean `markdown`?{team}"
        ),
        format!("hooks.toml:16:30: `at_mobiles` must be {reference}, not a number: put it in quotes;{team}"),
        format!("hooks.toml:17:15: `at_user_ids` takes only one of `env`, `file` and `credential`;{team}"),
        format!("hooks.toml:18:21: `branches` is about short names: leave out `refs/heads/`;{team}"),
        format!(
            "hooks.toml:19:9: `proxy` must be http://HOST:PORT, https://HOST:PORT, socks5://HOST:PORT or socks5h://HOST:PORT;{team}"
        ),
        format!(
            "hooks.toml:31:10: `action` must be `webhook_http_post`, `webhook_http_get`, `wecom_group_chat_robot`, `dingding_group_chat_robot`, `feishu_group_chat_robot` or `jenkins_generic_build_job`, did you mean `wecom_group_chat_robot`?{typo}"
        ),
        format!("hooks.toml:33:1: unknown key `nonsense`;{typo}"),
        format!(
            "hooks.toml:35:1: `action` is missing: it says what the hook does, for example `webhook_http_post`;{empty}"
        ),
        format!("hooks.toml:37:1: `service_url` is missing;{later}"),
        format!(
            "hooks.toml:39:10: `flavor` must be `default`, `coding`, `github`, `gitea`, `gogs`, `gitlab`, `cloudevents` or `cloudevents-structured`, did you mean `gitea`?{later}"
        ),
        format!("hooks.toml:40:18: `signing_secret` must be `whsec_` followed by base64;{later}"),
        format!(
            "hooks.toml:41:17: `token.env` never reads what a request sets: `HTTP_*`, `SSH_*`, `GL_*`, `GIT_*` and the like;{later}"
        ),
        format!("hooks.toml:42:27: `password.credential` must be the name of a credential, not a path;{later}"),
        format!("hooks.toml:43:12: `username` must be {reference}, not a boolean: put it in quotes;{later}"),
        format!("hooks.toml:45:7: the name of a hook has at most 64 of `A-Z a-z 0-9 _ -`;{}", off("bad name")),
        "hooks.toml:48:2: unknown table `hooks`, did you mean `hook`?".into(),
        "hooks.toml:52:8: `wait` must be a time such as \"5s\", \"2m\", \"72h\" or \"30d\", not a number".into(),
        "hooks.toml:53:1: `branches` belongs to a hook: `[hook.NAME]`".into(),
        "hooks.toml:54:13: `keep_size` must be a size such as \"64MiB\", \"20 kB\" or a number of bytes".into(),
        "hooks.toml:55:1: `state_dir` belongs to the server's file alone".into(),
        "hooks.toml:58:12: `language` must be `en` or `zh`".into(),
        "hooks.toml:59:1: `root` belongs to the server's file alone".into(),
        "hooks.toml:63:1: `hook.loose` must be a table: `[hook.NAME]`".into(),
    ];
    let loaded = load(BAD);
    let reported = reported(&loaded);
    let without_template = reported
        .iter()
        .filter(|line| !line.starts_with("hooks.toml:60:"))
        .collect::<Vec<_>>();
    assert_eq!(without_template, expected.iter().collect::<Vec<_>>());
    // The template room words what is wrong inside a template.
    assert!(
        reported
            .iter()
            .any(|line| line.starts_with("hooks.toml:60:7: `url`: ")),
        "{reported:#?}"
    );
    assert!(!reported.concat().contains("hunter2"), "no value is shown");
}

#[test]
fn one_broken_hook_never_stops_the_others() {
    let loaded = load(BAD);
    assert_eq!(
        loaded
            .hooks
            .iter()
            .map(|hook| hook.name.as_str())
            .collect::<Vec<_>>(),
        ["good"]
    );
    assert_eq!((loaded.hold.as_ref(), loaded.unresolved), (None, false));
    assert!(matches!(loaded.find("good"), config::Found::Active(_)));
    assert!(matches!(loaded.find("ci"), config::Found::Broken));
    assert!(matches!(loaded.find("empty"), config::Found::Broken));
    assert!(matches!(loaded.find("never-there"), config::Found::Gone));
}

#[test]
fn a_setting_that_cannot_be_read_has_its_default() {
    let loaded = load("[deliver]\nwait = 5\ntimeout = \"0s\"\nkeep_count = 7\n");
    assert_eq!(
        reported(&loaded),
        [
            "hooks.toml:2:8: `wait` must be a time such as \"5s\", \"2m\", \"72h\" or \"30d\", not a number",
            "hooks.toml:3:11: `timeout` must be between 1s and 10m",
        ]
    );
    assert_eq!(
        loaded.deliver,
        config::Deliver {
            keep_count: 7,
            ..config::Deliver::default()
        }
    );
}

#[test]
fn a_file_that_is_not_toml_leaves_hooks_unresolved() {
    let loaded = load("[hook.ci]\naction = hunter2\n[hook.ci]\n");
    assert!(loaded.unresolved && loaded.configured && loaded.hold.is_none());
    assert!(matches!(loaded.find("ci"), config::Found::Broken));
    let reported = reported(&loaded);
    assert!(
        reported[0].starts_with("hooks.toml:2:10: not TOML: "),
        "{reported:?}"
    );
    assert!(
        reported
            .iter()
            .any(|line| line.starts_with("hooks.toml:3:")),
        "a table twice: {reported:?}"
    );
    assert!(!reported.concat().contains("hunter2"));
}

#[test]
fn a_secret_in_the_place_of_a_name_is_not_shown() {
    let secret = "ghp_16C7e42F292c6912E7710c838347Ae";
    let post = "action = \"webhook_http_post\"\nservice_url = \"https://a.example/\"\n";
    for text in [
        format!("{secret} = \"x\"\n"),
        format!("[{secret}]\n"),
        format!("[deliver]\n{secret} = 1\n"),
        format!("[hook.x]\n{post}{secret} = 1\n"),
        format!("[hook.x]\n{post}headers = {{ {secret} = [1] }}\n"),
        format!("[hook.x]\n{post}headers = {{ \"{secret}: y\" = \"x\" }}\n"),
        format!("[hook.\"x {secret}\"]\n{post}"),
        format!("[hook]\n{secret} = 3\n"),
        format!("[hook.x]\n{post}ca_file = \"{secret}\"\n"),
    ] {
        let loaded = load(&text);
        let shown = reported(&loaded).concat();
        assert!(!shown.contains("16C7e42F"), "{text}: {shown}");
        if let config::Found::Active(hook) = loaded.find("x") {
            let error = hook.ca_pem().map(drop).map_err(|error| error.to_string());
            assert!(
                !format!("{error:?}").contains("16C7e42F"),
                "{text}: {error:?}"
            );
        }
    }
}

#[test]
fn a_key_twice_is_reported_where_it_is_repeated() {
    let reported = reported(&load(
        "[hook.ci]\naction = \"webhook_http_get\"\naction = \"webhook_http_get\"\n",
    ));
    assert_eq!(reported, ["hooks.toml:3:1: not TOML: duplicate key"]);
}

#[test]
fn tables_of_the_servers_file_hold_up_nothing_in_a_repositorys() {
    let loaded = load("[secrets]\nshared = []\n");
    assert_eq!(
        reported(&loaded),
        ["hooks.toml:1:2: `[secrets]` belongs to the server's file alone"]
    );
    assert!(loaded.hold.is_none());
    let loaded = load("[network]\nallow = []\n");
    assert_eq!(
        reported(&loaded),
        ["hooks.toml:1:2: `[network]` belongs to the server's file alone"]
    );
    assert!(loaded.hold.is_none());
}

#[test]
fn keys_at_the_top_are_reported_where_they_belong() {
    reports(
        "wait = \"5s\"\n",
        &["hooks.toml:1:1: `wait` belongs to `[deliver]`"],
    );
    reports(
        "branches = []\n",
        &["hooks.toml:1:1: unknown table `branches`"],
    );
    reports(
        "action = \"x\"\n",
        &["hooks.toml:1:1: `action` belongs to a hook: `[hook.NAME]`"],
    );
    reports(
        "hook = 1\n",
        &["hooks.toml:1:1: `hook` must be a table: `[hook.NAME]`"],
    );
    reports(
        "project = 1\n",
        &["hooks.toml:1:1: `project` must be a table: `[project]`"],
    );
    reports(
        "[[hook]]\naction = 1\n",
        &["hooks.toml:1:3: `hook` must be a table: `[hook.NAME]`"],
    );
}

#[test]
fn the_keys_of_a_repositorys_own_hook_do_not_reach_beyond_it() {
    let text = "[hook.x]\naction = \"webhook_http_post\"\nservice_url = \"http://x.example/\"\nlocked = true\n\
                repositories = [\"a\"]\nheaders = { Host = \"y\" }\n";
    let off = "; hook `x` is disabled until this is fixed";
    let alone = "belongs to the server's file alone";
    let expected = [
        format!("hooks.toml:4:1: `locked` {alone}{off}"),
        format!("hooks.toml:5:1: `repositories` {alone}{off}"),
        format!("hooks.toml:6:13: `headers`: only the server's file may set `Host`{off}"),
    ];
    assert_eq!(reported(&load(text)), expected);
}

#[test]
fn numbers_and_lists_have_bounds() {
    let hook = "[hook.x]\naction = \"feishu_group_chat_robot\"\nservice_url = \"https://open.feishu.cn/open-apis/bot/v2/hook/x\"\n";
    let off = "; hook `x` is disabled until this is fixed";
    for (line, message) in [
        ("max_refs = 0", "12: `max_refs` must be at least 1"),
        ("max_body = 1", "12: `max_body` must be at least 1KiB"),
        (
            "max_body = \"1MiB\"",
            "12: `max_body` must be at most 20000 bytes",
        ),
        (
            "timeout = \"1h\"",
            "11: `timeout` must be between 1s and 10m",
        ),
        (
            "max_commits = -1",
            "15: `max_commits` must be a whole number",
        ),
        (
            "branches = []",
            "12: `branches` is empty and would let nothing pass: leave it out to let everything pass",
        ),
        (
            "branches = [\"\"]",
            "13: `branches` holds a pattern that is empty",
        ),
        (
            "refs = [\"main\"]",
            "9: `refs` is about full names: they begin with `refs/`",
        ),
        (
            "changes = [\"create\"]",
            "12: `changes` must be a list of `created`, `updated`, `forced` and `deleted`, did you mean `created`?",
        ),
        ("per = \"commit\"", "7: `per` must be `ref` or `push`"),
        (
            "enabled = \"no\"",
            "11: `enabled` must be a boolean, not a string",
        ),
    ] {
        let off = if message.ends_with('?') {
            &off[1..]
        } else {
            off
        };
        assert_eq!(
            reported(&load(&format!("{hook}{line}\n"))),
            [format!("hooks.toml:4:{message}{off}")]
        );
    }
}

#[test]
fn warnings_switch_nothing_off() {
    let loaded = load("");
    assert!(
        loaded.configured
            && loaded
                .diagnostics
                .iter()
                .all(|m| m.severity == Severity::Warning)
    );
}
