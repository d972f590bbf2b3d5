use super::{Options, SendError};
use std::sync::OnceLock;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// The roots of the system and those of the hook.
pub(super) fn tls_config(options: &Options) -> Result<TlsConfig, SendError> {
    if options.insecure_skip_verify {
        let nobody = RootCerts::new_with_certs(&[]);
        return Ok(TlsConfig::builder()
            .root_certs(nobody)
            .disable_verification(true)
            .build());
    }
    let mut certificates = of_system().to_vec();
    if let Some(pem) = &options.ca_pem {
        let before = certificates.len();
        certificates.extend(parse_pem(pem).flatten().filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        }));
        if certificates.len() == before {
            let what = "no certificate found (check `ca_file`)".to_owned();
            let advice = "`ca_file` must name a file with `-----BEGIN CERTIFICATE-----` in it";
            return Err(SendError {
                what,
                advice,
                sent: false,
                permanent: false,
            });
        }
    }
    if certificates.is_empty() {
        let what =
            "the system has no root certificates (install ca-certificates, or set `ca_file`)"
                .to_owned();
        let advice = "nothing that is signed can be trusted without: Debian has them in the package ca-certificates";
        return Err(SendError {
            what,
            advice,
            sent: false,
            permanent: false,
        });
    }
    Ok(TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&certificates))
        .build())
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
