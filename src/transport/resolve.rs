//! Looks names up within a deadline, and keeps only the addresses that `[network]` lets through.
//!
//! The system's lookup knows no deadline, so it runs on a thread. ureq's own resolver panics where no
//! thread can be started; this one then looks up in place. ureq connects to the addresses that are
//! returned here and looks nothing up again, so a name that changes its addresses gains nothing.

use crate::network::Policy;
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{RecvTimeoutError, channel};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;
use ureq::unversioned::transport::time::Duration;

/// The resolver of receivers and of proxies.
#[derive(Debug)]
pub(super) struct Guarded {
    pub(super) network: Policy,
}

impl Resolver for Guarded {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let host = uri.host().unwrap_or_default();
        self.allowed(host, &lookup(uri, config, timeout)?)
    }
}

impl Guarded {
    /// The addresses that may be connected to; an error where none is left.
    fn allowed(
        &self,
        host: &str,
        found: &[SocketAddr],
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut allowed = self.empty();
        let mut denied = None;
        for address in found {
            match self.network.check(host, address.ip()) {
                Ok(()) => allowed.push(*address),
                Err(error) => denied = Some(error),
            }
        }
        match denied {
            Some(error) if allowed.is_empty() => Err(ureq::Error::Io(io::Error::other(error))),
            _ => Ok(allowed),
        }
    }
}

/// Waits no longer than `timeout`, unless no thread can be started.
fn lookup(
    uri: &Uri,
    config: &Config,
    timeout: NextTimeout,
) -> Result<ResolvedSocketAddrs, ureq::Error> {
    let (uri, config) = (uri.clone(), config.clone());
    let at_leisure = NextTimeout {
        after: Duration::NotHappening,
        ..timeout
    };
    let lookup = move || DefaultResolver::default().resolve(&uri, &config, at_leisure);
    within(*timeout.after, lookup)
}

/// A lookup that takes longer has timed out as a lookup, whichever limit was reached: nothing else has begun.
fn within<T: Send + 'static>(
    time: std::time::Duration,
    lookup: impl Fn() -> Result<T, ureq::Error> + Clone + Send + 'static,
) -> Result<T, ureq::Error> {
    let (here, (result, resolved)) = (lookup.clone(), channel());
    let Ok(_) = std::thread::Builder::new().spawn(move || drop(result.send(lookup()))) else {
        return here();
    };
    resolved
        .recv_timeout(time)
        .unwrap_or_else(|error| match error {
            RecvTimeoutError::Timeout => Err(ureq::Error::Timeout(ureq::Timeout::Resolve)),
            RecvTimeoutError::Disconnected => {
                Err(ureq::Error::Io(io::Error::other("name lookup failed")))
            }
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_addresses_only_those_that_are_allowed_are_connected_to() {
        let resolver = Guarded {
            network: Policy::default(),
        };
        let address = |text: &str| text.parse::<SocketAddr>().unwrap();
        let (denied, good) = (address("169.254.169.254:80"), address("192.0.2.1:80"));
        let allowed = |found: &[SocketAddr]| resolver.allowed("a.example", found);
        assert_eq!(&allowed(&[denied, good, denied]).unwrap()[..], [good]);
        assert!(allowed(&[denied, denied]).is_err());
    }

    #[test]
    fn a_name_server_that_is_silent_is_a_failed_lookup() {
        let silent = || -> Result<(), _> {
            std::thread::park();
            Err(ureq::Error::HostNotFound)
        };
        let error = within(std::time::Duration::from_millis(1), silent).unwrap_err();
        assert!(
            matches!(error, ureq::Error::Timeout(ureq::Timeout::Resolve)),
            "{error}"
        );
    }
}
