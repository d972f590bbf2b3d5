//! The credentials of a hook as it is written, found by the marks of its keys. A header counts by its name.

use super::keys::is_marked;
use crate::action::Flavor;
use crate::http::is_credential;
use crate::schema::Mark;
use toml::de::{DeTable, DeValue};

/// What a request carries as it is: a key, or a header of a key, as people may read it.
pub(super) fn sent(hook: &DeTable<'_>) -> Option<String> {
    let mut keys = hook.keys().map(|key| key.get_ref().as_ref());
    let flavor = hook
        .get("flavor")
        .and_then(|flavor| flavor.get_ref().as_str());
    let sends_token = flavor
        .and_then(Flavor::named)
        .is_some_and(Flavor::sends_token);
    let key = keys.find(|key| is_marked(key, Mark::Sent) || (sends_token && *key == "token"));
    let header = || headers(hook).find(|(_, name, _)| is_credential(name));
    key.map(|key| format!("`{key}`"))
        .or_else(|| header().map(|(key, name, _)| format!("the header `{name}` of `{key}`")))
}

/// Whether a secret stands in the file itself: no reference, and no template.
pub(super) fn is_written(hook: &DeTable<'_>) -> bool {
    let is_text = |text: &str| !text.is_empty();
    let in_key = hook.iter().any(|(key, value)| {
        is_marked(key.get_ref(), Mark::Secret)
            && match value.get_ref() {
                DeValue::Array(list) => list.iter().any(|item| {
                    let text = item.get_ref().as_str();
                    text.is_some_and(is_text)
                }),
                value => value.as_str().is_some_and(is_text),
            }
    });
    in_key
        || headers(hook).any(|(_, name, value)| {
            is_credential(name) && value.is_some_and(|text| is_text(text) && !text.contains("${"))
        })
}

/// Key, name, and the value where it stands in the file.
type Header<'a> = (&'a str, &'a str, Option<&'a str>);

fn headers<'a>(hook: &'a DeTable<'_>) -> impl Iterator<Item = Header<'a>> {
    hook.iter()
        .map(|(key, value)| (key.get_ref().as_ref(), value.get_ref()))
        .filter(|(key, _)| is_marked(key, Mark::Headers))
        .flat_map(|(key, value)| headers_of(key, value))
}

fn headers_of<'a>(key: &'a str, value: &'a DeValue<'_>) -> Vec<Header<'a>> {
    match value {
        DeValue::Table(table) => table
            .iter()
            .map(|(name, value)| (key, name.get_ref().trim(), value.get_ref().as_str()))
            .collect(),
        DeValue::String(lines) => lines
            .lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (key, name.trim(), Some(value.trim())))
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authorization_header_counts_like_a_password() {
        for (hook, is_in_file) in [
            ("headers = { Authorization = \"Bearer x\" }", true),
            ("headers = \"Proxy-Authorization: x\\nAccept: y\"", true),
            ("header_parameters = { X-Job-Token = \"x\" }", true),
            ("headers = { Cookie = { file = \"x\" } }", false),
            ("username = \"x\"\npassword = { file = \"x\" }", false),
            ("password = \"x\"", true),
            ("flavor = \"gitlab\"\ntoken = [{ file = \"x\" }]", false),
            (
                "flavor = \"gitlab\"\ntoken = [{ file = \"x\" }, \"x\"]",
                true,
            ),
        ] {
            let table = DeTable::parse(hook).unwrap();
            assert!(sent(table.get_ref()).is_some(), "{hook}");
            assert_eq!(is_written(table.get_ref()), is_in_file, "{hook}");
        }
        let public =
            DeTable::parse("headers = { Accept = \"x\" }\ntoken = { env = \"X\" }").unwrap();
        assert_eq!(sent(public.get_ref()), None);
        assert!(!is_written(public.get_ref()));
    }
}
