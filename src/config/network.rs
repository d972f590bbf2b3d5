//! `[network]` of the server's file as hooks use it, and the keys of a hook that it refuses.

use super::entry::{Common, Section};
use super::file::Layer;
use super::form::{Item, ItemError};
use super::notes::Notes;
use super::references::{NamedFile, References};
use super::settings::NetworkTable;
use crate::network::{Denied, Policy, Rule, RuleError, literal};
use crate::parameter::Text;
use crate::transport::is_usable_proxy;
use crate::url::UrlParts;
use std::sync::Arc;

/// What every request of this machine is subject to, and the defaults of the keys of hooks.
#[derive(Clone, Debug, Default)]
pub(super) struct Network {
    pub(super) policy: Arc<Policy>,
    pub(super) ca_file: Option<NamedFile>,
    pub(super) proxy: Option<Proxy>,
}

/// A proxy's URL, and where it is read if it is a reference.
#[derive(Clone, Debug)]
pub(super) struct Proxy {
    pub(super) url: Text,
    pub(super) references: References,
}

/// An entry of `deny`.
#[derive(Clone, Debug)]
pub(super) struct DenyEntry(pub(super) String);

/// An entry of `allow`.
#[derive(Clone, Debug)]
pub(super) struct AllowEntry(pub(super) String);

/// In the first place of `deny`: the built-in list does not count.
pub(super) const NO_DEFAULT: &str = "!default";

impl Item for DenyEntry {
    const LIST: &'static str = "a list of addresses and ranges, such as `10.0.0.0/8`";
    const MAY_BE_EMPTY: bool = true;

    fn parse(text: &str) -> Result<Self, ItemError> {
        if text != NO_DEFAULT {
            Rule::parse_address(text)?;
        }
        Ok(Self(text.to_owned()))
    }
}

impl Item for AllowEntry {
    const LIST: &'static str =
        "a list of addresses, ranges, host patterns, `public`, `private` and `loopback`";
    const MAY_BE_EMPTY: bool = true;

    fn parse(text: &str) -> Result<Self, ItemError> {
        Rule::parse(text)?;
        Ok(Self(text.to_owned()))
    }
}

impl Network {
    /// From the table as written. `Err`: what cannot be used, by its key.
    pub(super) fn new(
        table: NetworkTable,
        references: &References,
    ) -> Result<Self, (&'static str, String)> {
        let deny = table.deny.map(|list| list.0).unwrap_or_default();
        let deny = deny.into_iter().map(|entry| entry.0).collect::<Vec<_>>();
        let allow = table.allow.map(|list| list.0).unwrap_or_default();
        let allow = allow.into_iter().map(|entry| entry.0).collect::<Vec<_>>();
        if deny.iter().skip(1).any(|entry| entry == NO_DEFAULT) {
            let why = format!("`deny`: `{NO_DEFAULT}` counts in the first place alone");
            return Err(("deny", why));
        }
        let unusable = |(_, _, error): (_, _, RuleError)| ("deny", format!("`deny` {error}"));
        let policy = Policy::new(&deny, &allow).map_err(unusable)?;
        let proxy = table.proxy.filter(|url| !is_empty(url));
        if let Some(why) = proxy.as_ref().and_then(|url| refused_proxy(url, &policy)) {
            return Err(("proxy", why));
        }
        Ok(Self {
            policy: Arc::new(policy),
            ca_file: NamedFile::new("ca_file", table.ca_file, references),
            proxy: proxy.map(|url| Proxy {
                url,
                references: references.clone(),
            }),
        })
    }
}

impl Section<'_, '_> {
    /// Notes the keys of a hook whose requests `[network]` would not let through.
    pub(super) fn check_network(
        &self,
        common: &Common,
        service_url: Option<&Text>,
        policy: &Policy,
        notes: &mut Notes<'_>,
    ) {
        let mut refuse = |key: &str, why: String| {
            notes.mistake(self.value_at(key), Some(self.name), why);
        };
        if let Some(Text::Plain(url)) = service_url
            && let Some(why) = refused_address(url, policy)
        {
            refuse("service_url", format!("`service_url`: its {why}"));
        }
        let proxy = common.proxy.as_ref().filter(|url| !is_empty(url));
        if proxy.is_some() && self.layer == Layer::Repository && policy.is_restricted() {
            let why = "`proxy` belongs to the server's file, because `[network] allow` limits what can be reached";
            refuse("proxy", why.to_owned());
        } else if let Some(why) = proxy.and_then(|url| refused_proxy(url, policy)) {
            refuse("proxy", why);
        }
        let is_set = |path: &Option<String>| path.as_ref().is_some_and(|path| !path.is_empty());
        match (is_set(&common.client_cert), is_set(&common.client_key)) {
            (true, false) => refuse("client_cert", "`client_cert` needs `client_key`".to_owned()),
            (false, true) => refuse("client_key", "`client_key` needs `client_cert`".to_owned()),
            _ => {}
        }
    }
}

/// Why a URL with a literal address cannot be reached. A name is judged by its addresses when it is connected to.
pub(super) fn refused_address(url: &str, policy: &Policy) -> Option<String> {
    let host = UrlParts::split(url.trim()).host();
    let denied = policy.check(host, literal(host)?).err()?;
    Some(refusal(&denied))
}

fn refusal(denied: &Denied) -> String {
    match &denied.rule {
        Some(rule) => format!("address is denied by `{rule}` in `[network] deny`"),
        None => "address matches nothing in `[network] allow`".to_owned(),
    }
}

/// Why a proxy that is written in the file cannot be used.
fn refused_proxy(url: &Text, policy: &Policy) -> Option<String> {
    let Text::Plain(url) = url else { return None };
    if !url.contains("://") || !is_usable_proxy(url) {
        let forms = "`proxy` must be http://HOST:PORT, https://HOST:PORT, socks5://HOST:PORT or socks5h://HOST:PORT";
        return Some(forms.to_owned());
    }
    refused_address(url, policy).map(|why| format!("`proxy`: its {why}"))
}

/// Whether it counts as absent.
pub(super) fn is_empty(text: &Text) -> bool {
    matches!(text, Text::Plain(text) if text.is_empty())
}
