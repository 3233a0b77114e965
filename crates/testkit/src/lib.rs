//! What tests start and throw away: real stores in temporary folders, real servers behind all their layers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "tests fail by panicking"
)]

mod collector;
mod credentials;
mod nats;
mod postgres;
mod processes;
mod proxy;
mod random;
mod scan;
mod signal;
mod temporary_store;

use std::time::Duration;

use rapport_events::Relay;
use rapport_server::{Server, Shutdown, in_process};
use tokio::task::JoinHandle;
use tonic::{Status, transport::Channel};
use tonic_types::StatusExt as _;

pub use collector::{Collector, SeenMetric, SeenSpan, tree};
pub use credentials::{CertificateFiles, TestAuthority, TestIssuer};
pub use nats::Nats;
pub use postgres::{Postgres, free_port};
pub use processes::{ServiceProcess, built_programs};
pub use proxy::FaultProxy;
pub use random::Random;
pub use scan::{Finding, Scanner};
pub use temporary_store::{TemporaryStore, on_postgres};

/// A server that is called over a pipe in memory.
#[derive(Debug)]
pub struct Serving {
    /// For clients.
    pub channel: Channel,
    shutdown: Shutdown,
    task: JoinHandle<()>,
}

impl Serving {
    /// Serves until [`Serving::stop`].
    pub fn start(server: Server) -> Self {
        let (channel, incoming) = in_process::transport();
        let shutdown = Shutdown::default();
        let stopping = shutdown.clone();
        let task = tokio::spawn(async move {
            server
                .serve(None, Some(incoming), stopping)
                .await
                .expect("the server ends in order");
        });
        Self {
            channel,
            shutdown,
            task,
        }
    }

    /// Stops the server and waits for its end.
    pub async fn stop(self) {
        self.shutdown.begin();
        drop(self.channel);
        self.task.await.expect("the server does not panic");
    }
}

/// Waits until every event has been handed on; fails after a minute.
pub async fn settle(relay: &Relay) {
    for _ in 0..6_000 {
        if relay.backlog().await.expect("the outboxes can be counted") == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!(
        "{} events still wait in the outboxes after a minute",
        relay.backlog().await.unwrap()
    );
}

/// What a refused call says, in a form for snapshots: code, reason, message, violations.
pub fn described(status: &Status) -> String {
    let reason = status
        .get_details_error_info()
        .map_or_else(|| "no ErrorInfo".to_owned(), |info| info.reason);
    let mut text = format!("{:?} {reason}: {}", status.code(), status.message());
    for violation in status
        .get_details_bad_request()
        .into_iter()
        .flat_map(|bad| bad.field_violations)
    {
        text.push_str("\n  ");
        text.push_str(&violation.field);
        text.push_str(": ");
        text.push_str(&violation.description);
    }
    text
}

/// The reason of a refused call; fails when it has none.
pub fn reason(status: &Status) -> String {
    rapport_status::reason_of(status).unwrap_or_else(|| panic!("a status without a reason: {status:?}"))
}
