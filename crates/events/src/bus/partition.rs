//! Reads one partition for one consumer, in order, for as long as this replica has the duty.

use std::{sync::Arc, time::Duration};

use async_nats::jetstream::{Message, consumer::pull};
use futures::{FutureExt as _, StreamExt as _};
use rapport_status::{Error, Reason, Result};
use rapport_storage::Duty;
use rapport_telemetry::metrics;

use super::{
    connection::{Connection, Link, unavailable},
    envelope, position,
    taker::Taker,
};
use crate::{Consumer, Event, backoff::Backoff, running::Stopping};

/// Events taken in one transaction at most.
const BATCH: usize = 512;

/// How long a request for events stands; the client renews it. Nothing is sent meanwhile when there is nothing.
const REQUEST: Duration = Duration::from_secs(30);

/// How often the broker says that it is there when there are no events.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// How often it is looked whether the duty is still this replica's.
const LOOK: Duration = Duration::from_secs(2);

/// Reads a partition.
pub(super) struct Reader {
    connection: Arc<Connection>,
    consumer: Arc<dyn Consumer>,
    taker: Arc<Taker>,
    partition: u16,
}

/// Why reading ended without a failure.
enum Ended {
    /// The task is to end.
    Told,
    /// Another replica has the duty.
    DutyLost,
    /// The connection is another one: the position is looked at again.
    Reconnected,
}

impl Reader {
    pub(super) fn new(
        connection: Arc<Connection>,
        consumer: Arc<dyn Consumer>,
        taker: Arc<Taker>,
        partition: u16,
    ) -> Self {
        Self {
            connection,
            consumer,
            taker,
            partition,
        }
    }

    /// Reads until it is told to end or the duty is lost, and gives the duty back.
    pub(super) async fn run(mut self, duty: Duty, mut stopping: Stopping) {
        let mut backoff = Backoff::new();
        while let Some(link) = self.connection.is_up(&mut stopping).await {
            match self.read(link, &duty, &mut stopping, &mut backoff).await {
                Ok(Ended::Told | Ended::DutyLost) => break,
                Ok(Ended::Reconnected) => {}
                Err(error) => {
                    tracing::warn!(
                        consumer = self.consumer.name(),
                        partition = self.partition,
                        error = error.chain(),
                        "a partition is read again from behind what was acknowledged"
                    );
                    stopping.rest(backoff.next()).await;
                    if !duty.is_held().await {
                        break;
                    }
                }
            }
        }
        duty.release().await;
    }

    async fn read(
        &mut self,
        link: Link,
        duty: &Duty,
        stopping: &mut Stopping,
        backoff: &mut Backoff,
    ) -> Result<Ended> {
        let position = position::open(
            &self.connection,
            self.consumer.name(),
            self.consumer.topics(),
            self.partition,
        )
        .await?;
        let mut next = position.next;
        let mut messages = position
            .consumer
            .stream()
            .max_messages_per_batch(BATCH)
            .expires(REQUEST)
            .heartbeat(HEARTBEAT)
            .messages()
            .await
            .map_err(|error| unavailable("events cannot be asked for", error))?;
        let mut look = tokio::time::interval(LOOK);
        look.tick().await;
        loop {
            let batch = tokio::select! {
                batch = batch(&mut messages) => batch?,
                () = stopping.told() => return Ok(Ended::Told),
                () = self.connection.is_over(link) => return Ok(Ended::Reconnected),
                _ = look.tick() => {
                    if !duty.is_held().await {
                        return Ok(Ended::DutyLost);
                    }
                    // Nothing is there to be taken.
                    self.tell_lag(0);
                    continue;
                }
            };
            next = in_order(&batch, next)?;
            self.tell_lag(lag_before(&batch));
            if let Some(ended) = self.take(&batch, duty, stopping).await {
                return Ok(ended);
            }
            if let Some(last) = batch.last() {
                last.ack()
                    .await
                    .map_err(|error| unavailable("events cannot be acknowledged", error))?;
            }
            backoff.reset();
        }
    }

    /// Hands a batch over, again and again until it is taken.
    async fn take(&mut self, batch: &[Message], duty: &Duty, stopping: &mut Stopping) -> Option<Ended> {
        let events: Arc<[Event]> = events(batch).into();
        let mut backoff = Backoff::new();
        while let Err(error) = self.taker.take(self.partition, Arc::clone(&events)).await {
            tracing::warn!(
                consumer = self.consumer.name(),
                partition = self.partition,
                error = error.chain(),
                "events could not be taken; tried again soon"
            );
            self.tell_lag(lag_before(batch));
            stopping.rest(backoff.next()).await;
            if stopping.is_told() {
                return Some(Ended::Told);
            }
            if !duty.is_held().await {
                return Some(Ended::DutyLost);
            }
        }
        None
    }

    fn tell_lag(&self, events: u64) {
        metrics::consumer_lags(self.consumer.name(), self.partition, events);
    }
}

/// The events that are not taken while a batch is not: those in it, and those that the broker has behind it.
fn lag_before(batch: &[Message]) -> u64 {
    let behind = batch
        .last()
        .and_then(|last| last.info().ok())
        .map_or(0, |info| info.pending);
    behind + batch.len() as u64
}

/// Waits for events, and takes those that are there as well.
async fn batch(messages: &mut pull::Stream) -> Result<Vec<Message>> {
    let mut batch = Vec::new();
    let mut found = messages.next().await;
    loop {
        match found {
            Some(Ok(message)) => batch.push(message),
            Some(Err(error)) if batch.is_empty() => {
                return Err(unavailable("events do not come", error));
            }
            None if batch.is_empty() => return Err(unavailable("events do not come", "the request ended")),
            // What is wrong is said again with the next request.
            Some(Err(_)) | None => return Ok(batch),
        }
        if batch.len() == BATCH {
            return Ok(batch);
        }
        match messages.next().now_or_never() {
            Some(more) => found = more,
            None => return Ok(batch),
        }
    }
}

/// Refuses a batch that an event is missing from. Gives the number that the next event has.
fn in_order(batch: &[Message], mut next: u64) -> Result<u64> {
    for message in batch {
        let number = message
            .info()
            .map_err(|error| unavailable("a message has no number", error))?
            .consumer_sequence;
        if number != next {
            return Err(Error::new(
                Reason::StorageUnavailable,
                format!("the event broker: number {next} was lost on the way; {number} came"),
            ));
        }
        next += 1;
    }
    Ok(next)
}

/// The events of messages. What others have put into the stream and is no event is left out.
fn events(batch: &[Message]) -> Vec<Event> {
    batch
        .iter()
        .filter_map(|message| {
            envelope::event(message.headers.as_ref(), &message.payload)
                .inspect_err(|error| {
                    tracing::error!(subject = %message.subject, error = error.chain(), "a foreign message is left out");
                })
                .ok()
        })
        .collect()
}
