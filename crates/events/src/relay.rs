//! Hands the events of a store's outbox on to the consumers of one process, in the order of writing.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use rapport_clock::Clock;
use rapport_status::{Error, Kind, Result};
use rapport_storage::{Store, Stored as _, tables::outbox};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, sea_query::Expr,
};
use tokio::{sync::watch, task::JoinHandle};

use crate::{Consumer, Event, dead_letter, outbox::from_row};

/// Events handed on at a time.
const BATCH: u64 = 512;

/// How long the relay sleeps at most when nothing wakes it.
const IDLE: Duration = Duration::from_secs(1);

/// The longest pause between two attempts of a delivery.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Relays the outboxes of stores to consumers until it is stopped.
#[derive(Debug)]
pub struct Relay {
    stores: Vec<Store>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Relay {
    /// Starts a relay: one task for each store.
    pub fn start(stores: Vec<Store>, consumers: &[Arc<dyn Consumer>], clock: &Clock) -> Self {
        let (stop, stopped) = watch::channel(false);
        let tasks = stores
            .iter()
            .map(|store| {
                let source = Source {
                    store: store.clone(),
                    consumers: consumers.to_vec(),
                    clock: clock.clone(),
                    stopped: stopped.clone(),
                };
                tokio::spawn(source.run())
            })
            .collect();
        Self { stores, stop, tasks }
    }

    /// Number of events that wait in the outboxes.
    pub async fn backlog(&self) -> Result<u64> {
        let mut waiting = 0;
        for store in &self.stores {
            waiting += outbox::Entity::find()
                .filter(outbox::Column::RelayedAt.is_null())
                .count(store.read())
                .await
                .stored("count the outbox")?;
        }
        Ok(waiting)
    }

    /// Ends the relay after the batches under way. What waits stays in the outboxes.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        for task in self.tasks {
            // A panic in the task was logged by the runtime; the outbox still has what it did not hand on.
            let _ = task.await;
        }
    }
}

struct Source {
    store: Store,
    consumers: Vec<Arc<dyn Consumer>>,
    clock: Clock,
    stopped: watch::Receiver<bool>,
}

impl Source {
    async fn run(mut self) {
        let mut pause = Duration::from_millis(50);
        while !*self.stopped.borrow() {
            match self.relay_batch().await {
                Ok(0) => {
                    let store = self.store.clone();
                    tokio::select! {
                        () = store.committed().notified() => {}
                        () = tokio::time::sleep(IDLE) => {}
                        _ = self.stopped.changed() => {}
                    }
                }
                Ok(_) => pause = Duration::from_millis(50),
                Err(error) => {
                    tracing::warn!(
                        error = error.chain(),
                        "events could not be handed on; tried again soon"
                    );
                    self.rest(&mut pause).await;
                }
            }
        }
    }

    async fn rest(&mut self, pause: &mut Duration) {
        tokio::select! {
            () = tokio::time::sleep(*pause) => {}
            _ = self.stopped.changed() => {}
        }
        *pause = (*pause * 2).min(LONGEST_PAUSE);
    }

    /// Hands one batch on to all consumers and marks it. Gives the number of events.
    async fn relay_batch(&self) -> Result<usize> {
        let rows = outbox::Entity::find()
            .filter(outbox::Column::RelayedAt.is_null())
            .order_by_asc(outbox::Column::Sequence)
            .limit(BATCH)
            .all(self.store.read())
            .await
            .stored("read the outbox")?;
        if rows.is_empty() {
            return Ok(0);
        }
        let sequences: Vec<i64> = rows.iter().map(|row| row.sequence).collect();
        let events: Vec<Event> = rows.into_iter().map(from_row).collect();
        for outcome in join_all(
            self.consumers
                .iter()
                .map(|consumer| self.deliver(consumer, &events)),
        )
        .await
        {
            outcome?;
        }
        self.mark(&sequences).await?;
        Ok(events.len())
    }

    /// Marks exactly the rows that were handed on: another row between them may not have been visible yet.
    async fn mark(&self, sequences: &[i64]) -> Result<()> {
        let now = self.clock.now().as_microsecond();
        self.store
            .write("mark_relayed", |transaction| async move {
                outbox::Entity::update_many()
                    .col_expr(outbox::Column::RelayedAt, Expr::value(now))
                    .filter(outbox::Column::Sequence.is_in(sequences.iter().copied()))
                    .exec(transaction.connection())
                    .await
                    .stored("mark the outbox")?;
                transaction.commit(()).await
            })
            .await
    }

    async fn deliver(&self, consumer: &Arc<dyn Consumer>, events: &[Event]) -> Result<()> {
        let topics = consumer.topics();
        let wanted: Vec<Event> = events
            .iter()
            .filter(|event| topics.contains(&event.topic.as_str()))
            .cloned()
            .collect();
        if wanted.is_empty() {
            return Ok(());
        }
        match consumer.handle(&wanted).await {
            Ok(()) => Ok(()),
            Err(error) if can_be_mended(&error) => Err(error),
            Err(_) => self.deliver_singly(consumer, &wanted).await,
        }
    }

    /// Finds the events that a consumer cannot take, and takes the others.
    async fn deliver_singly(&self, consumer: &Arc<dyn Consumer>, events: &[Event]) -> Result<()> {
        for event in events {
            match consumer.handle(std::slice::from_ref(event)).await {
                Ok(()) => {}
                Err(error) if can_be_mended(&error) => return Err(error),
                Err(error) => dead_letter::keep(consumer.as_ref(), event, &error, &self.clock).await?,
            }
        }
        Ok(())
    }
}

/// Whether delivering again can help.
fn can_be_mended(error: &Error) -> bool {
    matches!(
        error.kind(),
        Kind::Unavailable | Kind::Aborted | Kind::ResourceExhausted
    )
}
