//! Hands the events of a store's outbox on to the consumers of one process, in the order of writing.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use rapport_clock::Clock;
use rapport_status::Result;
use rapport_storage::Store;
use rapport_telemetry::metrics;

use crate::{
    Consumer, Event,
    backoff::Backoff,
    delivery::Delivery,
    options::EventOptions,
    outbox,
    pace::Pace,
    replay,
    retention::{self, Retention},
    running::{Running, Stopping},
    watch,
};

/// Events handed on at a time.
const BATCH: u64 = 512;

/// How long the relay sleeps at most when nothing wakes it.
const IDLE: Duration = Duration::from_secs(1);

/// Relays the outboxes of stores to consumers until it is stopped.
#[derive(Debug)]
pub struct Relay {
    stores: Vec<Store>,
    running: Running,
}

impl Relay {
    /// Starts a relay: one task for each store. It also sends dead letters again when that is asked for, and purges what
    /// was relayed long ago.
    pub fn start(stores: Vec<Store>, consumers: &[Arc<dyn Consumer>], clock: &Clock) -> Self {
        let mut running = Running::new();
        for store in &stores {
            let deliveries = consumers
                .iter()
                .map(|consumer| Delivery::new(Arc::clone(consumer), clock.clone()));
            let source = Source {
                store: store.clone(),
                deliveries: deliveries.collect(),
                clock: clock.clone(),
            };
            running.spawn(|stopping| source.run(stopping));
            let (watched, time) = (store.clone(), clock.clone());
            running.spawn(|stopping| watch::run(watched, time, stopping));
            let (store, clock) = (store.clone(), clock.clone());
            let kept = Retention::of(&EventOptions::default());
            running.spawn(|stopping| retention::run(store, kept, clock, stopping));
        }
        for consumer in consumers {
            let (consumer, clock) = (Arc::clone(consumer), clock.clone());
            running.spawn(|stopping| replay::run(consumer, clock, stopping));
        }
        Self { stores, running }
    }

    /// Number of events that wait in the outboxes.
    pub async fn backlog(&self) -> Result<u64> {
        let mut waiting = 0;
        for store in &self.stores {
            waiting += outbox::backlog(store).await?.events;
        }
        Ok(waiting)
    }

    /// Ends the relay after the batches under way. What waits stays in the outboxes.
    pub async fn stop(self) {
        self.running.stop().await;
    }
}

struct Source {
    store: Store,
    deliveries: Vec<Delivery>,
    clock: Clock,
}

impl Source {
    async fn run(mut self, mut stopping: Stopping) {
        let (mut backoff, mut pace) = (Backoff::new(), Pace::new());
        while !stopping.is_told() {
            pace.keep().await;
            match self.relay_batch().await {
                Ok(0) => {
                    tokio::select! {
                        () = self.store.committed().notified() => {}
                        () = stopping.rest(IDLE) => {}
                    }
                }
                Ok(_) => backoff.reset(),
                Err(error) => {
                    tracing::warn!(
                        error = error.chain(),
                        "events could not be handed on; tried again soon"
                    );
                    stopping.rest(backoff.next()).await;
                }
            }
        }
    }

    /// Hands one batch on to all consumers and marks it. Gives the number of events.
    async fn relay_batch(&mut self) -> Result<usize> {
        let waiting = outbox::waiting(&self.store, BATCH).await?;
        let (sequences, events): (Vec<i64>, Vec<Event>) = waiting
            .into_iter()
            .map(|waiting| (waiting.sequence, waiting.event))
            .unzip();
        let handed_over = self
            .deliveries
            .iter_mut()
            .map(|delivery| delivery.hand_over(&events));
        for outcome in join_all(handed_over).await {
            outcome?;
        }
        outbox::mark(&self.store, &sequences, self.clock.now()).await?;
        metrics::events_relayed(self.store.location().service(), sequences.len());
        Ok(events.len())
    }
}
