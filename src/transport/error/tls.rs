//! What goes wrong with TLS, for people.

use super::{NO_HTTP, Said, URL};
use std::io;

const TRUST: &str = "set `ca_file` to the certificate of the authority that signed the receiver's (PEM); a receiver must \
    also send the certificates in between";
const HANDSHAKE: &str = "something in between closes the connection: is it a port for https, does a proxy or a firewall \
    filter names, and what does the receiver's log say?";
pub(super) const CLIENT_CERTIFICATE: &str =
    "set `client_cert` and `client_key` to a certificate that the receiver accepts (PEM)";
const VERSION: &str = "the receiver, or a proxy in front of it, must be set up for TLS 1.2 or 1.3";

/// A word of rustls, what it means, and what to do.
const TLS: &[(&str, &str, &str)] = &[
    (
        "received fatal alert: BadCertificate",
        CLIENT_REJECTED,
        CLIENT_CERTIFICATE,
    ),
    (
        "received fatal alert: UnsupportedCertificate",
        CLIENT_REJECTED,
        CLIENT_CERTIFICATE,
    ),
    (
        "received fatal alert: CertificateRevoked",
        CLIENT_REJECTED,
        CLIENT_CERTIFICATE,
    ),
    (
        "received fatal alert: CertificateExpired",
        CLIENT_REJECTED,
        CLIENT_CERTIFICATE,
    ),
    (
        "received fatal alert: CertificateUnknown",
        CLIENT_REJECTED,
        CLIENT_CERTIFICATE,
    ),
    (
        "received fatal alert: UnknownCA",
        CLIENT_REJECTED,
        CLIENT_CERTIFICATE,
    ),
    (
        "received fatal alert: AccessDenied",
        CLIENT_REJECTED,
        CLIENT_CERTIFICATE,
    ),
    ("received fatal alert: ProtocolVersion", TOO_OLD, VERSION),
    ("ServerDoesNotSupportTls12Or13", TOO_OLD, VERSION),
    ("ServerTlsVersionIsDisabled", TOO_OLD, VERSION),
    (
        "NotValidForName",
        OTHER_NAME,
        "write the name that the certificate is for into `service_url`, not an address",
    ),
    (
        "not valid for name",
        OTHER_NAME,
        "write the name that the certificate is for into `service_url`, not an address",
    ),
    (
        "UnknownIssuer",
        "TLS: the certificate is not trusted: it is self-signed, or its authority is unknown (check `ca_file`)",
        TRUST,
    ),
    (
        "CaUsedAsEndEntity",
        "TLS: the certificate is self-signed, as that of an authority (check `ca_file`)",
        "a certificate of the receiver's own that may not sign is needed: a self-signed one must say CA:FALSE; `ca_file` \
         then names it",
    ),
    (
        "xpired",
        "TLS: the certificate has expired",
        "renew the receiver's certificate; or is this machine's clock wrong?",
    ),
    (
        "NotValidYet",
        NOT_YET,
        "set the clocks of this machine and of the authority that issued the certificate",
    ),
    (
        "not valid yet",
        NOT_YET,
        "set the clocks of this machine and of the authority that issued the certificate",
    ),
    (
        "invalid peer certificate",
        "TLS: the certificate is not valid",
        TRUST,
    ),
    (
        "invalid dns name",
        "TLS: the host name in the URL is not valid",
        URL,
    ),
    (
        "CertificateRequired",
        "TLS: the receiver requires a client certificate",
        CLIENT_CERTIFICATE,
    ),
    (
        "received fatal alert",
        "TLS: the receiver refused the handshake",
        "it may require a client certificate (`client_cert`); it must have ciphers of TLS 1.2 or 1.3, and know the name in \
         `service_url`",
    ),
];
const CLIENT_REJECTED: &str = "TLS: the receiver rejects the client certificate";
const TOO_OLD: &str = "TLS: the versions that the receiver supports are too old (before 1.2)";
const OTHER_NAME: &str = "TLS: the certificate is for another name";
const NOT_YET: &str = "TLS: the certificate is not valid yet";

/// rustls says it well, but at length and with the names of its types.
pub(super) fn in_words(text: &str) -> Said {
    let found = TLS.iter().find(|(word, ..)| text.contains(word));
    let (what, advice) = found.map_or(
        ("TLS: the receiver does not speak it", NO_HTTP),
        |(_, what, advice)| (what, advice),
    );
    (what.to_owned(), advice)
}

/// Whether the other side has closed the connection.
pub(super) fn is_interruption(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(
        error.kind(),
        UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe
    )
}

/// A connection that was closed before both sides had agreed on TLS.
pub(super) fn interrupted() -> Said {
    let what = "TLS: the connection was interrupted during the handshake";
    (what.to_owned(), HANDSHAKE)
}
