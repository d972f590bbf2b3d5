//! What references name is read when an attempt is made, in bounds, and never shown.

use crate::config_mistakes::reported;
use crate::support::Sandbox;
use git_service_hook::config::{self, Found};
use git_service_hook::environment::Environment;

/// Loads one hook with a `sign` in the repository's file, and builds its action; the failure in words.
fn build(
    sandbox: &Sandbox,
    sign: &str,
    server: &str,
    more: &[(&str, &str)],
) -> Result<String, String> {
    let text = format!(
        "[hook.x]\naction = \"feishu_group_chat_robot\"\nservice_url = \"https://open.feishu.cn/open-apis/bot/v2/hook/x\"\nsign = {sign}\n"
    );
    sandbox.write("repo.git/hooks.toml", text);
    sandbox.write("etc/hooks.toml", server);
    let server = sandbox.path("etc/hooks.toml").display().to_string();
    let value = |key: &str| {
        more.iter()
            .find(|(k, _)| *k == key)
            .map_or("", |(_, value)| *value)
    };
    let environment = Environment::from([
        ("GIT_SERVICE_HOOK_CONFIG", server.as_str()),
        ("ROBOT_SIGN", value("ROBOT_SIGN")),
        ("CREDENTIALS_DIRECTORY", value("CREDENTIALS_DIRECTORY")),
    ]);
    let loaded = config::load(&sandbox.path("repo.git"), &environment);
    let Found::Active(hook) = loaded.find("x") else {
        return Err(reported(&loaded).join("\n"));
    };
    let (_, secrets) = hook.action().map_err(|unresolved| unresolved.to_string())?;
    Ok(secrets.redact("hunter2 other"))
}

/// The same in a fresh sandbox, in which `s` holds `content`.
fn with_file(content: &[u8], sign: &str) -> Result<String, String> {
    let sandbox = Sandbox::new();
    sandbox.write("repo.git/s", content);
    build(&sandbox, sign, "", &[])
        .map_err(|why| why.replace(&sandbox.path("").display().to_string(), "/T/"))
}

#[test]
fn a_file_is_relative_to_the_file_that_names_it_and_loses_one_line_end() {
    let sign = "{ file = \"s\" }";
    for content in ["hunter2", "hunter2\n", "hunter2\r\n"] {
        assert_eq!(with_file(content.as_bytes(), sign).unwrap(), "*** other");
    }
    assert_eq!(
        with_file(b"hunter2\n\n", sign).unwrap_err(),
        "`sign`: holds more than one line, or a NUL"
    );
    assert_eq!(
        with_file(b"hun\0ter2", sign).unwrap_err(),
        "`sign`: holds more than one line, or a NUL"
    );
    assert_eq!(
        with_file(b"\n", sign).unwrap_err(),
        "`sign`: file `/T/repo.git/s` is empty"
    );
    assert_eq!(
        with_file(b"\xff", sign).unwrap_err(),
        "`sign`: file `/T/repo.git/s` is not UTF-8"
    );
    assert_eq!(
        with_file(b"", "{ file = \"missing\" }").unwrap_err(),
        "`sign`: file `/T/repo.git/missing` does not exist"
    );
    assert_eq!(
        with_file(&vec![b'x'; 65536], sign).unwrap(),
        "hunter2 other"
    );
    assert_eq!(
        with_file(&vec![b'x'; 65537], sign).unwrap_err(),
        "`sign`: file `/T/repo.git/s` is larger than 64 KiB"
    );
    assert_eq!(
        with_file(b"", "{ file = \"/dev/zero\" }").unwrap_err(),
        "`sign`: file `/dev/zero` is not a regular file"
    );
    assert_eq!(
        with_file(b"", "{ file = \"../repo.git\" }").unwrap_err(),
        "`sign`: file `/T/repo.git/../repo.git` is not a regular file"
    );
}

#[test]
fn a_pipe_that_nobody_writes_is_not_waited_for() {
    let sandbox = Sandbox::new();
    sandbox.write("repo.git/x", "");
    let made = std::process::Command::new("mkfifo")
        .arg(sandbox.path("repo.git/s"))
        .status()
        .unwrap();
    assert!(made.success());
    let why = build(&sandbox, "{ file = \"s\" }", "", &[]).unwrap_err();
    assert!(why.ends_with("is not a regular file"), "{why}");
}

#[test]
fn variables_and_credentials_are_read_late() {
    let sandbox = Sandbox::new();
    let env = "{ env = \"ROBOT_SIGN\" }";
    assert_eq!(
        build(&sandbox, env, "", &[("ROBOT_SIGN", "hunter2")]).unwrap(),
        "*** other"
    );
    assert_eq!(
        build(&sandbox, env, "", &[]).unwrap_err(),
        "`sign`: the environment variable `ROBOT_SIGN` is not set"
    );
    let credential = "{ credential = \"sign\" }";
    sandbox.write("run/sign", "hunter2\n");
    let directory = sandbox.path("run").display().to_string();
    assert_eq!(
        build(
            &sandbox,
            credential,
            "",
            &[("CREDENTIALS_DIRECTORY", &directory)]
        )
        .unwrap(),
        "*** other"
    );
    let why = build(&sandbox, credential, "", &[]).unwrap_err();
    assert!(why.contains("$CREDENTIALS_DIRECTORY"), "{why}");
}

#[test]
fn a_repository_cannot_name_what_the_servers_file_names() {
    let sandbox = Sandbox::new();
    let etc = sandbox.path("etc").display().to_string();
    sandbox.write("etc/beside", "hunter2");
    sandbox.write("keys/team", "hunter2");
    sandbox.write("repo.git/own", "hunter2");
    std::os::unix::fs::symlink(sandbox.path("keys/team"), sandbox.path("repo.git/link")).unwrap();
    let server = "[hook.team]\naction = \"feishu_group_chat_robot\"\nservice_url = { env = \"ROBOT_SIGN\" }\n\
                  sign = { file = \"../keys/team\" }\n";
    let belongs = |sign: &str, kind: &str, server: &str| {
        let why = build(&sandbox, sign, server, &[("ROBOT_SIGN", "hunter2")]);
        let expected = format!(
            "hooks.toml:4:8: what is named here belongs to the server's file, which does not list it in \
             `[secrets] shared` (`{kind}:…`); hook `x` is disabled until this is fixed"
        );
        assert_eq!(why.unwrap_err(), expected, "{sign}");
    };
    belongs("{ file = \"../etc/hooks.toml\" }", "file", server);
    belongs(&format!("{{ file = \"{etc}/beside\" }}"), "file", server);
    belongs("{ file = \"../keys/team\" }", "file", server);
    belongs("{ file = \"link\" }", "file", server);
    belongs("{ env = \"ROBOT_SIGN\" }", "env", server);
    assert_eq!(
        build(&sandbox, "{ file = \"own\" }", server, &[]).unwrap(),
        "*** other"
    );

    let shared = format!("[secrets]\nshared = [\"file:{etc}/*\", \"env:ROBOT_*\"]\n{server}");
    let variable = [("ROBOT_SIGN", "hunter2")];
    assert!(build(&sandbox, "{ file = \"../etc/beside\" }", &shared, &variable).is_ok());
    assert!(build(&sandbox, "{ env = \"ROBOT_SIGN\" }", &shared, &variable).is_ok());
    belongs("{ file = \"link\" }", "file", &shared);
}
