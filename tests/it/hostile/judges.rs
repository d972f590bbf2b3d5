//! Independent opinions about a request: as it is, and beside the same one of a harmless event.

use super::corpus::EVALUATED;
use super::json;
use git_service_hook::http::Request;
use hmac::{Hmac, KeyInit as _, Mac as _};
use pulldown_cmark::{Event, Parser, Tag};
use serde_json::Value;
use sha2::Sha256;

/// The token of every hook that has one.
pub const TOKEN: &str = "a token for signatures";

/// Where links of ours lead.
const OURS: &str = "https://git.example.com/";

/// The names and the order of what a header block says; every name and value is one that HTTP allows.
pub fn headers(request: &Request) -> Vec<String> {
    let header = |(name, value): &(String, String)| {
        let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
        let value = http::HeaderValue::from_str(value).unwrap();
        assert!(!value.as_bytes().contains(&b'\n'));
        name.as_str().to_owned()
    };
    request.headers.iter().map(header).collect()
}

/// The form of a URL: everything but the texts in it.
pub fn url(request: &Request) -> (String, usize, Vec<String>) {
    let url = url::Url::parse(&request.url).unwrap();
    assert_eq!((url.username(), url.password()), ("", None), "{url}");
    assert_eq!(url.fragment(), None, "{url}");
    let origin = url.origin().ascii_serialization();
    let segments = url.path_segments().into_iter().flatten().count();
    let names = url.query_pairs().map(|(name, _)| name.into_owned());
    (origin, segments, names.collect())
}

/// Signatures are those of the bytes that are sent.
pub fn signature(request: &Request) {
    let Some(signed) = request.header("X-Hub-Signature-256") else {
        return;
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(TOKEN.as_bytes()).unwrap();
    mac.update(&request.body);
    let made = hex::encode(mac.finalize().into_bytes());
    assert_eq!(signed, format!("sha256={made}"));
}

/// The form of a body: of JSON its names, of anything else nothing.
pub fn body(request: &Request) -> String {
    let text = std::str::from_utf8(&request.body).unwrap();
    let kind = request.header("Content-Type").unwrap_or_default();
    assert!(!text.contains(EVALUATED), "{text}");
    if !kind.contains("json") {
        return String::new();
    }
    json::form(text).unwrap_or_else(|why| panic!("{why}: {text}"))
}

/// The names and the number of fields of a form.
pub fn form(request: &Request) -> Vec<String> {
    let is_form = request
        .header("Content-Type")
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let fields = url::form_urlencoded::parse(if is_form { &request.body } else { b"" });
    fields.map(|(name, _)| name.into_owned()).collect()
}

/// What a robot's message says to a person, wherever the vendor has it.
pub fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(members) => members.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// No text of a message mentions anybody, drives a terminal, or turns the direction of what follows.
pub fn message(text: &str, action: &str) {
    assert!(!text.contains('@'), "{text}");
    assert!(
        !action.starts_with("feishu") || !text.contains('<'),
        "{text}"
    );
    let is_hidden = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(is_hidden), "{text:?}");
}

/// The structure that a CommonMark reader finds, without the texts. Links lead to our addresses; nothing is an image
/// or HTML. WeCom has no emphasis by underscores, and so no escape for them.
pub fn markdown(text: &str, action: &str) -> Vec<String> {
    let is_wecom = action.starts_with("wecom");
    let mut found = Vec::new();
    for (event, range) in Parser::new(text).into_offset_iter() {
        match &event {
            Event::Start(Tag::Link { dest_url, .. }) => {
                assert!(dest_url.starts_with(OURS), "{dest_url} in {text}");
            }
            Event::Start(Tag::Image { .. }) | Event::Html(_) | Event::InlineHtml(_) => {
                panic!("{event:?} in {text}")
            }
            _ => {}
        }
        match event {
            Event::Start(Tag::Paragraph) => {}
            Event::Start(_) if is_wecom && text[range].starts_with('_') => {}
            Event::Start(tag) => found.push(name(&format!("{tag:?}"))),
            Event::Code(_) => found.push("code".to_owned()),
            Event::Rule => found.push("rule".to_owned()),
            _ => {}
        }
    }
    found
}

/// The name of a tag, without what it holds.
fn name(tag: &str) -> String {
    let is_letter = |c: char| c.is_ascii_alphabetic();
    tag.chars().take_while(|c| is_letter(*c)).collect()
}
