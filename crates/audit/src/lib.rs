//! Who did what, when, and how it ended: an append-only log that can be asked.
//!
//! A call that changes something leaves its record in the transaction of the change (`rapport_storage::trail`): a change
//! without its record is never committed. Every other call that the contract wants audited, such as a read of personal
//! data or a refused change, is recorded by the [`Recorder`] before its answer leaves. Each service keeps the records of
//! its own calls in its own store; the [`service`] answers for all stores of a process.

mod options;
mod purge;
mod recorder;
mod rpc;
mod store;

use std::sync::Arc;

use rapport_clock::Clock;
use rapport_listing::TokenKey;
use rapport_server::{Server, Timer};
use rapport_storage::Store;

pub use options::AuditOptions;
pub use purge::{Purge, purge};
pub use recorder::Recorder;
pub use rpc::{Rpc, service};

/// The audit log of one service.
#[derive(Debug, Clone)]
pub struct Log {
    /// Name of the service: that of its package in the contract, such as `loyalty`.
    pub service: &'static str,
    /// Its store.
    pub store: Store,
}

/// The audit logs of a process: what records in them, and what answers from them.
#[derive(Debug)]
pub struct Audit {
    logs: Vec<Log>,
    recorder: Recorder,
    token_key: TokenKey,
}

impl Audit {
    /// Starts recording in the stores of a process, by the names of their services. Page tokens are signed with the key.
    pub fn start(stores: &[(&'static str, Store)], token_key: TokenKey) -> Self {
        let log = |(service, store): &(&'static str, Store)| Log {
            service,
            store: store.clone(),
        };
        let logs: Vec<Log> = stores.iter().map(log).collect();
        Self {
            recorder: Recorder::start(&logs),
            logs,
            token_key,
        }
    }

    /// Has a server record its calls, and answer from the logs.
    #[must_use]
    pub fn add_to(&self, server: Server) -> Server {
        server
            .with_record(Arc::new(self.recorder.clone()))
            .with(service(self.logs.clone(), self.token_key.clone()))
    }

    /// What removes records that are older than they are to be kept; nothing when they are kept for ever.
    pub fn timers(&self, clock: &Clock, options: &AuditOptions) -> Vec<Timer> {
        purge::timers(&self.logs, clock, options)
    }

    /// Waits until every record that was taken is stored, and takes no more.
    pub async fn drain(self) {
        self.recorder.drain().await;
    }
}
