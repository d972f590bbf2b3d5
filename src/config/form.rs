//! Reads values that are not parameters: times, sizes, numbers, lists of patterns.

use crate::filter::{Globs, Pattern, PatternError};
use crate::network::RuleError;
use crate::push::Change;
use crate::suggest;
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Unexpected, Visitor};
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

/// `"5s"`, `"2m"`, `"72h"`, `"30d"`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Time(pub(super) Duration);

/// `"64MiB"`, `"1 MiB"`, or a whole number of bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size(pub(super) u64);

/// A whole number that is not negative.
#[derive(Clone, Copy, Debug)]
pub(super) struct Count(pub(super) usize);

/// A number from 1 to 2147483647.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProjectId(pub(super) u32);

/// Reads a [`Time`].
fn time(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86400,
        _ => return None,
    };
    digits(number.trim_end_matches(' '))?
        .checked_mul(seconds)
        .map(Duration::from_secs)
}

/// Reads a [`Size`].
fn size(text: &str) -> Option<u64> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let unit = match text[end..].trim_start_matches(' ') {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "kB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return None,
    };
    digits(&text[..end])?.checked_mul(unit)
}

fn digits(text: &str) -> Option<u64> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// Reads a value from a string or a whole number.
struct Scalar<T> {
    expecting: &'static str,
    text: fn(&str) -> Option<T>,
    number: Option<fn(i64) -> Option<T>>,
}

impl<T> Visitor<'_> for Scalar<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expecting)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.text)(text).ok_or_else(|| E::invalid_value(Unexpected::Str(""), &self))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        match self.number {
            Some(read) => {
                read(number).ok_or_else(|| E::invalid_value(Unexpected::Signed(0), &self))
            }
            None => Err(E::invalid_type(Unexpected::Signed(0), &self)),
        }
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expecting = r#"a time such as "5s", "2m", "72h" or "30d""#;
        deserializer.deserialize_any(Scalar {
            expecting,
            text: |t| time(t).map(Self),
            number: None,
        })
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expecting = r#"a size such as "64MiB", "20 kB" or a number of bytes"#;
        let number: fn(i64) -> Option<Self> = |n| u64::try_from(n).ok().map(Self);
        deserializer.deserialize_any(Scalar {
            expecting,
            text: |t| size(t).map(Self),
            number: Some(number),
        })
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number: fn(i64) -> Option<Self> = |n| usize::try_from(n).ok().map(Self);
        deserializer.deserialize_any(Scalar {
            expecting: "a whole number",
            text: |_| None,
            number: Some(number),
        })
    }
}

impl<'de> Deserialize<'de> for ProjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number: fn(i64) -> Option<Self> = |n| {
            let number = u32::try_from(n).ok()?;
            (1..=i32::MAX.unsigned_abs())
                .contains(&number)
                .then_some(Self(number))
        };
        deserializer.deserialize_any(Scalar {
            expecting: "a number from 1 to 2147483647",
            text: |_| None,
            number: Some(number),
        })
    }
}

/// An item of a [`ListOf`].
pub(super) trait Item: Sized {
    /// What the whole list is called in a mistake.
    const LIST: &'static str;
    /// Whether an empty list means something.
    const MAY_BE_EMPTY: bool = false;
    /// Reads one.
    fn parse(text: &str) -> Result<Self, ItemError>;

    /// The error for an item that has no form of the list.
    fn unexpected() -> ItemError {
        let hint = String::new();
        let expected = Self::LIST;
        ItemError::Unexpected { expected, hint }
    }
}

/// An item of a list that cannot be read; follows the key in a sentence.
#[derive(Debug, thiserror::Error)]
pub(super) enum ItemError {
    #[error("holds a pattern that {0}")]
    Pattern(#[from] PatternError),
    #[error("holds an entry that {0}")]
    Rule(#[from] RuleError),
    #[error("is about short names: leave out `{0}`")]
    FullName(&'static str),
    #[error("is about full names: they begin with `refs/`")]
    ShortName,
    #[error("must be {expected}{hint}")]
    Unexpected {
        expected: &'static str,
        hint: String,
    },
}

/// An array of strings, or one comma-separated string.
#[derive(Clone, Debug)]
pub(super) struct ListOf<T>(pub(super) Vec<T>);

impl<'de, T: Item> Deserialize<'de> for ListOf<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<T: Item> ListVisitor<T> {
    fn finish<E: Error>(items: Vec<T>) -> Result<ListOf<T>, E> {
        if items.is_empty() && !T::MAY_BE_EMPTY {
            return Err(E::custom(
                "is empty and would let nothing pass: leave it out to let everything pass",
            ));
        }
        Ok(ListOf(items))
    }
}

impl<'de, T: Item> Visitor<'de> for ListVisitor<T> {
    type Value = ListOf<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::LIST)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<ListOf<T>, E> {
        let items = text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty());
        Self::finish(
            items
                .map(|item| T::parse(item).map_err(E::custom))
                .collect::<Result<_, _>>()?,
        )
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<ListOf<T>, A::Error> {
        let mut items = Vec::new();
        while let Some(Parsed(item)) = seq.next_element()? {
            items.push(item);
        }
        Self::finish(items)
    }
}

/// One item of an array, so that its mistake sits on it.
struct Parsed<T>(T);

impl<'de, T: Item> Deserialize<'de> for Parsed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ItemVisitor<T>(PhantomData<T>);

        impl<T: Item> Visitor<'_> for ItemVisitor<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(T::LIST)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
                T::parse(text).map_err(E::custom)
            }
        }

        deserializer
            .deserialize_any(ItemVisitor(PhantomData))
            .map(Parsed)
    }
}

/// A glob over short names of branches or tags.
#[derive(Clone, Debug)]
pub(super) struct ShortName(Pattern);

/// A glob over full names of refs.
#[derive(Clone, Debug)]
pub(super) struct FullName(Pattern);

/// A glob over anything else.
#[derive(Clone, Debug)]
pub(super) struct Anything(Pattern);

const PATTERNS: &str = "a list of patterns";

impl Item for ShortName {
    const LIST: &'static str = PATTERNS;

    fn parse(text: &str) -> Result<Self, ItemError> {
        let plain = text.trim_start_matches('!');
        match ["refs/heads/", "refs/tags/"]
            .into_iter()
            .find(|prefix| plain.starts_with(prefix))
        {
            Some(prefix) => Err(ItemError::FullName(prefix)),
            None => Ok(Self(Pattern::parse(text)?)),
        }
    }
}

impl Item for FullName {
    const LIST: &'static str = PATTERNS;

    fn parse(text: &str) -> Result<Self, ItemError> {
        let plain = text.trim_start_matches('!');
        if plain.starts_with("refs/")
            || plain.starts_with(['*', '?', '[', '{', '\\'])
            || plain.is_empty()
        {
            Ok(Self(Pattern::parse(text)?))
        } else {
            Err(ItemError::ShortName)
        }
    }
}

impl Item for Anything {
    const LIST: &'static str = PATTERNS;

    fn parse(text: &str) -> Result<Self, ItemError> {
        Ok(Self(Pattern::parse(text)?))
    }
}

impl From<ShortName> for Pattern {
    fn from(item: ShortName) -> Self {
        item.0
    }
}

impl From<FullName> for Pattern {
    fn from(item: FullName) -> Self {
        item.0
    }
}

impl From<Anything> for Pattern {
    fn from(item: Anything) -> Self {
        item.0
    }
}

impl<T: Into<Pattern>> From<ListOf<T>> for Globs {
    fn from(list: ListOf<T>) -> Self {
        let patterns = list.0.into_iter().map(Into::into);
        patterns.collect::<Vec<_>>().into()
    }
}

impl Item for Change {
    const LIST: &'static str = "a list of `created`, `updated`, `forced` and `deleted`";

    fn parse(text: &str) -> Result<Self, ItemError> {
        match text {
            "created" => Ok(Self::Created),
            "updated" => Ok(Self::Updated),
            "forced" => Ok(Self::Forced),
            "deleted" => Ok(Self::Deleted),
            _ => {
                let hint = suggest::hint(text, ["created", "updated", "forced", "deleted"]);
                let expected = Self::LIST;
                Err(ItemError::Unexpected { expected, hint })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_one_unit() {
        let seconds = |text| time(text).map(|t| t.as_secs());
        assert_eq!(
            ["0s", "5s", "2m", "72h", "30d", "5 s"]
                .map(seconds)
                .map(|s| s.unwrap()),
            [0, 5, 120, 259_200, 2_592_000, 5]
        );
        for bad in [
            "",
            "5",
            "s",
            "5ms",
            "-5s",
            "1.5h",
            "5 sec",
            "+5s",
            "5日",
            "99999999999999999999d",
        ] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }

    #[test]
    fn sizes_have_a_unit_or_are_bytes() {
        assert_eq!(
            ["64MiB", "1 MiB", "20kB", "512", "3 B"].map(|t| size(t).unwrap()),
            [64 << 20, 1 << 20, 20_000, 512, 3]
        );
        for bad in ["", "MiB", "1 mb", "-1", "1.5MiB", "99999999999GiB"] {
            assert_eq!(size(bad), None, "{bad}");
        }
    }
}
