//! The only user of ureq: one request, one answer, within a deadline. Knows no hooks, retries or spool.

use crate::http::{Request, Response};
use std::time::Duration;

/// Bytes that are read of an answer; the rest is not waited for.
pub const MAX_RESPONSE: usize = 64 * 1024;

/// How a request is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Name lookup to last byte.
    pub timeout: Duration,
    /// Connecting alone.
    pub connect_timeout: Duration,
    /// PEM text of additional roots.
    pub ca_pem: Option<Vec<u8>>,
    /// Accept any certificate.
    pub insecure_skip_verify: bool,
}

/// No complete answer. Never says the URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct SendError {
    /// For people: "connection refused", "no answer within 10 s", "certificate has expired".
    pub what: String,
    /// Whether the request was fully written, so that it may have had its effect.
    pub sent: bool,
    /// Whether trying again is pointless (an impossible URL or header).
    pub permanent: bool,
}

/// Sends one request.
pub fn send(request: &Request, options: &Options) -> Result<Response, SendError> {
    let _ = (request, options);
    Err(SendError { what: String::new(), sent: false, permanent: false })
}
