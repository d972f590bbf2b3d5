//! What the keys of [`WebKeys`] refer to, and the request that is made of it.

use super::keys::NO_COLON;
use super::{Credentials, Headers, Target, WebKeys, basic, unusable};
use crate::action::RenderError;
use crate::http::{Method, Request, is_credential};
use crate::parameter::{Resolver, SecretList, Text, Unresolved};
use crate::secret::Secrets;
use serde_json::Value;
use std::borrow::Cow;

/// Where requests go, with headers and credentials.
pub(crate) struct Endpoint {
    pub(crate) target: Target,
    headers: Headers,
    authorization: Option<String>,
    /// The credentials in it.
    pub(crate) secrets: Secrets,
}

/// What differs between the requests to an endpoint.
pub(crate) struct WebMessage<'a> {
    pub(crate) method: Method,
    /// What templates read.
    pub(crate) event: &'a Value,
    /// Our headers; the user's win over them.
    pub(crate) headers: Vec<(Cow<'static, str>, String)>,
    pub(crate) body: Vec<u8>,
}

/// Headers whose names are known.
pub(crate) fn named(headers: Vec<(&'static str, String)>) -> Vec<(Cow<'static, str>, String)> {
    let named = headers.into_iter();
    named.map(|(name, value)| (name.into(), value)).collect()
}

impl Endpoint {
    /// Reads references.
    pub(crate) fn build(keys: &WebKeys<'_>, resolver: &Resolver<'_>) -> Result<Self, Unresolved> {
        let (key, headers) = keys.headers;
        let mut endpoint = Self {
            target: Target::build(resolver, keys.service_url, keys.request_parameters)?,
            headers: Headers::build(resolver, key, headers)?,
            authorization: None,
            secrets: Secrets::default(),
        };
        if keys
            .signature
            .is_some_and(|header| endpoint.headers.sets(header))
        {
            let why = "holds the header of `signature`";
            return Err(unusable(key, why));
        }
        endpoint.authorization = match keys.credentials {
            Credentials::Basic(username, password) => {
                endpoint.basic(resolver, username, password)?
            }
            Credentials::Bearer(key, token) => endpoint
                .secret(resolver, key, token)?
                .map(|token| format!("Bearer {token}")),
        };
        Ok(endpoint)
    }

    /// Reads a credential and notes it.
    pub(crate) fn secret(
        &mut self,
        resolver: &Resolver<'_>,
        key: &str,
        text: Option<&Text>,
    ) -> Result<Option<String>, Unresolved> {
        let value = resolver.secret(key, text)?.map(|value| value.text);
        if let Some(value) = &value {
            self.secrets.add(value);
        }
        Ok(value)
    }

    /// As [`Self::secret`] for several; empty ones are left out.
    pub(crate) fn secrets_of(
        &mut self,
        resolver: &Resolver<'_>,
        key: &str,
        list: Option<&SecretList>,
    ) -> Result<Vec<String>, Unresolved> {
        let mut secrets = Vec::new();
        for text in list.into_iter().flat_map(|list| &list.0) {
            secrets.extend(self.secret(resolver, key, Some(text))?);
        }
        Ok(secrets)
    }

    /// An empty password is legal.
    fn basic(
        &mut self,
        resolver: &Resolver<'_>,
        username: Option<&Text>,
        password: Option<&Text>,
    ) -> Result<Option<String>, Unresolved> {
        let Some(username) = resolver.text("username", username)? else {
            return Ok(None);
        };
        if username.text.contains(':') {
            return Err(unusable("username", NO_COLON));
        }
        let password = self.secret(resolver, "password", password)?;
        Ok(Some(basic(&username.text, &password.unwrap_or_default())))
    }

    /// The request, with everything secret in it noted.
    pub(crate) fn request(&self, message: WebMessage<'_>) -> Result<Request, RenderError> {
        let WebMessage {
            method,
            event,
            headers: mut ours,
            body,
        } = message;
        let (url, user) = self.target.request_url(event)?;
        let in_url = user.map(|user| basic(&user.name, &user.password));
        let authorization = self.authorization.clone().or(in_url);
        ours.extend(authorization.map(|value| ("Authorization".into(), value)));
        let headers = self.headers.over(ours, event)?;
        let mut secrets = self.secrets.clone();
        secrets.extend(self.headers.secrets());
        secrets.extend(self.target.secrets());
        for (_, value) in headers.iter().filter(|(name, _)| is_credential(name)) {
            secrets.add(value);
            // `Bearer TOKEN`: the token alone may come back as well.
            if let Some((_, token)) = value.split_once(' ') {
                secrets.add(token);
            }
        }
        Ok(Request {
            method,
            masked_url: self.target.mask(&url, event),
            url,
            headers,
            body,
            secrets,
        })
    }
}
