//! Reads values of the parsed file with serde. The errors name what was expected and where, and never show what stood
//! there: those of the toml crate print the source.

use crate::suggest;
use serde::de::{
    self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    Visitor,
};
use std::fmt;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// A value that cannot be read.
#[derive(Debug)]
pub(super) struct ValueError {
    /// Follows the key in a sentence: "must be a boolean, not a string".
    message: String,
    /// Where the innermost value or key at fault stands.
    pub(super) span: Option<Range<usize>>,
    /// Keys from the outside in.
    path: Vec<String>,
}

impl ValueError {
    /// "`timeout` must be …".
    pub(super) fn sentence(&self) -> String {
        let path = self.path.iter().map(|key| suggest::shown(key));
        format!("`{}` {}", path.collect::<Vec<_>>().join("."), self.message)
    }

    fn at(mut self, span: Range<usize>) -> Self {
        self.span.get_or_insert(span);
        self
    }

    fn below(mut self, key: &str) -> Self {
        self.path.insert(0, key.to_owned());
        self
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())
    }
}

impl std::error::Error for ValueError {}

impl de::Error for ValueError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self {
            message: message.to_string(),
            span: None,
            path: Vec::new(),
        }
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        let expected = expected.to_string();
        let found = match unexpected {
            Unexpected::Bool(_) => "a boolean",
            Unexpected::Signed(_) | Unexpected::Unsigned(_) | Unexpected::Float(_) => "a number",
            Unexpected::Str(_) => "a string",
            Unexpected::Seq => "an array",
            Unexpected::Map => "a table",
            Unexpected::Other(other) => other,
            _ => "something else",
        };
        let quotes = matches!(found, "a boolean" | "a number") && expected.starts_with("a string");
        let advice = if quotes { ": put it in quotes" } else { "" };
        Self::custom(format_args!("must be {expected}, not {found}{advice}"))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::custom(format_args!("must be {expected}"))
    }

    fn invalid_length(_: usize, expected: &dyn de::Expected) -> Self {
        Self::custom(format_args!("must be {expected}"))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let hint = suggest::hint(field, expected.iter().copied());
        let shown = suggest::shown(field);
        Self::custom(format_args!("has an unknown key `{shown}`{hint}"))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let hint = suggest::hint(variant, expected.iter().copied());
        Self::custom(format_args!("must be {}{hint}", suggest::any_of(expected)))
    }
}

/// Reads a struct whose fields are all optional from the keys of `table` that it knows. What cannot be read is given
/// to `mistake` and left out, so that one run finds every mistake.
pub(super) fn read<T>(
    table: &DeTable<'_>,
    read: impl Fn(Fields<'_, '_>) -> Result<T, ValueError>,
    mut mistake: impl FnMut(ValueError),
) -> Option<T> {
    let mut skip = Vec::new();
    loop {
        match read(Fields { table, skip: &skip }) {
            Ok(value) => return Some(value),
            Err(error) => {
                let key = error.path.first()?.clone();
                mistake(error);
                skip.push(key);
            }
        }
    }
}

/// The keys of a table that the struct has fields for.
pub(super) struct Fields<'a, 'i> {
    table: &'a DeTable<'i>,
    skip: &'a [String],
}

impl<'de> Deserializer<'de> for Fields<'_, '_> {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_map(Entries::new(self.table, |_| true))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        let selected = |key: &str| fields.contains(&key) && !self.skip.iter().any(|s| s == key);
        visitor.visit_map(Entries::new(self.table, selected))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// One value.
struct Value<'a, 'i>(&'a Spanned<DeValue<'i>>);

impl Value<'_, '_> {
    fn visit<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, ValueError> {
        match self.0.get_ref() {
            DeValue::String(text) => visitor.visit_str(text),
            DeValue::Integer(number) => {
                match i64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(number) => visitor.visit_i64(number),
                    Err(_) => Err(de::Error::custom("is too large a number")),
                }
            }
            DeValue::Float(number) => {
                visitor.visit_f64(number.as_str().parse().unwrap_or(f64::NAN))
            }
            DeValue::Boolean(on) => visitor.visit_bool(*on),
            DeValue::Datetime(_) => Err(de::Error::invalid_type(
                Unexpected::Other("a date"),
                &visitor,
            )),
            DeValue::Array(items) => visitor.visit_seq(Items(items.iter())),
            DeValue::Table(table) => visitor.visit_map(Entries::new(table, |_| true)),
        }
    }
}

impl<'de> Deserializer<'de> for Value<'_, '_> {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        self.visit(visitor).map_err(|e| e.at(self.0.span()))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueError> {
        let read: Result<_, ValueError> = match self.0.get_ref() {
            DeValue::String(word) => visitor.visit_enum(word.as_ref().into_deserializer()),
            _ => Err(de::Error::custom(format_args!(
                "must be {}",
                suggest::any_of(variants)
            ))),
        };
        read.map_err(|e| e.at(self.0.span()))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Items<'a, 'i>(std::slice::Iter<'a, Spanned<DeValue<'i>>>);

impl<'de> SeqAccess<'de> for Items<'_, '_> {
    type Error = ValueError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ValueError> {
        self.0
            .next()
            .map(|item| seed.deserialize(Value(item)))
            .transpose()
    }
}

type Entry<'a, 'i> = (&'a Spanned<DeString<'i>>, &'a Spanned<DeValue<'i>>);

/// The entries of a table in the order of the file: the table itself is sorted by name.
struct Entries<'a, 'i> {
    rest: std::vec::IntoIter<Entry<'a, 'i>>,
    current: Option<Entry<'a, 'i>>,
}

impl<'a, 'i> Entries<'a, 'i> {
    fn new(table: &'a DeTable<'i>, selected: impl Fn(&str) -> bool) -> Self {
        let mut entries = table
            .iter()
            .filter(|(key, _)| selected(key.get_ref()))
            .collect::<Vec<_>>();
        entries.sort_by_key(|(key, _)| key.span().start);
        Self {
            rest: entries.into_iter(),
            current: None,
        }
    }
}

impl<'de> MapAccess<'de> for Entries<'_, '_> {
    type Error = ValueError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ValueError> {
        self.current = self.rest.next();
        let Some((key, _)) = self.current else {
            return Ok(None);
        };
        let name: de::value::StrDeserializer<'_, ValueError> =
            key.get_ref().as_ref().into_deserializer();
        seed.deserialize(name)
            .map(Some)
            .map_err(|e| e.at(key.span()))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, ValueError> {
        let (key, value) = self
            .current
            .ok_or_else(|| de::Error::custom("has no value"))?;
        seed.deserialize(Value(value))
            .map_err(|e| e.at(value.span()).below(key.get_ref()))
    }
}
