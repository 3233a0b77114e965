//! How the events of a process travel: in its memory, or over a broker to any other process.

use std::sync::Arc;

use rapport_clock::Clock;
use rapport_events::{Bus, Consumer, EventOptions, Relay, Running};
use rapport_status::Result;
use rapport_storage::Store;

/// The events of a process on their way.
#[derive(Debug)]
pub enum Delivery {
    /// From the outboxes of this process to its own consumers.
    Memory(Relay),
    /// From the outboxes of this process to a broker, and from there to its consumers.
    Broker(Vec<Running>),
}

impl Delivery {
    /// Starts to hand events on, from stores with the names of their services.
    pub async fn start(
        options: Option<&EventOptions>,
        stores: &[(&'static str, Store)],
        consumers: Vec<Arc<dyn Consumer>>,
        clock: &Clock,
    ) -> Result<Self> {
        let Some(options) = options else {
            let stores = stores.iter().map(|(_, store)| store.clone()).collect();
            return Ok(Self::Memory(Relay::start(stores, &consumers, clock)));
        };
        let bus = Bus::connect(options, clock.clone()).await?;
        let mut running: Vec<Running> = stores
            .iter()
            .map(|(service, store)| bus.publish_from(store.clone(), service))
            .collect();
        running.push(bus.deliver_to(consumers));
        Ok(Self::Broker(running))
    }

    /// Ends after the batches under way. What waits stays in the outboxes and with the broker.
    pub async fn stop(self) {
        match self {
            Self::Memory(relay) => relay.stop().await,
            Self::Broker(running) => {
                futures::future::join_all(running.into_iter().map(Running::stop)).await;
            }
        }
    }
}
