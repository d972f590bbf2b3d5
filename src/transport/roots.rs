//! What TLS trusts and shows: the system's roots, those of `ca_file`, and a client certificate.

use super::{Options, SendError};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
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
        certificates.extend(additional(pem)?);
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

/// Why the certificates and the key that a hook names cannot be used, and the key of the hook.
pub(super) fn unusable_files(options: &Options) -> Option<(&'static str, SendError)> {
    let ca = options.ca_pem.as_deref().map(additional);
    if let Some(Err(error)) = ca {
        return Some(("ca_file", error));
    }
    let error = client(options).err()?;
    let is_key = error.what.contains("`client_key`");
    Some((if is_key { "client_key" } else { "client_cert" }, error))
}

fn additional(pem: &[u8]) -> Result<Vec<Certificate<'static>>, SendError> {
    let found = certificates(pem);
    if found.is_empty() {
        let advice = "`ca_file` must name a file with `-----BEGIN CERTIFICATE-----` in it";
        return Err(unusable("no certificate found (check `ca_file`)", advice));
    }
    Ok(found)
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
    check_pair(&chain, &client.key_pem)?;
    Ok(Some(ClientCert::new_with_certs(&chain, key)))
}

/// ureq panics where this fails.
fn check_pair(chain: &[Certificate<'static>], key_pem: &[u8]) -> Result<(), SendError> {
    let chain = chain
        .iter()
        .map(|c| CertificateDer::from(c.der()).into_owned());
    let pair = PrivateKeyDer::from_pem_slice(key_pem).map(|key| {
        CertifiedKey::from_der(chain.collect(), key, &ring::default_provider()).map(|_| ())
    });
    match pair.unwrap_or(Err(rustls::Error::General(String::new()))) {
        Ok(()) => Ok(()),
        Err(rustls::Error::InconsistentKeys(_)) => Err(unusable(
            "the private key is not that of the certificate (check `client_key`)",
            "`client_key` must name the key for which the first certificate in `client_cert` was issued",
        )),
        Err(rustls::Error::InvalidCertificate(_)) => Err(unusable(
            "the certificate cannot be read (check `client_cert`)",
            "`openssl x509 -in FILE -noout -text` shows whether the file is damaged",
        )),
        Err(_) => Err(unusable(
            "the private key cannot be used (check `client_key`)",
            "it must be a key for RSA (2048 to 8192 bits), ECDSA (P-256, P-384) or Ed25519, not damaged",
        )),
    }
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
        step: super::FailedStep::Preparation,
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
