//! Request and response as plain values. What may be shown of them is decided when they are made.

use crate::secret::Secrets;
use std::fmt;
use std::time::Duration;

/// The methods that actions use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Without a body.
    Get,
    /// With a body.
    Post,
}

impl Method {
    /// As it stands in the request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// One HTTP request, complete with credentials. `Debug` shows the masked form only.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// GET or POST.
    pub method: Method,
    /// Absolute, with credentials and signature.
    pub url: String,
    /// The URL as people may see it.
    pub masked_url: String,
    /// In the order in which they are sent; names as written. `Host` and `Content-Length` are the transport's.
    pub headers: Vec<(String, String)>,
    /// Empty for GET.
    pub body: Vec<u8>,
    /// Everything in it that nobody may see; also cleans what the receiver echoes.
    pub secrets: Secrets,
}

impl Request {
    /// The value of the first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }

    /// The headers as people may see them.
    pub fn masked_headers(&self) -> Vec<(String, String)> {
        let mask = |name: &str, value: &str| {
            if is_public_header(name) {
                self.secrets.redact(value)
            } else {
                crate::secret::MASK.to_owned()
            }
        };
        self.headers
            .iter()
            .map(|(n, v)| (n.clone(), mask(n, v)))
            .collect()
    }
}

/// Headers whose value is no credential and may be shown: ours, and the common ones. Any other may hold one.
pub fn is_public_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let of_event = [
        "-event",
        "-event-type",
        "-delivery",
        "-webhook-version",
        "-hook-id",
        "-hook-action",
    ];
    matches!(
        name.as_str(),
        "accept"
            | "accept-charset"
            | "accept-encoding"
            | "accept-language"
            | "cache-control"
            | "content-language"
            | "content-type"
            | "gwt-dry-run"
            | "host"
            | "origin"
            | "referer"
            | "user-agent"
            | "x-requested-with"
    ) || (name.starts_with("x-") && of_event.iter().any(|end| name.ends_with(end)))
}

/// Headers whose value is a credential or a signature, whatever stands in it: it is cleaned out of answers, too.
pub fn is_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [
        "authorization",
        "cookie",
        "signature",
        "token",
        "secret",
        "password",
        "api-key",
        "apikey",
    ]
    .iter()
    .any(|w| name.contains(w))
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = self.method.as_str();
        write!(
            f,
            "Request({method} {}, {} headers, {} bytes)",
            self.masked_url,
            self.headers.len(),
            self.body.len()
        )
    }
}

/// What came back. The body is cut by the transport.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// At most [`crate::transport::MAX_RESPONSE`] bytes.
    pub body: Vec<u8>,
    /// Whether there was more.
    pub truncated: bool,
    /// From the start of the attempt to the last byte.
    pub took: Duration,
}

impl Response {
    /// The value of the first header of that name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    /// The body as text, lossy.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}
