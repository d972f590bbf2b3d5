//! `[network]`, proxies and client certificates as hooks.toml sets them, with real pushes.

use crate::network::{Counter, microsocks, tinyproxy};
use crate::server_file::{Server, set};
use crate::support::server::{Server as Program, free_port, listening};
use crate::support::{PROGRAM, Sandbox};
use crate::transport_tls::Authority;
use std::os::unix::fs::symlink;

const AUDIT: &str = "[hook.audit]\naction = \"webhook_http_post\"\nservice_url = \"https://audit.example.com/push\"\n";

fn own(url: &str) -> String {
    format!(
        "[deliver]\nwait = \"20s\"\n[hook.own]\naction = \"webhook_http_get\"\nservice_url = \"{url}\"\n"
    )
}

/// What a command prints.
fn printed(sandbox: &Sandbox, repo: &str, arguments: &[&str]) -> String {
    let out = sandbox.run(repo, arguments);
    let text = [out.stdout, out.stderr].concat();
    let words = String::from_utf8_lossy(&text).into_owned();
    // Lines are wrapped.
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A repository without a server's file that has pushed once; what the pusher saw.
fn pushed(sandbox: &Sandbox, hooks: &str) -> String {
    sandbox.init("wt");
    sandbox.init_bare("repo.git");
    symlink(PROGRAM, sandbox.path("repo.git/hooks/post-receive")).unwrap();
    sandbox.write("repo.git/hooks.toml", hooks);
    sandbox.git("wt", &["commit", "-q", "--allow-empty", "-m", "x"]);
    let mut push = sandbox.command("git", "wt");
    let out = push
        .args(["push", "-q", "../repo.git", "HEAD:main"])
        .output();
    String::from_utf8_lossy(&out.unwrap().stderr).into_owned()
}

#[test]
fn a_mistake_in_network_holds_everything_back() {
    let server = Server::new(AUDIT);
    server.repository("web/x");
    for network in [
        "deny = [\"10.0.0.0/40\"]",
        "deny = [\"10.0.0.1/8\"]",
        "deny = [\"localhost\"]",
        "deny = [\"10.0.0.0/8\", \"!default\"]",
        "deny = 3",
        "denny = []",
        "allow = [\"a/b\"]",
        "allow = [\"!10.0.0.0/8\"]",
        "proxy = \"ftp://ann:hunter2@proxy.example.com:1\"",
        "proxy = \"http://ann:hunter2@169.254.169.254:80\"",
    ] {
        server.configure(&format!("[network]\n{network}\n{AUDIT}"));
        let seen = server.push("web/x", &[]);
        assert!(seen.contains("nothing is sent"), "{network}: {seen}");
        assert!(!seen.contains("hunter2"), "{network}: {seen}");
    }
    server.configure(&format!("[network]\nnetwork = 3\n{AUDIT}"));
    assert!(server.push("web/x", &[]).contains("nothing is sent"));
    assert!(server.receiver.got().is_empty());
}

#[test]
fn a_denied_address_is_a_mistake_that_check_names_with_the_rule() {
    let deny = "[network]\ndeny = [\"127.0.0.0/8\"]\n";
    let server = Server::new(&format!("{deny}{AUDIT}"));
    let repo = server.repository("web/x");
    let seen = server.push("web/x", &[]);
    let rule = "`service_url`: its address is denied by `127.0.0.0/8` in `[network] deny`";
    assert!(seen.contains(rule), "{seen}");
    let page = printed(&server.sandbox, &repo, &["check"]);
    assert!(page.contains(rule) && page.contains("1 mistake"), "{page}");
    for url in [
        "http://2852039166/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://x@0xa9fea9fe:80/",
    ] {
        server.configure(&AUDIT.replace("https://audit.example.com/push", url));
        let page = printed(&server.sandbox, &repo, &["check"]);
        assert!(page.contains("denied by `169.254.0.0/16`"), "{url}: {page}");
    }
    // One that stands in another file is read when it is checked.
    server
        .sandbox
        .write("server/audit.url", "http://169.254.169.254/");
    let named = "{ file = \"audit.url\" }";
    server.configure(&AUDIT.replace("\"https://audit.example.com/push\"", named));
    let page = printed(&server.sandbox, &repo, &["check"]);
    assert!(page.contains("denied by `169.254.0.0/16`"), "{page}");
    assert!(server.receiver.got().is_empty());
}

#[test]
fn an_allow_list_lets_nothing_else_through_and_no_proxy_of_a_repository() {
    let server = Server::new(&format!("[network]\nallow = [\"private\"]\n{AUDIT}"));
    let repo = server.repository("web/x");
    let seen = server.push("web/x", &[]);
    assert!(
        seen.contains("its address matches nothing in `[network] allow`"),
        "{seen}"
    );
    server.configure(&format!("[network]\nallow = [\"loopback\"]\n{AUDIT}"));
    let own = own("http://ci.example.com/") + "proxy = \"http://127.0.0.1:1\"\n";
    server.sandbox.write(&format!("{repo}/hooks.toml"), own);
    let seen = server.push("web/x", &[]);
    assert!(
        seen.contains("`proxy` belongs to the server's file"),
        "{seen}"
    );
    assert_eq!(server.reported_since(0), set(&["audit"]));
    server.configure(&format!(
        "[network]\nallow = [\"loopback\"]\n{AUDIT}proxy = \"http://127.0.0.1:1\"\n"
    ));
    let page = printed(&server.sandbox, &repo, &["check"]);
    let refused = page.matches("`proxy` belongs to the server's file").count();
    assert_eq!(refused, 1, "the server's own hook may have one: {page}");
    let network = "[network]\ndeny = [\"!default\", \"127.0.0.0/8\"]\n";
    server.configure(network);
    server.sandbox.write(&format!("{repo}/hooks.toml"), "[hook.a]\naction = \"webhook_http_get\"\nservice_url = \"http://169.254.1.1/\"\nenabled = false\n");
    let page = printed(&server.sandbox, &repo, &["check"]);
    assert!(!page.contains("denied"), "the built-in list is off: {page}");
}

#[test]
fn to_the_pusher_an_unreachable_address_of_a_repositorys_hook_is_one_sentence() {
    let server = Server::new("[network]\ndeny = [\"127.0.0.0/8\", \"::1\"]\n");
    let repo = server.repository("web/x");
    let port = free_port();
    let open = server
        .receiver
        .url("/own")
        .replace("127.0.0.1", "localhost");
    let mut lines = Vec::new();
    for (network, url, detail) in [
        (
            "deny = []",
            format!("http://localhost:{port}/"),
            "connection refused",
        ),
        (
            "deny = []",
            "http://nothing.invalid/".to_owned(),
            "nothing.invalid",
        ),
        ("deny = [\"127.0.0.0/8\", \"::1\"]", open, "is denied by"),
    ] {
        server.configure(&format!("[network]\n{network}\n"));
        server
            .sandbox
            .write(&format!("{repo}/hooks.toml"), own(&url));
        let seen = server.push("web/x", &[]);
        let line = seen.lines().find(|line| line.contains("own: "));
        let line = line.unwrap_or_else(|| panic!("{url}: {seen}"));
        assert!(
            line.contains("own: cannot be reached, see `deliveries`;"),
            "{line}"
        );
        lines.push(line.split(';').next().unwrap().to_owned());
        let log = printed(&server.sandbox, &repo, &["deliveries", "--json"]);
        assert!(
            !detail.starts_with("connection") || log.contains(detail),
            "{log}"
        );
        assert!(
            !detail.starts_with("is denied") || log.contains(detail),
            "{log}"
        );
        let cancelled = server.sandbox.run(&repo, &["drain"]);
        drop(cancelled);
        std::fs::remove_dir_all(server.sandbox.path(&format!("{repo}/service-hook"))).unwrap();
    }
    lines.dedup();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        server.receiver.got().is_empty(),
        "nothing is sent to a denied address"
    );
    // Whose machine it is may know.
    let sandbox = Sandbox::new();
    let seen = pushed(&sandbox, &own(&format!("http://127.0.0.1:{port}/")));
    assert!(seen.contains("refused"), "{seen}");
}

#[needs("tinyproxy")]
#[test]
fn a_hook_sends_through_the_http_proxy_that_hooks_toml_names() {
    let (sandbox, receiver) = (Sandbox::new(), Counter::start());
    let (_proxy, port) = tinyproxy(&sandbox, receiver.port);
    let url = format!("http://127.0.0.1:{}/", receiver.port);
    sandbox.write(
        "repo.git/proxy.url",
        format!("http://ann:secret@127.0.0.1:{port}\n"),
    );
    let seen = pushed(
        &sandbox,
        &(own(&url) + "proxy = { file = \"proxy.url\" }\n"),
    );
    assert!(
        seen.contains("own: 204") || seen.contains("own: delivered"),
        "{seen}"
    );
    assert_eq!(receiver.count(), 1);
    let log = std::fs::read_to_string(sandbox.path("proxy.log")).unwrap();
    assert!(
        log.contains(&format!("CONNECT 127.0.0.1:{}", receiver.port)),
        "{log}"
    );

    sandbox.write(
        "repo.git/proxy.url",
        format!("http://ann:wrong@127.0.0.1:{port}\n"),
    );
    let tested = printed(&sandbox, "repo.git", &["test", "own"]);
    assert!(
        tested.contains("proxy") && !tested.contains("wrong"),
        "{tested}"
    );
    assert_eq!(receiver.count(), 1);
}

#[needs("microsocks")]
#[test]
fn the_proxy_of_network_is_that_of_every_hook_without_one() {
    let server = Server::new(AUDIT);
    let (_proxy, port) = microsocks(&server.sandbox);
    let network = format!("[network]\nproxy = \"socks5h://ann:secret@127.0.0.1:{port}\"\n");
    server.configure(&format!("{network}{AUDIT}"));
    let repo = server.repository("web/x");
    let own = own(&server.receiver.url("/own"));
    server.sandbox.write(&format!("{repo}/hooks.toml"), own);
    let seen = server.push("web/x", &[]);
    assert_eq!(server.reported_since(0), set(&["audit", "own"]), "{seen}");
    let log = std::fs::read_to_string(server.sandbox.path("proxy.log")).unwrap();
    assert!(
        log.matches("127.0.0.1").count() >= 2,
        "both came through it: {log}"
    );
}

#[needs("openssl")]
#[test]
fn a_hook_shows_the_client_certificate_that_hooks_toml_names() {
    let authority = Authority::new();
    let sandbox = &authority.sandbox;
    for name in ["server", "client"] {
        let [key, request, certificate] =
            ["key", "csr", "pem"].map(|ending| format!("{name}.{ending}"));
        let new = "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -keyout";
        let new = new.split(' ').collect::<Vec<_>>();
        authority.openssl(&[&new[..], &[&key, "-out", &request]].concat());
        sandbox.write(
            "names",
            "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n",
        );
        let sign = "x509 -req -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile names";
        let sign = sign.split(' ').collect::<Vec<_>>();
        authority.openssl(&[&sign[..], &["-in", &request, "-out", &certificate]].concat());
    }
    let port = free_port();
    let mut command = sandbox.command("openssl", "");
    let serve = "s_server -www -cert server.pem -key server.key -CAfile ca.pem -Verify 1 -verify_return_error";
    command
        .args(serve.split(' '))
        .args(["-accept", &format!("127.0.0.1:{port}")]);
    let _server = Program::start(sandbox, "tls.log", &mut command);
    listening(port);

    let without = own(&format!("https://localhost:{port}/")) + "ca_file = \"../ca.pem\"\n";
    let with = "client_cert = \"../client.pem\"\nclient_key = \"../client.key\"\n";
    let seen = pushed(sandbox, &format!("{without}{with}"));
    assert!(seen.contains("own: delivered"), "{seen}");
    sandbox.write("repo.git/hooks.toml", &without);
    let tested = printed(sandbox, "repo.git", &["test", "own"]);
    assert!(tested.contains("requires a client certificate"), "{tested}");

    let unverified = with.to_owned() + "insecure_skip_verify = true\n";
    sandbox.write("repo.git/hooks.toml", format!("{without}{unverified}"));
    sandbox.git("wt", &["commit", "-q", "--allow-empty", "-m", "y"]);
    let mut push = sandbox.command("git", "wt");
    let out = push
        .args(["push", "-q", "../repo.git", "HEAD:main"])
        .output();
    let seen = String::from_utf8_lossy(&out.unwrap().stderr).into_owned();
    let warning = "delivered, certificate not checked (`insecure_skip_verify`)";
    assert!(
        seen.contains(warning),
        "the pusher sees it at each use: {seen}"
    );
    let log = printed(sandbox, "repo.git", &["deliveries", "--json"]);
    assert!(
        log.contains("`insecure_skip_verify`") || !log.contains("\"error\": null"),
        "{log}"
    );
    let tested = printed(sandbox, "repo.git", &["test", "own"]);
    assert!(tested.contains("`insecure_skip_verify` is set"), "{tested}");

    for (key, why) in [
        (
            "server.key",
            "the private key is not that of the certificate",
        ),
        ("odd.key", "the private key cannot be used"),
        ("client.pem", "no private key found"),
    ] {
        let odd = "-----BEGIN PRIVATE KEY-----\nYSBrZXk=\n-----END PRIVATE KEY-----\n";
        sandbox.write("odd.key", odd);
        let unusable = with.replace("client.key", key);
        sandbox.write("repo.git/hooks.toml", format!("{without}{unusable}"));
        let tested = printed(sandbox, "repo.git", &["test", "own"]);
        assert!(tested.contains(why), "{tested}");
        let page = printed(sandbox, "repo.git", &["check"]);
        assert!(page.contains(why), "{page}");
    }

    sandbox.write(
        "repo.git/hooks.toml",
        format!("{without}client_cert = \"../client.pem\"\n"),
    );
    let page = printed(sandbox, "repo.git", &["check"]);
    assert!(page.contains("`client_cert` needs `client_key`"), "{page}");
    let missing = with.replace("client.key", "none.key");
    sandbox.write("repo.git/hooks.toml", format!("{without}{missing}"));
    let page = printed(sandbox, "repo.git", &["check"]);
    assert!(
        page.contains("`client_key`: the file that it names ") && page.contains("does not exist"),
        "{page}"
    );
}
