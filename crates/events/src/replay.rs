//! Sends dead letters to their consumer again when that was asked for.
//!
//! Asking is a mark on the row: so it works the same while the service runs and before it is started, in one process and
//! in many, and needs no access but to the store.

use std::{sync::Arc, time::Duration};

use rapport_clock::Clock;
use rapport_status::Result;

use crate::{
    Consumer,
    backoff::Backoff,
    dead_letter::{self, DeadLetter},
    delivery::is_of_the_moment,
    running::Stopping,
};

/// How often requests are looked for.
const BETWEEN: Duration = Duration::from_secs(1);

/// Dead letters that are read at a time.
const BATCH: u64 = 64;

/// Serves requests for the dead letters of a consumer until it is told to end.
pub(crate) async fn run(consumer: Arc<dyn Consumer>, clock: Clock, mut stopping: Stopping) {
    let mut backoff = Backoff::new();
    while !stopping.is_told() {
        match replay(consumer.as_ref(), &clock, &stopping).await {
            Ok(()) => {
                backoff.reset();
                stopping.rest(BETWEEN).await;
            }
            Err(error) => {
                tracing::warn!(
                    consumer = consumer.name(),
                    error = error.chain(),
                    "dead letters could not be sent again; tried again soon"
                );
                stopping.rest(backoff.next()).await;
            }
        }
    }
}

/// Sends what was asked for, in one process at a time.
async fn replay(consumer: &dyn Consumer, clock: &Clock, stopping: &Stopping) -> Result<()> {
    let store = consumer.store();
    if dead_letter::requested(store, consumer.name(), 1)
        .await?
        .is_empty()
    {
        return Ok(());
    }
    let Some(duty) = store
        .duties()
        .take(&format!("events.replay.{}", consumer.name()))
        .await?
    else {
        return Ok(());
    };
    let outcome = replay_all(consumer, clock, stopping).await;
    duty.release().await;
    outcome
}

async fn replay_all(consumer: &dyn Consumer, clock: &Clock, stopping: &Stopping) -> Result<()> {
    loop {
        let letters = dead_letter::requested(consumer.store(), consumer.name(), BATCH).await?;
        if letters.is_empty() {
            return Ok(());
        }
        for letter in letters {
            if stopping.is_told() {
                return Ok(());
            }
            send(consumer, &letter, clock).await?;
        }
    }
}

/// Sends one. When it fails again, the new reason is kept and the request is done with.
async fn send(consumer: &dyn Consumer, letter: &DeadLetter, clock: &Clock) -> Result<()> {
    match consumer.handle(std::slice::from_ref(&letter.event)).await {
        Ok(()) => {
            tracing::info!(consumer = consumer.name(), event = %letter.event.id, "a dead letter was taken");
            dead_letter::remove(consumer.store(), letter).await
        }
        Err(error) if is_of_the_moment(&error) => Err(error),
        Err(error) => dead_letter::keep(consumer, &letter.event, &error, clock).await,
    }
}
