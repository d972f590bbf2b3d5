mod tls;

use super::observe::Progress;
use super::{FailedStep, Options, SendError};
use crate::network::Denied;
use std::io;
use std::time::Duration;
use ureq::{Error, Timeout};

/// What is said, and what to do about it.
type Said = (String, &'static str);

const URL: &str = "write `service_url` as http://HOST[:PORT]/PATH or https://…, without blanks";
const LOOKUP: &str = "look the name up on this server (`getent hosts NAME`): is it spelt right in `service_url`, and does \
    this server's name server know it?";
const CONNECT: &str = "try the address from this server as the same user (`curl -v URL`): is the receiver running, is the \
    port right, is there a firewall, or a proxy that only your shell knows?";
const NO_HTTP: &str = "something else than an HTTP server answers: compare scheme (http or https) and port of `service_url`";
const SLOW: &str = "the receiver takes longer than `timeout`: raise it, or let the receiver answer first and work then";
const CLOSED: &str = "the receiver, or a proxy in front of it, hung up: its log says why";

/// An address that `[network]` does not let through: deferred, since the administrator may change it.
pub(super) fn denied(denied: &Denied) -> SendError {
    SendError {
        what: denied.to_string(),
        advice: "the server's file decides which addresses are reachable: see `[network]` there",
        sent: false,
        permanent: false,
        denied: true,
        step: FailedStep::Preparation,
    }
}

pub(super) fn unusable_url() -> SendError {
    let what = "the URL is not valid (check `service_url`)".to_owned();
    SendError {
        what,
        advice: URL,
        sent: false,
        permanent: true,
        denied: false,
        step: FailedStep::Preparation,
    }
}

/// The http crate refuses a name or value that cannot stand in a request; which one it is must stay unsaid.
pub(super) fn unusable_header(_: &ureq::http::Error) -> SendError {
    let what = "a header cannot be sent (check `headers` and the URL)".to_owned();
    let advice =
        "`preview` shows the headers: a name has only letters, digits and `-`, a value is one line";
    SendError {
        what,
        advice,
        sent: false,
        permanent: true,
        denied: false,
        step: FailedStep::Preparation,
    }
}

/// What went wrong, for people. ureq's own texts can hold the URL, so none of them is used.
/// `progress`: how far the request came.
pub(super) fn in_words(error: &Error, options: &Options, progress: Progress) -> SendError {
    let sent = progress == Progress::Sent;
    if let Some(error) = denied_by_network(error) {
        return denied(error);
    }
    let (what, advice) = match error {
        Error::Timeout(reason) => timeout(*reason, options, sent),
        Error::HostNotFound => no_such_host(),
        Error::BadUri(_) | Error::Http(_) => return unusable_url(),
        Error::Protocol(_) => ("the answer is not HTTP".to_owned(), NO_HTTP),
        Error::LargeResponseHeader(..) => ("the answer's header is too large".to_owned(), NO_HTTP),
        Error::ConnectProxyFailed(_) => (
            "the proxy refused the connection".to_owned(),
            "the proxy is the one that `https_proxy` or `http_proxy` names: let it pass the receiver, or list the \
             receiver's host in `no_proxy`",
        ),
        Error::ConnectionFailed => ("connection failed".to_owned(), CONNECT),
        Error::Tls(_) | Error::Rustls(_) => tls::in_words(&error.to_string()),
        Error::Io(error) if progress == Progress::Handshake && tls::is_interruption(error) => {
            tls::interrupted()
        }
        Error::Io(error) => transfer(error, sent),
        _ => ("the request could not be sent".to_owned(), CONNECT),
    };
    SendError {
        // A receiver that misses a certificate says so after the handshake, and reads no request.
        sent: sent && advice != tls::CLIENT_CERTIFICATE,
        what,
        advice,
        permanent: false,
        denied: false,
        step: step(advice, progress),
    }
}

/// The step in which it failed.
fn step(advice: &str, progress: Progress) -> FailedStep {
    match progress {
        _ if advice == LOOKUP => FailedStep::Lookup,
        // A receiver that misses a certificate says so after the handshake.
        Progress::Sent if advice != tls::CLIENT_CERTIFICATE => FailedStep::Exchange,
        Progress::Writing => FailedStep::Exchange,
        Progress::Connecting | Progress::Handshake | Progress::Sent => FailedStep::Connection,
    }
}

/// What the resolver refused.
fn denied_by_network(error: &Error) -> Option<&Denied> {
    let Error::Io(error) = error else { return None };
    error.get_ref()?.downcast_ref()
}

fn timeout(reason: Timeout, options: &Options, sent: bool) -> Said {
    match reason {
        Timeout::Resolve => (
            format!("name lookup took longer than {}", seconds(options.timeout)),
            LOOKUP,
        ),
        Timeout::Connect => {
            let longest = options.connect_timeout.min(options.timeout);
            (
                format!("no connection within {}", seconds(longest)),
                CONNECT,
            )
        }
        _ if sent => (
            format!("no complete answer within {}", seconds(options.timeout)),
            SLOW,
        ),
        _ => (
            format!(
                "the request could not be sent within {}",
                seconds(options.timeout)
            ),
            SLOW,
        ),
    }
}

fn seconds(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        format!("{} s", duration.as_secs())
    } else {
        format!("{} ms", duration.as_millis())
    }
}

fn transfer(error: &io::Error, sent: bool) -> Said {
    use io::ErrorKind as Kind;
    let text = error.to_string();
    if text.contains("failed to lookup address") {
        return lookup(&text);
    }
    if error.kind() == Kind::InvalidData && error.get_ref().is_some() {
        return tls::in_words(&text);
    }
    let (what, advice) = match error.kind() {
        Kind::ConnectionRefused => ("connection refused", CONNECT),
        Kind::HostUnreachable | Kind::NetworkUnreachable | Kind::NetworkDown => {
            ("host unreachable", CONNECT)
        }
        Kind::AddrNotAvailable | Kind::InvalidInput => ("the address cannot be connected to", URL),
        Kind::PermissionDenied => (
            "connecting is not permitted here",
            "a rule of this server forbids it: SELinux (`setsebool -P httpd_can_network_connect on`), a sandbox of \
             systemd, a firewall",
        ),
        Kind::UnexpectedEof
        | Kind::ConnectionReset
        | Kind::ConnectionAborted
        | Kind::BrokenPipe
            if sent =>
        {
            ("connection closed before a complete answer", CLOSED)
        }
        Kind::UnexpectedEof
        | Kind::ConnectionReset
        | Kind::ConnectionAborted
        | Kind::BrokenPipe => ("connection closed before the request was sent", CLOSED),
        kind => return (format!("connection failed: {kind}"), CONNECT),
    };
    (what.to_owned(), advice)
}

fn no_such_host() -> Said {
    ("name lookup failed: no such host".to_owned(), LOOKUP)
}

/// The texts of getaddrinfo(3), without what stands before them.
fn lookup(text: &str) -> Said {
    if text.contains("Temporary failure") {
        (
            "name lookup failed for now: no name server answers".to_owned(),
            LOOKUP,
        )
    } else {
        no_such_host()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_goes_wrong_is_said_with_what_to_do() {
        use io::ErrorKind as Kind;
        let second = Duration::from_secs(1);
        let options = Options {
            timeout: second,
            connect_timeout: second,
            ..Options::default()
        };
        let io = |kind: Kind, text: &str| Error::Io(io::Error::new(kind, text));
        let table = [
            (
                Error::HostNotFound,
                "name lookup failed: no such host",
                "`getent hosts NAME`",
            ),
            (
                io(
                    Kind::Other,
                    "failed to lookup address information: Temporary failure",
                ),
                "for now",
                "name server",
            ),
            (
                Error::Timeout(Timeout::Connect),
                "no connection within 1 s",
                "`curl -v URL`",
            ),
            (
                Error::Timeout(Timeout::Global),
                "no complete answer within 1 s",
                "`timeout`",
            ),
            (Error::ConnectionFailed, "connection failed", "firewall"),
            (
                Error::ConnectProxyFailed("x".into()),
                "the proxy refused",
                "`no_proxy`",
            ),
            (
                io(Kind::ConnectionRefused, ""),
                "connection refused",
                "is the port right",
            ),
            (
                io(Kind::NetworkUnreachable, ""),
                "host unreachable",
                "firewall",
            ),
            (
                io(Kind::PermissionDenied, ""),
                "not permitted here",
                "SELinux",
            ),
            (
                io(Kind::ConnectionReset, ""),
                "closed before a complete answer",
                "its log says why",
            ),
            (
                io(Kind::InvalidData, "invalid peer certificate: UnknownIssuer"),
                "not trusted",
                "set `ca_file`",
            ),
            (
                io(Kind::InvalidData, "invalid peer certificate: Expired"),
                "has expired",
                "renew",
            ),
            (
                io(Kind::InvalidData, "certificate not valid for name \"h\""),
                "for another name",
                "`service_url`",
            ),
            (
                io(Kind::InvalidData, "received corrupt message"),
                "does not speak it",
                "scheme (http or https)",
            ),
            (
                io(
                    Kind::InvalidData,
                    "received fatal alert: CertificateExpired",
                ),
                "rejects the client certificate",
                "`client_cert`",
            ),
            (
                io(Kind::InvalidData, "received fatal alert: HandshakeFailure"),
                "refused the handshake",
                "TLS 1.2",
            ),
        ];
        for (error, what, advice) in table {
            let described = in_words(&error, &options, Progress::Sent);
            assert!(
                described.what.contains(what) && described.advice.contains(advice),
                "{error:?}: {described:?}"
            );
        }
    }
}
