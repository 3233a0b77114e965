//! Who may say for whom it calls: sister services with a certificate, the process itself, and nobody else.

use std::fs;

use http::HeaderMap;
use rapport_access::{AccessOptions, Caller, Peer, Scopes, TlsOptions, acting};
use rapport_status::Reason;
use rapport_testkit::{CertificateFiles, TestAuthority, TestIssuer};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};

use crate::{World, bearing, noon};

fn stating() -> HeaderMap {
    let mut headers = HeaderMap::new();
    acting::write(
        &Caller::new("harbour", "ada", Scopes::from_list(["loyalty.*"])),
        &mut headers,
    );
    headers
}

fn der(files: &CertificateFiles) -> Vec<u8> {
    let pem = fs::read(&files.certificate).unwrap();
    CertificateDer::from_pem_slice(&pem).unwrap().to_vec()
}

/// A server that asks for certificates of an authority.
async fn mutual(authorities: bool) -> (World, TestAuthority) {
    let mut authority = None;
    let world = World::with(|folder| {
        let made = TestAuthority::new(folder.path());
        let files = made.certify("loyalty.rapport");
        let tls = TlsOptions {
            certificate: files.certificate,
            key: files.key,
            authorities: authorities.then(|| made.file()),
        };
        authority = Some(made);
        let options = AccessOptions {
            services: vec![
                "profile.rapport".to_owned(),
                "spiffe://harbour/feedback".to_owned(),
            ],
            ..AccessOptions::default()
        };
        (options, Some(tls))
    })
    .await;
    (world, authority.unwrap())
}

#[tokio::test]
async fn a_sister_service_is_believed_for_whom_it_calls() {
    let (world, authority) = mutual(true).await;
    for name in ["profile.rapport", "spiffe://harbour/feedback"] {
        let certificate = der(&authority.certify(name));
        let caller = world
            .access
            .authenticate(&stating(), Peer::Network(Some(&certificate)))
            .await
            .unwrap();
        assert_eq!(
            (caller.tenant.as_str(), caller.subject.as_str()),
            ("harbour", "ada"),
            "{name}"
        );
        assert!(caller.scopes.allow("loyalty.points.read") && !caller.scopes.allow("profile.customers.read"));
    }
    world
        .access
        .authenticate(&stating(), Peer::InProcess)
        .await
        .expect("the process is trusted");
}

#[tokio::test]
async fn nobody_else_is() {
    let (world, authority) = mutual(true).await;
    let other = der(&authority.certify("till.rapport"));
    let similar = der(&authority.certify("profile.rapport.other"));
    let nonsense = b"nonsense".to_vec();
    for peer in [
        Peer::Network(None),
        Peer::Network(Some(&other)),
        Peer::Network(Some(&similar)),
        Peer::Network(Some(&nonsense)),
    ] {
        let refused = world.access.authenticate(&stating(), peer).await.unwrap_err();
        assert_eq!(refused.reason(), Reason::TokenMissing, "{refused}");
    }
    let (without, authority) = mutual(false).await;
    let certificate = der(&authority.certify("profile.rapport"));
    let refused = without
        .access
        .authenticate(&stating(), Peer::Network(Some(&certificate)))
        .await
        .unwrap_err();
    assert_eq!(
        refused.reason(),
        Reason::TokenMissing,
        "certificates are not asked for: {refused}"
    );
}

#[tokio::test]
async fn a_token_counts_before_what_is_stated() {
    let (world, authority) = mutual(true).await;
    let certificate = der(&authority.certify("profile.rapport"));
    let token = world
        .issuer
        .token("ed", &TestIssuer::claims("other", "profile.*", noon()));
    let mut headers = stating();
    headers.extend(bearing(&token));
    for peer in [
        Peer::Network(None),
        Peer::Network(Some(&certificate)),
        Peer::InProcess,
    ] {
        let caller = world.access.authenticate(&headers, peer).await.unwrap();
        assert_eq!(caller.tenant, "other", "{peer:?}");
    }
    let mut headers = stating();
    headers.extend(bearing("rk_unknown"));
    let refused = world
        .access
        .authenticate(&headers, Peer::Network(Some(&certificate)))
        .await
        .unwrap_err();
    assert_eq!(
        refused.reason(),
        Reason::ApiKeyInvalid,
        "a bad key is not made good by a certificate"
    );
}

#[tokio::test]
async fn a_sister_service_that_names_nobody_is_nobody() {
    let (world, authority) = mutual(true).await;
    let certificate = der(&authority.certify("profile.rapport"));
    let refused = world
        .access
        .authenticate(&HeaderMap::new(), Peer::Network(Some(&certificate)))
        .await
        .unwrap_err();
    assert_eq!(refused.reason(), Reason::TokenMissing);
}
