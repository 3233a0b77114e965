//! Has a consumer take what its partitions bring, together: one transaction for all that waits, in place of one for
//! each partition.
//!
//! A partition has one batch under way at a time, and a customer's events are all in one partition: so taking batches
//! together keeps the order of every customer. A batch that cannot be taken fails alone, and holds up its partition
//! alone.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use rapport_clock::Clock;
use rapport_status::{Error, Result};
use tokio::sync::oneshot;

use crate::{
    Consumer, Event,
    delivery::{Delivery, is_of_the_moment},
};

/// Events taken in one transaction at most, unless a single batch has more.
const MOST_EVENTS: usize = 512;

/// A batch of a partition.
struct Brought {
    partition: u16,
    events: Arc<[Event]>,
    answer: oneshot::Sender<Result<()>>,
}

/// Where the partitions that a replica reads bring their events. Whoever finds it idle takes for everybody who waits.
pub(super) struct Taker {
    waiting: Mutex<VecDeque<Brought>>,
    desk: tokio::sync::Mutex<Desk>,
}

impl fmt::Debug for Taker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Taker")
    }
}

impl Taker {
    pub(super) fn new(consumer: Arc<dyn Consumer>, clock: Clock) -> Self {
        Self {
            waiting: Mutex::default(),
            desk: tokio::sync::Mutex::new(Desk {
                together: Delivery::new(Arc::clone(&consumer), clock.clone()),
                consumer,
                clock,
                alone: BTreeMap::new(),
            }),
        }
    }

    /// Has a batch taken. An error says that the same batch is to be brought again after a pause; what of it was taken
    /// meanwhile is in the inbox.
    pub(super) async fn take(&self, partition: u16, events: Arc<[Event]>) -> Result<()> {
        let (answer, mut taken) = oneshot::channel();
        self.bring(Brought {
            partition,
            events,
            answer,
        });
        loop {
            let mut desk = tokio::select! {
                biased;
                taken = &mut taken => return taken.unwrap_or_else(|_| Err(left())),
                desk = self.desk.lock() => desk,
            };
            // Partitions whose events came together bring them now.
            tokio::task::yield_now().await;
            desk.take(self.next()).await;
        }
    }

    fn bring(&self, brought: Brought) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push_back(brought);
    }

    /// The batches that wait longest.
    fn next(&self) -> Vec<Brought> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut batches, mut events) = (Vec::new(), 0);
        while events < MOST_EVENTS
            && let Some(batch) = waiting.pop_front()
        {
            events += batch.events.len();
            batches.push(batch);
        }
        batches
    }
}

/// The task that took the batch along has ended in the middle of it.
fn left() -> Error {
    Error::internal("the taking of events was broken off")
}

struct Desk {
    consumer: Arc<dyn Consumer>,
    clock: Clock,
    together: Delivery,
    /// What is known of partitions whose batches had to be taken alone.
    alone: BTreeMap<u16, Delivery>,
}

impl Desk {
    /// Takes batches together, or each alone when that cannot be.
    async fn take(&mut self, mut batches: Vec<Brought>) {
        if batches.len() > 1 {
            let events: Vec<Event> = batches
                .iter()
                .flat_map(|batch| batch.events.iter().cloned())
                .collect();
            match self.together.hand_over_whole(&events).await {
                Err(error) if !is_of_the_moment(&error) => {}
                outcome => {
                    for batch in batches.drain(..) {
                        // A reader that is gone reads the same events again.
                        let _ = batch.answer.send(outcome.clone());
                    }
                }
            }
        }
        for batch in batches {
            let delivery = self
                .alone
                .entry(batch.partition)
                .or_insert_with(|| Delivery::new(Arc::clone(&self.consumer), self.clock.clone()));
            let _ = batch.answer.send(delivery.hand_over(&batch.events).await);
        }
    }
}
