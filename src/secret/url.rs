//! Masks URLs for display: robots and Jenkins carry their credentials in the path or the query.

use super::{MASK, Secrets};
use crate::url::UrlParts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::percent_decode_str;

/// A shorter value is a secret on its own only if it looks like one: `job=1` would mask every 1.
const LONG: usize = 8;

/// Masks user and password, every value of the query, and path segments that look like a token. `from_reference`: the
/// URL comes from outside hooks.toml, so everything but its host is masked.
pub fn mask_url(url: &str, from_reference: bool) -> String {
    let UrlParts {
        scheme,
        userinfo,
        host_and_port: host,
        path,
        query,
    } = UrlParts::split(url);
    let user = if userinfo.is_some() {
        format!("{MASK}@")
    } else {
        String::new()
    };
    let separator = if scheme.is_empty() { "" } else { "://" };
    if from_reference {
        return format!("{scheme}{separator}{user}{host}/{MASK}");
    }
    let path = segments(path)
        .map(|(segment, secret)| if secret { MASK } else { segment })
        .collect::<Vec<_>>();
    let query = query.map(|query| {
        let pairs = query.split('&').map(|pair| match pair.split_once('=') {
            // The value of a template comes from the event.
            Some((_, value)) if is_template(value) => pair.to_owned(),
            Some((name, _)) => format!("{name}={MASK}"),
            None if is_token(pair) => MASK.to_owned(),
            None => pair.to_owned(),
        });
        format!("?{}", pairs.collect::<Vec<_>>().join("&"))
    });
    format!(
        "{scheme}{separator}{user}{host}{}{}",
        path.join("/"),
        query.unwrap_or_default()
    )
}

/// The parts that [`mask_url`] masks, so that they are also masked in what a receiver sends back.
pub fn url_secrets(url: &str, from_reference: bool) -> Secrets {
    let UrlParts {
        userinfo,
        path,
        query,
        ..
    } = UrlParts::split(url);
    let mut secrets = Secrets::default();
    let mut note = |text: &str| {
        secrets.add(text);
        secrets.add(&percent_decode_str(text).decode_utf8_lossy());
    };
    if let Some(userinfo) = userinfo {
        note(
            userinfo
                .split_once(':')
                .map_or(userinfo, |(_, password)| password),
        );
        note(userinfo);
        note(&STANDARD_NO_PAD.encode(percent_decode_str(userinfo).collect::<Vec<_>>()));
    }
    for (segment, secret) in segments(path) {
        if !is_template(segment) && (secret || (from_reference && is_distinctive(segment))) {
            note(segment);
        }
    }
    for pair in query.into_iter().flat_map(|query| query.split('&')) {
        let (name, value) = pair.split_once('=').unwrap_or(("", pair));
        if !is_template(value) && (is_distinctive(value) || is_secret_name(name)) {
            note(value);
        }
    }
    for pair in query.into_iter().flat_map(|query| query.split('&')) {
        let value = pair.split_once('=').map_or(pair, |(_, value)| value);
        if !value.is_empty() && !is_template(value) {
            secrets.add_whole(pair);
            secrets.add_whole(&percent_decode_str(pair).decode_utf8_lossy());
        }
    }
    if from_reference && path.len() > 1 {
        secrets.add_whole(path);
        secrets.add_whole(&percent_decode_str(path).decode_utf8_lossy());
    }
    secrets
}

/// Whether a text cannot be mistaken for an ordinary word or number.
pub fn is_distinctive(text: &str) -> bool {
    let any = |test: fn(&u8) -> bool| text.as_bytes().iter().any(test);
    text.len() >= LONG
        || (any(u8::is_ascii_digit) && any(u8::is_ascii_alphabetic) && text.len() > 3)
}

/// Whether a query parameter may be a credential, by its name or its value.
pub fn is_secret_pair(name: &str, value: &str) -> bool {
    !is_template(value) && (is_secret_name(name) || is_token(value))
}

fn is_template(text: &str) -> bool {
    text.contains("${")
}

/// Whether a query parameter of this name is a credential however short its value is.
fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [
        "token", "key", "secret", "sign", "sig", "auth", "pass", "pwd", "code",
    ]
    .iter()
    .any(|word| name.contains(word))
}

/// The segments of a path, and whether each looks like a credential.
fn segments(path: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut before = "";
    path.split('/').map(move |segment| {
        // Feishu and Lark: `/open-apis/bot/v2/hook/TOKEN`; Slack and Mattermost likewise.
        let follows = matches!(before, "hook" | "hooks" | "services")
            && !segment.is_empty()
            && !is_template(segment);
        before = segment;
        (segment, follows || is_token(segment))
    })
}

/// Long, and not made of words: digits among letters, or both cases.
fn is_token(segment: &str) -> bool {
    let plain = segment
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'%' | b'=' | b'.'));
    let any = |test: fn(&u8) -> bool| segment.as_bytes().iter().any(test);
    let (digit, lower, upper) = (
        any(u8::is_ascii_digit),
        any(u8::is_ascii_lowercase),
        any(u8::is_ascii_uppercase),
    );
    let mixed = (digit && (lower || upper)) || (lower && upper);
    let solid = !segment.contains(['-', '_', '.']);
    plain
        && match segment.len() {
            0..12 => false,
            12..16 => digit && (lower || upper),
            16..24 => mixed || digit,
            _ => mixed || digit || solid,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_in_a_url_are_masked_and_the_rest_is_shown() {
        for (url, seen) in [
            (
                "https://ci.example.com/generic-webhook-trigger/invoke",
                "https://ci.example.com/generic-webhook-trigger/invoke",
            ),
            (
                "http://u:p@h:8080/a?token=x&job=1&flag",
                "http://***@h:8080/a?token=***&job=***&flag",
            ),
            (
                "https://open.feishu.cn/open-apis/bot/v2/hook/abc",
                "https://open.feishu.cn/open-apis/bot/v2/hook/***",
            ),
            (
                "https://oapi.dingtalk.com/robot/send?access_token=0123",
                "https://oapi.dingtalk.com/robot/send?access_token=***",
            ),
            (
                "https://h/x/9f86d081884c7d659a2feaa0c55ad015/y#frag",
                "https://h/x/***/y",
            ),
            ("https://h/8f14e45f-ceea-467f-a34e/y", "https://h/***/y"),
            ("https://h/ab12cd34ef56", "https://h/***"),
            ("https://h/AbCdEfGhIjKlMnOp", "https://h/***"),
            ("https://h", "https://h"),
            ("h?a=b", "h?a=***"),
        ] {
            assert_eq!(mask_url(url, false), seen);
        }
        assert_eq!(
            mask_url("https://u@h/some/path?x=y", true),
            "https://***@h/***"
        );
    }

    #[test]
    fn what_is_masked_is_masked_in_answers_too() {
        let url = "https://me:pass%20word@h/hook/abc/x?key=long%2Fenough&job=1";
        let secrets = url_secrets(url, false);
        let echo = format!(
            "pass word pass%20word abc long/enough long%2Fenough job 1 {}",
            STANDARD_NO_PAD.encode("me:pass word")
        );
        assert_eq!(secrets.redact(&echo), "*** *** *** *** *** job 1 ***");
        let short = url_secrets("https://h/x?token=abc123&k=JTOK&job=1", false);
        assert_eq!(
            short.redact("abc123 /x?k=JTOK job=1 job 1"),
            "*** /x?*** *** job 1"
        );
        let referenced = url_secrets("https://h/echo/sh0rt?k=tiny12", true);
        assert_eq!(
            referenced.redact("sh0rt, /echo/sh0rt, tiny12, echo"),
            "***, ***, ***, echo"
        );
        assert_eq!(
            url_secrets("https://h/private-place/x", true).redact("at private-place"),
            "at ***"
        );
    }
}
