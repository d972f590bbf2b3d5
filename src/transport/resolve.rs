//! Names to addresses within a deadline. The system's lookup knows none, so it happens on a thread. ureq's own resolver
//! panics where there is no thread left; this one then looks up right here.

use std::io;
use std::sync::mpsc::{RecvTimeoutError, channel};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;
use ureq::unversioned::transport::time::Duration;

/// Waits no longer than it is told to, unless nothing is left to wait with.
#[derive(Debug)]
pub(super) struct Patient;

impl Resolver for Patient {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let (uri, config, reason) = (uri.clone(), config.clone(), timeout.reason);
        let at_leisure = NextTimeout {
            after: Duration::NotHappening,
            ..timeout
        };
        let lookup = move || DefaultResolver::default().resolve(&uri, &config, at_leisure);
        let (here, (result, resolved)) = (lookup.clone(), channel());
        let Ok(_) = std::thread::Builder::new().spawn(move || drop(result.send(lookup()))) else {
            return here();
        };
        resolved
            .recv_timeout(*timeout.after)
            .unwrap_or_else(|error| match error {
                RecvTimeoutError::Timeout => Err(ureq::Error::Timeout(reason)),
                RecvTimeoutError::Disconnected => {
                    Err(ureq::Error::Io(io::Error::other("name lookup failed")))
                }
            })
    }
}
