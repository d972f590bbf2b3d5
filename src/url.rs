//! Splits a URL into its parts, as written: nothing is decoded and nothing is rejected.
//!
//! The boundaries are those that HTTP clients see, so that no part can hide in another one: the fragment begins at the
//! first `#`, the path at the first `/`, `?` or `\`, and the host behind the last `@` before it.

/// The parts of a URL. A text without `://` is split as one without a scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UrlParts<'a> {
    /// Before `://`; empty if there is none.
    pub scheme: &'a str,
    /// User and password as written, before the `@`.
    pub userinfo: Option<&'a str>,
    /// Host and port as written.
    pub host_and_port: &'a str,
    /// Begins with `/` or `\`, or is empty.
    pub path: &'a str,
    /// After the `?`, up to the fragment.
    pub query: Option<&'a str>,
}

impl<'a> UrlParts<'a> {
    /// Splits a URL.
    pub fn split(url: &'a str) -> Self {
        let url = without_fragment(url);
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '\\']).unwrap_or(rest.len()));
        let (userinfo, host_and_port) = authority
            .rsplit_once('@')
            .map_or((None, authority), |(user, host)| (Some(user), host));
        let (path, query) = rest
            .split_once('?')
            .map_or((rest, None), |(path, query)| (path, Some(query)));
        Self {
            scheme,
            userinfo,
            host_and_port,
            path,
            query,
        }
    }

    /// The host without its port; an IPv6 address keeps its brackets.
    pub fn host(&self) -> &'a str {
        self.split_port().0
    }

    /// The port as written, after the `:`.
    pub fn port(&self) -> Option<&'a str> {
        self.split_port().1
    }

    /// Whether the scheme is http or https, in any case.
    pub fn is_http(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("http") || self.scheme.eq_ignore_ascii_case("https")
    }

    /// The value of the first query parameter with this name, as written.
    pub fn parameter(&self, name: &str) -> Option<&'a str> {
        let mut pairs = self
            .query?
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    fn split_port(&self) -> (&'a str, Option<&'a str>) {
        let text = self.host_and_port;
        let after_brackets = text.find(']').map_or(0, |at| at + 1);
        match text[after_brackets..].find(':') {
            Some(at) => {
                let at = after_brackets + at;
                (&text[..at], Some(&text[at + 1..]))
            }
            None => (text, None),
        }
    }
}

/// The URL up to its fragment, which is never sent.
pub fn without_fragment(url: &str) -> &str {
    url.split_once('#').map_or(url, |(before, _)| before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_split_at_its_separators() {
        let parts = UrlParts::split("HTTPS://u:p@e.com:8443/a/b?k=v&x=&k=w#frag?no");
        assert_eq!(parts.scheme, "HTTPS");
        assert!(parts.is_http());
        assert_eq!(parts.userinfo, Some("u:p"));
        assert_eq!((parts.host(), parts.port()), ("e.com", Some("8443")));
        assert_eq!((parts.path, parts.query), ("/a/b", Some("k=v&x=&k=w")));
        let values = ["k", "x", "y"].map(|name| parts.parameter(name));
        assert_eq!(values, [Some("v"), Some(""), None]);
    }

    #[test]
    fn the_host_is_the_one_that_clients_connect_to() {
        for (url, host, port) in [
            ("http://ann@h.example:8080/a?b@c", "h.example", Some("8080")),
            ("http://a@b@h/", "h", None),
            ("https://[::1]?x", "[::1]", None),
            ("http://[::1]:80/x", "[::1]", Some("80")),
            ("http://h\\@other/", "h", None),
            ("http://h#@other/", "h", None),
            ("http://h?@other/", "h", None),
            ("http://h:", "h", Some("")),
            ("h:1/x", "h", Some("1")),
            ("http://", "", None),
            ("", "", None),
        ] {
            let parts = UrlParts::split(url);
            assert_eq!((parts.host(), parts.port()), (host, port), "{url}");
        }
    }
}
