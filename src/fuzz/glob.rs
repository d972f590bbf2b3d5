//! Fuzz target: globs, against a matcher that tries every possibility.

use super::split_line;
use crate::filter::{Globs, Pattern};

/// Longer patterns and texts take the simple matcher too long.
const LONGEST: usize = 200;

/// The first line is a pattern, the rest a text.
pub(super) fn matches(data: &[u8]) {
    let (pattern, text) = split_line(data);
    let Ok(pattern) = std::str::from_utf8(pattern) else {
        return;
    };
    let Ok(parsed) = Pattern::parse(pattern) else {
        return;
    };
    if pattern.len() <= LONGEST && text.len() <= LONGEST {
        let simple = parsed.describes_by_trying_all(text);
        assert_eq!(parsed.describes(text), simple, "{pattern} of {text:?}");
    }
    let list = Globs::new(&[pattern.to_owned()]);
    let excludes = pattern.starts_with('!');
    let passes = list.map(|list| list.matches(text));
    assert_eq!(passes, Ok(parsed.describes(text) != excludes));
    // A text with every character escaped describes itself, and nothing that is longer.
    if let Ok(text) = std::str::from_utf8(text)
        && !text.is_empty()
    {
        let escaped: String = text.chars().flat_map(|c| ['\\', c]).collect();
        let exact = Pattern::parse(&escaped);
        let describes = |text: &[u8]| exact.as_ref().is_ok_and(|exact| exact.describes(text));
        assert!(describes(text.as_bytes()), "{escaped}");
        assert!(!describes(format!("{text}x").as_bytes()), "{escaped}");
    }
}
