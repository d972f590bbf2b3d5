use super::{Options, SendError};
use std::io;
use std::time::Duration;
use ureq::{Error, Timeout};

pub(super) fn unusable_url() -> SendError {
    SendError { what: "the URL is not valid (check `service_url`)".to_owned(), sent: false, permanent: true }
}

/// The http crate refuses a name or value that cannot stand in a request; which one it is must stay unsaid.
pub(super) fn unusable_header(_: &ureq::http::Error) -> SendError {
    let what = "a header cannot be sent (check `headers` and the URL)".to_owned();
    SendError { what, sent: false, permanent: true }
}

/// What went wrong, for people. ureq's own texts can hold the URL, so none of them is used.
pub(super) fn in_words(error: &Error, options: &Options, sent: bool) -> SendError {
    let (what, permanent) = match error {
        Error::Timeout(reason) => (timeout(*reason, options, sent), false),
        Error::HostNotFound => ("name lookup failed: no such host".to_owned(), false),
        Error::BadUri(_) | Error::Http(_) => return unusable_url(),
        Error::Protocol(_) => ("the answer is not HTTP".to_owned(), false),
        Error::LargeResponseHeader(..) => ("the answer's header is too large".to_owned(), false),
        Error::ConnectProxyFailed(_) => ("the proxy refused the connection".to_owned(), false),
        Error::ConnectionFailed => ("connection failed".to_owned(), false),
        Error::Tls(_) | Error::Rustls(_) => (tls(&error.to_string()), false),
        Error::Io(error) => (transfer(error, sent), false),
        _ => ("the request could not be sent".to_owned(), false),
    };
    SendError { what, sent, permanent }
}

fn timeout(reason: Timeout, options: &Options, sent: bool) -> String {
    match reason {
        Timeout::Resolve => format!("name lookup took longer than {}", seconds(options.timeout)),
        Timeout::Connect => format!("no connection within {}", seconds(options.connect_timeout.min(options.timeout))),
        _ if sent => format!("no complete answer within {}", seconds(options.timeout)),
        _ => format!("the request could not be sent within {}", seconds(options.timeout)),
    }
}

fn seconds(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        format!("{} s", duration.as_secs())
    } else {
        format!("{} ms", duration.as_millis())
    }
}

fn transfer(error: &io::Error, sent: bool) -> String {
    use io::ErrorKind as Kind;
    let text = error.to_string();
    if text.contains("failed to lookup address") {
        return lookup(&text);
    }
    if error.kind() == Kind::InvalidData && error.get_ref().is_some() {
        return tls(&text);
    }
    match error.kind() {
        Kind::ConnectionRefused => "connection refused".to_owned(),
        Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::NetworkDown => "host unreachable".to_owned(),
        Kind::AddrNotAvailable | Kind::InvalidInput => "the address cannot be connected to".to_owned(),
        Kind::PermissionDenied => "connecting is not permitted here".to_owned(),
        Kind::UnexpectedEof | Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe if sent => {
            "connection closed before a complete answer".to_owned()
        }
        Kind::UnexpectedEof | Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe => {
            "connection closed before the request was sent".to_owned()
        }
        kind => format!("connection failed: {kind}"),
    }
}

/// The texts of getaddrinfo(3), without what stands before them.
fn lookup(text: &str) -> String {
    if text.contains("Temporary failure") {
        "name lookup failed for now: no name server answers".to_owned()
    } else {
        "name lookup failed: no such host".to_owned()
    }
}

/// rustls says it well, but at length and with the names of its types.
fn tls(text: &str) -> String {
    let known = [
        ("NotValidForName", "TLS: the certificate is for another name"),
        ("not valid for name", "TLS: the certificate is for another name"),
        ("UnknownIssuer", "TLS: the certificate is not trusted (check `ca_file`)"),
        ("CaUsedAsEndEntity", "TLS: the certificate is not trusted (a root is used as a server's; check `ca_file`)"),
        ("xpired", "TLS: the certificate has expired"),
        ("NotValidYet", "TLS: the certificate is not valid yet"),
        ("not valid yet", "TLS: the certificate is not valid yet"),
        ("invalid peer certificate", "TLS: the certificate is not valid"),
        ("invalid dns name", "TLS: the host name in the URL is not valid"),
        ("CertificateRequired", "TLS: the receiver wants a client certificate"),
        ("received fatal alert", "TLS: the receiver refused the handshake"),
    ];
    let found = known.iter().find(|(word, _)| text.contains(word));
    found.map_or("TLS: the receiver does not speak it", |(_, words)| words).to_owned()
}
