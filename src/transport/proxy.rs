use super::SendError;
use crate::environment::Environment;
use ureq::http::Uri;

/// Which proxy a request goes through: the one of the hook, or those that the environment names. Of
/// the environment only the lower-case variables count, since a client of a web server sets
/// `HTTP_PROXY` by sending a header `Proxy:` (CVE-2016-5385).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    /// `proxy` of the hook, used for every host.
    always: Option<String>,
    http: Option<String>,
    https: Option<String>,
    /// Host names and suffixes that are reached directly; `*` is all of them.
    direct: Vec<String>,
}

impl Proxies {
    /// The proxy that the configuration names, for every host.
    pub fn always(url: &str) -> Self {
        Self {
            always: Some(url.to_owned()),
            ..Self::default()
        }
    }

    /// Reads `http_proxy`, `https_proxy` and `no_proxy`.
    pub fn from_environment(environment: &Environment) -> Self {
        let direct = environment.get("no_proxy").unwrap_or_default();
        let direct = direct
            .split(',')
            .map(|d| d.trim().trim_start_matches("*.").trim_start_matches('.'));
        Self {
            always: None,
            http: environment.non_empty("http_proxy"),
            https: environment.non_empty("https_proxy"),
            direct: direct
                .filter(|d| !d.is_empty())
                .map(str::to_ascii_lowercase)
                .collect(),
        }
    }

    /// The proxy for a URL. Loopback is always reached directly, unless the hook names a proxy.
    pub(super) fn to(&self, url: &str) -> Result<Option<ureq::Proxy>, SendError> {
        if let Some(proxy) = &self.always {
            return usable(proxy).map(Some).ok_or_else(unusable_key);
        }
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
        usable(proxy).map(Some).ok_or_else(unusable_variable)
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

/// A proxy that speaks CONNECT or SOCKS 5.
fn usable(url: &str) -> Option<ureq::Proxy> {
    use ureq::ProxyProtocol as Protocol;
    let proxy = ureq::Proxy::new(url).ok()?;
    let is_supported = matches!(
        proxy.protocol(),
        Protocol::Http | Protocol::Https | Protocol::Socks5 | Protocol::Socks5h
    );
    is_supported.then_some(proxy)
}

/// Whether a proxy's URL can be used.
pub fn is_usable_proxy(url: &str) -> bool {
    usable(url).is_some()
}

fn unusable_key() -> SendError {
    unusable(
        "the proxy cannot be used (check `proxy`)",
        "write `proxy` as http://HOST:PORT, https://HOST:PORT, socks5://HOST:PORT or socks5h://HOST:PORT",
    )
}

fn unusable_variable() -> SendError {
    unusable(
        "the proxy that the environment names cannot be used",
        "set `https_proxy` and `http_proxy` to http://HOST:PORT or socks5://HOST:PORT, and list what needs none in `no_proxy`",
    )
}

fn unusable(what: &str, advice: &'static str) -> SendError {
    SendError {
        what: what.to_owned(),
        advice,
        sent: false,
        permanent: false,
        denied: false,
        step: super::FailedStep::Preparation,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn via(environment: &Environment, url: &str) -> Option<String> {
        Proxies::from_environment(environment)
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
    fn socks_5_is_used_and_other_protocols_are_refused_by_name_of_the_setting() {
        let variable = |url: &str| {
            Proxies::from_environment(&Environment::from([("http_proxy", url)]))
                .to("http://a.example/")
        };
        assert!(variable("socks5://p:1").is_ok_and(|proxy| proxy.is_some()));
        assert!(
            variable("socks4://p:1")
                .unwrap_err()
                .advice
                .contains("`http_proxy`")
        );
        let key = |url: &str| Proxies::always(url).to("http://127.0.0.1/");
        assert!(key("socks5h://user:pw@p:1").is_ok_and(|proxy| proxy.is_some()));
        let error = key("ftp://user:pw@p:1").unwrap_err();
        assert!(
            error.what.contains("`proxy`") && !error.what.contains("pw"),
            "{error}"
        );
    }
}
