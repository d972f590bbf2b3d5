//! Mistakes and warnings about the keys that all robots have, seen without resolving anything.

use super::MsgType;
use super::address::Parts;
use crate::action::{Finding, Severity, vendors};
use crate::outgoing::sample;
use crate::parameter::{List, Text};
use crate::template::{self, TemplateError};

/// Characters of a keyword: vendors take words, and it must never fill a message.
const MAX_KEYWORD: usize = 100;

/// The keys that all robots have, as they stand in the file.
pub(crate) struct Keys<'a> {
    /// The identifier of the action.
    pub(crate) action: &'static str,
    pub(crate) service_url: Option<&'a Text>,
    pub(crate) msg_type: Option<MsgType>,
    pub(crate) template: Option<&'a Text>,
    pub(crate) title: Option<&'a Text>,
    pub(crate) keyword: Option<&'a Text>,
    /// The vendor's `msg_type` when none is given.
    pub(crate) default: MsgType,
    /// How an address differs from the vendor's: a mistake, or only a warning, for test servers have other addresses.
    pub(crate) expected: fn(&Parts<'_>) -> Option<(Severity, &'static str)>,
}

impl Keys<'_> {
    /// Everything that is wrong with them.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        match self.service_url {
            None => found.push(mistake("service_url", "is missing")),
            Some(Text::Plain(url)) if url.is_empty() => {
                found.push(mistake("service_url", "is missing"));
            }
            Some(Text::Plain(url)) => found.extend(self.check_address(url)),
            Some(Text::Reference(_)) => {}
        }
        let without = self.template.is_none() || plain(self.template).is_some_and(str::is_empty);
        if self.msg_type == Some(MsgType::Customize) && without {
            found.push(mistake(
                "template",
                "is missing: `msg_type = \"customize\"` sends what it says",
            ));
        }
        for (key, text) in self.templates() {
            found.extend(
                template::compile(text)
                    .err()
                    .map(|error| broken(key, error)),
            );
            found.extend(comments(key, text));
        }
        if plain(self.keyword).is_some_and(|word| word.chars().count() > MAX_KEYWORD) {
            found.push(mistake("keyword", "is longer than 100 characters"));
        }
        found
    }

    /// What is wrong with an address.
    pub(crate) fn check_address(&self, url: &str) -> Option<Finding> {
        let parts = match Parts::parse(url.trim()) {
            Ok(parts) => parts,
            Err(why) => return Some(mistake("service_url", why)),
        };
        if let Some(why) = vendors::other(self.action, url) {
            return Some(mistake("service_url", &why));
        }
        (self.expected)(&parts).map(|(severity, why)| Finding {
            severity,
            ..mistake("service_url", why)
        })
    }

    /// Names in the templates that no event has.
    pub(crate) fn lint_templates(&self) -> Vec<Finding> {
        let bodies = sample::bodies();
        let unknown = |(key, text)| {
            template::unknown_names(text, bodies)
                .into_iter()
                .map(move |e| broken(key, e))
        };
        self.templates().flat_map(unknown).collect()
    }

    /// The templates that stand in the file.
    pub(crate) fn templates(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [("template", self.template), ("title", self.title)]
            .into_iter()
            .filter_map(|(key, text)| Some((key, plain(text).filter(|t| !t.is_empty())?)))
    }

    /// Whether a template mentions `name`; what stands in another file cannot be seen from here.
    pub(crate) fn template_reads(&self, name: &str) -> bool {
        self.templates()
            .any(|(_, text)| template::reads(text, name))
    }
}

/// A warning for a list that is there and names nobody.
pub(crate) fn nobody(key: &'static str, list: Option<&List>) -> Option<Finding> {
    let empty = match list? {
        List::Items(items) => items
            .iter()
            .all(|item| matches!(item, Text::Plain(text) if text.trim().is_empty())),
        // An empty string counts as absent.
        List::Joined(Text::Plain(text)) => {
            !text.is_empty() && text.split(',').all(|item| item.trim().is_empty())
        }
        List::Joined(Text::Reference(_)) => false,
    };
    empty.then(|| warning(key, "names nobody"))
}

/// A finding that disables the hook.
pub(crate) fn mistake(key: &'static str, message: &str) -> Finding {
    Finding {
        severity: Severity::Mistake,
        key,
        entry: None,
        range: None,
        message: message.to_owned(),
    }
}

/// A finding that only `check` reports.
pub(crate) fn warning(key: &'static str, message: &str) -> Finding {
    Finding {
        severity: Severity::Warning,
        ..mistake(key, message)
    }
}

/// A template that cannot be compiled or rendered.
pub(crate) fn broken(key: &'static str, error: TemplateError) -> Finding {
    Finding {
        range: error.range,
        ..mistake(key, &error.why)
    }
}

/// `{#` begins a comment, which text such as `{#标题}` does not mean.
fn comments(key: &'static str, text: &str) -> impl Iterator<Item = Finding> {
    let message = "`{#` begins a comment, which is not sent; as text it is written `${ \"{#\" }`";
    template::odd_comments(text)
        .into_iter()
        .map(move |at| Finding {
            range: Some(at),
            ..warning(key, message)
        })
}

fn plain(text: Option<&Text>) -> Option<&str> {
    match text? {
        Text::Plain(text) => Some(text),
        Text::Reference(_) => None,
    }
}
