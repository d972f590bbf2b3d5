//! Certificates: what is trusted, and what is said of the others.

use crate::support::Sandbox;
use crate::support::server::{free_port, listening};
use git_service_hook::http::{Method, Request};
use git_service_hook::secret::Secrets;
use git_service_hook::transport::{Options, send};
use std::process::{Child, Stdio};
use std::time::Duration;

/// An authority, and servers with certificates of it.
pub struct Authority {
    pub sandbox: Sandbox,
}

impl Authority {
    pub fn new() -> Self {
        let authority = Self {
            sandbox: Sandbox::new(),
        };
        let key = [
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-keyout",
            "ca.key",
        ];
        let root = ["-x509", "-subj", "/CN=ca", "-days", "30", "-out", "ca.pem"];
        let usage = ["-addext", "keyUsage=critical,keyCertSign"];
        authority.openssl(&[&["req"], &key[..], &root[..], &usage[..]].concat());
        authority
    }

    #[track_caller]
    pub fn openssl(&self, arguments: &[&str]) {
        let out = self
            .sandbox
            .command("openssl", "")
            .args(arguments)
            .output()
            .expect("openssl is installed");
        assert!(
            out.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&out.stderr)
        );
    }

    /// A server whose certificate is for `names` and `days`; what it takes to reach it.
    fn server(&self, name: &str, names: &str, days: &str) -> Server {
        let file = |ending: &str| format!("{name}.{ending}");
        let (key, request, extensions, certificate) =
            (file("key"), file("csr"), file("ext"), file("pem"));
        self.sandbox.write(
            &extensions,
            format!("subjectAltName={names}\nbasicConstraints=CA:FALSE\n"),
        );
        let new = [
            "req",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-subj",
            "/CN=x",
        ];
        self.openssl(&[&new[..], &["-keyout", &key, "-out", &request]].concat());
        let sign = [
            "x509",
            "-req",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-days",
            days,
        ];
        self.openssl(
            &[
                &sign[..],
                &[
                    "-in",
                    &request,
                    "-extfile",
                    &extensions,
                    "-out",
                    &certificate,
                ],
            ]
            .concat(),
        );
        self.serve(name, &[])
    }

    /// A server with the certificate of that name, and further options of `openssl s_server`.
    fn serve(&self, name: &str, options: &[&str]) -> Server {
        let port = free_port();
        let mut command = self.sandbox.command("openssl", "");
        command
            .args(["s_server", "-accept", &format!("127.0.0.1:{port}"), "-www"])
            .args([
                "-cert",
                &format!("{name}.pem"),
                "-key",
                &format!("{name}.key"),
            ])
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let process = command.spawn().expect("openssl is installed");
        listening(port);
        Server { process, port }
    }

    fn root(&self) -> Vec<u8> {
        std::fs::read(self.sandbox.path("ca.pem")).unwrap()
    }
}

struct Server {
    process: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Server {
    /// The status, or what is said of the failure.
    fn get(&self, ca_pem: Option<Vec<u8>>, insecure_skip_verify: bool) -> Result<u16, String> {
        get(self.port, ca_pem, insecure_skip_verify)
    }
}

fn get(port: u16, ca_pem: Option<Vec<u8>>, insecure_skip_verify: bool) -> Result<u16, String> {
    let url = format!("https://localhost:{port}/");
    let (method, masked_url, secrets) = (Method::Get, String::new(), Secrets::default());
    let request = Request {
        method,
        url,
        masked_url,
        headers: Vec::new(),
        body: Vec::new(),
        secrets,
    };
    let timeout = Duration::from_secs(5);
    let options = Options {
        timeout,
        connect_timeout: timeout,
        ca_pem,
        insecure_skip_verify,
        ..Options::default()
    };
    send(&request, &options)
        .map(|response| response.status)
        .map_err(|error| {
            assert!(
                !error.sent && !error.permanent,
                "nothing was sent, and certificates are renewed: {error:?}"
            );
            error.what
        })
}

#[needs("openssl")]
#[test]
fn a_certificate_is_trusted_or_its_fault_is_named() {
    let authority = Authority::new();
    let root = || Some(authority.root());
    let good = authority.server("good", "DNS:localhost,IP:127.0.0.1", "10");
    assert_eq!(good.get(root(), false), Ok(200));
    assert_eq!(good.get(None, true), Ok(200), "`insecure_skip_verify`");
    let untrusted = good.get(None, false).unwrap_err();
    let no_roots =
        "the system has no root certificates (install ca-certificates, or set `ca_file`)";
    assert!(
        [
            "TLS: the certificate is not trusted: it is self-signed, or its authority is unknown (check `ca_file`)",
            no_roots
        ]
        .contains(&untrusted.as_str())
    );
    assert_eq!(
        good.get(Some(b"not PEM".to_vec()), false).unwrap_err(),
        "no certificate found (check `ca_file`)"
    );

    let expired = authority
        .server("expired", "DNS:localhost", "-1")
        .get(root(), false);
    assert_eq!(expired.unwrap_err(), "TLS: the certificate has expired");
    let other = authority
        .server("other", "DNS:other.example", "10")
        .get(root(), false);
    assert_eq!(
        other.unwrap_err(),
        "TLS: the certificate is for another name"
    );
}

#[needs("openssl")]
#[test]
fn a_self_signed_certificate_is_called_so() {
    let authority = Authority::new();
    let empty = "[req]\ndistinguished_name=names\n[names]\n";
    authority.sandbox.write("empty.cnf", empty);
    let of = |name: &str, constraints: &str| {
        let (key, out) = (format!("{name}.key"), format!("{name}.pem"));
        let new = [
            "req",
            "-config",
            "empty.cnf",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "9",
        ];
        let names = [
            "-subj",
            "/CN=own.example",
            "-addext",
            "subjectAltName=DNS:localhost",
        ];
        let files = ["-keyout", &key, "-out", &out, "-addext", constraints];
        authority.openssl(&[&new[..], &names[..], &files[..]].concat());
        authority.serve(name, &[])
    };
    let server = of("own", "basicConstraints=critical,CA:FALSE");
    let said = server.get(Some(authority.root()), false).unwrap_err();
    assert_eq!(
        said,
        "TLS: the certificate is not trusted: it is self-signed, or its authority is unknown (check `ca_file`)"
    );
    let own = Some(std::fs::read(authority.sandbox.path("own.pem")).unwrap());
    assert_eq!(server.get(own, false), Ok(200), "`ca_file` may name it");
    let server = of("root", "basicConstraints=critical,CA:TRUE");
    for roots in [
        authority.root(),
        std::fs::read(authority.sandbox.path("root.pem")).unwrap(),
    ] {
        let said = server.get(Some(roots), false).unwrap_err();
        assert!(said.contains("self-signed"), "{said}");
    }
}

#[needs("openssl")]
#[test]
fn a_receiver_whose_tls_is_too_old_or_that_requires_a_certificate_is_said_to() {
    let authority = Authority::new();
    drop(authority.server("good", "DNS:localhost", "10"));
    let said = |options: &[&str]| {
        let server = authority.serve("good", options);
        server.get(Some(authority.root()), false).unwrap_err()
    };
    let old = ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"];
    assert_eq!(
        said(&old),
        "TLS: the versions that the receiver supports are too old (before 1.2)"
    );
    let verify = ["-Verify", "1", "-verify_return_error"];
    assert_eq!(
        said(&verify),
        "TLS: the receiver requires a client certificate"
    );
    let older = [&verify[..], &["-no_tls1_3"]].concat();
    assert_eq!(said(&older), "TLS: the receiver refused the handshake");
}

#[test]
fn a_handshake_that_is_interrupted_is_said_to_be() {
    let authority = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = authority.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        for reads in [true, false] {
            let (mut stream, _) = authority.accept().unwrap();
            // What is closed with unread bytes is reset.
            let mut hello = [0; 4096];
            let size = if reads { hello.len() } else { 1 };
            let _ = std::io::Read::read(&mut stream, &mut hello[..size]);
        }
    });
    for _ in 0..2 {
        assert_eq!(
            get(port, None, true).unwrap_err(),
            "TLS: the connection was interrupted during the handshake"
        );
    }
    server.join().unwrap();
}
