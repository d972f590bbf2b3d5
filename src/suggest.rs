//! "did you mean": the known word nearest to a misspelt one, for keys, hooks and the variables of templates. Also lists
//! of words as they read in a sentence.

use crate::terminal;

/// Names that other programs use for a key of ours.
const SYNONYMS: [(&str, &str); 14] = [
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

/// Bytes that a word needs to count as the beginning of a longer one.
const PREFIX: usize = 5;

/// The nearest of the known words, if one is near enough: a third of the letters may differ, but three at most.
pub fn near<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let known = known.into_iter().collect::<Vec<_>>();
    if known.contains(&word) {
        return None;
    }
    let word = folded(word);
    let allowed = (word.chars().count() / 3).clamp(1, 3);
    let misspelt = known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&word, &folded(known)), *known))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, _)| *distance <= allowed)
        .map(|(_, known)| known);
    let synonym = |known: &&str| SYNONYMS.contains(&(word.as_str(), known));
    let begun = |known: &&str| word.len() >= PREFIX && folded(known).starts_with(&word);
    let first =
        |matches: &dyn Fn(&&str) -> bool| known.iter().copied().find(|known| matches(known));
    misspelt
        .or_else(|| first(&synonym))
        .or_else(|| first(&begun))
}

/// Case and the kind of dash do not count.
fn folded(word: &str) -> String {
    word.to_lowercase().replace('-', "_")
}

/// ", did you mean `…`?" with the nearest of the known words, or nothing.
pub fn hint<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    near(word, known).map(did_you_mean).unwrap_or_default()
}

/// ", did you mean `…`?"
pub fn did_you_mean(word: &str) -> String {
    format!(", did you mean `{word}`?")
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
        if terminal::is_invisible(c) || c == '`' {
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
