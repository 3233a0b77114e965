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

pub use options::AuditOptions;
pub use purge::{Purge, purge, timers};
pub use recorder::Recorder;
pub use rpc::{Rpc, service};

use rapport_storage::Store;

/// The audit log of one service: what this process keeps of its calls.
#[derive(Debug, Clone)]
pub struct Log {
    /// Name of the service: that of its package in the contract, such as `loyalty`.
    pub service: &'static str,
    /// Its store.
    pub store: Store,
}
