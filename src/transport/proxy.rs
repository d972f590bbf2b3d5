use super::SendError;
use crate::environment::Environment;
use ureq::http::Uri;

/// The proxies that the environment names. Only the lower-case variables count: a client of a web server sets
/// `HTTP_PROXY` by sending a header `Proxy:` (CVE-2016-5385).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    http: Option<String>,
    https: Option<String>,
    /// Host names and suffixes that are reached directly; `*` is all of them.
    direct: Vec<String>,
}

impl Proxies {
    /// Reads `http_proxy`, `https_proxy` and `no_proxy`.
    pub fn of(environment: &Environment) -> Self {
        let direct = environment.get("no_proxy").unwrap_or_default();
        let direct = direct
            .split(',')
            .map(|d| d.trim().trim_start_matches("*.").trim_start_matches('.'));
        Self {
            http: environment.non_empty("http_proxy"),
            https: environment.non_empty("https_proxy"),
            direct: direct
                .filter(|d| !d.is_empty())
                .map(str::to_ascii_lowercase)
                .collect(),
        }
    }

    /// The proxy for a URL; loopback is always reached directly.
    pub(super) fn to(&self, url: &str) -> Result<Option<ureq::Proxy>, SendError> {
        let Ok(uri) = url.parse::<Uri>() else {
            return Ok(None);
        };
        let name = match uri.scheme_str() {
            Some("https") => &self.https,
            _ => &self.http,
        };
        let (Some(proxy), Some(host)) = (name, uri.host()) else {
            return Ok(None);
        };
        if self.is_direct(host) {
            return Ok(None);
        }
        let unusable = || SendError {
            what: "the proxy that the environment names cannot be used (http:// or https:// only)"
                .to_owned(),
            advice: "set `https_proxy` and `http_proxy` to http://HOST:PORT, and list what needs none in `no_proxy`",
            sent: false,
            permanent: false,
        };
        let proxy = ureq::Proxy::new(proxy).map_err(|_| unusable())?;
        let usable = matches!(
            proxy.protocol(),
            ureq::ProxyProtocol::Http | ureq::ProxyProtocol::Https
        );
        if usable {
            Ok(Some(proxy))
        } else {
            Err(unusable())
        }
    }

    fn is_direct(&self, host: &str) -> bool {
        let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
        let loopback = host
            .parse()
            .map_or(host == "localhost", |a: std::net::IpAddr| a.is_loopback());
        let named = |d: &String| {
            d == "*"
                || host == *d
                || host
                    .strip_suffix(d.as_str())
                    .is_some_and(|h| h.ends_with('.'))
        };
        loopback || self.direct.iter().any(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn via(environment: &Environment, url: &str) -> Option<String> {
        Proxies::of(environment)
            .to(url)
            .unwrap()
            .map(|p| p.host().to_owned())
    }

    #[test]
    fn only_the_lower_case_variables_name_a_proxy() {
        let upper = Environment::from([
            ("HTTP_PROXY", "http://evil:1"),
            ("HTTPS_PROXY", "http://evil:1"),
        ]);
        assert_eq!(via(&upper, "http://a.example/"), None);
        let lower = Environment::from([("http_proxy", "http://p:1"), ("https_proxy", "q:2")]);
        assert_eq!(via(&lower, "http://a.example/").as_deref(), Some("p"));
        assert_eq!(via(&lower, "https://a.example/").as_deref(), Some("q"));
    }

    #[test]
    fn loopback_and_no_proxy_are_reached_directly() {
        let env = Environment::from([
            ("http_proxy", "http://p:1"),
            ("no_proxy", "intra.example, .corp"),
        ]);
        for direct in [
            "127.0.0.1:8080",
            "[::1]:80",
            "localhost",
            "intra.example",
            "a.intra.example",
            "x.corp",
        ] {
            assert_eq!(via(&env, &format!("http://{direct}/")), None, "{direct}");
        }
        assert!(via(&env, "http://notintra.example/").is_some());
    }

    #[test]
    fn a_socks_proxy_is_refused_in_words() {
        let env = Environment::from([("http_proxy", "socks5://p:1")]);
        assert!(Proxies::of(&env).to("http://a.example/").is_err());
    }
}
