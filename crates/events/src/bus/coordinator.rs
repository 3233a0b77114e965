//! Shares the partitions of one consumer out among the replicas of its service.
//!
//! A partition is a duty of the consumer's store: one replica has it at a time, and when that one dies it is free at
//! once. The replicas tell each other over the broker how many they hold, so that newcomers get their share.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use async_nats::Subscriber;
use futures::{FutureExt as _, StreamExt as _};
use rapport_clock::Clock;
use rapport_status::Result;

use super::{
    connection::Connection,
    partition::Reader,
    shares::{Others, surplus},
    subject,
    taker::Taker,
};
use crate::{
    Consumer,
    running::{Running, Stopping},
};

/// How often it is looked what is free. A partition of a replica that died is read again after about this time.
const LOOK: Duration = Duration::from_millis(500);

/// For how long a partition that was given up is left to others.
const LEFT_ALONE: Duration = Duration::from_secs(2);

/// The replicas of a consumer that are listened to at most.
const MOST_WORDS: usize = 256;

pub(super) struct Coordinator {
    connection: Arc<Connection>,
    consumer: Arc<dyn Consumer>,
    taker: Arc<Taker>,
    /// What this replica calls itself.
    replica: String,
    held: BTreeMap<u16, Running>,
    given_up: BTreeMap<u16, Instant>,
    others: Others,
}

impl Coordinator {
    pub(super) fn new(connection: Arc<Connection>, consumer: Arc<dyn Consumer>, clock: Clock) -> Self {
        Self {
            replica: clock.new_id().to_string(),
            connection,
            taker: Arc::new(Taker::new(Arc::clone(&consumer), clock)),
            consumer,
            held: BTreeMap::new(),
            given_up: BTreeMap::new(),
            others: Others::default(),
        }
    }

    pub(super) async fn run(mut self, mut stopping: Stopping) {
        let subject = subject::replicas(&self.connection.options().stream, self.consumer.name());
        let mut words = None;
        let mut failing = false;
        while !stopping.is_told() {
            self.held.retain(|_, reader| !reader.has_ended());
            let taken = self.take_what_is_free().await;
            // Said once: it is looked again twice a second.
            if let Err(error) = &taken
                && !failing
            {
                tracing::warn!(
                    consumer = self.consumer.name(),
                    error = error.chain(),
                    "partitions cannot be taken now; tried again until they can"
                );
            }
            failing = taken.is_err();
            if self.connection.link().up {
                if words.is_none() {
                    words = self.connection.client().subscribe(subject.clone()).await.ok();
                }
                self.listen(words.as_mut());
                self.give_up_surplus().await;
                let word = format!("{} {}", self.replica, self.held.len());
                // A word that is lost is said again soon.
                let _ = self
                    .connection
                    .client()
                    .publish(subject.clone(), word.into())
                    .await;
            }
            stopping.rest(LOOK).await;
        }
        stop_all(std::mem::take(&mut self.held)).await;
    }

    async fn take_what_is_free(&mut self) -> Result<()> {
        self.given_up.retain(|_, since| since.elapsed() < LEFT_ALONE);
        for partition in 0..self.connection.options().partitions {
            if self.held.contains_key(&partition) || self.given_up.contains_key(&partition) {
                continue;
            }
            let name = format!("events.{}.{partition}", self.consumer.name());
            let Some(duty) = self.consumer.store().duties().take(&name).await? else {
                continue;
            };
            let reader = Reader::new(
                Arc::clone(&self.connection),
                Arc::clone(&self.consumer),
                Arc::clone(&self.taker),
                partition,
            );
            let mut running = Running::new();
            running.spawn(|stopping| reader.run(duty, stopping));
            self.held.insert(partition, running);
        }
        Ok(())
    }

    /// Hears what the other replicas said of themselves.
    fn listen(&mut self, words: Option<&mut Subscriber>) {
        let Some(words) = words else { return };
        for _ in 0..MOST_WORDS {
            let Some(word) = words.next().now_or_never().flatten() else {
                return;
            };
            let Ok(word) = std::str::from_utf8(&word.payload) else {
                continue;
            };
            if let Some((replica, held)) = word.split_once(' ')
                && replica != self.replica
                && let Ok(held) = held.parse()
            {
                self.others.heard(replica.to_owned(), held, Instant::now());
            }
        }
    }

    async fn give_up_surplus(&mut self) {
        let partitions = usize::from(self.connection.options().partitions);
        let others = self.others.held(Instant::now());
        let mut given_up = BTreeMap::new();
        for _ in 0..surplus(self.held.len(), &others, partitions) {
            if let Some((partition, reader)) = self.held.pop_last() {
                given_up.insert(partition, reader);
            }
        }
        let partitions: Vec<u16> = given_up.keys().copied().collect();
        stop_all(given_up).await;
        let now = Instant::now();
        self.given_up
            .extend(partitions.into_iter().map(|partition| (partition, now)));
    }
}

async fn stop_all(readers: BTreeMap<u16, Running>) {
    for reader in readers.values() {
        reader.tell();
    }
    for reader in readers.into_values() {
        reader.stop().await;
    }
}
