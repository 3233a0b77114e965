//! What every call passes, on real connections: who calls, what for, how often, how long, and how it is refused.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "tests fail by panicking"
)]

mod admission;
mod encrypted;
mod raw;
mod stub;

use std::{fs, future::Future, net::SocketAddr, sync::Arc, time::Duration};

use jiff::Timestamp;
use rapport_access::{Access, AccessOptions, TlsOptions};
use rapport_clock::{Clock, ManualClock};
use rapport_contract::satisfaction::v1::satisfaction_service_server::SatisfactionServiceServer;
use rapport_server::{Credentials, Server, Shutdown};
use rapport_testkit::TestIssuer;
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use tonic::transport::Channel;

use crate::stub::Stub;

fn noon() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn clock() -> Clock {
    ManualClock::at(noon()).clock()
}

/// Who may call a server that trusts the issuer of the tests.
async fn credentials(folder: &TempDir, issuer: &TestIssuer, tls: Option<&TlsOptions>) -> Credentials {
    let jwks = folder.path().join("jwks.json");
    fs::write(&jwks, issuer.jwks_of(&["ed"])).unwrap();
    let options = AccessOptions {
        jwks: Some(jwks.display().to_string()),
        issuer: TestIssuer::NAME.to_owned(),
        ..AccessOptions::default()
    };
    Credentials::of(Access::open(&options, tls, &clock()).await.unwrap(), "unused")
}

/// A token of a tenant.
fn token(issuer: &TestIssuer, tenant: &str, scope: &str) -> String {
    issuer.token("ed", &TestIssuer::claims(tenant, scope, noon()))
}

/// A server on a port of this machine.
struct Listening {
    address: SocketAddr,
    shutdown: Shutdown,
    task: JoinHandle<rapport_status::Result<()>>,
}

impl Listening {
    async fn start(server: Server, stub: &Arc<Stub>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shutdown = Shutdown::default();
        let service = rapport_server::tuned!(SatisfactionServiceServer::from_arc(Arc::clone(stub)));
        let task = tokio::spawn(server.with(service).serve(Some(listener), None, shutdown.clone()));
        Self {
            address,
            shutdown,
            task,
        }
    }

    async fn channel(&self) -> Channel {
        Channel::from_shared(format!("http://{}", self.address))
            .unwrap()
            .connect()
            .await
            .unwrap()
    }

    async fn stop(self) {
        self.shutdown.begin();
        self.task.await.unwrap().unwrap();
    }
}

/// Looks until something is so; fails after ten seconds.
async fn until<F: Future<Output = bool>>(what: &str, mut look: impl FnMut() -> F) {
    for _ in 0..1_000 {
        if look().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not so after ten seconds: {what}");
}
