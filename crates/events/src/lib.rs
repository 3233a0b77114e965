//! Events between services, with effects exactly once.
//!
//! A service appends an event to its [`outbox`] in the transaction of the change. The [`Relay`] hands events on, in
//! the order of writing, to every [`Consumer`] that asked for their topic, and again until each has taken them. A
//! consumer records what it took in its [`inbox`], in the transaction of the effect: a second delivery changes nothing.
//! What a consumer cannot take goes to its dead letters and holds nobody up.

mod consumer;
mod dead_letter;
pub mod inbox;
mod options;
pub mod outbox;
mod relay;

pub use consumer::{Consumer, Event};
pub use options::EventOptions;
pub use relay::Relay;
