//! What may be written in hooks.toml, in the words of JSON Schema (draft 7, which editors read). The program has the names of keys and
//! their marks; tests generate the schema. The vocabulary alone:
//! knows no key, no action, and not how a file is read.

#[cfg(test)]
use serde::de::{Deserialize, Deserializer};
#[cfg(test)]
use serde_json::{Value, json};

/// A form in which a value may be written.
#[cfg(test)]
pub trait Form {
    /// The schema of it.
    fn schema() -> Value;
}

/// A key of a table.
#[cfg(test)]
#[derive(Clone, Debug)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// Its comment where it is declared: a sentence that names it, then what else there is to know.
    pub about: &'static str,
    /// Of [`Form`].
    pub form: Value,
}

/// A fact about a key that stands where the key is declared: `#[marks(Secret)]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Its value is a secret.
    Secret,
    /// A request carries it as it is: anybody on the way can read it over http.
    Sent,
    /// Names and values that become headers; some names stand for credentials.
    Headers,
    /// In a table its entries are names and values, never a reference.
    Pairs,
    /// A file that it names holds no secret.
    Public,
    /// It belongs to the server's file alone.
    ServerOnly,
}

/// The marks of the keys that have any.
pub type Marks = &'static [(&'static str, &'static [Mark])];

/// Whether a key has a mark.
pub fn has_mark(marks: Marks, key: &str, mark: Mark) -> bool {
    marks
        .iter()
        .any(|(name, marks)| *name == key && marks.contains(&mark))
}

/// A table with its keys, declared by `table!`.
pub trait Table {
    /// The names of its keys, in the order of the declaration.
    const NAMES: &'static [&'static str];

    /// What is marked of them.
    const MARKS: Marks;

    /// The keys themselves.
    #[cfg(test)]
    fn keys() -> Vec<Key>;
}

/// Declares a table: the struct that serde reads, and the same keys with their comments and forms.
macro_rules! table {
    (
        $(#[$meta:meta])*
        $vis:vis struct $table:ident {
            $(
                $(#[doc = $about:literal])+
                $(#[marks($($mark:ident),+)])?
                $inner:vis $key:ident: Option<$form:ty>,
            )+
        }
    ) => {
        $(#[$meta])*
        #[derive(serde::Deserialize)]
        $vis struct $table {
            $($(#[doc = $about])+ $inner $key: Option<$form>,)+
        }

        impl $crate::schema::Table for $table {
            const NAMES: &'static [&'static str] = &[$(stringify!($key)),+];

            const MARKS: $crate::schema::Marks = &[
                $($((stringify!($key), &[$($crate::schema::Mark::$mark),+]),)?)+
            ];

            #[cfg(test)]
            fn keys() -> Vec<$crate::schema::Key> {
                vec![$($crate::schema::Key {
                    name: stringify!($key),
                    about: concat!($($about),+),
                    form: <$form as $crate::schema::Form>::schema(),
                }),+]
            }
        }
    };
}
pub(crate) use table;

#[cfg(test)]
impl Key {
    /// The schema of its value. Its title is how its comment begins.
    pub fn schema(&self) -> Value {
        let about = self.about.trim();
        let end = [". ", ": ", "; "]
            .iter()
            .filter_map(|stop| about.find(stop))
            .min();
        let title = about[..end.unwrap_or(about.len())].trim_end_matches('.');
        let mut schema = json!({ "title": title, "description": about });
        merge(&mut schema, self.form.clone());
        schema
    }
}

/// Puts the members of `more` behind those of `schema`; a member that is there already is replaced.
#[cfg(test)]
pub fn merge(schema: &mut Value, more: Value) {
    if let (Value::Object(schema), Value::Object(more)) = (schema, more) {
        schema.extend(more);
    }
}

/// A table with these keys and no others.
#[cfg(test)]
pub fn table_of(keys: &[Key]) -> Value {
    let properties = keys
        .iter()
        .map(|key| (key.name.to_owned(), key.schema()))
        .collect::<serde_json::Map<_, _>>();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// One of the words that serde's derive knows for an enum.
#[cfg(test)]
pub fn words<'de, T: Deserialize<'de>>() -> Value {
    let mut words: &'static [&'static str] = &[];
    // Always an error: nothing is read, only the words are taken.
    let _ = T::deserialize(Ask(&mut words));
    json!({ "enum": words })
}

#[cfg(test)]
impl Form for bool {
    fn schema() -> Value {
        json!({ "type": "boolean" })
    }
}

#[cfg(test)]
impl Form for String {
    fn schema() -> Value {
        json!({ "type": "string" })
    }
}

#[cfg(test)]
struct Ask<'a>(&'a mut &'static [&'static str]);

#[cfg(test)]
impl<'de> Deserializer<'de> for Ask<'_> {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: serde::de::Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(serde::de::Error::custom(""))
    }

    fn deserialize_enum<V: serde::de::Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Self::Error> {
        *self.0 = variants;
        Err(serde::de::Error::custom(""))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    table! {
        /// Of a test.
        #[derive(Debug)]
        struct Sample {
            /// How it stands. More about it,
            /// in two lines.
            standing: Option<bool>,
            /// What it is called.
            #[marks(Secret, Sent)]
            name: Option<String>,
        }
    }

    #[test]
    fn a_declared_table_is_read_by_serde_and_described_by_its_comments() {
        let sample: Sample = serde_json::from_str(r#"{ "name": "x" }"#).unwrap();
        assert_eq!((sample.standing, sample.name.as_deref()), (None, Some("x")));
        assert_eq!(Sample::NAMES, ["standing", "name"]);
        assert!(has_mark(Sample::MARKS, "name", Mark::Sent));
        assert!(!has_mark(Sample::MARKS, "standing", Mark::Sent));
        let properties = &table_of(&Sample::keys())["properties"];
        let standing = json!({
            "title": "How it stands", "description": "How it stands. More about it, in two lines.", "type": "boolean"
        });
        assert_eq!(properties["standing"], standing);
        assert_eq!(properties["name"]["title"], "What it is called");
    }

    #[test]
    fn the_words_of_an_enum_are_those_that_serde_reads() {
        assert_eq!(
            words::<crate::config::Per>(),
            json!({ "enum": ["ref", "push"] })
        );
    }
}
