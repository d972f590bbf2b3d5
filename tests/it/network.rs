//! `[network]` and proxies, with requests that are really sent.

use crate::support::Sandbox;
use crate::support::server::{Server, free_port, listening};
use git_service_hook::http::{Method, Request};
use git_service_hook::network::Policy;
use git_service_hook::secret::Secrets;
use git_service_hook::transport::{Options, SendError, send};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A receiver on every address of this machine, which counts connections.
pub struct Counter {
    pub port: u16,
    connections: Arc<AtomicUsize>,
}

impl Counter {
    pub fn start() -> Self {
        // Takes IPv4 as well.
        let listener = TcpListener::bind("[::]:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                drop(answer(stream.unwrap()));
            }
        });
        Self { port, connections }
    }

    pub fn count(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    let _ = stream.read(&mut [0; 4096])?;
    stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
}

fn get(url: &str, options: &Options) -> Result<u16, SendError> {
    let request = Request {
        method: Method::Get,
        url: url.to_owned(),
        masked_url: url.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        secrets: Secrets::default(),
    };
    send(&request, options).map(|response| response.status)
}

fn denying(deny: &[&str]) -> Options {
    let deny = deny.iter().map(|d| (*d).to_owned()).collect::<Vec<_>>();
    Options {
        network: Policy::new(&deny, &[]).unwrap(),
        ..Options::default()
    }
}

#[test]
fn no_spelling_of_loopback_reaches_a_denied_loopback() {
    let receiver = Counter::start();
    let denied = denying(&["127.0.0.0/8", "::1"]);
    let open = Options::default();
    let mut reached = 0;
    for host in [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "0.0.0.0",
        "0x0",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "good.example@127.0.0.1",
        "user:password@[::1]",
    ] {
        let url = format!("http://{host}:{}/", receiver.port);
        let before = receiver.count();
        let error = get(&url, &denied).expect_err(host);
        assert_eq!(receiver.count(), before, "{host}: connected");
        assert!(!error.sent, "{host}");
        // What the system can connect to was refused by the rule, not by chance.
        if get(&url, &open).is_ok() {
            reached += 1;
            assert!(error.denied, "{host}: {error}");
        }
    }
    assert!(
        reached >= 15,
        "only {reached} spellings reach loopback here"
    );
}

#[test]
fn link_local_and_metadata_addresses_are_denied_by_default() {
    let options = Options::default();
    for host in [
        "169.254.169.254",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "169.254.43518",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::a9fe:a9fe]",
        "[2002:a9fe:a9fe::1]",
        "[fd00:ec2::254]",
        "100.100.100.200",
        "168.63.129.16",
    ] {
        let error = get(&format!("http://{host}/latest/meta-data/"), &options).expect_err(host);
        assert!(error.denied, "{host}: {error}");
        assert!(error.what.contains("`[network] deny`"), "{host}: {error}");
    }
}

#[test]
fn an_allow_list_lets_nothing_else_through() {
    let receiver = Counter::start();
    let allow = |entry: &str| Options {
        network: Policy::new(&[], &[entry.to_owned()]).unwrap(),
        ..Options::default()
    };
    let url = format!("http://127.0.0.1:{}/", receiver.port);
    assert_eq!(get(&url, &allow("loopback")).ok(), Some(204));
    assert_eq!(get(&url, &allow("127.0.0.0/8")).ok(), Some(204));
    for other in ["public", "private", "*.example.com"] {
        let error = get(&url, &allow(other)).expect_err(other);
        assert!(
            error.denied && error.what.contains("`[network] allow`"),
            "{other}: {error}"
        );
    }
    let named = format!("http://localhost:{}/", receiver.port);
    assert_eq!(get(&named, &allow("localhost")).ok(), Some(204));
}

fn through(proxy: &str) -> Options {
    Options {
        proxy: Some(proxy.to_owned()),
        ..Options::default()
    }
}

/// For `ann` with the password `secret`, to one port of this machine.
pub fn tinyproxy(sandbox: &Sandbox, to: u16) -> (Server, u16) {
    let port = free_port();
    let file = sandbox.write(
        "tinyproxy.conf",
        format!(
            "Port {port}\nListen 127.0.0.1\nTimeout 20\nAllow 127.0.0.1\nBasicAuth ann secret\n\
             ConnectPort {to}\n"
        ),
    );
    let mut command = Command::new("tinyproxy");
    let command = command.arg("-d").arg("-c").arg(&file);
    let server = Server::start(sandbox, "proxy.log", command);
    listening(port);
    (server, port)
}

/// For `ann` with the password `secret`.
pub fn microsocks(sandbox: &Sandbox) -> (Server, u16) {
    let port = free_port();
    let number = port.to_string();
    let place = ["-i", "127.0.0.1", "-p", &number];
    let login = ["-u", "ann", "-P", "secret"];
    let mut command = Command::new("microsocks");
    let server = Server::start(sandbox, "proxy.log", command.args(place).args(login));
    listening(port);
    (server, port)
}

#[needs("tinyproxy")]
#[test]
fn tinyproxy_carries_a_request_with_credentials() {
    let (sandbox, receiver) = (Sandbox::new(), Counter::start());
    let (_server, port) = tinyproxy(&sandbox, receiver.port);
    let url = format!("http://127.0.0.1:{}/", receiver.port);
    assert_eq!(
        get(
            &url,
            &through(&format!("http://ann:secret@127.0.0.1:{port}"))
        )
        .ok(),
        Some(204)
    );
    let error = get(
        &url,
        &through(&format!("http://ann:wrong@127.0.0.1:{port}")),
    )
    .unwrap_err();
    assert!(
        !error.what.contains("wrong") && error.what.contains("proxy"),
        "{error}"
    );
    assert_eq!(receiver.count(), 1);
    let denied = denying(&["127.0.0.0/8"]);
    let proxied = Options {
        proxy: Some(format!("http://127.0.0.1:{port}")),
        ..denied
    };
    assert!(
        get("http://ci.example.com/", &proxied).unwrap_err().denied,
        "the proxy is judged"
    );
}

#[needs("microsocks")]
#[test]
fn microsocks_carries_a_request() {
    let (sandbox, receiver) = (Sandbox::new(), Counter::start());
    let (_server, port) = microsocks(&sandbox);
    let url = format!("http://localhost:{}/", receiver.port);
    for scheme in ["socks5", "socks5h"] {
        let proxy = format!("{scheme}://ann:secret@127.0.0.1:{port}");
        assert_eq!(get(&url, &through(&proxy)).ok(), Some(204), "{scheme}");
    }
    let error = get(
        &url,
        &through(&format!("socks5://ann:wrong@127.0.0.1:{port}")),
    )
    .unwrap_err();
    assert!(!error.what.contains("wrong"), "{error}");
    assert_eq!(receiver.count(), 2);
}

#[test]
fn a_target_behind_a_proxy_is_judged_by_name_and_literal_address() {
    let proxy = Counter::start();
    let options = through(&format!("http://127.0.0.1:{}", proxy.port));
    for host in [
        "169.254.169.254",
        "0xa9fea9fe",
        "2852039166",
        "[::ffff:a9fe:a9fe]",
    ] {
        let error = get(&format!("http://{host}/"), &options).expect_err(host);
        assert!(error.denied, "{host}: {error}");
    }
    assert_eq!(proxy.count(), 0);
}
