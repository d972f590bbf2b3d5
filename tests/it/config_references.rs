//! What references name is read when an attempt is made, in bounds, and never shown.

use crate::config_mistakes::reported;
use crate::support::Sandbox;
use git_service_hook::config::{self, Found};
use git_service_hook::environment::Environment;
use std::os::unix::fs::PermissionsExt;

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
    let place = if server.is_empty() {
        "none/hooks.toml"
    } else {
        "etc/hooks.toml"
    };
    if !server.is_empty() {
        sandbox.write(place, server);
    }
    let server = sandbox.path(place).display().to_string();
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
    let refused = |sign: &str, server: &str, why: &str| {
        let expected = format!(
            "hooks.toml:4:8: what is named here {why}; hook `x` is disabled until this is fixed"
        );
        let built = build(&sandbox, sign, server, &[("ROBOT_SIGN", "hunter2")]);
        assert_eq!(built.unwrap_err(), expected, "{sign}");
    };
    let belongs =
        "belongs to the server's file, which does not list it in `[secrets] shared` (`file:…`)";
    let in_etc = format!("{{ file = \"{etc}/beside\" }}");
    let signs = ["../etc/hooks.toml", "../keys/team", "link"];
    let signs = signs.map(|name| format!("{{ file = \"{name}\" }}"));
    for sign in signs.iter().chain([&in_etc]) {
        refused(sign, server, belongs);
    }
    // A hard link has a path of its own, below the Git directory.
    std::fs::hard_link(sandbox.path("keys/team"), sandbox.path("repo.git/hard")).unwrap();
    refused("{ file = \"hard\" }", server, belongs);
    let unlisted =
        |kind| format!("is not listed in `[secrets] shared` of the server's file (`{kind}:…`)");
    refused("{ env = \"ROBOT_SIGN\" }", server, &unlisted("env"));
    refused("{ env = \"HOME\" }", server, &unlisted("env"));
    refused("{ credential = \"any\" }", server, &unlisted("credential"));
    assert_eq!(
        build(&sandbox, "{ file = \"own\" }", server, &[]).unwrap(),
        "*** other"
    );

    let shared = format!("[secrets]\nshared = [\"file:{etc}/*\", \"env:ROBOT_*\"]\n{server}");
    let variable = [("ROBOT_SIGN", "hunter2")];
    assert!(build(&sandbox, "{ file = \"../etc/beside\" }", &shared, &variable).is_ok());
    assert!(build(&sandbox, "{ env = \"ROBOT_SIGN\" }", &shared, &variable).is_ok());
    refused("{ file = \"link\" }", &shared, belongs);
}

#[test]
fn where_a_servers_file_exists_a_repository_names_files_below_its_git_directory_alone() {
    let sandbox = Sandbox::new();
    let server = "[deliver]\nkeep_count = 5\n";
    sandbox.write("other.git/token", "hunter2");
    sandbox.write("repo.git/keys/own", "hunter2");
    sandbox.write("repo.git/twice", "hunter2");
    let repo = sandbox.path("repo.git");
    std::fs::hard_link(repo.join("twice"), repo.join("again")).unwrap();
    std::os::unix::fs::symlink("../other.git/token", repo.join("out")).unwrap();
    std::os::unix::fs::symlink("../other.git", repo.join("folder")).unwrap();
    std::os::unix::fs::symlink("keys/own", repo.join("in")).unwrap();
    let full = |name: &str| sandbox.path(name).display().to_string();
    let built = |name: &str| build(&sandbox, &format!("{{ file = \"{name}\" }}"), server, &[]);
    for name in [
        "../other.git/token",
        "out",
        "folder/token",
        "/etc/passwd",
        "/proc/self/environ",
        &full("other.git/token"),
    ] {
        let why = built(name).unwrap_err();
        assert!(
            why.contains("lies outside of the Git directory"),
            "{name}: {why}"
        );
    }
    let why = built("twice").unwrap_err();
    assert!(why.contains("has more than one hard link"), "{why}");
    for name in ["keys/own", "./keys/own", "in", &full("repo.git/keys/own")] {
        assert_eq!(built(name).unwrap(), "*** other", "{name}");
    }
    // Without a server's file any readable file may be named.
    let alone = |name: &str| build(&sandbox, &format!("{{ file = \"{name}\" }}"), "", &[]);
    for name in ["../other.git/token", "out", "twice"] {
        assert_eq!(alone(name).unwrap(), "*** other", "{name}");
    }
}

#[test]
fn a_file_is_judged_again_when_it_is_opened() {
    let sandbox = Sandbox::new();
    sandbox.write("secret", "hunter2");
    sandbox.write("etc/hooks.toml", "[deliver]\nkeep_count = 5\n");
    let post = "action = \"webhook_http_post\"\nservice_url = \"https://127.0.0.1:1/\"\n";
    let hooks = format!("[hook.x]\n{post}token = {{ file = \"token\" }}\nca_file = \"ca.pem\"\n");
    sandbox.write("repo.git/hooks.toml", hooks);
    let server = sandbox.path("etc/hooks.toml").display().to_string();
    let environment = Environment::from([("GIT_SERVICE_HOOK_CONFIG", server.as_str())]);
    let loaded = config::load(&sandbox.path("repo.git"), &environment);
    let Found::Active(hook) = loaded.find("x") else {
        panic!("{:?}", reported(&loaded));
    };
    // Neither was there when the configuration was read.
    for name in ["token", "ca.pem"] {
        std::os::unix::fs::symlink("../secret", sandbox.path("repo.git").join(name)).unwrap();
    }
    let errors = [
        hook.action().err().map(|error| error.to_string()),
        hook.ca_pem().err().map(|error| error.to_string()),
    ];
    for error in errors.map(Option::unwrap) {
        assert!(
            error.contains("lies outside of the Git directory"),
            "{error}"
        );
    }
    for name in ["token", "ca.pem"] {
        let path = sandbox.path("repo.git").join(name);
        std::fs::remove_file(&path).unwrap();
        std::fs::hard_link(sandbox.path("secret"), &path).unwrap();
    }
    assert!(
        hook.action()
            .is_err_and(|error| error.to_string().contains("hard link"))
    );
    assert!(
        hook.ca_pem()
            .is_err_and(|error| error.to_string().contains("hard link"))
    );
}

#[needs(root)]
#[test]
fn root_reads_no_file_for_somebody_else() {
    let sandbox = Sandbox::new();
    sandbox.write("repo.git/s", "hunter2");
    let sign = "{ file = \"s\" }";
    assert!(build(&sandbox, sign, "", &[]).is_ok());
    let file = sandbox.path("repo.git/hooks.toml");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o664)).unwrap();
    let why = build(&sandbox, sign, "", &[]).unwrap_err();
    assert!(why.contains("is not read by root"), "{why}");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::os::unix::fs::chown(sandbox.path("repo.git"), Some(1234), None).unwrap();
    std::os::unix::fs::chown(&file, Some(1234), None).unwrap();
    let why = build(&sandbox, sign, "", &[]).unwrap_err();
    assert!(why.contains("is not read by root"), "{why}");
}

#[needs("openssl")]
#[test]
fn where_a_servers_file_exists_ca_file_may_lie_with_the_authorities_of_the_system() {
    let sandbox = Sandbox::new();
    sandbox.write("etc/hooks.toml", "[deliver]\nkeep_count = 5\n");
    let server = sandbox.path("etc/hooks.toml").display().to_string();
    let environment = Environment::from([("GIT_SERVICE_HOOK_CONFIG", server.as_str())]);
    // Any file there does: it is read, and not parsed.
    let system = "/etc/ssl/openssl.cnf";
    std::os::unix::fs::symlink(system, {
        sandbox.write("repo.git/x", "");
        sandbox.path("repo.git/link.pem")
    })
    .unwrap();
    let load = |line: &str| {
        let post = "action = \"webhook_http_post\"\nservice_url = \"https://127.0.0.1:1/\"\n";
        sandbox.write("repo.git/hooks.toml", format!("[hook.x]\n{post}{line}\n"));
        config::load(&sandbox.path("repo.git"), &environment)
    };
    for name in [system, "link.pem"] {
        let loaded = load(&format!("ca_file = \"{name}\""));
        let Found::Active(hook) = loaded.find("x") else {
            panic!("{:?}", reported(&loaded));
        };
        let read = hook.ca_pem().unwrap().unwrap();
        assert_eq!(read, std::fs::read(system).unwrap());
    }
    for line in [
        format!("token = {{ file = \"{system}\" }}"),
        format!("client_cert = \"{system}\"\nclient_key = \"{system}\""),
        "ca_file = \"/etc/ssl/../passwd\"".to_owned(),
        "ca_file = \"/etc/passwd\"".to_owned(),
        "token = { file = \"link.pem\" }".to_owned(),
    ] {
        let why = reported(&load(&line)).join("\n");
        assert!(why.contains("lies outside of the Git directory"), "{why}");
    }
}

#[needs("strace")]
#[test]
fn without_openat2_no_link_is_followed_to_a_secret() {
    use crate::support::PROGRAM;
    use crate::support::receiver::{Answer, Receiver};
    let receiver = Receiver::start(|_| Answer::ok());
    let sandbox = Sandbox::new();
    sandbox.bare("r.git");
    sandbox.clone_with_commit("r.git", "c");
    sandbox.push("c", &["-q", "origin", "HEAD:main"]);
    sandbox.write("server/hooks.toml", "[deliver]\nkeep_count = 5\n");
    let hook = |name: &str, file: &str| {
        let url = receiver.url(&format!("/{name}"));
        format!(
            "[hook.{name}]\naction = \"webhook_http_post\"\nservice_url = \"{url}\"\ntoken = {{ file = \"{file}\" }}\n"
        )
    };
    let hooks = [hook("own", "keys/own"), hook("linked", "link")];
    sandbox.write("r.git/hooks.toml", hooks.concat());
    sandbox.write("r.git/keys/own", "hunter2");
    std::os::unix::fs::symlink("keys/own", sandbox.path("r.git/link")).unwrap();
    let mut strace = sandbox.command("strace", "r.git");
    let inject = ["-e", "trace=openat2", "-e", "inject=openat2:error=ENOSYS"];
    strace.args(["-f", "-qq", "-o", "../trace"]).args(inject);
    let out = strace.args([PROGRAM, "test"]).output().unwrap();
    let said = String::from_utf8([out.stdout, out.stderr].concat()).unwrap();
    let trace = std::fs::read_to_string(sandbox.path("trace")).unwrap();
    assert!(trace.contains("ENOSYS"), "openat2 is tried first: {trace}");
    let targets = receiver.got().into_iter().map(|request| request.target);
    assert_eq!(targets.collect::<Vec<_>>(), ["/own"], "{said}");
    assert!(said.contains("lies outside of the Git directory"), "{said}");
    // With it, a link within the Git directory is followed.
    let out = sandbox.run("r.git", &["test", "linked"]);
    assert!(out.status.success());
}
