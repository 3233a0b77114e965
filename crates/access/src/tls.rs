//! Certificates: this process's own, and those of the peers that it trusts.

use std::{fmt, sync::Arc};

use rustls::{
    RootCertStore, ServerConfig,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};

use crate::{
    Misconfigured, TlsOptions,
    source::Source,
    watched::{LOOK_AT_FILES, Watched},
};

/// What connections are encrypted with.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// The certificates that a server shows and asks for. They are read again when their files change; connections that
/// are open keep what they began with.
#[derive(Clone)]
pub struct Tls(Arc<Watched<ServerConfig>>);

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Tls({:?})", self.0)
    }
}

impl Tls {
    /// Reads the certificates.
    pub async fn open(options: &TlsOptions) -> Result<Self, Misconfigured> {
        let mut sources = vec![
            Source::File(options.certificate.clone()),
            Source::File(options.key.clone()),
        ];
        sources.extend(options.authorities.clone().map(Source::File));
        let watched = Watched::new("the certificates of this server", sources, server_config);
        watched.read().await.map_err(|wrong| {
            Misconfigured::new(
                format!("the certificates cannot be used: {wrong}"),
                "set tls.certificate, tls.key and tls.authorities to files in PEM that belong together",
            )
        })?;
        watched.keep_current(LOOK_AT_FILES);
        Ok(Self(watched))
    }

    /// What the next connection is encrypted with.
    pub fn current(&self) -> Option<Arc<ServerConfig>> {
        self.0.current()
    }
}

/// Certificate, key and, if there are three sources, authorities.
fn server_config(sources: &[Vec<u8>]) -> Result<ServerConfig, String> {
    let [certificate, key, authorities @ ..] = sources else {
        return Err("certificate and key are missing".to_owned());
    };
    let chain = certificates("tls.certificate", certificate)?;
    let key = PrivateKeyDer::from_pem_slice(key)
        .map_err(|error| format!("tls.key holds no private key in PEM: {error}"))?;
    let builder = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let builder = match authorities.first() {
        None => builder.with_no_client_auth(),
        Some(authorities) => {
            let mut roots = RootCertStore::empty();
            for authority in certificates("tls.authorities", authorities)? {
                roots.add(authority).map_err(|error| {
                    format!("tls.authorities holds a certificate that cannot be used: {error}")
                })?;
            }
            // People come with tokens and without certificates; a certificate that is shown must be good.
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
                .allow_unauthenticated()
                .build()
                .map_err(|error| format!("tls.authorities cannot be used: {error}"))?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let mut config = builder
        .with_single_cert(chain, key)
        .map_err(|error| format!("tls.certificate and tls.key do not belong together: {error}"))?;
    // Browsers speak gRPC-Web over HTTP/1.1.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn certificates(what: &str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("{what} is no file of certificates in PEM: {error}"))?;
    if found.is_empty() {
        return Err(format!("{what} holds no certificate in PEM"));
    }
    Ok(found)
}

/// The names that a verified certificate is for: DNS names and URIs.
pub(crate) fn names(certificate: &[u8]) -> Vec<String> {
    let certificate = CertificateDer::from(certificate);
    let Ok(certificate) = webpki::EndEntityCert::try_from(&certificate) else {
        return Vec::new();
    };
    certificate
        .valid_dns_names()
        .chain(certificate.valid_uri_names())
        .map(str::to_owned)
        .collect()
}
