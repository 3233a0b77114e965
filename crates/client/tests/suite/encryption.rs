//! Encrypted connections on which both sides show a certificate.

use std::{fs, path::Path};

use rapport_access::TlsOptions;
use rapport_client::Sister;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tonic::transport::{Certificate, Identity, ServerTlsConfig};

use crate::{assert_unavailable, patient, read, server::Replica};

/// An authority, and certificates from it.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap();
        Self { issuer }
    }

    /// A certificate and its key in PEM.
    fn certify(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    fn serve(&self) -> ServerTlsConfig {
        let (certificate, key) = self.certify("localhost");
        ServerTlsConfig::new()
            .identity(Identity::from_pem(certificate, key))
            .client_ca_root(Certificate::from_pem(self.issuer.pem()))
    }

    /// What a process that trusts this authority, and has its certificate from another, is configured with.
    fn options(&self, from: &Self, folder: &Path) -> TlsOptions {
        let (certificate, key) = from.certify("profile");
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::write(&path, text).unwrap();
            path
        };
        TlsOptions {
            certificate: write("certificate.pem", &certificate),
            key: write("key.pem", &key),
            authorities: Some(write("authorities.pem", &self.issuer.pem())),
        }
    }
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn sister(replica: &Replica, tls: Option<&TlsOptions>) -> rapport_status::Result<Sister> {
    let address = format!("https://localhost:{}", replica.address.port());
    Sister::connect("loyalty", &address, tls, patient())
}

#[tokio::test]
async fn both_sides_show_a_certificate_of_an_authority_that_the_other_trusts() {
    let (authority, folder) = (Authority::new(), folder());
    let replica = Replica::encrypted(authority.serve()).await;
    let options = authority.options(&authority, folder.path());
    let sister = sister(&replica, Some(&options)).unwrap();
    read(&sister).await.unwrap();
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused_on_either_side() {
    let (authority, other, folder) = (Authority::new(), Authority::new(), folder());
    let replica = Replica::encrypted(authority.serve()).await;
    for options in [
        authority.options(&other, folder.path()),
        other.options(&authority, folder.path()),
    ] {
        let sister = sister(&replica, Some(&options)).unwrap();
        assert_unavailable(read(&sister).await);
    }
    assert_eq!(replica.calls(), 0);
}

#[tokio::test]
async fn encryption_without_certificates_is_refused_with_what_is_missing() {
    let (authority, folder) = (Authority::new(), folder());
    let replica = Replica::encrypted(authority.serve()).await;
    let options = authority.options(&authority, folder.path());
    let without = TlsOptions {
        authorities: None,
        ..options.clone()
    };
    let lost = TlsOptions {
        key: folder.path().join("lost.pem"),
        ..options
    };
    for (tls, expected) in [
        (None, "[tls]"),
        (Some(&without), "tls.authorities"),
        (Some(&lost), "lost.pem"),
    ] {
        let refused = sister(&replica, tls).unwrap_err();
        assert!(refused.message().contains(expected), "{refused}");
    }
}
