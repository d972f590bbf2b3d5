//! Where a request goes: `service_url`, with `request_parameters` behind its query.

use super::unusable;
use crate::action::RenderError;
use crate::parameter::{ConfiguredText, Pairs, Resolver, Text, Unresolved};
use crate::secret::{MASK, Secrets, is_secret_pair, mask_url, url_secrets};
use crate::template::EscapeContext;
use crate::url::UrlParts;
use percent_encoding::{
    AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode,
};
use serde_json::Value;

/// Bytes that a URL may have; receivers and proxies take less.
const MAX_URL: usize = 16 * 1024;
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// What stands literally in a configured URL and no URL can have (RFC 3986, 2).
const ILLEGAL: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

enum QueryParameters {
    /// `k=v&k=v`.
    Joined(ConfiguredText),
    /// Names and values, in the order of the file.
    Table(Vec<(String, ConfiguredText)>),
}

impl QueryParameters {
    fn build(resolver: &Resolver<'_>, pairs: &Pairs) -> Result<Option<Self>, Unresolved> {
        let read = |text| resolver.text("request_parameters", Some(text));
        let pairs = match pairs {
            Pairs::Joined(text) => return Ok(read(text)?.map(Self::Joined)),
            Pairs::Table(pairs) => pairs,
        };
        let entries = pairs
            .iter()
            .map(|(name, text)| Ok((name.clone(), read(text)?.unwrap_or_default())));
        entries.collect::<Result<_, _>>().map(Self::Table).map(Some)
    }

    fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::default();
        match self {
            Self::Joined(source) if source.referenced => {
                secrets.extend(&url_secrets(&format!("?{}", source.text.trim()), true));
            }
            Self::Joined(source) => {
                let pairs = source.text.split('&').filter_map(|p| p.split_once('='));
                pairs
                    .filter(|(name, value)| is_secret_pair(name, value))
                    .for_each(|(_, value)| secrets.add(value));
            }
            Self::Table(table) => table
                .iter()
                .filter(|(name, v)| v.referenced || is_secret_pair(name, &v.text))
                .for_each(|(_, v)| secrets.add(&v.text)),
        }
        secrets
    }
}

/// A resolved address.
pub(crate) struct Target {
    url: ConfiguredText,
    parameters: Option<QueryParameters>,
    secrets: Secrets,
    /// The same as people may see it: fixed parts that may be credentials are masked, what comes from the event is not.
    shown: Option<Box<Target>>,
}

impl Target {
    /// Reads references.
    pub(crate) fn build(
        resolver: &Resolver<'_>,
        service_url: Option<&Text>,
        parameters: Option<&Pairs>,
    ) -> Result<Self, Unresolved> {
        let url = resolver
            .text("service_url", service_url)?
            .ok_or_else(|| unusable("service_url", "is missing"))?;
        let url = ConfiguredText {
            text: url.text.trim().to_owned(),
            ..url
        };
        let parameters = match parameters {
            None => None,
            Some(pairs) => QueryParameters::build(resolver, pairs)?,
        };
        let mut secrets = url_secrets(&url.text, url.referenced);
        if let Some(parameters) = &parameters {
            secrets.extend(&parameters.secrets());
        }
        let shown = Self {
            url: ConfiguredText {
                text: mask_url(&url.text, url.referenced),
                ..url
            },
            parameters: parameters.as_ref().map(masked),
            secrets: Secrets::default(),
            shown: None,
        };
        Ok(Self {
            url,
            parameters,
            secrets,
            shown: Some(Box::new(shown)),
        })
    }

    /// What nobody may see of it.
    pub(crate) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// `url`, which [`Self::request_url`] made of the event, as people may see it.
    pub(crate) fn mask(&self, url: &str, event: &Value) -> String {
        let shown = self
            .shown
            .as_ref()
            .and_then(|shown| shown.request_url(event).ok());
        shown.map_or_else(|| mask_url(url, self.url.referenced), |(url, _)| url)
    }

    /// The configured URL up to `part`, without user and query; `None` where it stands outside hooks.toml or does not
    /// hold the part.
    pub(crate) fn shown_before(&self, part: &str) -> Option<String> {
        let (before, _) = self
            .url
            .text
            .split_once(part)
            .filter(|_| !self.url.referenced)?;
        let parts = UrlParts::split(before);
        let is_plain = !parts.scheme.is_empty() && parts.query.is_none() && !before.contains('#');
        let UrlParts {
            scheme,
            host_and_port: host,
            path,
            ..
        } = parts;
        (is_plain && !before.contains("${"))
            .then(|| mask_url(&format!("{scheme}://{host}{path}"), false))
    }

    /// The URL for an event, without user and fragment, and the user that it held.
    pub(crate) fn request_url(&self, event: &Value) -> Result<(String, Option<User>), RenderError> {
        let url = self
            .url
            .render("service_url", EscapeContext::Url, event, MAX_URL)?;
        let url = url.split('#').next().unwrap_or_default();
        let (mut url, user) =
            without_user(url).map_err(|why| RenderError::new("service_url", why))?;
        let query = self.query(event)?;
        if !query.is_empty() {
            let separator = match url.find('?') {
                None => "?",
                Some(_) if url.ends_with(['?', '&']) => "",
                Some(_) => "&",
            };
            url = url + separator + &query;
        }
        if url.len() > MAX_URL {
            return Err(RenderError::new(
                "service_url",
                "becomes longer than 16 KiB",
            ));
        }
        Ok((utf8_percent_encode(&url, ILLEGAL).to_string(), user))
    }

    fn query(&self, event: &Value) -> Result<String, RenderError> {
        match &self.parameters {
            None => Ok(String::new()),
            Some(QueryParameters::Joined(source)) => {
                let query =
                    source.render("request_parameters", EscapeContext::Url, event, MAX_URL)?;
                // A `#` would begin a fragment, which is never sent.
                Ok(query.trim().trim_matches(['?', '&']).replace('#', "%23"))
            }
            Some(QueryParameters::Table(table)) => {
                let mut pairs = Vec::new();
                for (name, source) in table {
                    let value = source.render(
                        "request_parameters",
                        EscapeContext::Plain,
                        event,
                        MAX_URL,
                    )?;
                    let encoded = |text| utf8_percent_encode(text, COMPONENT);
                    pairs.push(format!("{}={}", encoded(name), encoded(&value)));
                }
                Ok(pairs.join("&"))
            }
        }
    }
}

/// User and password as an address holds them, decoded.
pub(crate) struct User {
    /// Before the `:`.
    pub(crate) name: String,
    /// Behind it; may be empty.
    pub(crate) password: String,
}

/// `k=v&k=v` with the values masked that may be credentials.
fn masked(parameters: &QueryParameters) -> QueryParameters {
    let pair = |name: &str, value: &str, literal: bool| {
        if literal || is_secret_pair(name, value) {
            format!("{name}={MASK}")
        } else {
            format!("{name}={value}")
        }
    };
    let text = match parameters {
        QueryParameters::Joined(source) if source.referenced => MASK.to_owned(),
        QueryParameters::Joined(source) => {
            let pairs = source.text.trim().split('&');
            let masked = pairs.map(|p| {
                p.split_once('=')
                    .map_or_else(|| p.to_owned(), |(n, v)| pair(n, v, false))
            });
            masked.collect::<Vec<_>>().join("&")
        }
        QueryParameters::Table(table) => table
            .iter()
            .map(|(name, v)| pair(name, &v.text, v.referenced))
            .collect::<Vec<_>>()
            .join("&"),
    };
    QueryParameters::Joined(ConfiguredText {
        text,
        referenced: false,
    })
}

/// Checks an absolute URL; takes user and password out of it. `Err` follows the key and never shows the URL.
pub(super) fn without_user(url: &str) -> Result<(String, Option<User>), &'static str> {
    let parts = UrlParts::split(url);
    if !parts.is_http() {
        return Err("must begin with `http://` or `https://`");
    }
    let UrlParts {
        scheme,
        host_and_port: host,
        userinfo: user,
        ..
    } = parts;
    let port = parts.port();
    if host.is_empty() || host.starts_with(':') {
        return Err("has no host");
    }
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return Err("has an invalid port (1-65535)");
    }
    if !host.is_ascii() {
        return Err("has a host that is not ASCII: write its `xn--` form");
    }
    let is_illegal = |c: char| !c.is_ascii_graphic() || "\"<>\\^`{|}".contains(c);
    // Some clients take a backslash for a part of the host.
    if host.contains(is_illegal) || parts.path.starts_with('\\') {
        return Err("has a host with blanks or characters that a host cannot have");
    }
    let literal = host
        .strip_prefix('[')
        .map(|rest| rest.split_once(']').map_or("", |(address, _)| address));
    if literal.is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_err()) {
        return Err("has a host in brackets that is no IPv6 address");
    }
    if user.is_some_and(|user| user.contains(char::is_whitespace)) {
        return Err("has blanks before its path");
    }
    let query = parts
        .query
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    let path = format!("{}{query}", parts.path);
    if path.contains(char::is_control) {
        return Err("has control characters");
    }
    let decode = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let user = user.map(|user| user.split_once(':').unwrap_or((user, "")));
    let slash = if path.starts_with('/') { "" } else { "/" };
    Ok((
        format!("{scheme}://{host}{slash}{path}"),
        user.map(|(name, password)| User {
            name: decode(name),
            password: decode(password),
        }),
    ))
}
