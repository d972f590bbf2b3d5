//! Whatever strangers write into a push: it mentions nobody, links nowhere, adds no lines and breaks no markup.

use super::fixture::*;
use git_service_hook::outgoing::{Language, MessageKind, Outgoing};
use git_service_hook::push::{Change, PushEvent, RefName};

pub(super) const HOSTILE: [&str; 26] = [
    "<at user_id=\"all\">everyone</at>",
    "<at id=all></at>",
    "<@all>",
    "<@ZhangSan> look",
    "@所有人",
    "@all @18000000000",
    "[x](http://evil.example)",
    "![](http://evil.example/p.png)",
    "](http://evil.example) [y",
    "\\](http://evil.example)",
    "\\[x\\](http://evil.example)",
    "a`b`c ``` d",
    "**bold** __x__ *y* ~~z~~ ***",
    "\\*\\_",
    "first\nsecond\n\n# third",
    "a\r\n- b\r- c\u{2028}d\u{85}e",
    "\u{202e}gnp.exe \u{2066}x\u{2069}\u{200f}",
    "\u{1b}[31mred\u{7}\u{0}\u{9b}1m",
    "</font><font color=\"warning\">x",
    "<img src=x onerror=1> <br> <text_tag>",
    "&#60;at id=all&#62; &lt;@all&gt;",
    "\",\"at\":{\"isAtAll\":true},\"x\":\"",
    "${project.name} {{ x }} {% raw %}",
    "# heading | table | x\n|---|---|",
    ":SMILE: 1. x",
    "    code",
];

/// Every field that somebody else writes, one at a time.
fn places(language: Language, text: &str) -> Vec<(&'static str, Outgoing)> {
    let one = |event: PushEvent| outgoing(MessageKind::Push, vec![event], language);
    let branch = |name: &str, change| {
        let mut event = updated(two_commits());
        event.update.name = RefName::new(format!("refs/heads/{name}"));
        PushEvent { change, ..event }
    };
    let mut message = tag(true);
    message.tag.as_mut().unwrap().message = Some(text.to_owned());
    let mut tag_name = tag(true);
    tag_name.update.name = RefName::new(format!("refs/tags/{text}"));
    let mut pusher = one(updated(two_commits()));
    text.clone_into(&mut pusher.push.pusher.name);
    let mut project = one(updated(two_commits()));
    text.clone_into(&mut project.project.name);
    let mut url = one(updated(two_commits()));
    url.events[0].commits[0].url = Some(format!("https://git.example.com/{text}"));
    url.events[0].compare = Some(format!("https://git.example.com/{text}"));
    vec![
        (
            "subject",
            one(updated(vec![
                commit('b', text, "Ann"),
                commit('c', text, "Ann"),
            ])),
        ),
        (
            "author",
            one(updated(vec![
                commit('b', "Fix", text),
                commit('c', "Fix", text),
            ])),
        ),
        ("branch", one(branch(text, Change::Updated))),
        ("forced branch", one(branch(text, Change::Forced))),
        ("created branch", one(branch(text, Change::Created))),
        (
            "several branches",
            outgoing(
                MessageKind::Push,
                vec![branch(text, Change::Deleted), branch(text, Change::Updated)],
                language,
            ),
        ),
        ("tag message", one(message)),
        ("tag", one(tag_name)),
        ("pusher", pusher),
        ("project", project),
        ("address", url),
    ]
}

/// What must hold for any text that goes out. `title` may be plain text.
pub(super) fn harmless(text: &str, dialect: &str, markup: bool) {
    let hidden = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(hidden), "{text:?}");
    assert!(!text.contains('@'), "{text}");
    assert!(
        !dialect.starts_with("feishu") || !text.contains('<'),
        "{text}"
    );
    if markup {
        assert!(!text.contains(['<', '>']), "{text}");
        assert!(!text.contains("!["), "{text}");
        for (at, _) in text.match_indices('[') {
            let link = &text[at..];
            assert!(link.contains("](https://git.example.com/"), "{text}");
            let label = &link[1..link.find("](").unwrap()];
            assert!(!label.contains(['[', '\n']), "{text}");
        }
        assert_eq!(
            text.matches('[').count(),
            text.matches("](").count(),
            "{text}"
        );
    }
}

#[test]
fn untrusted_text_has_no_meaning_in_any_markup() {
    for dialect in DIALECTS {
        let markup = dialect.ends_with("markdown");
        for language in [Language::English, Language::Chinese] {
            let plain = places(language, "harmless");
            for hostile in HOSTILE {
                for ((place, out), (_, plain)) in places(language, hostile).into_iter().zip(&plain)
                {
                    let robot = of_dialect(dialect);
                    let got = body(&robot.request(&out, &NOW).unwrap());
                    let expected = body(&robot.request(plain, &NOW).unwrap());
                    let (got_text, expected_text) = (text(&got), text(&expected));
                    harmless(&got_text, dialect, markup);
                    let lines = |t: &str| t.lines().count();
                    let same = lines(&got_text) == lines(&expected_text)
                        || place == "address"
                        || place == "tag message";
                    assert!(same, "{dialect}, {place}: {got_text}\n---\n{expected_text}");
                    let bold = |t: &str| t.matches("**").count();
                    assert!(
                        !markup || bold(&got_text) == bold(&expected_text),
                        "{dialect}, {place}: {got_text}"
                    );
                    for title in ["/markdown/title", "/card/header/title/content"] {
                        got.pointer(title)
                            .and_then(|t| t.as_str())
                            .into_iter()
                            .for_each(|t| {
                                harmless(t, dialect, false);
                                assert!(!t.contains('\n'));
                            });
                    }
                    assert_eq!(
                        shape(&got),
                        shape(&expected),
                        "{dialect}, {place}, {hostile}"
                    );
                }
            }
        }
    }
}

/// The JSON with every string emptied.
fn shape(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::String(_) => Value::String(String::new()),
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Object(members) => members.iter().map(|(k, v)| (k.clone(), shape(v))).collect(),
        other => other.clone(),
    }
}

#[test]
fn an_invalid_address_makes_no_link() {
    let mut out = outgoing(
        MessageKind::Push,
        vec![updated(two_commits())],
        Language::English,
    );
    out.project.url = Some("javascript:alert(1)".into());
    out.events[0].compare = Some("file:///etc/passwd".into());
    out.events[0]
        .commits
        .iter_mut()
        .for_each(|c| c.url = Some("https://a b".into()));
    for dialect in DIALECTS {
        let text = text(&body(&of_dialect(dialect).request(&out, &NOW).unwrap()));
        assert!(
            !text.contains("](") && !text.contains("javascript") && !text.contains("passwd"),
            "{text}"
        );
        assert!(!text.contains("Compare"), "{text}");
    }
}
