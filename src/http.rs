//! Request and response as plain values. Which parts may be shown is decided when they are created.

use crate::secret::{MASK, Secrets};
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// The methods that actions use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Without a body.
    Get,
    /// With a body.
    Post,
    /// Without a body: a question to the receiver.
    Options,
}

impl Method {
    /// As it stands in the request line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Options => "OPTIONS",
        }
    }
}

/// One HTTP request, complete with credentials. `Debug` shows the masked form only.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// How it is asked.
    pub method: Method,
    /// Absolute, with credentials and signature.
    pub url: String,
    /// The URL as people may see it.
    pub masked_url: String,
    /// In the order in which they are sent; names as written. `Host` and `Content-Length` are the transport's.
    pub headers: Vec<(String, String)>,
    /// Empty for all but POST.
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
    /// Whether the answer repeated a secret and is shown by its status alone.
    pub withheld: bool,
}

/// Stands for the text of an answer that repeats a secret.
pub const WITHHELD: &str = "withheld: the answer repeats a secret of the request";

impl Response {
    /// The value of the first header of that name (lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    /// The answer without anything that was secret in the request. Comes before every cut and every
    /// excerpt: numbers of a JSON body stay, so that its codes can be judged, and texts that hold a
    /// secret go.
    #[must_use]
    pub fn without(mut self, secrets: &Secrets) -> Self {
        for (_, value) in &mut self.headers {
            if secrets.occur_in(value.as_bytes()) {
                MASK.clone_into(value);
                self.withheld = true;
            }
        }
        if secrets.occur_in(&self.body) {
            let json = json_without(&self.body, secrets);
            self.body = json.unwrap_or_else(|| WITHHELD.into());
            self.withheld = true;
        }
        self
    }

    /// The body as people may see it.
    pub fn shown(&self) -> std::borrow::Cow<'_, str> {
        if self.withheld {
            WITHHELD.into()
        } else {
            self.text()
        }
    }

    /// The body as text, lossy.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

/// A JSON body whose texts and names hold no secret: those that do are masked, or all of them where a
/// secret is spread over several. Its form, numbers and flags stay, so that it means what it meant.
/// `None` where it is not JSON, or a number holds a secret.
fn json_without(body: &[u8], secrets: &Secrets) -> Option<Vec<u8>> {
    let value = serde_json::from_slice::<Value>(body).ok()?;
    let holds = |text: &str| secrets.occur_in(text.as_bytes());
    let some = masked(value.clone(), &holds, &holds);
    let all = || masked(value, &|_| true, &holds);
    let text = |value: Value| value.to_string().into_bytes();
    [text(some), text(all())]
        .into_iter()
        .find(|body| !secrets.occur_in(body))
}

/// `value` with the texts that `is_text` picks masked, and the names that `is_name` picks.
fn masked(value: Value, is_text: &dyn Fn(&str) -> bool, is_name: &dyn Fn(&str) -> bool) -> Value {
    match value {
        Value::String(text) if is_text(&text) => MASK.into(),
        Value::Array(items) => {
            let item = |item| masked(item, is_text, is_name);
            items.into_iter().map(item).collect()
        }
        Value::Object(members) => {
            let member = |(at, (name, member)): (usize, (String, Value))| {
                // Numbered, so that no member replaces another.
                let name = if is_name(&name) {
                    format!("{MASK}{at}")
                } else {
                    name
                };
                (name, masked(member, is_text, is_name))
            };
            Value::Object(members.into_iter().enumerate().map(member).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without(body: &str) -> (String, bool) {
        let mut secrets = Secrets::default();
        secrets.add("SECc4f1d7a8e2b95");
        let body = body.as_bytes().to_vec();
        let response = Response {
            body,
            ..Response::default()
        }
        .without(&secrets);
        (response.text().into_owned(), response.withheld)
    }

    #[test]
    fn codes_of_an_answer_stay_where_its_texts_repeat_a_secret() {
        let echo = r#"{"errcode":310000,"errmsg":"got secC4F1D7A8E2B95","hint":"sign"}"#;
        let masked = r#"{"errcode":310000,"errmsg":"***","hint":"sign"}"#;
        assert_eq!(without(echo), (masked.to_owned(), true));
        let spread = r#"{"code":1,"a":["SECc4f1","d7a8e2b95"]}"#;
        assert!(without(spread).0.starts_with(r#"{"code":1,"a":["#));
        let name = r#"{"jobs":{"SECc4f1d7a8e2b95":{"triggered":false}}}"#;
        let masked = r#"{"jobs":{"***0":{"triggered":false}}}"#;
        assert_eq!(without(name), (masked.to_owned(), true));
        assert_eq!(without("you sent SECc4f1d7a8"), (WITHHELD.to_owned(), true));
        assert_eq!(
            without(r#"{"errcode":0}"#),
            (r#"{"errcode":0}"#.to_owned(), false)
        );
    }
}
