//! The forms in which a parameter of an action may be written (docs/configuration.md): a string, a reference to where the
//! string stands, a list, a table. Plain data: what a reference names is read by the implementation of [`Resolve`].

mod form;
mod reference_error;
#[cfg(test)]
mod schema;

pub use reference_error::ReferenceError;
#[cfg(test)]
pub(crate) use schema::definitions;

use crate::secret::Secrets;

/// Where a value stands when it does not stand in hooks.toml.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A variable of the environment.
    Env(String),
    /// A file, relative to the file that names it.
    File(String),
    /// A file in systemd's credentials directory.
    Credential(String),
}

impl Reference {
    /// Whether the person who pushes can choose the value of a variable: such a variable is never read.
    pub fn set_by_requests(variable: &str) -> bool {
        variable == "QUERY_STRING"
            || ["HTTP_", "SSH_", "GL_", "GIT_", "REMOTE_", "CONTENT_"]
                .iter()
                .any(|p| variable.starts_with(p))
    }
}

/// A string, or a reference to one.
#[derive(Clone, PartialEq, Eq)]
pub enum Text {
    /// As written.
    Plain(String),
    /// To be read when it is needed.
    Reference(Reference),
}

/// A string in the file may be a secret as well.
impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Plain(_) => f.write_str("Plain"),
            Self::Reference(reference) => reference.fmt(f),
        }
    }
}

/// `"a, b"`, `["a", "b"]` (the items may be references) or a reference to a comma-separated string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum List {
    /// An array.
    Items(Vec<Text>),
    /// Comma-separated.
    Joined(Text),
}

/// A secret, or up to four during a rotation; each may be a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretList(pub Vec<Text>);

impl SecretList {
    /// Those that stand in the file.
    pub fn plain(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|text| match text {
            Text::Plain(text) if !text.is_empty() => Some(text.as_str()),
            Text::Plain(_) | Text::Reference(_) => None,
        })
    }

    /// Whether there is any; an empty string counts as absent.
    pub fn is_given(&self) -> bool {
        self.0
            .iter()
            .any(|text| !matches!(text, Text::Plain(text) if text.is_empty()))
    }
}

/// Lines or a table of names and values; a table is always name → value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pairs {
    /// As the specification writes them: `Name: value` lines, `k=v&k=v`, or JSON text.
    Joined(Text),
    /// In the order of the file.
    Table(Vec<(String, Text)>),
}

/// A resolved value. What came from a reference is secret and is never evaluated as a template.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ConfiguredText {
    /// The text itself.
    pub text: String,
    /// Whether it came from a reference.
    pub referenced: bool,
}

impl std::fmt::Debug for ConfiguredText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.referenced {
            "ConfiguredText(referenced)"
        } else {
            "ConfiguredText(plain)"
        })
    }
}

/// A reference that names nothing that can be read now: the hook is deferred, not broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}`: {why}")]
pub struct Unresolved {
    /// The parameter.
    pub key: String,
    /// A lower-case fragment; never the value.
    pub why: String,
}

/// Reads what references name, and remembers every value as a secret.
pub trait Resolve {
    /// The value, CR, LF and NUL refused, one trailing line end removed; `Err` says why it cannot be had.
    fn reference(&self, reference: &Reference) -> Result<String, ReferenceError>;

    /// As [`Self::reference`] for a text of several lines: only NUL is refused.
    fn document(&self, reference: &Reference) -> Result<String, ReferenceError> {
        self.reference(reference)
    }
}

/// A reference that cannot be read, noted by a [`Resolver`] that continues without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The parameter.
    pub key: String,
    /// As written.
    pub reference: Reference,
    /// Never the value.
    pub error: ReferenceError,
}

/// Resolves the parameters of one hook.
pub struct Resolver<'a> {
    source: &'a dyn Resolve,
    secrets: std::cell::RefCell<Secrets>,
    /// What could not be read; `None`: the first such reference ends it.
    unread: Option<std::cell::RefCell<Vec<Unread>>>,
}

impl<'a> Resolver<'a> {
    /// Over a source of references.
    pub fn new(source: &'a dyn Resolve) -> Self {
        Self {
            source,
            secrets: std::cell::RefCell::default(),
            unread: None,
        }
    }

    /// A resolver that uses a stand-in where a reference cannot be read, so that all of them are found.
    pub fn forgiving(source: &'a dyn Resolve) -> Self {
        Self {
            unread: Some(std::cell::RefCell::default()),
            ..Self::new(source)
        }
    }

    /// `None`: the caller uses a stand-in.
    fn read(
        &self,
        key: &str,
        reference: &Reference,
        read: impl FnOnce(&dyn Resolve, &Reference) -> Result<String, ReferenceError>,
    ) -> Result<Option<String>, Unresolved> {
        match (read(self.source, reference), &self.unread) {
            (Ok(text), _) => Ok(Some(text)),
            (Err(error), None) => Err(Unresolved {
                key: key.to_owned(),
                why: error.to_string(),
            }),
            (Err(error), Some(unread)) => {
                unread.borrow_mut().push(Unread {
                    key: key.to_owned(),
                    reference: reference.clone(),
                    error,
                });
                Ok(None)
            }
        }
    }

    /// `None` when the parameter is absent or an empty string. What a reference holds is noted as a secret.
    pub fn text(
        &self,
        key: &str,
        text: Option<&Text>,
    ) -> Result<Option<ConfiguredText>, Unresolved> {
        self.noted(key, text, Secrets::add)
    }

    /// The parameter `success`. A reference may lead to a secret by mistake, so the text as a whole is one. Parts of it
    /// are not: they may be the words of the answer that it waits for, which would be withheld from it.
    pub fn expression(
        &self,
        key: &str,
        text: Option<&Text>,
    ) -> Result<Option<ConfiguredText>, Unresolved> {
        self.noted(key, text, Secrets::add_whole)
    }

    fn noted(
        &self,
        key: &str,
        text: Option<&Text>,
        note: fn(&mut Secrets, &str),
    ) -> Result<Option<ConfiguredText>, Unresolved> {
        match text {
            None => Ok(None),
            Some(Text::Plain(text)) if text.is_empty() => Ok(None),
            Some(Text::Plain(text)) => Ok(Some(ConfiguredText {
                text: text.clone(),
                referenced: false,
            })),
            Some(Text::Reference(reference)) => {
                let text = self.read(key, reference, |source, reference| {
                    source.reference(reference)
                })?;
                if let Some(text) = &text {
                    note(&mut self.secrets.borrow_mut(), text);
                }
                let text = text.unwrap_or_else(|| stand_in(key).to_owned());
                Ok(Some(ConfiguredText {
                    text,
                    referenced: true,
                }))
            }
        }
    }

    /// As [`Self::text`], and notes the value as a secret wherever it came from.
    pub fn secret(
        &self,
        key: &str,
        text: Option<&Text>,
    ) -> Result<Option<ConfiguredText>, Unresolved> {
        let value = self.text(key, text)?;
        if let Some(value) = &value {
            if value.text.contains(['\r', '\n', '\0']) {
                return Err(Unresolved {
                    key: key.to_owned(),
                    why: "holds more than one line, or a NUL".to_owned(),
                });
            }
            self.secrets.borrow_mut().add(&value.text);
        }
        Ok(value)
    }

    /// The parameter `template`: the one that may have several lines and stand in a file without being a secret. Only
    /// what another reference holds comes back as `referenced`, and is sent as it is.
    pub fn template(
        &self,
        key: &str,
        text: Option<&Text>,
    ) -> Result<Option<ConfiguredText>, Unresolved> {
        let Some(Text::Reference(reference @ Reference::File(_))) = text else {
            return self.text(key, text);
        };
        let text = self.read(key, reference, |source, reference| {
            source.document(reference)
        })?;
        let text = text.unwrap_or_else(|| stand_in(key).to_owned());
        Ok((!text.is_empty()).then_some(ConfiguredText {
            text,
            referenced: false,
        }))
    }

    /// Trimmed items, empty ones dropped.
    pub fn list(&self, key: &str, list: Option<&List>) -> Result<Vec<String>, Unresolved> {
        let mut items = Vec::new();
        match list {
            None => {}
            Some(List::Joined(text)) => {
                if let Some(value) = self.text(key, Some(text))? {
                    items.extend(value.text.split(',').map(str::to_owned));
                }
            }
            Some(List::Items(texts)) => {
                for text in texts {
                    items.extend(self.text(key, Some(text))?.map(|v| v.text));
                }
            }
        }
        Ok(items
            .iter()
            .map(|i| i.trim())
            .filter(|i| !i.is_empty())
            .map(str::to_owned)
            .collect())
    }

    /// All secrets met so far.
    pub fn into_secrets(self) -> Secrets {
        self.secrets.into_inner()
    }

    /// The same, and what could not be read.
    pub fn into_findings(self) -> (Secrets, Vec<Unread>) {
        let unread = self
            .unread
            .map(std::cell::RefCell::into_inner)
            .unwrap_or_default();
        (self.secrets.into_inner(), unread)
    }
}

/// Stands for what could not be read, where only its form matters.
fn stand_in(key: &str) -> &'static str {
    match key {
        "service_url" => "https://unread.invalid/",
        "success" => "true",
        _ => "unread",
    }
}
