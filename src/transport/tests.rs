use super::*;
use crate::secret::Secrets;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

/// A receiver that reads a request and then does `then`; the URL of it.
fn receiver(then: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!(
        "http://{}/secret-path?token=t0ken",
        listener.local_addr().unwrap()
    );
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|l| l.is_ok_and(|l| !l.is_empty())) {}
            then(stream);
        }
    });
    url
}

fn request(method: Method, url: &str) -> Request {
    let (url, masked_url) = (url.to_owned(), String::new());
    Request {
        method,
        url,
        masked_url,
        headers: Vec::new(),
        body: Vec::new(),
        secrets: Secrets::default(),
    }
}

fn options() -> Options {
    let timeout = Duration::from_millis(700);
    Options {
        timeout,
        connect_timeout: timeout,
        ..Options::default()
    }
}

fn get(url: &str) -> Result<Response, SendError> {
    send_through(&request(Method::Get, url), &options(), &Proxies::default())
}

fn answering(text: &'static [u8]) -> String {
    receiver(move |mut s| drop(s.write_all(text)))
}

#[test]
fn every_status_is_an_answer_and_a_redirect_is_not_followed() {
    for status in [
        "200 OK",
        "302 Found",
        "404 Not Found",
        "500 Oops",
        "503 Busy",
    ] {
        let text = format!(
            "HTTP/1.1 {status}\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 2\r\n\r\nhi"
        );
        let got = get(&answering(text.leak().as_bytes())).unwrap();
        assert_eq!(
            (got.status.to_string().as_str(), got.body.as_slice()),
            (&status[..3], &b"hi"[..])
        );
        assert_eq!(got.header("location"), Some("http://127.0.0.1:1/"));
    }
}

#[test]
fn an_answer_without_a_length_and_http_1_0_are_understood() {
    assert_eq!(
        get(&answering(b"HTTP/1.0 200 OK\r\n\r\nall of it"))
            .unwrap()
            .body,
        b"all of it"
    );
}

#[test]
fn a_body_without_end_is_read_to_a_bound() {
    let url = receiver(|mut s| {
        let _ = s.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n");
        let block = vec![b'x'; 65536];
        while s.write_all(&block).is_ok() {}
    });
    let got = get(&url).unwrap();
    assert!(got.truncated && got.body.len() == MAX_RESPONSE);
}

#[test]
fn what_is_compressed_is_not_decompressed() {
    let bomb =
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00";
    assert_eq!(get(&answering(bomb)).unwrap().body, b"\x1f\x8b\x08\x00");
}

#[test]
fn a_receiver_that_drips_or_hangs_is_interrupted_at_the_deadline() {
    let drip = receiver(|mut s| {
        let _ = s.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        while s.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let hang = receiver(|s| {
        std::thread::sleep(Duration::from_secs(3));
        drop(s);
    });
    for url in [drip, hang] {
        let started = Instant::now();
        let error = get(&url).unwrap_err();
        assert_eq!(error.what, "no complete answer within 700 ms");
        assert!(
            error.sent && !error.permanent && started.elapsed() < Duration::from_secs(2),
            "{error:?}"
        );
    }
}

#[test]
fn garbage_and_closed_connections_are_distinguished() {
    let garbage = get(&answering(b"\x16\x03garbage\r\n\r\n")).unwrap_err();
    assert_eq!(
        (garbage.what.as_str(), garbage.sent),
        ("the answer is not HTTP", true)
    );
    let closed = get(&receiver(drop)).unwrap_err();
    assert_eq!(
        (closed.what.as_str(), closed.sent),
        ("connection closed before a complete answer", true)
    );
    let cut = get(&answering(
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
    ))
    .unwrap_err();
    assert_eq!(cut.what, "connection closed before a complete answer");
}

#[test]
fn what_was_never_sent_is_known_not_to_be() {
    let refused = get("http://127.0.0.1:1/secret-path").unwrap_err();
    assert_eq!(
        (refused.what.as_str(), refused.sent, refused.permanent),
        ("connection refused", false, false)
    );
    let nowhere = get("http://no-such-host.invalid/secret-path").unwrap_err();
    assert!(
        nowhere.what.starts_with("name lookup failed") && !nowhere.sent,
        "{nowhere:?}"
    );
    let tls = get(
        &receiver(|mut s| drop(s.write_all(b"HTTP/1.1 400\r\n\r\n"))).replace("http:", "https:"),
    );
    let tls = tls.unwrap_err();
    assert!(!tls.sent && !tls.permanent, "{tls:?}");
}

#[test]
fn a_request_that_cannot_be_is_not_tried_again() {
    for url in [
        "http://a b/",
        "nonsense",
        "/path",
        "http://",
        "ftp://127.0.0.1/",
    ] {
        let error = get(url).unwrap_err();
        assert!(error.permanent && !error.sent, "{url}: {error:?}");
    }
    let mut bad = request(Method::Get, "http://127.0.0.1:1/");
    bad.headers.push(("X-A".into(), "a\r\nX-B: b".into()));
    assert!(
        send_through(&bad, &options(), &Proxies::default())
            .unwrap_err()
            .permanent
    );
}

#[test]
fn no_error_says_the_url() {
    for url in [
        "http://127.0.0.1:1/secret-path?token=t0ken",
        "http://secret-path.invalid/",
        "ftp://secret-path/",
    ] {
        let error = get(url).unwrap_err();
        assert!(
            !error.what.contains("secret-path") && !error.what.contains("t0ken"),
            "{error:?}"
        );
    }
}

#[test]
fn nothing_is_added_to_the_headers_that_were_given() {
    let (tx, rx) = std::sync::mpsc::channel();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/p?a=1", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if line.trim().is_empty() {
                break;
            }
            lines.push(line.trim().to_lowercase());
        }
        let mut body = [0; 4];
        reader.read_exact(&mut body).unwrap();
        stream
            .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
            .unwrap();
        tx.send((lines, body)).unwrap();
    });
    let mut post = request(Method::Post, &url);
    post.headers
        .push(("Content-Type".into(), "application/json".into()));
    post.body = b"{\"\":".to_vec();
    assert_eq!(
        send_through(&post, &options(), &Proxies::default())
            .unwrap()
            .status,
        204
    );
    let (mut lines, body) = rx.recv().unwrap();
    assert_eq!(
        (lines.remove(0).as_str(), &body),
        ("post /p?a=1 http/1.1", b"{\"\":")
    );
    lines.retain(|l| !l.starts_with("host: "));
    lines.sort();
    assert_eq!(
        lines,
        ["content-length: 4", "content-type: application/json"]
    );
}
