//! Lists the headers of a request as ureq sends them: names in lower case, its own headers first, and the values of one
//! name together.

use crate::http::{Method, Request};
use crate::url::UrlParts;

/// The headers in the order in which they are sent, with their secrets masked.
pub fn masked_head(request: &Request) -> Vec<(String, String)> {
    let mut head = Vec::new();
    if request.method == Method::Post {
        head.push(("content-length".to_owned(), request.body.len().to_string()));
    }
    if request.header("Host").is_none() {
        let host = UrlParts::split(&request.url).host_and_port;
        head.push(("host".to_owned(), host.to_owned()));
    }
    let mut rest = request.masked_headers();
    for (name, _) in &mut rest {
        name.make_ascii_lowercase();
    }
    while let Some((name, _)) = rest.first().cloned() {
        head.extend(rest.extract_if(.., |(other, _)| *other == name));
    }
    head
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secrets;
    use crate::transport::{Options, Proxies, send_through};
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::time::Duration;

    /// The lines of the head that a server receives.
    fn arrived(request: &mut Request) -> Vec<String> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        request.url = format!("http://{}/a?b", listener.local_addr().unwrap());
        let reader = std::thread::spawn(move || {
            let (mut stream, mut got) = (listener.accept().unwrap().0, vec![0; 1 << 16]);
            let length = stream.read(&mut got).unwrap();
            stream
                .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
                .unwrap();
            String::from_utf8_lossy(&got[..length]).into_owned()
        });
        let second = Duration::from_secs(5);
        let options = Options {
            timeout: second,
            connect_timeout: second,
            ..Options::default()
        };
        send_through(request, &options, &Proxies::default()).unwrap();
        reader
            .join()
            .unwrap()
            .split("\r\n")
            .skip(1)
            .take_while(|l| !l.is_empty())
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn the_masked_head_lists_the_headers_that_a_server_receives() {
        for (method, body, own) in [
            (Method::Post, "body", "Accept"),
            (Method::Post, "", "Host"),
            (Method::Get, "", "X-A-Event"),
        ] {
            let named = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            let headers = vec![
                named("Content-Type", "x/y"),
                named(own, "one"),
                named("User-Agent", "z"),
            ];
            let headers = [headers, vec![named("Content-type", "x/z")]].concat();
            let body = body.as_bytes().to_vec();
            let (url, secrets) = (String::new(), Secrets::default());
            let mut request = Request {
                method,
                masked_url: url.clone(),
                url,
                headers,
                body,
                secrets,
            };
            let arrived = arrived(&mut request);
            let shown: Vec<_> = masked_head(&request)
                .iter()
                .map(|(n, v)| format!("{n}: {v}"))
                .collect();
            assert_eq!(shown, arrived);
        }
    }
}
