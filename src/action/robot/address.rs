//! The address of a robot: checked, taken apart, shown without its token. Knows no vendor's host or path.

use crate::parameter::ConfiguredText;
use crate::secret::{Secrets, mask_url, url_secrets};
use crate::url::{UrlParts, without_fragment};

/// An http or https address, taken apart without decoding anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parts<'a> {
    /// Up to the query: scheme, host, port, path.
    pub(crate) base: &'a str,
    /// Name or address, without the port.
    pub(crate) host: &'a str,
    /// Begins with `/`, or is empty.
    pub(crate) path: &'a str,
    /// Behind the `?`; empty when there is none.
    pub(crate) query: &'a str,
}

impl<'a> Parts<'a> {
    /// `Err` says what is wrong, as a fragment that follows the key.
    pub(crate) fn parse(url: &'a str) -> Result<Self, &'static str> {
        let url = without_fragment(url);
        let parts = UrlParts::split(url);
        if !parts.is_http() {
            return Err("is not an http or https URL");
        }
        if url
            .chars()
            .any(|c| !c.is_ascii_graphic() || "\"<>\\^`{|}".contains(c))
        {
            return Err("has blanks or characters that a URL cannot have");
        }
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        if parts.userinfo.is_some() {
            return Err("has a user name or password, which robots do not support");
        }
        let (host, port, path) = (parts.host(), parts.port().unwrap_or_default(), parts.path);
        if host.is_empty() {
            return Err("has no host");
        }
        if !port.is_empty() && port.parse::<u16>().is_err() {
            return Err("has an invalid port (1-65535)");
        }
        Ok(Self {
            base,
            host,
            path,
            query,
        })
    }

    /// The value of a query parameter, as written.
    pub(crate) fn parameter(&self, name: &str) -> Option<&'a str> {
        self.query.split('&').find_map(|pair| {
            pair.split_once('=')
                .filter(|(n, _)| *n == name)
                .map(|(_, value)| value)
        })
    }
}

/// A resolved address. It is a secret of its group: a person who has it can post.
pub(crate) struct Address {
    url: String,
    referenced: bool,
    /// The parts of it that nobody may see.
    pub(crate) secrets: Secrets,
}

impl Address {
    /// `Err` says what is wrong.
    pub(crate) fn new(value: &ConfiguredText) -> Result<Self, &'static str> {
        let url = without_fragment(value.text.trim()).to_owned();
        Parts::parse(&url)?;
        let mut secrets = url_secrets(&url, value.referenced);
        if value.referenced {
            secrets.add(&url);
        }
        Ok(Self {
            referenced: value.referenced,
            secrets,
            url,
        })
    }

    /// Complete, without a fragment.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Without the named query parameters: what was pasted along, and is made anew for each attempt.
    pub(crate) fn without(&self, names: &[&str]) -> String {
        let (base, query) = self.url.split_once('?').unwrap_or((&self.url, ""));
        let stale = |pair: &&str| names.contains(&pair.split('=').next().unwrap_or(""));
        let kept: Vec<_> = query
            .split('&')
            .filter(|p| !p.is_empty() && !stale(p))
            .collect();
        if kept.is_empty() {
            base.to_owned()
        } else {
            format!("{base}?{}", kept.join("&"))
        }
    }

    /// `url`, which is this address with more behind it, as people may see it.
    pub(crate) fn mask(&self, url: &str) -> String {
        mask_url(url, self.referenced)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_says_what_is_wrong_with_an_address() {
        let why = |url| {
            Parts::parse(url)
                .map(|p| (p.host, p.path, p.query))
                .unwrap_err()
        };
        assert_eq!(why("ftp://e.com/"), "is not an http or https URL");
        assert_eq!(why("e.com/x"), "is not an http or https URL");
        assert_eq!(why("https:///x"), "has no host");
        assert_eq!(
            why("https://e.com:99999/x"),
            "has an invalid port (1-65535)"
        );
        assert_eq!(
            why("https://a:b@e.com/x"),
            "has a user name or password, which robots do not support"
        );
        for url in [
            "https://e.com/a b",
            "https://e.com/${x}",
            "https://例.com/",
            "https://e.com/\n",
        ] {
            assert_eq!(
                why(url),
                "has blanks or characters that a URL cannot have",
                "{url}"
            );
        }
    }

    #[test]
    fn parse_splits_an_address() {
        let parts = Parts::parse("HTTPS://e.com:8443/a/b?k=v&x=#frag").unwrap();
        assert_eq!(
            (parts.host, parts.path, parts.query),
            ("e.com", "/a/b", "k=v&x=")
        );
        assert_eq!(
            (
                parts.parameter("k"),
                parts.parameter("x"),
                parts.parameter("y")
            ),
            (Some("v"), Some(""), None)
        );
        assert_eq!(Parts::parse("http://[::1]:80/x").unwrap().host, "[::1]");
    }

    #[test]
    fn without_drops_only_the_named_parameters() {
        let value = |text: &str| ConfiguredText {
            text: text.to_owned(),
            referenced: false,
        };
        let url = |text| {
            Address::new(&value(text))
                .unwrap()
                .without(&["timestamp", "sign"])
        };
        assert_eq!(
            url("http://h/r?access_token=t&timestamp=1&sign=a%3D"),
            "http://h/r?access_token=t"
        );
        assert_eq!(url("http://h/r?sign=a#x"), "http://h/r");
        assert_eq!(url("http://h/r"), "http://h/r");
        assert_eq!(url("http://h/r?signer=a&b"), "http://h/r?signer=a&b");
    }
}
