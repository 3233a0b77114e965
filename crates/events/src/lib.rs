//! Events between services, with effects exactly once.
//!
//! A service appends an event to its [`outbox`] in the transaction of the change. In one process the [`Relay`] hands
//! events on, in the order of writing, to every [`Consumer`] that asked for their topic, and again until each has taken
//! them. Between processes the [`Bus`] does so over NATS `JetStream`, in the order of writing for each customer. A
//! consumer records what it took in its [`inbox`], in the transaction of the effect: a second delivery changes nothing.
//! What a consumer cannot take becomes a [dead letter](dead_letter) and holds nobody up.

mod backoff;
mod bus;
mod consumer;
pub mod dead_letter;
mod delivery;
pub mod inbox;
mod options;
pub mod outbox;
mod pace;
mod relay;
mod replay;
mod retention;
mod running;
mod watch;

pub use bus::Bus;
pub use consumer::{Consumer, Event};
pub use options::EventOptions;
pub use relay::Relay;
pub use retention::{Purged, Retention};
pub use running::Running;
