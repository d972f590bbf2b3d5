//! Glob patterns over ref names, paths and people, byte for byte.
//!
//! `*` and `?` stay within a segment, `**` crosses `/`, `**/` also stands for no folder at all, `[a-z]` and `[!a-z]` are
//! classes, `{a,b}` are alternatives, `\` takes the next character as it is.

/// How many patterns without braces one pattern may stand for.
const MAX_ALTERNATIVES: usize = 64;

/// One pattern of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// Whether it began with `!`.
    pub(super) excludes: bool,
    alternatives: Vec<Vec<GlobToken>>,
}

/// Why a pattern cannot be used; follows its name in a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Nothing, or a `!` alone.
    #[error("is empty")]
    Empty,
    /// A class that does not end.
    #[error("has a `[` without `]`")]
    UnclosedClass,
    /// A backslash without a character to escape.
    #[error("ends in `\\`")]
    TrailingBackslash,
    /// Braces that stand for more than `MAX_ALTERNATIVES` patterns.
    #[error("stands for too many alternatives")]
    TooManyAlternatives,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum GlobToken {
    /// This byte.
    Byte(u8),
    /// `?`: one character.
    Any,
    /// One character of these ranges, or of none of them.
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    /// `*`: anything within the segment.
    Star,
    /// `**`: anything.
    DoubleStar,
    /// `**/` at the start of a segment: any number of whole segments.
    Folders,
}

impl Pattern {
    /// Reads a pattern with an optional `!` in front.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let (excludes, text) = text
            .strip_prefix('!')
            .map_or((false, text), |rest| (true, rest));
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        let alternatives = expand(text)?
            .iter()
            .map(|plain| tokens(plain))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            excludes,
            alternatives,
        })
    }

    /// Whether it describes the whole of `text`.
    pub fn describes(&self, text: &[u8]) -> bool {
        self.alternatives.iter().any(|tokens| matches(tokens, text))
    }
}

/// Writes `{a,b}` out. Braces without a comma are ordinary characters.
fn expand(text: &str) -> Result<Vec<String>, PatternError> {
    let (mut done, mut todo) = (Vec::new(), vec![text.to_owned()]);
    while let Some(text) = todo.pop() {
        match braces(&text) {
            None => done.push(text),
            Some((open, close, commas)) => {
                let starts = std::iter::once(open).chain(commas.iter().copied());
                let ends = commas.iter().copied().chain(std::iter::once(close));
                let parts = starts.zip(ends).map(|(start, end)| &text[start + 1..end]);
                todo.extend(
                    parts.map(|part| format!("{}{part}{}", &text[..open], &text[close + 1..])),
                );
            }
        }
        if done.len() + todo.len() > MAX_ALTERNATIVES {
            return Err(PatternError::TooManyAlternatives);
        }
    }
    Ok(done)
}

/// Offsets of the first innermost `{`, its `}` and the commas between, if there are commas.
fn braces(text: &str) -> Option<(usize, usize, Vec<usize>)> {
    let (mut open, mut commas, mut escaped, mut class) = (None, Vec::new(), false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b']' => class = false,
            _ if class => {}
            b'[' => class = true,
            b'{' => {
                open = Some(at);
                commas.clear();
            }
            b',' if open.is_some() => commas.push(at),
            b'}' => match open.take() {
                Some(open) if !commas.is_empty() => return Some((open, at, commas)),
                _ => commas.clear(),
            },
            _ => {}
        }
    }
    None
}

fn tokens(text: &str) -> Result<Vec<GlobToken>, PatternError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let at_segment_start = matches!(
            tokens.last(),
            None | Some(GlobToken::Byte(b'/') | GlobToken::Folders)
        );
        rest = &rest[next.len_utf8()..];
        match next {
            '*' if rest.starts_with("*/") && at_segment_start => {
                rest = &rest[2..];
                tokens.push(GlobToken::Folders);
            }
            '*' if rest.starts_with('*') => {
                rest = rest.trim_start_matches('*');
                tokens.push(GlobToken::DoubleStar);
            }
            '*' => tokens.push(GlobToken::Star),
            '?' => tokens.push(GlobToken::Any),
            '[' => {
                let (token, after) = class(rest)?;
                tokens.push(token);
                rest = after;
            }
            '\\' => {
                let taken = rest.chars().next().ok_or(PatternError::TrailingBackslash)?;
                tokens.extend(
                    rest.as_bytes()[..taken.len_utf8()]
                        .iter()
                        .copied()
                        .map(GlobToken::Byte),
                );
                rest = &rest[taken.len_utf8()..];
            }
            other => tokens.extend(other.encode_utf8(&mut [0; 4]).bytes().map(GlobToken::Byte)),
        }
    }
    Ok(tokens)
}

/// The class whose `[` was just read, and what follows its `]`.
fn class(text: &str) -> Result<(GlobToken, &str), PatternError> {
    let (negated, inner) = text
        .strip_prefix(['!', '^'])
        .map_or((false, text), |rest| (true, rest));
    // A `]` right at the start is one of the characters.
    let close = inner
        .char_indices()
        .skip(1)
        .find(|(_, c)| *c == ']')
        .ok_or(PatternError::UnclosedClass)?
        .0;
    let chars = inner[..close].chars().collect::<Vec<_>>();
    let (mut ranges, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        let last = if at + 2 < chars.len() && chars[at + 1] == '-' {
            at + 2
        } else {
            at
        };
        ranges.push((chars[at], chars[last]));
        at = last + 1;
    }
    Ok((GlobToken::Class { negated, ranges }, &inner[close + 1..]))
}

/// The character at the start of `text` and its length; a byte that is no UTF-8 counts as one character.
fn first_char(text: &[u8]) -> Option<(char, usize)> {
    let length = match text.first()? {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    };
    let decoded = text
        .get(..length)
        .and_then(|bytes| std::str::from_utf8(bytes).ok());
    Some(
        decoded
            .and_then(|s| s.chars().next())
            .map_or((char::REPLACEMENT_CHARACTER, 1), |c| (c, length)),
    )
}

/// How many bytes a token that stands for one character takes from the start of `text`.
fn takes(token: &GlobToken, text: &[u8]) -> Option<usize> {
    match token {
        GlobToken::Byte(byte) => (text.first() == Some(byte)).then_some(1),
        GlobToken::Any => first_char(text)
            .filter(|(c, _)| *c != '/')
            .map(|(_, length)| length),
        GlobToken::Class { negated, ranges } => {
            let (c, length) = first_char(text).filter(|(c, _)| *c != '/')?;
            let inside = ranges.iter().any(|(low, high)| (*low..=*high).contains(&c));
            (inside != *negated).then_some(length)
        }
        GlobToken::Star | GlobToken::DoubleStar | GlobToken::Folders => None,
    }
}

/// Backtracks to the last `*`, then to the last `**`, only: what stood before the last `**` need not be tried
/// again, since the earliest way to reach it leaves the most to match.
fn matches(tokens: &[GlobToken], text: &[u8]) -> bool {
    let (mut token, mut at) = (0, 0);
    let (mut star, mut deep) = (None::<(usize, usize)>, None::<(usize, usize)>);
    loop {
        match tokens.get(token) {
            None if at == text.len() => return true,
            Some(GlobToken::Star) => {
                token += 1;
                star = Some((token, at));
                continue;
            }
            Some(GlobToken::DoubleStar | GlobToken::Folders) => {
                token += 1;
                (star, deep) = (None, Some((token, at)));
                continue;
            }
            Some(single) => {
                if let Some(length) = takes(single, &text[at..]) {
                    (token, at) = (token + 1, at + length);
                    continue;
                }
            }
            None => {}
        }
        if let Some((after, from)) =
            star.filter(|(_, from)| text.get(*from).is_some_and(|b| *b != b'/'))
        {
            (token, at, star) = (after, from + 1, Some((after, from + 1)));
            continue;
        }
        let Some((after, from)) = deep else {
            return false;
        };
        let step = match tokens[after - 1] {
            GlobToken::Folders => text[from..].iter().position(|b| *b == b'/').map(|i| i + 1),
            _ => (from < text.len()).then_some(1),
        };
        let Some(step) = step else { return false };
        (token, at, star, deep) = (after, from + step, None, Some((after, from + step)));
    }
}

#[cfg(any(test, fuzzing))]
mod fuzz;
#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn describes(pattern: &str, yes: &[&str], no: &[&str]) {
        let parsed = Pattern::parse(pattern).unwrap();
        for text in yes {
            assert!(
                parsed.describes(text.as_bytes()),
                "{pattern} describes {text}"
            );
        }
        for text in no {
            assert!(
                !parsed.describes(text.as_bytes()),
                "{pattern} does not describe {text}"
            );
        }
    }

    #[test]
    fn one_star_stays_within_a_segment_and_two_cross() {
        describes("main", &["main"], &["mainline", "a/main", ""]);
        describes(
            "release/*",
            &["release/1", "release/"],
            &["release/1/2", "release"],
        );
        describes(
            "release/**",
            &["release/1", "release/1/2"],
            &["release", "xrelease/1"],
        );
        describes("rel**", &["rel", "release/1"], &["re"]);
        describes("**", &["a", "a/b/c"], &[]);
        describes("*", &["a"], &["a/b"]);
        describes(
            "*-old-*/x",
            &["a-old-b/x", "-old-/x"],
            &["a-old/x", "a/-old-/x"],
        );
    }

    #[test]
    fn two_stars_before_a_slash_may_stand_for_no_folder() {
        describes(
            "**/Makefile",
            &["Makefile", "a/Makefile", "a/b/Makefile"],
            &["aMakefile", "a/xMakefile"],
        );
        describes(
            "src/**/*.rs",
            &["src/a.rs", "src/b/c/a.rs"],
            &["src.rs", "src/a.rsx", "xsrc/a.rs"],
        );
        describes(
            "a/**/b/**/c",
            &["a/b/c", "a/x/b/y/z/c", "a/b/b/c"],
            &["a/c", "a/b/xc"],
        );
        describes("docs/**/", &["docs/"], &["docs"]);
    }

    #[test]
    fn single_characters_classes_and_escapes() {
        describes("v?.[0-9]", &["v1.0", "v中.9"], &["v.0", "v1.a", "v/.1"]);
        describes("[!a-c]x", &["dx"], &["ax", "/x"]);
        describes("[]]", &["]"], &["["]);
        describes(r"\*\!", &["*!"], &["a!"]);
        describes("功能/*", &["功能/登录"], &["功能"]);
    }

    #[test]
    fn alternatives_need_a_comma() {
        describes(
            "{main,release/{a,b}}",
            &["main", "release/a", "release/b"],
            &["release/c"],
        );
        describes("api/{id}/*", &["api/{id}/get"], &["api/id/get"]);
        describes("x{,-old}", &["x", "x-old"], &["x-"]);
    }

    #[test]
    fn bad_patterns_are_named() {
        let error = |pattern: &str| Pattern::parse(pattern).unwrap_err();
        assert_eq!(error("a[b"), PatternError::UnclosedClass);
        assert_eq!(error("a\\"), PatternError::TrailingBackslash);
        assert_eq!(error("!"), PatternError::Empty);
        let many = "{a,b}".repeat(10);
        assert_eq!(error(&many), PatternError::TooManyAlternatives);
    }

    #[test]
    fn bytes_that_are_no_utf8_match_stars() {
        assert!(Pattern::parse("a*b").unwrap().describes(b"a\xffb"));
        assert!(Pattern::parse("a?b").unwrap().describes(b"a\xffb"));
    }

    #[test]
    fn many_stars_do_not_explode() {
        let text = "a".repeat(5000);
        assert!(
            !Pattern::parse(&"*a".repeat(50))
                .unwrap()
                .describes(format!("{text}b").as_bytes())
        );
        assert!(
            !Pattern::parse(&"**a".repeat(50))
                .unwrap()
                .describes(format!("{text}b").as_bytes())
        );
    }
}
