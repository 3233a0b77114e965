//! Events over real stores: each has its effect once, whatever fails.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_wrap,
    reason = "tests fail by panicking; their numbers are small"
)]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use rapport_clock::Clock;
use rapport_events::{Consumer, Event, Relay, inbox, outbox};
use rapport_status::{Error, Reason, Result};
use rapport_storage::{Location, MigrationList, Store, tables};
use sea_orm::{ConnectionTrait as _, EntityTrait as _, PaginatorTrait as _};
use tempfile::TempDir;

/// Stands for any message of the contract.
#[derive(Clone, PartialEq, Eq, prost::Message)]
struct Happened {
    #[prost(int64, tag = "1")]
    number: i64,
}

impl prost::Name for Happened {
    const NAME: &'static str = "Happened";
    const PACKAGE: &'static str = "test.v1";
}

async fn open(folder: &TempDir, name: &str) -> Store {
    let store = Store::open(&Location::in_folder(folder.path(), name))
        .await
        .unwrap();
    store.migrate(&MigrationList(tables::migrations)).await.unwrap();
    store
}

/// Keeps the numbers it took; fails in the ways it is told.
struct Collector {
    store: Store,
    taken: Mutex<Vec<i64>>,
    poison: Option<i64>,
    failures: AtomicUsize,
}

impl Collector {
    fn new(store: Store) -> Self {
        Self {
            store,
            taken: Mutex::default(),
            poison: None,
            failures: AtomicUsize::new(0),
        }
    }

    fn taken(&self) -> Vec<i64> {
        self.taken.lock().unwrap().clone()
    }
}

#[async_trait::async_trait]
impl Consumer for Collector {
    fn name(&self) -> &'static str {
        "collector"
    }

    fn topics(&self) -> &'static [&'static str] {
        &["test.v1.Happened"]
    }

    fn store(&self) -> &Store {
        &self.store
    }

    async fn handle(&self, events: &[Event]) -> Result<()> {
        if self.failures.load(Ordering::SeqCst) > 0 {
            self.failures.fetch_sub(1, Ordering::SeqCst);
            return Err(Error::new(Reason::StorageUnavailable, "for the moment"));
        }
        let numbers = self
            .store
            .write("collect", |transaction| async move {
                let now = Clock::system().now();
                let fresh =
                    inbox::first_deliveries(transaction.connection(), self.name(), events, now).await?;
                let mut numbers = Vec::new();
                for event in fresh {
                    let number = event.message::<Happened>()?.number;
                    if Some(number) == self.poison {
                        return Err(Error::new(Reason::InvalidFields, "poison"));
                    }
                    numbers.push(number);
                }
                transaction.commit(numbers).await
            })
            .await?;
        self.taken.lock().unwrap().extend(numbers);
        Ok(())
    }
}

async fn publish(store: &Store, numbers: std::ops::Range<i64>) {
    let clock = Clock::system();
    let events: Vec<Event> = numbers
        .map(|number| outbox::event(&clock, "harbour", "key", &Happened { number }))
        .collect();
    store
        .write("publish", |transaction| {
            let events = events.clone();
            async move {
                outbox::append(transaction.connection(), events).await?;
                transaction.commit(()).await
            }
        })
        .await
        .unwrap();
}

async fn settle(relay: &Relay) {
    for _ in 0..1_000 {
        if relay.backlog().await.unwrap() == 0 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("events still wait after ten seconds");
}

async fn deliver_again(store: &Store) {
    store
        .read()
        .execute_unprepared("UPDATE outbox SET relayed_at = NULL")
        .await
        .unwrap();
}

#[tokio::test]
async fn events_arrive_in_the_order_of_writing_and_once_however_often_they_are_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (open(&folder, "source").await, open(&folder, "target").await);
    let collector = Arc::new(Collector::new(target));
    publish(&source, 0..1_500).await;
    for _ in 0..3 {
        let consumers: Vec<Arc<dyn Consumer>> = vec![Arc::clone(&collector) as _];
        let relay = Relay::start(vec![source.clone()], &consumers, &Clock::system());
        settle(&relay).await;
        relay.stop().await;
        deliver_again(&source).await;
    }
    assert_eq!(collector.taken(), (0..1_500).collect::<Vec<_>>());
}

#[tokio::test]
async fn an_event_that_cannot_be_taken_becomes_a_dead_letter_and_its_neighbours_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (open(&folder, "source").await, open(&folder, "target").await);
    let mut collector = Collector::new(target.clone());
    collector.poison = Some(7);
    let collector = Arc::new(collector);
    publish(&source, 0..20).await;
    let consumers: Vec<Arc<dyn Consumer>> = vec![Arc::clone(&collector) as _];
    let relay = Relay::start(vec![source], &consumers, &Clock::system());
    settle(&relay).await;
    relay.stop().await;
    let expected: Vec<i64> = (0..20).filter(|number| *number != 7).collect();
    assert_eq!(collector.taken(), expected);
    let letters = tables::dead_letter::Entity::find()
        .all(target.read())
        .await
        .unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].reason, "INVALID_FIELDS: poison");
}

#[tokio::test]
async fn a_consumer_that_is_unavailable_gets_its_events_later() {
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (open(&folder, "source").await, open(&folder, "target").await);
    let collector = Arc::new(Collector::new(target.clone()));
    collector.failures.store(3, Ordering::SeqCst);
    publish(&source, 0..5).await;
    let consumers: Vec<Arc<dyn Consumer>> = vec![Arc::clone(&collector) as _];
    let relay = Relay::start(vec![source], &consumers, &Clock::system());
    settle(&relay).await;
    relay.stop().await;
    assert_eq!(collector.taken(), [0, 1, 2, 3, 4]);
    assert_eq!(
        tables::dead_letter::Entity::find()
            .count(target.read())
            .await
            .unwrap(),
        0
    );
}

#[tokio::test]
async fn what_waits_when_the_relay_stops_is_handed_on_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (open(&folder, "source").await, open(&folder, "target").await);
    let collector = Arc::new(Collector::new(target));
    let consumers: Vec<Arc<dyn Consumer>> = vec![Arc::clone(&collector) as _];
    let relay = Relay::start(vec![source.clone()], &consumers, &Clock::system());
    relay.stop().await;
    publish(&source, 0..3).await;
    let relay = Relay::start(vec![source], &consumers, &Clock::system());
    settle(&relay).await;
    relay.stop().await;
    assert_eq!(collector.taken(), [0, 1, 2]);
}
