//! Events between processes, over NATS `JetStream`.

mod connection;
mod coordinator;
mod envelope;
mod partition;
mod position;
mod publisher;
mod shares;
mod subject;
mod taker;

use std::sync::Arc;

use rapport_clock::Clock;
use rapport_status::Result;
use rapport_storage::Store;

use crate::{
    Consumer, EventOptions, Running, replay,
    retention::{self, Retention},
    watch,
};

use connection::Connection;
use coordinator::Coordinator;
use publisher::Publisher;

/// The connection of a process to the broker. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Bus {
    connection: Arc<Connection>,
    clock: Clock,
}

impl Bus {
    /// Connects in the background, again and again for as long as it takes: the service starts and goes on without the
    /// broker, and events wait in its outbox. Refuses only options that can never work.
    pub async fn connect(options: &EventOptions, clock: Clock) -> Result<Self> {
        options.check()?;
        Ok(Self {
            connection: Arc::new(Connection::open(options).await?),
            clock,
        })
    }

    /// Publishes the events of a service's outbox. Of several replicas on one store, one at a time does. Also purges the
    /// store's outbox and inbox of what is no longer needed.
    pub fn publish_from(&self, store: Store, service: &str) -> Running {
        let mut running = Running::new();
        let retention = Retention::of(self.connection.options());
        let publisher = Publisher::new(
            Arc::clone(&self.connection),
            store.clone(),
            service,
            self.clock.clone(),
        );
        running.spawn(|stopping| publisher.run(stopping));
        let (watched, clock) = (store.clone(), self.clock.clone());
        running.spawn(|stopping| watch::run(watched, clock, stopping));
        let clock = self.clock.clone();
        running.spawn(|stopping| retention::run(store, retention, clock, stopping));
        running
    }

    /// Delivers events to consumers. Of several replicas of a consumer, each takes a share of the partitions. Also sends
    /// dead letters again when that is asked for.
    pub fn deliver_to(&self, consumers: Vec<Arc<dyn Consumer>>) -> Running {
        let mut running = Running::new();
        for consumer in consumers {
            let coordinator = Coordinator::new(
                Arc::clone(&self.connection),
                Arc::clone(&consumer),
                self.clock.clone(),
            );
            running.spawn(|stopping| coordinator.run(stopping));
            let clock = self.clock.clone();
            running.spawn(|stopping| replay::run(consumer, clock, stopping));
        }
        running
    }
}
