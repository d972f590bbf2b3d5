//! The beginning of a receiver's own words, for the line that a person reads about a refusal.

use super::chat::untrusted;
use crate::http::Response;
use serde_json::Value;

/// Characters of an excerpt: it shares its line with the hook's name, the status, and what to check.
const LENGTH: usize = 100;

/// Members in which receivers explain a refusal, the most specific first.
const MEMBERS: [&str; 8] = [
    "message",
    "error_description",
    "detail",
    "error",
    "errors",
    "reason",
    "msg",
    "title",
];

/// What the receiver says about its refusal, on one line; empty where the answer says nothing that is worth a line, or
/// repeats a secret. An HTML page is represented by its title. `status` is what the line contains already.
pub(super) fn excerpt(response: &Response, status: &str) -> String {
    if response.withheld {
        return String::new();
    }
    let text = response.text();
    let words = match serde_json::from_str::<Value>(&text) {
        Ok(Value::Object(members)) if members.is_empty() => String::new(),
        Ok(value @ Value::Object(_)) => {
            explanation(&value).map_or_else(|| value.to_string(), str::to_owned)
        }
        Ok(Value::String(words)) => words,
        Ok(_) => String::new(),
        Err(_) if text.trim_start().starts_with('<') => html_title(&text),
        Err(_) => text.into_owned(),
    };
    let words = untrusted::truncate(&untrusted::line(&words), LENGTH);
    if repeats(status, &words) {
        return String::new();
    }
    words
}

/// The first text of a member that explains, at most two levels down.
fn explanation(body: &Value) -> Option<&str> {
    MEMBERS.iter().find_map(|member| {
        let value = &body[*member];
        let first = value.as_array().and_then(|items| items.first());
        let value = first.unwrap_or(value);
        let within = || MEMBERS.iter().find_map(|member| words(&value[*member]));
        words(value).or_else(within)
    })
}

fn words(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.trim().is_empty())
}

fn html_title(page: &str) -> String {
    let lower = page.to_ascii_lowercase();
    let title = lower.find("<title>").map(|at| at + "<title>".len());
    let title = title.and_then(|from| Some(&page[from..from + lower[from..].find("</title>")?]));
    title.unwrap_or_default().to_owned()
}

/// Whether the words are no more than the status, as those of most error pages.
fn repeats(status: &str, words: &str) -> bool {
    let words = words.to_lowercase();
    let words = words
        .trim_start_matches("error ")
        .trim_end_matches(['.', '!']);
    let status = status.to_lowercase();
    let reason = status.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
    words.is_empty() || words == reason || words.starts_with(&status)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(body: &str) -> String {
        let response = Response {
            status: 422,
            body: body.as_bytes().to_vec(),
            ..Response::default()
        };
        excerpt(&response, "422 Unprocessable Content")
    }

    #[test]
    fn the_member_that_explains_is_taken_from_json() {
        assert_eq!(
            of(r#"{"message":"branch is protected"}"#),
            "branch is protected"
        );
        assert_eq!(
            of(r#"{"title":"Bad","detail":"no such job"}"#),
            "no such job"
        );
        assert_eq!(of(r#"{"error":{"code":7,"message":"no ref"}}"#), "no ref");
        assert_eq!(of(r#"{"errors":[{"message":"a"},{"message":"b"}]}"#), "a");
        assert_eq!(of("{\n \"ok\": false\n}"), r#"{"ok":false}"#);
        assert_eq!(of(r#""no""#), "no");
    }

    #[test]
    fn text_is_one_line_and_short() {
        assert_eq!(
            of("  \n no build\u{1b}[2J\u{202e} for it\nmore"),
            "no build[2J for it"
        );
        assert_eq!(of(&"x".repeat(500)).chars().count(), LENGTH);
    }

    #[test]
    fn an_error_page_is_represented_by_its_title_unless_that_is_the_status() {
        assert_eq!(of("<html><TITLE>Log in</TITLE>"), "Log in");
        for page in [
            "<html><title>422 Unprocessable Content</title>",
            "<title>Error 422 Unprocessable Content</title>",
            "<h1>no title</h1>",
            "Unprocessable Content.",
            "",
            "[]",
            "{}",
        ] {
            assert_eq!(of(page), "", "{page}");
        }
    }

    #[test]
    fn an_answer_that_repeats_a_secret_has_no_excerpt() {
        let response = Response {
            body: b"withheld".to_vec(),
            withheld: true,
            ..Response::default()
        };
        assert_eq!(excerpt(&response, "403 Forbidden"), "");
    }
}
