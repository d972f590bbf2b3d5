//! Friendlier messages for TOML syntax errors caused by YAML or shell habits.

/// A hint for the line of a syntax error at the byte `at`; `None` where the message of the parser is as good.
pub(super) fn hint(text: &str, at: usize) -> Option<&'static str> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].lines().next()?.split('#').next()?.trim();
    let key = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let (value, rest) = (
        line.trim_start_matches(key).trim_start(),
        line.split_once('='),
    );
    if line.contains(['“', '”', '‘', '’', '„', '＂']) {
        Some("curly quotes do not count: write straight ones, \"…\"")
    } else if value.starts_with([':', '：']) && value.len() < line.len() {
        Some("write `key = \"value\"`, with `=`")
    } else if rest.is_some_and(|(_, value)| is_bare_word(value.trim())) {
        Some("a text stands in quotes: \"…\"")
    } else {
        None
    }
}

fn is_bare_word(value: &str) -> bool {
    let is_a_value = ["true", "false", "inf", "nan"]
        .iter()
        .any(|word| value.starts_with(word));
    value.starts_with(|c: char| c.is_alphabetic()) && !is_a_value
}

#[cfg(test)]
mod tests {
    use super::hint;

    #[test]
    fn other_formats_are_recognised_by_their_line() {
        for (line, word) in [
            ("action = “webhook_http_post”", "curly"),
            ("action: webhook_http_post", "with `=`"),
            ("action = webhook_http_post", "quotes"),
        ] {
            let text = format!("[hook.x]\n{line}\n");
            let hint = hint(&text, 9 + line.find(['“', ':', 'w']).unwrap());
            assert!(
                hint.is_some_and(|hint| hint.contains(word)),
                "{line}: {hint:?}"
            );
        }
        for line in ["enabled = true x", "[hook.x", "a = \"b", "a = 5 5", ""] {
            assert_eq!(hint(line, line.len()), None, "{line}");
        }
    }
}
