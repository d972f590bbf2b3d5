//! How the forms are read: a visitor each, so that a mistake sits on the value at fault and never shows it.

use super::{List, Pairs, Reference, SecretList, Text};
use serde::de::value::MapAccessDeserializer;
use serde::de::{
    Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};
use std::fmt;

const TEXT: &str = r#"a string, { env = "NAME" }, { file = "PATH" } or { credential = "NAME" }"#;

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(TEXT)
    }

    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text::Plain(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text, A::Error> {
        let Some(from) = map.next_key::<From>()? else {
            return Err(Error::invalid_length(0, &self));
        };
        let reference = match from {
            From::Env => Reference::Env(map.next_value::<EnvName>()?.0),
            From::File => Reference::File(map.next_value::<Name>()?.0),
            From::Credential => Reference::Credential(map.next_value::<CredentialName>()?.0),
        };
        if map.next_key::<IgnoredAny>()?.is_some() {
            return Err(Error::custom(
                "takes only one of `env`, `file` and `credential`",
            ));
        }
        Ok(Text::Reference(reference))
    }
}

/// What a reference is written with.
enum From {
    Env,
    File,
    Credential,
}

impl<'de> Deserialize<'de> for From {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FromVisitor;

        impl Visitor<'_> for FromVisitor {
            type Value = From;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(TEXT)
            }

            fn visit_str<E: Error>(self, word: &str) -> Result<From, E> {
                match word {
                    "env" => Ok(From::Env),
                    "file" => Ok(From::File),
                    "credential" => Ok(From::Credential),
                    _ => Err(E::invalid_value(Unexpected::Str(""), &self)),
                }
            }
        }

        deserializer.deserialize_identifier(FromVisitor)
    }
}

/// The name in a reference.
struct Name(String);

/// The name of a variable that no request sets.
struct EnvName(String);

impl<'de> Deserialize<'de> for EnvName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Name(name) = Name::deserialize(deserializer)?;
        if Reference::set_by_requests(&name) {
            return Err(Error::custom(
                "never reads what a request sets: `HTTP_*`, `SSH_*`, `GL_*`, `GIT_*` and the like",
            ));
        }
        Ok(Self(name))
    }
}

/// The name of a file in the credentials directory.
struct CredentialName(String);

impl<'de> Deserialize<'de> for CredentialName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Name(name) = Name::deserialize(deserializer)?;
        if name.contains('/') || name == "." || name == ".." {
            return Err(Error::custom(
                "must be the name of a credential, not a path",
            ));
        }
        Ok(Self(name))
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl Visitor<'_> for NameVisitor {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Name, E> {
                if name.is_empty() || name.contains('\0') {
                    return Err(E::custom("names nothing"));
                }
                Ok(Name(name.to_owned()))
            }
        }

        deserializer.deserialize_any(NameVisitor)
    }
}

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor)
    }
}

struct ListVisitor;

impl<'de> Visitor<'de> for ListVisitor {
    type Value = List;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of strings, or one comma-separated string")
    }

    fn visit_str<E>(self, text: &str) -> Result<List, E> {
        Ok(List::Joined(Text::Plain(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<List, A::Error> {
        items(seq).map(List::Items)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<List, A::Error> {
        Text::deserialize(MapAccessDeserializer::new(map)).map(List::Joined)
    }
}

fn items<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<Vec<Text>, A::Error> {
    let mut items = Vec::new();
    while let Some(item) = seq.next_element()? {
        items.push(item);
    }
    Ok(items)
}

impl<'de> Deserialize<'de> for SecretList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecretListVisitor)
    }
}

struct SecretListVisitor;

impl<'de> Visitor<'de> for SecretListVisitor {
    type Value = SecretList;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(TEXT)
    }

    fn visit_str<E>(self, text: &str) -> Result<SecretList, E> {
        Ok(SecretList(vec![Text::Plain(text.to_owned())]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<SecretList, A::Error> {
        let items = items(seq)?;
        if !(1..=4).contains(&items.len()) {
            return Err(Error::custom("takes one to four secrets"));
        }
        Ok(SecretList(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SecretList, A::Error> {
        let text = Text::deserialize(MapAccessDeserializer::new(map))?;
        Ok(SecretList(vec![text]))
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of names and values, or one string")
    }

    fn visit_str<E>(self, text: &str) -> Result<Pairs, E> {
        Ok(Pairs::Joined(Text::Plain(text.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
        let mut pairs = Vec::new();
        while let Some((name, PairValue(text))) = map.next_entry()? {
            pairs.push((name, text));
        }
        Ok(Pairs::Table(pairs))
    }
}

/// As [`Text`]; whole numbers and booleans are taken as they are written.
struct PairValue(Text);

impl<'de> Deserialize<'de> for PairValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PairValueVisitor)
    }
}

struct PairValueVisitor;

impl<'de> Visitor<'de> for PairValueVisitor {
    type Value = PairValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(TEXT)
    }

    fn visit_str<E>(self, text: &str) -> Result<PairValue, E> {
        Ok(PairValue(Text::Plain(text.to_owned())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<PairValue, E> {
        Ok(PairValue(Text::Plain(number.to_string())))
    }

    fn visit_bool<E>(self, on: bool) -> Result<PairValue, E> {
        Ok(PairValue(Text::Plain(on.to_string())))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PairValue, A::Error> {
        Text::deserialize(MapAccessDeserializer::new(map)).map(PairValue)
    }
}
