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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use futures::future::join_all;
    use jiff::Timestamp;
    use rapport_status::Reason;
    use rapport_storage::{MigrationList, Store, tables};
    use rapport_testkit::TemporaryStore;

    use super::*;

    const TOPIC: &str = "test.v1.Happened";

    /// Takes events whose key is not the one that it fails for.
    struct Notes {
        store: Store,
        taken: Mutex<Vec<String>>,
        calls: AtomicUsize,
        /// Whether it fails for the moment, whatever it is given.
        is_away: AtomicBool,
        fails_for: &'static str,
    }

    #[async_trait::async_trait]
    impl Consumer for Notes {
        fn name(&self) -> &'static str {
            "notes"
        }

        fn topics(&self) -> &'static [&'static str] {
            &[TOPIC]
        }

        fn store(&self) -> &Store {
            &self.store
        }

        async fn handle(&self, events: &[Event]) -> Result<()> {
            self.calls.fetch_add(1, Ordering::SeqCst);
            // The others get their turn to bring events meanwhile.
            tokio::task::yield_now().await;
            if self.is_away.load(Ordering::SeqCst) {
                return Err(Error::new(Reason::StorageUnavailable, "away for the moment"));
            }
            if events.iter().any(|event| event.key == self.fails_for) {
                return Err(Error::internal("a fault of ours"));
            }
            let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
            taken.extend(events.iter().map(|event| event.key.clone()));
            Ok(())
        }
    }

    struct Bench {
        _temporary: TemporaryStore,
        notes: Arc<Notes>,
        taker: Taker,
    }

    impl Bench {
        async fn new(fails_for: &'static str) -> Self {
            let temporary = TemporaryStore::new(MigrationList(tables::migrations)).await;
            let notes = Arc::new(Notes {
                store: temporary.store.clone(),
                taken: Mutex::default(),
                calls: AtomicUsize::new(0),
                is_away: AtomicBool::new(false),
                fails_for,
            });
            let taker = Taker::new(Arc::clone(&notes) as Arc<dyn Consumer>, Clock::system());
            Self {
                _temporary: temporary,
                notes,
                taker,
            }
        }

        /// Has partitions 0, 1, 2 and so on bring a batch each at the same time.
        async fn bring(&self, batches: &[&[&str]]) -> Vec<Result<()>> {
            let brought = (0..).zip(batches).map(|(partition, keys)| {
                let events: Vec<Event> = keys.iter().map(|key| event(key)).collect();
                self.taker.take(partition, events.into())
            });
            join_all(brought).await
        }

        fn taken(&self) -> Vec<String> {
            let taken = self.notes.taken.lock().unwrap_or_else(PoisonError::into_inner);
            taken.clone()
        }
    }

    fn event(key: &str) -> Event {
        Event {
            id: Clock::system().new_id(),
            tenant: "t".to_owned(),
            key: key.to_owned(),
            topic: TOPIC.to_owned(),
            payload: Vec::new(),
            occurred_at: Timestamp::UNIX_EPOCH,
            trace_parent: None,
        }
    }

    #[tokio::test]
    async fn batches_that_are_brought_together_are_taken_together_each_in_its_order() {
        let bench = Bench::new("").await;
        let outcomes = bench
            .bring(&[&["a1", "a2"], &["b1"], &["c1", "c2"], &["d1"]])
            .await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        let taken = bench.taken();
        assert_eq!(taken.len(), 6, "{taken:?}");
        let place = |key: &str| taken.iter().position(|taken| taken == key);
        assert!(
            place("a1") < place("a2") && place("c1") < place("c2"),
            "{taken:?}"
        );
        let calls = bench.notes.calls.load(Ordering::SeqCst);
        assert!(calls < 4, "four batches took {calls} transactions");
    }

    #[tokio::test]
    async fn a_batch_that_cannot_be_taken_holds_up_its_partition_alone() {
        let bench = Bench::new("b1").await;
        let outcomes = bench.bring(&[&["a1"], &["b1"], &["c1"]]).await;
        let is_taken: Vec<bool> = outcomes.iter().map(Result::is_ok).collect();
        assert_eq!(is_taken, [true, false, true], "{outcomes:?}");
        assert_eq!(bench.taken(), ["a1", "c1"]);
    }

    #[tokio::test]
    async fn what_fails_for_the_moment_is_brought_again_by_all_and_taken_once() {
        let bench = Bench::new("").await;
        bench.notes.is_away.store(true, Ordering::SeqCst);
        let outcomes = bench.bring(&[&["a1"], &["b1"]]).await;
        assert!(outcomes.iter().all(Result::is_err), "{outcomes:?}");
        bench.notes.is_away.store(false, Ordering::SeqCst);
        let outcomes = bench.bring(&[&["a1"], &["b1"]]).await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        assert_eq!(bench.taken(), ["a1", "b1"]);
    }
}
