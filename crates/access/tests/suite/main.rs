//! Who is known and who is not: tokens, keys and certificates as callers send them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "tests fail by panicking"
)]

mod api_keys;
mod issuer_keys;
mod tokens;
mod trusted_peers;

use std::{fs, path::PathBuf, time::Duration};

use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use jiff::Timestamp;
use rapport_access::{Access, AccessOptions, Caller, Peer, TlsOptions};
use rapport_clock::ManualClock;
use rapport_status::{Error, Reason};
use rapport_testkit::TestIssuer;
use tempfile::TempDir;

/// When the tests begin.
fn noon() -> Timestamp {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

/// Access to a server that trusts the issuer of the tests.
struct World {
    issuer: TestIssuer,
    clock: ManualClock,
    folder: TempDir,
    access: Access,
}

impl World {
    async fn new() -> Self {
        Self::with(|_| (AccessOptions::default(), None)).await
    }

    /// With further options; the keys of the issuer are in `jwks.json`.
    async fn with(options: impl FnOnce(&TempDir) -> (AccessOptions, Option<TlsOptions>)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let issuer = TestIssuer::default();
        let jwks = folder.path().join("jwks.json");
        fs::write(&jwks, issuer.jwks()).unwrap();
        let clock = ManualClock::at(noon());
        let (options, tls) = options(&folder);
        let options = AccessOptions {
            jwks: Some(options.jwks.unwrap_or_else(|| jwks.display().to_string())),
            issuer: TestIssuer::NAME.to_owned(),
            ..options
        };
        let access = Access::open(&options, tls.as_ref(), &clock.clock())
            .await
            .unwrap()
            .unwrap();
        Self {
            issuer,
            clock,
            folder,
            access,
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Who calls with a token or key.
    async fn caller(&self, secret: &str) -> Result<Caller, Error> {
        self.access
            .authenticate(&bearing(secret), Peer::Network(None))
            .await
    }

    /// Waits until what was written to a file is in force: until a secret is known, or refused for a reason.
    async fn until(&self, secret: &str, expected: Result<(), Reason>) {
        let mut last = None;
        for _ in 0..1_000 {
            let outcome = self
                .caller(secret)
                .await
                .map(drop)
                .map_err(|error| error.reason());
            if outcome == expected {
                return;
            }
            last = Some(outcome);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("after ten seconds the outcome is still {last:?}, and not {expected:?}");
    }
}

fn bearing(secret: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(
        AUTHORIZATION,
        HeaderValue::from_str(&format!("Bearer {secret}")).unwrap(),
    );
    headers
}
