//! "did you mean": the known word nearest to a misspelt one.

/// What people write who come from elsewhere.
const ALSO_CALLED: [(&str, &str); 14] = [
    ("type", "action"),
    ("kind", "action"),
    ("url", "service_url"),
    ("webhook", "service_url"),
    ("webhook_url", "service_url"),
    ("secret", "token"),
    ("secret", "sign"),
    ("events", "changes"),
    ("on", "changes"),
    ("files", "paths"),
    ("name", "label"),
    ("disabled", "enabled"),
    ("dingtalk", "dingding_group_chat_robot"),
    ("lark", "feishu_group_chat_robot"),
];

/// Bytes of a word that is taken for the beginning of a longer one.
const BEGINNING: usize = 5;

/// The nearest of the known words, if any is near enough.
pub fn near<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let known = known.into_iter().collect::<Vec<_>>();
    let lower = word.to_lowercase().replace('-', "_");
    let allowed = (lower.chars().count() / 3).clamp(1, 3);
    let distance = |k: &&'k str| strsim::damerau_levenshtein(&lower, k);
    let nearest = known
        .iter()
        .copied()
        .map(|k| (distance(&k), k))
        .min_by_key(|(d, _)| *d);
    let named = |k: &&'k str| ALSO_CALLED.contains(&(lower.as_str(), k));
    let called = known.iter().copied().find(named);
    let begun = || {
        known
            .iter()
            .copied()
            .find(|k| lower.len() >= BEGINNING && k.starts_with(&lower))
    };
    nearest
        .filter(|(distance, _)| *distance <= allowed)
        .map(|(_, k)| k)
        .or(called)
        .or_else(begun)
}

/// ", did you mean `…`?", or nothing.
pub fn hint<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    near(word, known)
        .map(|k| format!(", did you mean `{k}`?"))
        .unwrap_or_default()
}

/// "`a`, `b` or `c`".
pub fn any_of(words: &[&str]) -> String {
    joined(words, "or")
}

/// "`a`, `b` and `c`".
pub fn all_of(words: &[&str]) -> String {
    joined(words, "and")
}

fn joined(words: &[&str], last: &str) -> String {
    let quoted = words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>();
    match quoted.split_last() {
        Some((end, front)) if !front.is_empty() => format!("{} {last} {end}", front.join(", ")),
        _ => quoted.concat(),
    }
}

/// A key as it may be shown: people can quote anything into one.
pub fn shown(key: &str) -> String {
    let clean = |c: char| {
        if c.is_control() || c == '`' {
            '\u{fffd}'
        } else {
            c
        }
    };
    key.chars().take(64).map(clean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_slips_and_other_names_are_understood() {
        let known = ["branches", "tags", "service_url", "action", "at_mobiles"];
        assert_eq!(near("brnches", known), Some("branches"));
        assert_eq!(near("branch", known), Some("branches"));
        assert_eq!(near("service-url", known), Some("service_url"));
        assert_eq!(near("url", known), Some("service_url"));
        assert_eq!(near("at_mobile", known), Some("at_mobiles"));
        assert_eq!(near("colour", known), None);
        let actions = [
            "webhook_http_post",
            "dingding_group_chat_robot",
            "feishu_group_chat_robot",
        ];
        assert_eq!(near("dingding", actions), Some("dingding_group_chat_robot"));
        assert_eq!(near("DingTalk", actions), Some("dingding_group_chat_robot"));
        assert_eq!(near("feishu", actions), Some("feishu_group_chat_robot"));
    }

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(any_of(&["a"]), "`a`");
        assert_eq!(any_of(&["a", "b", "c"]), "`a`, `b` or `c`");
        assert_eq!(all_of(&["a", "b"]), "`a` and `b`");
        assert_eq!(shown("a`\n"), "a\u{fffd}\u{fffd}");
    }
}
