//! Text that anybody who can push can write: commit subjects, names of people and refs, tag messages. Makes it
//! printable; knows no markup.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// Characters that would end a markdown link or mean something in one.
const UNSAFE_IN_URL: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'\'')
    .add(b'(')
    .add(b')')
    .add(b'*')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\');
const UNSAFE: &AsciiSet = &UNSAFE_IN_URL
    .add(b']')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b'^');

/// Below the authority an `@` is only text, and could be one that mentions.
const UNSAFE_IN_PATH: &AsciiSet = &UNSAFE.add(b'@');

/// Whether a line ends here (Unicode's mandatory breaks, as chat clients draw them).
fn is_line_end(c: char) -> bool {
    matches!(
        c,
        '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

/// Characters that are not shown and change how others are shown: controls (C0, C1), bidi controls (UAX #9), invisible
/// joiners without a use in names, tag characters. ZWJ and ZWNJ stay: emoji and several scripts need them.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        )
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Without what is hidden; a tab becomes a blank.
fn printable(text: &str) -> String {
    let shown = text
        .chars()
        .map(|c| if c == '\t' { ' ' } else { c })
        .filter(|c| !is_hidden(*c));
    shown.collect::<String>().trim().to_owned()
}

/// Characters of a line that are inspected: more than any message shows of one text.
const MAX_LINE: usize = 1024;

/// The first line that is not empty, printable, blanks trimmed.
pub fn line(text: &str) -> String {
    let mut rest = text;
    while !rest.is_empty() {
        let inspected = &rest[..rest
            .char_indices()
            .nth(MAX_LINE)
            .map_or(rest.len(), |(at, _)| at)];
        let line = printable(inspected.split(is_line_end).next().unwrap_or_default());
        if !line.is_empty() {
            return line;
        }
        rest = rest.split_once(is_line_end).map_or("", |(_, rest)| rest);
    }
    String::new()
}

/// All lines, printable; blank ones at the ends and repeated ones between are dropped.
pub fn lines(text: &str) -> impl Iterator<Item = String> {
    let mut kept: Vec<String> = Vec::new();
    for line in text.replace("\r\n", "\n").split(is_line_end).map(printable) {
        if !line.is_empty() || kept.last().is_some_and(|l| !l.is_empty()) {
            kept.push(line);
        }
    }
    if kept.last().is_some_and(String::is_empty) {
        kept.pop();
    }
    kept.into_iter()
}

/// Control and bidi characters removed, lines kept: for text that goes into a JSON string. Unicode's line and paragraph
/// separators become line ends, as which chat clients draw them.
pub fn without_controls(text: &str) -> String {
    text.replace(['\u{2028}', '\u{2029}'], "\n")
        .chars()
        .filter(|c| matches!(c, '\n' | '\t') || !is_hidden(*c))
        .collect()
}

/// For a string of a vendor's whole message, in any markup that it may be read as: no mention, link, image or tag.
pub fn harmless(text: &str) -> String {
    let full_width = |c| match c {
        '@' => '＠',
        '[' => '［',
        ']' => '］',
        '<' => '＜',
        c => c,
    };
    without_controls(text).chars().map(full_width).collect()
}

/// At most `max` characters; a truncated text ends with "…".
pub fn truncate(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some(_) if max == 0 => String::new(),
        Some(_) => {
            let end = text
                .char_indices()
                .nth(max - 1)
                .map_or(text.len(), |(i, _)| i);
            format!("{}…", text[..end].trim_end_matches([' ', '\u{200d}']))
        }
    }
}

/// Whether markdown would take the line for a heading, list, quote, rule or table.
pub fn begins_block(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.starts_with(['#', '-', '+', '*', '>', '=', '|', '~', '`', '_', ':'])
        || (rest.len() < line.len() && rest.starts_with(['.', ')']))
}

/// The text as an address that can stand in a link or on its own, if it is an absolute http or https one (or ssh, for
/// what a template prints).
pub fn url(text: &str) -> Option<String> {
    let text = text.trim();
    let scheme = ["https://", "http://", "ssh://"]
        .into_iter()
        .find(|s| starts_with_ignoring_case(text, s))?;
    let rest = &text[scheme.len()..];
    if rest.is_empty() || rest.chars().any(|c| c.is_whitespace() || is_hidden(c)) {
        return None;
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let port =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '_' | '[' | ']' | '@');
    let named = authority.chars().all(|c| port(c) || !c.is_ascii()) && !authority.starts_with('@');
    let authority = utf8_percent_encode(authority, CONTROLS);
    (named && end > 0).then(|| {
        format!(
            "{scheme}{authority}{}",
            utf8_percent_encode(path, UNSAFE_IN_PATH)
        )
    })
}

/// Bytes of an address that a link can have: browsers and chat clients refuse longer ones.
const MAX_LINK: usize = 2000;

/// As [`url`], for links that we make: web pages only.
pub fn web_url(text: &str) -> Option<String> {
    let text = Some(text).filter(|text| text.len() <= MAX_LINK)?;
    url(text).filter(|u| u.starts_with("http") && !u.contains('[') && !u.contains(']'))
}

fn starts_with_ignoring_case(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_removes_hidden_characters() {
        assert_eq!(
            line("\n \r\n a\u{202e}b\u{7}\tc\u{9b}31m \nnext"),
            "ab c31m"
        );
        assert_eq!(line("a\u{2028}b"), "a");
        assert_eq!(line("👩\u{200d}💻"), "👩\u{200d}💻");
        assert_eq!(
            lines("\n\na\r\n\r\n\r\nb\n").collect::<Vec<_>>(),
            ["a", "", "b"]
        );
    }

    #[test]
    fn truncate_never_splits_a_character() {
        let text = "推送😀abc";
        assert_eq!(
            (0..8).map(|n| truncate(text, n)).collect::<Vec<_>>(),
            ["", "…", "推…", "推送…", "推送😀…", "推送😀a…", text, text]
        );
    }

    #[test]
    fn url_escapes_what_would_end_a_link() {
        assert_eq!(url("https://e.com/a b"), None);
        assert_eq!(url("javascript:alert(1)"), None);
        assert_eq!(url("https://"), None);
        assert_eq!(url("http://a](x)/"), None);
        assert_eq!(
            url("http://e.com/(x)]<@all>`推").as_deref(),
            Some("http://e.com/%28x%29%5D%3C%40all%3E%60%E6%8E%A8")
        );
        assert_eq!(
            url("ssh://git@e.com/x").as_deref(),
            Some("ssh://git@e.com/x")
        );
        assert_eq!(web_url("ssh://git@e.com/x"), None);
        assert_eq!(web_url("http://[::1]/").as_deref(), None);
        assert_eq!(
            web_url(&format!("http://e.com/{}", "x".repeat(2000))).as_deref(),
            None
        );
    }

    #[test]
    fn begins_block_recognizes_markdown_blocks() {
        for line in [
            "# a", "- a", "1. a", "22) a", "> a", "---", "=== ", "| a", "+ a",
        ] {
            assert!(begins_block(line), "{line}");
        }
        for line in ["a", "1a", "1 .", "", "推"] {
            assert!(!begins_block(line), "{line}");
        }
    }
}
