//! What TLS trusts and shows: the system's roots, those of `ca_file`, and a client certificate.

use super::{Options, SendError};
use std::sync::OnceLock;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};

/// The roots of the system and those of the hook.
pub(super) fn tls_config(options: &Options) -> Result<TlsConfig, SendError> {
    if options.insecure_skip_verify {
        let nobody = RootCerts::new_with_certs(&[]);
        return Ok(TlsConfig::builder()
            .root_certs(nobody)
            .disable_verification(true)
            .client_cert(client(options)?)
            .build());
    }
    let mut certificates = of_system().to_vec();
    if let Some(pem) = &options.ca_pem {
        let additional = self::certificates(pem);
        if additional.is_empty() {
            let advice = "`ca_file` must name a file with `-----BEGIN CERTIFICATE-----` in it";
            return Err(unusable("no certificate found (check `ca_file`)", advice));
        }
        certificates.extend(additional);
    }
    if certificates.is_empty() {
        let what =
            "the system has no root certificates (install ca-certificates, or set `ca_file`)";
        let advice = "nothing that is signed can be trusted without: Debian has them in the package ca-certificates";
        return Err(unusable(what, advice));
    }
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&certificates))
        .client_cert(client(options)?)
        .build())
}

/// The certificate of this side.
fn client(options: &Options) -> Result<Option<ClientCert>, SendError> {
    let Some(client) = &options.client else {
        return Ok(None);
    };
    let chain = certificates(&client.chain_pem);
    if chain.is_empty() {
        let what = "no certificate found (check `client_cert`)";
        let advice = "`client_cert` must name a file with `-----BEGIN CERTIFICATE-----` in it";
        return Err(unusable(what, advice));
    }
    let key = PrivateKey::from_pem(&client.key_pem).map_err(|_| {
        let advice =
            "`client_key` must name a file with an unencrypted `-----BEGIN PRIVATE KEY-----` in it";
        unusable("no private key found (check `client_key`)", advice)
    })?;
    Ok(Some(ClientCert::new_with_certs(&chain, key)))
}

fn certificates(pem: &[u8]) -> Vec<Certificate<'static>> {
    let certificate = |item| match item {
        PemItem::Certificate(certificate) => Some(certificate),
        _ => None,
    };
    parse_pem(pem).flatten().filter_map(certificate).collect()
}

fn unusable(what: &str, advice: &'static str) -> SendError {
    SendError {
        what: what.to_owned(),
        advice,
        sent: false,
        permanent: false,
        denied: false,
    }
}

fn of_system() -> &'static [Certificate<'static>] {
    static ROOTS: OnceLock<Vec<Certificate<'static>>> = OnceLock::new();
    ROOTS.get_or_init(|| {
        let found = rustls_native_certs::load_native_certs().certs;
        found
            .iter()
            .map(|c| Certificate::from_der(c).to_owned())
            .collect()
    })
}
