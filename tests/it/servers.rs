//! The pusher's name arrives right whichever server runs the hook, and a real receiver believes our signature.

use crate::support::receiver::{Answer, Receiver};
use crate::support::server::{Server, Ssh, free_port, listening, program_for_all};
use crate::support::{Sandbox, eventually};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

/// A bare repository with one webhook to `url`, and a clone with a commit.
fn repository(sandbox: &Sandbox, program: &Path, name: &str, url: &str) {
    sandbox.init_bare(name);
    symlink(program, sandbox.path(name).join("hooks/post-receive")).unwrap();
    let toml = format!(
        "[deliver]\nwait = \"20s\"\n\n[hook.here]\naction = \"webhook_http_post\"\nservice_url = \"{url}\"\n"
    );
    sandbox.write(&format!("{name}/hooks.toml"), toml);
    sandbox.init("wt");
    sandbox.commit("wt", "file.txt", "one\n", "First commit");
}

/// Who pushed, as the receiver got it: login and source.
fn reported(receiver: &Receiver) -> (String, String) {
    eventually("the event arrives", || !receiver.got().is_empty());
    let body = receiver.got()[0].json();
    let text = |name: &str| body["pusher"][name].as_str().unwrap_or_default().to_owned();
    (text("username"), text("source"))
}

#[test]
fn over_a_local_path_the_account_is_reported() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::start(|_| Answer::ok());
    repository(
        &sandbox,
        Path::new(crate::support::PROGRAM),
        "local.git",
        &receiver.url("/"),
    );
    let account =
        String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
    let out = sandbox
        .command("git", "wt")
        .env("USER", "mallory")
        .env("GL_USER", "mallory")
        .env("REMOTE_USER", "mallory")
        .args(["push", "../local.git", "main"])
        .output()
        .unwrap();
    assert!(out.status.success());
    assert_eq!(
        reported(&receiver),
        (account.trim().to_owned(), "account".to_owned()),
        "variables alone make nobody the pusher"
    );
}

#[needs("/usr/lib/git-core/git-daemon")]
#[test]
fn over_git_daemon_the_pusher_is_unknown() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::start(|_| Answer::ok());
    repository(
        &sandbox,
        Path::new(crate::support::PROGRAM),
        "open.git",
        &receiver.url("/"),
    );
    let port = free_port();
    let mut daemon = sandbox.command("/usr/lib/git-core/git-daemon", "");
    daemon
        .args([
            "--export-all",
            "--enable=receive-pack",
            "--listen=127.0.0.1",
        ])
        .arg(format!("--port={port}"))
        .arg(format!("--base-path={}", sandbox.path("").display()));
    let _server = Server::start(&sandbox, "daemon.log", &mut daemon);
    listening(port);
    let url = format!("git://127.0.0.1:{port}/open.git");
    sandbox.push("wt", &["-q", &url, "main"]);
    assert_eq!(reported(&receiver), ("unknown".into(), "unknown".into()));
    let address = receiver.got()[0].json()["push"]["remote_addr"].clone();
    assert_eq!(address, "127.0.0.1");
}

#[needs("sshd", "ssh-keygen")]
#[test]
fn over_ssh_the_key_says_who_pushed() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::start(|_| Answer::ok());
    repository(
        &sandbox,
        &program_for_all(&sandbox),
        "ssh.git",
        &receiver.url("/"),
    );
    sandbox.write("server/hooks.toml", "[pusher]\nenv = [\"HOOK_PUSHER\"]\n");
    let ssh = Ssh::start(&sandbox);
    let url = ssh.url(&sandbox.path("ssh.git"));
    let out = sandbox
        .command("git", "wt")
        .env("GIT_SSH_COMMAND", &ssh.command)
        .args(["push", &url, "main"])
        .output()
        .unwrap();
    let seen = String::from_utf8_lossy(&out.stderr);
    assert!(
        out.status.success(),
        "{seen}{}",
        std::fs::read_to_string(sandbox.path("sshd.log")).unwrap()
    );
    assert_eq!(
        reported(&receiver),
        ("alice".to_owned(), "HOOK_PUSHER".to_owned())
    );
    assert!(
        seen.contains("remote: service-hook: here: delivered"),
        "{seen}"
    );
}

#[needs("nginx", "fcgiwrap", "spawn-fcgi", "openssl", root)]
#[test]
fn over_http_the_login_says_who_pushed() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::start(|_| Answer::ok());
    repository(
        &sandbox,
        &program_for_all(&sandbox),
        "repos/demo.git",
        &receiver.url("/"),
    );
    std::fs::create_dir(sandbox.path("tmp")).unwrap();
    let hash = sandbox
        .command("openssl", "")
        .args(["passwd", "-apr1", "pw"])
        .output()
        .unwrap()
        .stdout;
    sandbox.write("htpasswd", [b"alice:".as_slice(), &hash].concat());
    assert!(
        Command::new("chown")
            .args(["-R", "www-data:"])
            .arg(sandbox.path("repos"))
            .status()
            .unwrap()
            .success()
    );
    let (port, top) = (free_port(), sandbox.path("").display().to_string());
    sandbox.write("nginx.conf", nginx_conf(port, top.trim_end_matches('/')));
    let at = |name: &str| sandbox.path(name).display().to_string();
    let mut fcgi = Command::new("spawn-fcgi");
    fcgi.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
    let _fcgi = Server::start(
        &sandbox,
        "fcgi.log",
        fcgi.args([
            "-n",
            "-s",
            &at("fcgi.sock"),
            "-M",
            "0666",
            "-u",
            "www-data",
            "-g",
            "www-data",
            "--",
            "/usr/sbin/fcgiwrap",
        ]),
    );
    let _nginx = Server::start(
        &sandbox,
        "nginx.log",
        Command::new("nginx").args(["-e", "stderr", "-p", &top, "-c", &at("nginx.conf")]),
    );
    listening(port);
    eventually("fcgiwrap listens", || sandbox.path("fcgi.sock").exists());
    let url = format!("http://alice:pw@127.0.0.1:{port}/git/demo.git");
    // The client's own Proxy header becomes HTTP_PROXY in the hook's environment: nobody may follow it.
    let out = sandbox
        .command("git", "wt")
        .args([
            "-c",
            "http.extraHeader=Proxy: http://127.0.0.1:9",
            "push",
            &url,
            "main",
        ])
        .output()
        .unwrap();
    let seen = String::from_utf8_lossy(&out.stderr);
    assert!(
        out.status.success(),
        "{seen}{}",
        std::fs::read_to_string(sandbox.path("error.log")).unwrap_or_default()
    );
    assert_eq!(reported(&receiver), ("alice".to_owned(), "http".to_owned()));
    assert!(
        seen.contains("remote: service-hook: here: delivered"),
        "{seen}"
    );
}

fn nginx_conf(port: u16, top: &str) -> String {
    format!(
        "daemon off; user www-data; worker_processes 1; pid {top}/nginx.pid; error_log {top}/error.log info;
        events {{ worker_connections 64; }}
        http {{ access_log {top}/access.log;
          client_body_temp_path tmp/b; proxy_temp_path tmp/p; fastcgi_temp_path tmp/f; uwsgi_temp_path tmp/u; scgi_temp_path tmp/s;
          server {{ listen 127.0.0.1:{port};
            location ~ ^/git(/.*)$ {{
              auth_basic git; auth_basic_user_file {top}/htpasswd; client_max_body_size 0;
              include /etc/nginx/fastcgi_params;
              fastcgi_param SCRIPT_FILENAME /usr/lib/git-core/git-http-backend; fastcgi_param PATH_INFO $1;
              fastcgi_param GIT_PROJECT_ROOT {top}/repos; fastcgi_param GIT_HTTP_EXPORT_ALL \"\";
              fastcgi_read_timeout 60s; fastcgi_pass unix:{top}/fcgi.sock; }} }} }}\n"
    )
}

/// Debian's `webhook`, which accepts what carries the right HMAC and hands `ref` to a script.
fn debian_webhook(sandbox: &Sandbox) -> (Server, String) {
    use std::os::unix::fs::PermissionsExt;
    let script = sandbox.write(
        "run.sh",
        format!(
            "#!/bin/sh\nprintf '%s\\n' \"$@\" >> {}\n",
            sandbox.path("calls").display()
        ),
    );
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let rule = serde_json::json!([{
        "id": "push", "execute-command": script, "http-methods": ["POST"], "trigger-rule-mismatch-http-response-code": 401,
        "pass-arguments-to-command": [{"source": "payload", "name": "ref"}, {"source": "header", "name": "X-Coding-Event"}],
        "trigger-rule": {"match": {"type": "payload-hmac-sha1", "secret": "s3cret-令牌",
            "parameter": {"source": "header", "name": "X-Coding-Signature"}}}
    }]);
    let hooks = sandbox.write("hooks.json", rule.to_string());
    let port = free_port();
    let mut command = Command::new("webhook");
    command
        .args(["-ip", "127.0.0.1", "-port", &port.to_string(), "-hooks"])
        .arg(hooks);
    let server = Server::start(sandbox, "webhook.log", &mut command);
    listening(port);
    (server, format!("http://127.0.0.1:{port}/hooks/push"))
}

#[needs("webhook")]
#[test]
fn a_real_receiver_accepts_our_signature_and_refuses_a_wrong_token() {
    let sandbox = Sandbox::new();
    let (_webhook, url) = debian_webhook(&sandbox);
    let repo = sandbox.bare("app.git");
    let toml = |token: &str| {
        format!(
            "[deliver]\nwait = \"20s\"\n\n[hook.here]\naction = \"webhook_http_post\"\nservice_url = \"{url}\"\ntoken = \"{token}\"\n"
        )
    };
    std::fs::write(repo.join("hooks.toml"), toml("s3cret-令牌")).unwrap();
    sandbox.clone_with_commit("app.git", "wt");
    let seen = sandbox.push("wt", &["origin", "main"]);
    assert!(seen.contains("here: delivered"), "{seen}");
    eventually("the script ran", || sandbox.path("calls").exists());
    assert_eq!(
        std::fs::read_to_string(sandbox.path("calls")).unwrap(),
        "refs/heads/main\npush\n"
    );

    std::fs::write(repo.join("hooks.toml"), toml("wrong")).unwrap();
    sandbox.commit("wt", "file.txt", "two\n", "Second commit");
    let seen = sandbox.push("wt", &["origin", "main"]);
    assert!(seen.contains("here: 500"), "{seen}");
    assert!(!seen.contains("wrong"), "{seen}");
    assert_eq!(
        std::fs::read_to_string(sandbox.path("calls"))
            .unwrap()
            .lines()
            .count(),
        2,
        "the script did not run again"
    );
}
