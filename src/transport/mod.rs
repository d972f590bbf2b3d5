//! The only user of ureq: one request, one answer, within a deadline. Knows no hooks, retries or spool.
//!
//! Every attempt has a connection of its own: a kept one that the receiver has closed meanwhile would make a failure
//! out of nothing. Redirects are returned, not followed; content is taken as it comes, without decompression.

mod error;
mod observe;
mod proxy;
mod resolve;
mod roots;
mod wire;

pub use proxy::{Proxies, is_usable_proxy};
pub use wire::masked_head;

use crate::environment::Environment;
use crate::http::{Method, Request, Response};
use crate::network::Policy;
use observe::Observed;
use std::fmt;
use std::io::Read;
use std::time::{Duration, Instant};
use ureq::config::AutoHeaderValue;
use ureq::http;

/// Bytes that are read of an answer; the rest is not waited for.
pub const MAX_RESPONSE: usize = 64 * 1024;

/// How a request is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Name lookup to last byte.
    pub timeout: Duration,
    /// Connecting alone.
    pub connect_timeout: Duration,
    /// PEM text of additional roots.
    pub ca_pem: Option<Vec<u8>>,
    /// Accept any certificate.
    pub insecure_skip_verify: bool,
    /// The certificate that this side shows, where the receiver asks for one.
    pub client: Option<ClientCertificate>,
    /// `proxy`: used for every request, instead of those that the environment names.
    pub proxy: Option<String>,
    /// The addresses that may be reached.
    pub network: Policy,
}

impl Default for Options {
    /// The defaults of `[deliver]`.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(3),
            ca_pem: None,
            insecure_skip_verify: false,
            client: None,
            proxy: None,
            network: Policy::default(),
        }
    }
}

/// PEM texts of a client's certificate chain and private key. `Debug` shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate, and those between it and a root.
    pub chain_pem: Vec<u8>,
    /// Its private key, not encrypted.
    pub key_pem: Vec<u8>,
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientCertificate")
    }
}

/// The step of a request that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailedStep {
    /// Before anything was tried.
    Preparation,
    /// No name server answers, or none knows the name.
    Lookup,
    /// There is no connection, or TLS failed.
    Connection,
    /// The request was not accepted whole, or not answered whole.
    Exchange,
}

/// No complete answer. Never says the URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct SendError {
    /// For people: "connection refused", "no answer within 10 s", "certificate has expired".
    pub what: String,
    /// A sentence about what to do.
    pub advice: &'static str,
    /// Whether the request was fully written, so that it may have had its effect.
    pub sent: bool,
    /// Whether trying again is pointless (an impossible URL or header).
    pub permanent: bool,
    /// Whether `[network]` does not let the address through: nothing was sent.
    pub denied: bool,
    /// How far it came.
    pub step: FailedStep,
}

/// Sends one request, through the proxy that the options or the environment name for it, if any.
pub fn send(request: &Request, options: &Options) -> Result<Response, SendError> {
    let proxies = match &options.proxy {
        Some(url) => Proxies::always(url),
        None => Proxies::from_environment(&Environment::of_process()),
    };
    send_through(request, options, &proxies)
}

/// Sends one request.
pub fn send_through(
    request: &Request,
    options: &Options,
    proxies: &Proxies,
) -> Result<Response, SendError> {
    let started = Instant::now();
    let observed = Observed::new(is_tls(request));
    let config = config(request, options, proxies)?;
    let resolver = resolve::Guarded {
        network: options.network.clone(),
    };
    let agent = ureq::Agent::with_parts(config, observed.connector(), resolver);
    let result = match request.method {
        Method::Get | Method::Options => agent.run(
            head(request)?
                .body(())
                .map_err(|e| error::unusable_header(&e))?,
        ),
        Method::Post => agent.run(
            head(request)?
                .body(&request.body[..])
                .map_err(|e| error::unusable_header(&e))?,
        ),
    };
    let in_words = |e: &ureq::Error| error::in_words(e, options, observed.progress());
    let mut answer = result.map_err(|e| in_words(&e))?;

    let mut body = Vec::new();
    let limit = MAX_RESPONSE as u64 + 1;
    let reader = answer.body_mut().as_reader();
    reader
        .take(limit)
        .read_to_end(&mut body)
        .map_err(|e| in_words(&ureq::Error::from(e)))?;
    let truncated = body.len() > MAX_RESPONSE;
    body.truncate(MAX_RESPONSE);
    let value = |v: &http::HeaderValue| String::from_utf8_lossy(v.as_bytes()).into_owned();
    let headers = answer
        .headers()
        .iter()
        .map(|(n, v)| (n.as_str().to_owned(), value(v)))
        .collect();
    Ok(Response {
        status: answer.status().as_u16(),
        headers,
        body,
        truncated,
        took: started.elapsed(),
        withheld: false,
    })
}

fn head(request: &Request) -> Result<http::request::Builder, SendError> {
    let uri: http::Uri = request.url.parse().map_err(|_| error::unusable_url())?;
    let mut head = http::Request::builder()
        .method(request.method.as_str())
        .uri(uri);
    for (name, value) in &request.headers {
        head = head.header(name, value);
    }
    Ok(head)
}

fn config(
    request: &Request,
    options: &Options,
    proxies: &Proxies,
) -> Result<ureq::config::Config, SendError> {
    let proxy = proxies.to(&request.url)?;
    if proxy.is_some() {
        check_behind_proxy(request, &options.network)?;
    }
    let builder = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(proxy)
        .timeout_global(Some(options.timeout))
        .timeout_connect(Some(options.connect_timeout.min(options.timeout)))
        .max_idle_connections(0)
        .user_agent(AutoHeaderValue::None)
        .accept(AutoHeaderValue::None)
        .accept_encoding(AutoHeaderValue::None)
        .max_response_header_size(MAX_RESPONSE);
    // Loading the roots of the system takes milliseconds, so only where they are used.
    Ok(if is_tls(request) {
        builder.tls_config(roots::tls_config(options)?)
    } else {
        builder
    }
    .build())
}

/// Why the certificates and the key that a hook names cannot be used, with the key of the hook that names the file.
pub fn unusable_files(options: &Options) -> Option<(&'static str, SendError)> {
    roots::unusable_files(options)
}

fn is_tls(request: &Request) -> bool {
    let scheme = request.url.get(..6);
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https:"))
}

/// Behind a proxy only the name of the target is known here, or its literal address.
fn check_behind_proxy(request: &Request, network: &Policy) -> Result<(), SendError> {
    let uri: http::Uri = request.url.parse().map_err(|_| error::unusable_url())?;
    let host = uri.host().ok_or_else(error::unusable_url)?;
    network
        .check_behind_proxy(host)
        .map_err(|denied| error::denied(&denied))
}

#[cfg(test)]
mod tests;
