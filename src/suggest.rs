//! "did you mean": the known word nearest to a misspelt one, for keys, hooks and the variables of templates. Also lists
//! of words as they read in a sentence.

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

/// Instead of a word that may be a secret.
const HIDDEN: &str = "…";

/// A key, or a name that people chose, as it may be shown. Anything can be quoted into one, also a secret that was put
/// in the wrong place: only what is built like a name is repeated.
pub fn shown(key: &str) -> String {
    let name = if is_built_like_a_name(key) {
        key
    } else {
        HIDDEN
    };
    name.to_owned()
}

/// Whether it consists of words and small numbers, such as `X-Build-Url` or `at_mobiles`. Tokens mix letters and digits,
/// are long, or change between upper and lower case.
fn is_built_like_a_name(text: &str) -> bool {
    let is_word = |part: &str| {
        let letters = part.chars().collect::<Vec<_>>();
        let humps = letters
            .windows(2)
            .filter(|pair| pair[0].is_lowercase() && pair[1].is_uppercase());
        letters.len() <= 16 && letters.iter().all(|c| c.is_alphabetic()) && humps.count() <= 2
    };
    let is_number = |part: &str| part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit());
    text.chars().count() <= 40
        && text
            .split(['_', '-', '.', ' '])
            .all(|part| is_word(part) || is_number(part))
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
    }

    #[test]
    fn a_secret_that_was_put_where_a_name_belongs_is_not_shown() {
        for name in [
            "brnches",
            "X-Build-Url",
            "at_mobiles",
            "buildArgs",
            "bad name",
            "v.1",
            "提交",
            "",
        ] {
            assert_eq!(shown(name), name);
        }
        for secret in [
            "hunter2",
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "SEC0123456789abcdef",
            "https://ann:secret@example.com",
            "aKjQwErTyUiOp",
            "abcdefghijklmnopqrst",
            "a`\n",
            "a\u{202e}b",
        ] {
            assert_eq!(shown(secret), HIDDEN, "{secret}");
        }
    }
}
