//! Publishes the outbox of one store to the stream.
//!
//! An event is published only after the earlier one of its customer was acknowledged; events of different customers are
//! under way together. So the first copy of each event stands in the stream behind the first copies of all earlier events
//! of its customer, whoever published them and however often: acknowledgements may be lost, and two replicas may publish
//! the same rows for a moment. That one replica at a time relays only saves work.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use async_nats::{
    Subscriber,
    jetstream::{
        context::{PublishError, PublishErrorKind, traits::Publisher as _},
        message::PublishMessage,
    },
};
use futures::{FutureExt as _, StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use rapport_clock::Clock;
use rapport_status::{Error, Reason, Result};
use rapport_storage::{Duty, Store};
use rapport_telemetry::{
    context::{self, Kind, Origin},
    metrics,
};
use tracing::Instrument as _;

use super::{
    connection::{Connection, Link, unavailable},
    envelope, subject,
};
use crate::{
    Event,
    backoff::Backoff,
    outbox::{self, Refill, Waiting},
    pace::Pace,
    running::Stopping,
};

/// Events read, published and marked at a time.
const BATCH: u64 = 512;

/// Customers whose events are under way at the same time.
const UNDER_WAY: usize = 256;

/// How long the outbox is left alone at most when nothing wakes the publisher.
const IDLE: Duration = Duration::from_secs(1);

/// How often a replica that does not relay tries to, and one that does sees whether it still may.
const LOOK: Duration = Duration::from_millis(500);

/// Pause after waking the replica that relays: many commits are one call.
const BETWEEN_CALLS: Duration = Duration::from_millis(2);

/// How far the clocks of a service and the broker may be apart.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(10);

/// What a broker that lost power may have acknowledged and not written to its disk: a multiple of the two minutes after
/// which NATS writes at the latest unless it is configured otherwise.
const UNWRITTEN: SignedDuration = SignedDuration::from_mins(10);

pub(super) struct Publisher {
    connection: Arc<Connection>,
    store: Store,
    service: String,
    clock: Clock,
    /// The connection after which the broker was looked at; 0 when it is to be looked at.
    inspected: u64,
    /// Since when the stream is there, as it was seen last.
    created: Option<Timestamp>,
    /// The highest number that the broker gave an event of ours.
    highest: u64,
}

/// What became of the events of one customer.
#[derive(Default)]
struct Published {
    /// Rows whose events the broker has.
    sequences: Vec<i64>,
    highest: u64,
    error: Option<Error>,
}

impl Publisher {
    pub(super) fn new(connection: Arc<Connection>, store: Store, service: &str, clock: Clock) -> Self {
        Self {
            connection,
            store,
            service: service.to_owned(),
            clock,
            inspected: 0,
            created: None,
            highest: 0,
        }
    }

    pub(super) async fn run(mut self, mut stopping: Stopping) {
        let mut backoff = Backoff::new();
        while !stopping.is_told() {
            match self.store.duties().take("events.relay").await {
                Ok(Some(duty)) => {
                    backoff.reset();
                    self.relay(duty, &mut stopping).await;
                }
                Ok(None) => self.stand_by(&mut stopping).await,
                Err(error) => {
                    tracing::warn!(
                        service = self.service,
                        error = error.chain(),
                        "the duty to relay cannot be taken"
                    );
                    stopping.rest(backoff.next()).await;
                }
            }
        }
    }

    /// Another replica relays: it is told of what this one commits.
    async fn stand_by(&self, stopping: &mut Stopping) {
        let look = tokio::time::sleep(LOOK);
        tokio::pin!(look);
        let call = subject::wake(&self.connection.options().stream, &self.service);
        loop {
            tokio::select! {
                () = &mut look => return,
                () = stopping.told() => return,
                () = self.store.committed().notified() => {}
            }
            if self.connection.link().up {
                // A call that is lost costs time only: the outbox is looked at again soon.
                let _ = self
                    .connection
                    .client()
                    .publish(call.clone(), Vec::new().into())
                    .await;
            }
            tokio::time::sleep(BETWEEN_CALLS).await;
        }
    }

    /// Relays for as long as the duty is held.
    async fn relay(&mut self, duty: Duty, stopping: &mut Stopping) {
        let call = subject::wake(&self.connection.options().stream, &self.service);
        let mut calls = self.connection.client().subscribe(call).await.ok();
        let (mut backoff, mut pace) = (Backoff::new(), Pace::new());
        let mut looked = Instant::now();
        while !stopping.is_told() {
            if looked.elapsed() >= LOOK {
                if !duty.is_held().await {
                    return;
                }
                looked = Instant::now();
            }
            let link = self.connection.link();
            if !link.up {
                tokio::select! {
                    _ = self.connection.is_up(stopping) => {}
                    () = tokio::time::sleep(LOOK) => {}
                }
                continue;
            }
            pace.keep().await;
            match self.relay_batch(link).await {
                Ok(0) => {
                    let idle = IDLE.min(LOOK.saturating_sub(looked.elapsed()));
                    tokio::select! {
                        () = self.store.committed().notified() => {}
                        () = called(calls.as_mut()) => {}
                        () = stopping.rest(idle) => {}
                    }
                }
                Ok(_) => backoff.reset(),
                Err(error) => {
                    tracing::warn!(
                        service = self.service,
                        error = error.chain(),
                        "events could not be published; they wait in the outbox"
                    );
                    stopping.rest(backoff.next()).await;
                }
            }
        }
        duty.release().await;
    }

    /// Publishes the events that wait longest and marks those that the broker has. Gives their number.
    async fn relay_batch(&mut self, link: Link) -> Result<usize> {
        if self.inspected != link.generation {
            self.inspect().await?;
            self.inspected = link.generation;
        }
        let waiting = outbox::waiting(&self.store, BATCH).await?;
        if waiting.is_empty() {
            return Ok(0);
        }
        let origins = waiting
            .iter()
            .map(|waiting| Origin::of(waiting.event.trace_parent.as_deref()));
        let span = context::joint("publish events", Kind::Producer, origins);
        let published = self.publish(waiting, link).instrument(span).await;
        metrics::events_relayed(&self.service, published.sequences.len());
        self.highest = self.highest.max(published.highest);
        outbox::mark(&self.store, &published.sequences, self.clock.now()).await?;
        if published.error.is_some() {
            // It may be the stream that is gone: the broker is looked at again first.
            self.inspected = 0;
        }
        published.error.map_or(Ok(published.sequences.len()), Err)
    }

    /// Publishes events: those of one customer one after the other, those of different customers together. After the
    /// first failure nothing more is begun.
    async fn publish(&self, waiting: Vec<Waiting>, link: Link) -> Published {
        let failed = AtomicBool::new(false);
        let mut outcomes = stream::iter(by_customer(waiting))
            .map(|events| self.publish_in_order(events, link, &failed))
            .buffer_unordered(UNDER_WAY);
        let mut all = Published::default();
        while let Some(one) = outcomes.next().await {
            all.sequences.extend(one.sequences);
            all.highest = all.highest.max(one.highest);
            all.error = all.error.or(one.error);
        }
        all
    }

    async fn publish_in_order(&self, events: Vec<Waiting>, link: Link, failed: &AtomicBool) -> Published {
        let mut published = Published::default();
        for waiting in events {
            if failed.load(Ordering::Relaxed) {
                break;
            }
            match self.publish_one(&waiting, link).await {
                Ok(number) => {
                    published.highest = published.highest.max(number);
                    published.sequences.push(waiting.sequence);
                }
                Err(error) => {
                    // What only this event is to blame for holds up its customer alone.
                    if error.reason() != Reason::MalformedMessage {
                        failed.store(true, Ordering::Relaxed);
                    }
                    published.error = Some(error);
                    break;
                }
            }
        }
        published
    }

    /// Publishes an event and waits until the broker has it. Gives its number in the stream.
    async fn publish_one(&self, waiting: &Waiting, link: Link) -> Result<u64> {
        let options = self.connection.options();
        let event = &waiting.event;
        let message = PublishMessage::build()
            .headers(envelope::headers(event, &self.service))
            .payload(event.payload.clone().into())
            .outbound_message(subject::of(&options.stream, options.partitions, event));
        let acknowledged = async {
            let sent = self
                .connection
                .jetstream()
                .publish_message(message)
                .await
                .map_err(|error| cannot_be_sent(event, error))?;
            sent.await
                .map_err(|error| unavailable("an event was not acknowledged", error))
        };
        tokio::select! {
            acknowledgement = acknowledged => acknowledgement.map(|acknowledgement| acknowledgement.sequence),
            () = self.connection.is_over(link) => Err(unavailable("the connection was lost", "before events were acknowledged")),
        }
    }

    /// Looks at a broker that is reached anew, and has relayed again what it lost: everything that was relayed before its
    /// stream was made, and what was relayed a short while ago when the stream is shorter than it was.
    async fn inspect(&mut self) -> Result<()> {
        let stream = self.connection.stream().await?;
        let mut refilled = 0;
        if self.created != Some(stream.created) {
            let made = stream.created.checked_add(CLOCK_SKEW).unwrap_or(stream.created);
            refilled += outbox::refill(&self.store, Refill::Before(made)).await?;
        }
        if stream.last_sequence < self.highest {
            let unwritten = self.clock.now().checked_sub(UNWRITTEN).unwrap_or(Timestamp::MIN);
            refilled += outbox::refill(&self.store, Refill::Since(unwritten)).await?;
        }
        self.created = Some(stream.created);
        self.highest = stream.last_sequence;
        if refilled > 0 {
            tracing::warn!(
                service = self.service,
                events = refilled,
                "the event broker has lost events, or is a new one: they are published again"
            );
        }
        Ok(())
    }
}

fn cannot_be_sent(event: &Event, error: PublishError) -> Error {
    if error.kind() == PublishErrorKind::MaxPayloadExceeded {
        return Error::new(
            Reason::MalformedMessage,
            format!(
                "the event {} is larger than the broker takes: raise its max_payload, as in deploy/nats/nats.conf",
                event.id
            ),
        )
        .because(error);
    }
    unavailable("an event cannot be sent", error)
}

/// Waits for a call of another replica; those that came meanwhile are one.
async fn called(calls: Option<&mut Subscriber>) {
    let Some(calls) = calls else {
        return std::future::pending().await;
    };
    if calls.next().await.is_none() {
        std::future::pending::<()>().await;
    }
    while calls.next().now_or_never().flatten().is_some() {}
}

/// Events by customer, each list in the order of writing.
fn by_customer(waiting: Vec<Waiting>) -> Vec<Vec<Waiting>> {
    let mut places: HashMap<(String, String), usize> = HashMap::new();
    let mut lists: Vec<Vec<Waiting>> = Vec::new();
    for waiting in waiting {
        let customer = (waiting.event.tenant.clone(), waiting.event.key.clone());
        let place = *places.entry(customer).or_insert(lists.len());
        if place == lists.len() {
            lists.push(Vec::new());
        }
        lists[place].push(waiting);
    }
    lists
}
