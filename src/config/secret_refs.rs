//! Finds every reference that a hook names.

use super::keys::is_marked;
use crate::parameter::Reference;
use crate::schema::Mark;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A reference, and the parameter that has it.
pub(super) struct SecretRef {
    pub(super) key: String,
    pub(super) reference: Reference,
}

/// Keys whose value is the path of a file.
const FILES: [&str; 3] = ["ca_file", "client_cert", "client_key"];

/// The references of a hook, named files included, each with the byte where it stands.
pub(super) fn references(hook: &DeTable<'_>) -> Vec<(SecretRef, usize)> {
    let mut found = Vec::new();
    for (key, value) in hook {
        let key = key.get_ref().as_ref();
        let mut note = |of: Option<(Reference, usize)>| {
            found.extend(of.map(|(reference, at)| {
                (
                    SecretRef {
                        key: key.to_owned(),
                        reference,
                    },
                    at,
                )
            }));
        };
        match value.get_ref() {
            DeValue::String(path) if FILES.contains(&key) && !path.is_empty() => {
                note(Some((
                    Reference::File(path.to_string()),
                    value.span().start,
                )));
            }
            DeValue::Table(pairs) if is_marked(key, Mark::Pairs) => {
                pairs.values().map(reference).for_each(note);
            }
            DeValue::Array(items) => items.iter().map(reference).for_each(note),
            _ => note(reference(value)),
        }
    }
    found
}

fn reference(value: &Spanned<DeValue<'_>>) -> Option<(Reference, usize)> {
    let table = value
        .get_ref()
        .as_table()
        .filter(|table| table.len() == 1)?;
    let (key, name) = table.iter().next()?;
    let name = name.get_ref().as_str()?.to_owned();
    let reference = match key.get_ref().as_ref() {
        "env" => Reference::Env(name),
        "file" => Reference::File(name),
        "credential" => Reference::Credential(name),
        _ => return None,
    };
    Some((reference, value.span().start))
}
