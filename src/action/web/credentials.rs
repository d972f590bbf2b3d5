//! Credentials, and what can be said of parameters without reading what they refer to.

use super::headers::basic;
use super::pieces::plain;
use crate::parameter::{Reference, Resolver, Text, Unresolved};
use crate::secret::Secrets;

/// Reads a credential and notes it.
pub(crate) fn secret(
    resolver: &Resolver<'_>,
    secrets: &mut Secrets,
    key: &str,
    text: Option<&Text>,
) -> Result<Option<String>, Unresolved> {
    let value = resolver.secret(key, text)?.map(|value| value.text);
    if let Some(value) = &value {
        secrets.add(value);
    }
    Ok(value)
}

/// `Authorization` from `username` and `password`; an empty password is legal.
pub(crate) fn basic_authorization(
    resolver: &Resolver<'_>,
    secrets: &mut Secrets,
    username: Option<&Text>,
    password: Option<&Text>,
) -> Result<Option<String>, Unresolved> {
    let Some(username) = resolver.text("username", username)? else {
        return Ok(None);
    };
    if username.text.contains(':') {
        return Err(super::unusable(
            "username",
            "cannot contain `:` in HTTP Basic authentication",
        ));
    }
    let password = secret(resolver, secrets, "password", password)?.unwrap_or_default();
    Ok(Some(basic(&username.text, &password)))
}

/// Whether a parameter is given; an empty string counts as absent.
pub(crate) fn is_given(text: Option<&Text>) -> bool {
    matches!(text, Some(Text::Reference(_))) || plain(text).is_some()
}

/// A template in a file cannot be read here: it may read anything of an event. It is not taken to read `updates`, which
/// would change what it is given.
pub(crate) fn in_a_file(template: Option<&Text>, name: &str) -> bool {
    matches!(template, Some(Text::Reference(Reference::File(_)))) && name != "updates"
}
