//! Encrypted connections and certificates of both ends.

use std::{fs, sync::Arc};

use http::HeaderMap;
use rapport_access::{Caller, Scopes, Tls, TlsOptions, acting};
use rapport_contract::satisfaction::v1::{
    GetCustomerSatisfactionRequest, satisfaction_service_client::SatisfactionServiceClient,
};
use rapport_server::Server;
use rapport_testkit::{CertificateFiles, TestAuthority, TestIssuer, reason};
use tempfile::TempDir;
use tonic::{
    Request, Status,
    metadata::MetadataMap,
    transport::{Certificate, Channel, ClientTlsConfig, Error, Identity},
};

use crate::{Listening, clock, credentials, stub::Stub, token, until};

struct World {
    folder: TempDir,
    authority: TestAuthority,
    issuer: TestIssuer,
    listening: Listening,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = TestAuthority::new(folder.path());
        let issuer = TestIssuer::default();
        let files = authority.certify("rapport-loyalty");
        let tls = TlsOptions {
            certificate: files.certificate,
            key: files.key,
            authorities: Some(authority.file()),
        };
        let credentials = credentials(&folder, &issuer, Some(&tls)).await;
        let server = Server::new(credentials, clock())
            .unwrap()
            .with_tls(Tls::open(&tls).await.unwrap());
        let listening = Listening::start(server, &Stub::new()).await;
        Self {
            folder,
            authority,
            issuer,
            listening,
        }
    }

    /// Connects, trusting an authority, with a certificate or without.
    async fn connect(
        &self,
        trusted: &TestAuthority,
        shown: Option<&CertificateFiles>,
    ) -> Result<Channel, Error> {
        let mut tls = ClientTlsConfig::new()
            .domain_name("localhost")
            .ca_certificate(Certificate::from_pem(fs::read(trusted.file()).unwrap()));
        if let Some(files) = shown {
            let [certificate, key] = [&files.certificate, &files.key].map(|file| fs::read(file).unwrap());
            tls = tls.identity(Identity::from_pem(certificate, key));
        }
        Channel::from_shared(format!("https://{}", self.listening.address))
            .unwrap()
            .tls_config(tls)?
            .connect()
            .await
    }
}

/// Asks who the caller is taken for.
async fn who(channel: Channel, headers: HeaderMap) -> Result<String, Status> {
    let mut request = Request::new(GetCustomerSatisfactionRequest {
        name: "customers/li/satisfaction".to_owned(),
    });
    *request.metadata_mut() = MetadataMap::from_headers(headers);
    let told = SatisfactionServiceClient::new(channel)
        .get_customer_satisfaction(request)
        .await?;
    let told = told.into_inner().name;
    Ok(told.split(" | ").next().unwrap_or_default().to_owned())
}

fn stating() -> HeaderMap {
    let mut headers = HeaderMap::new();
    acting::write(
        &Caller::new("harbour", "ada", Scopes::from_list(["satisfaction.*"])),
        &mut headers,
    );
    headers
}

#[tokio::test]
async fn a_sister_service_calls_for_others_by_its_certificate() {
    let world = World::new().await;
    let certificate = world.authority.certify("rapport-profile");
    let channel = world.connect(&world.authority, Some(&certificate)).await.unwrap();
    assert_eq!(
        who(channel.clone(), stating()).await.unwrap(),
        "harbour ada satisfaction.*"
    );
    let refused = who(channel, HeaderMap::new()).await.unwrap_err();
    assert_eq!(reason(&refused), "TOKEN_MISSING", "it must say for whom");
    world.listening.stop().await;
}

#[tokio::test]
async fn without_a_certificate_a_token_is_enough_and_nothing_else_is() {
    let world = World::new().await;
    let channel = world.connect(&world.authority, None).await.unwrap();
    let refused = who(channel.clone(), stating()).await.unwrap_err();
    assert_eq!(reason(&refused), "TOKEN_MISSING");
    let mut headers = HeaderMap::new();
    let bearer = format!("Bearer {}", token(&world.issuer, "harbour", "*"));
    headers.insert("authorization", bearer.parse().unwrap());
    assert_eq!(who(channel, headers).await.unwrap(), "harbour ada@harbour.test *");
    let other = world.authority.certify("rapport-till");
    let channel = world.connect(&world.authority, Some(&other)).await.unwrap();
    let refused = who(channel, stating()).await.unwrap_err();
    assert_eq!(
        reason(&refused),
        "TOKEN_MISSING",
        "a certificate of somebody else is none of a service"
    );
    world.listening.stop().await;
}

#[tokio::test]
async fn certificates_of_other_authorities_and_plain_connections_are_refused() {
    let world = World::new().await;
    let stranger = TestAuthority::new(&world.folder.path().join("stranger"));
    let forged = stranger.certify("rapport-profile");
    // The server tells of its refusal after the connection is made, so that the first call may be what fails.
    if let Ok(channel) = world.connect(&world.authority, Some(&forged)).await {
        let refused = who(channel, stating()).await.unwrap_err();
        assert!(
            rapport_status::reason_of(&refused).is_none(),
            "no call may reach the server: {refused:?}"
        );
    }
    world
        .connect(&stranger, None)
        .await
        .expect_err("the server shows no certificate of the stranger");
    let plain = Channel::from_shared(format!("http://{}", world.listening.address)).unwrap();
    if let Ok(channel) = plain.connect().await {
        who(channel, stating())
            .await
            .expect_err("a plain call does not reach the server");
    }
    world.listening.stop().await;
}

#[tokio::test]
async fn new_certificates_are_taken_up_while_the_server_runs() {
    let world = World::new().await;
    let successor = TestAuthority::new(&world.folder.path().join("successor"));
    let open = world.connect(&world.authority, None).await.unwrap();
    world
        .connect(&successor, None)
        .await
        .expect_err("the old certificate is shown");
    let new = successor.certify("rapport-loyalty");
    let folder = world.folder.path();
    // A key without its certificate, as between two writes, leaves the old pair in force.
    fs::copy(&new.key, folder.join("rapport-loyalty.key")).unwrap();
    fs::copy(&new.certificate, folder.join("rapport-loyalty.pem")).unwrap();
    let world = Arc::new(world);
    until("the new certificate is shown", || async {
        world.connect(&successor, None).await.is_ok()
    })
    .await;
    let refused = who(open, HeaderMap::new()).await.unwrap_err();
    assert_eq!(reason(&refused), "TOKEN_MISSING", "open connections stay");
    Arc::into_inner(world).unwrap().listening.stop().await;
}
