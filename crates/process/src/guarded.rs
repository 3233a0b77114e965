//! The server of a process, guarded as the configuration says: who may call, how often, over which certificates.

use std::time::Duration;

use rapport_access::{Access, Misconfigured, Tls};
use rapport_clock::Clock;
use rapport_server::{Credentials, Server};

use crate::{Configuration, Failure};

/// A server without services yet, and who may call it in a few words for people.
pub async fn guarded(configuration: &Configuration, clock: &Clock) -> Result<(Server, String), Failure> {
    let tls = configuration.tls.as_ref();
    let access = Access::open(&configuration.access, tls, clock).await?;
    let credentials = Credentials::of(access, &configuration.tenant);
    let callers = credentials.describe();
    let server = Server::new(credentials, clock.clone())?
        .with_limits(&configuration.limits)?
        .with_grace(Duration::from_secs(configuration.grace_seconds));
    Ok(match tls {
        Some(options) => (server.with_tls(Tls::open(options).await?), callers),
        None => (server, callers),
    })
}

impl From<Misconfigured> for Failure {
    fn from(wrong: Misconfigured) -> Self {
        Self::new(wrong.what).mend(wrong.mend)
    }
}
