//! A handle to an entry of the list of actions, read and written by its identifier.

use super::definition::Definition;
use super::{DEFINITIONS, IDS};
use serde::de::{Deserialize, Deserializer, EnumAccess, Error, VariantAccess, Visitor};
use std::fmt;
use std::ops::Deref;

/// Which action a hook has. Everything that is declared of it can be read from it.
#[derive(Clone, Copy)]
pub struct Kind(&'static Definition);

impl Kind {
    /// All of them, in the order of the list.
    pub fn all() -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator {
        DEFINITIONS.iter().map(Self)
    }
}

impl Deref for Kind {
    type Target = Definition;

    fn deref(&self) -> &Definition {
        self.0
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Kind {}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_enum("Kind", IDS, KindVisitor)
    }
}

struct KindVisitor;

impl<'de> Visitor<'de> for KindVisitor {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the identifier of an action")
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Kind, A::Error> {
        let (id, variant) = data.variant::<String>()?;
        variant.unit_variant()?;
        Kind::all()
            .find(|kind| kind.id == id)
            .ok_or_else(|| A::Error::unknown_variant(&id, IDS))
    }
}
