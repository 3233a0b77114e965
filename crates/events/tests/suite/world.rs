//! What the tests share: events that stand for any, a consumer with real effects, and waiting with a bound.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use rapport_clock::Clock;
use rapport_events::{Bus, Consumer, Event, EventOptions, inbox, outbox};
use rapport_status::{Error, Reason, Result};
use rapport_storage::{MigrationList, Store, Stored as _, rows, sea_orm_migration, tables};
use rapport_testkit::{Nats, TemporaryStore};
use sea_orm::{ActiveValue::Set, EntityTrait as _, QueryOrder as _};
use sea_orm_migration::{prelude::*, schema};

/// How long something may take that takes milliseconds on an idle machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Stands for any message of the contract.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Happened {
    #[prost(int64, tag = "1")]
    pub(crate) number: i64,
}

impl prost::Name for Happened {
    const NAME: &'static str = "Happened";
    const PACKAGE: &'static str = "test.v1";
}

/// The shared tables, and one for effects.
pub(crate) fn migrations() -> MigrationList {
    MigrationList(|| {
        let mut all = tables::migrations();
        all.push(Box::new(Effects));
        all
    })
}

struct Effects;

impl MigrationName for Effects {
    fn name(&self) -> &'static str {
        "m0002_effects"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Effects {
    async fn up(&self, manager: &SchemaManager) -> std::result::Result<(), DbErr> {
        let table = Table::create()
            .table("effect")
            .col(schema::big_pk_auto("sequence"))
            .col(schema::text("key"))
            .col(schema::big_integer("number"))
            .take();
        manager.create_table(table).await
    }
}

mod effect {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "effect")]
    pub(crate) struct Model {
        #[sea_orm(primary_key)]
        pub(crate) sequence: i64,
        pub(crate) key: String,
        pub(crate) number: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Writes a row for every event that it takes; fails in the ways it is told.
pub(crate) struct Collector {
    store: Store,
    pub(crate) poison: Mutex<HashSet<i64>>,
    /// How often it is still unavailable.
    pub(crate) unavailable: Mutex<u32>,
    /// Which number has a fault of ours, and how often still.
    pub(crate) faulty: Mutex<Option<(i64, u32)>>,
}

impl Collector {
    pub(crate) fn new(store: Store) -> Arc<Self> {
        Arc::new(Self {
            store,
            poison: Mutex::default(),
            unavailable: Mutex::default(),
            faulty: Mutex::default(),
        })
    }

    fn fail(&self, number: i64) -> Result<()> {
        if self.poison.lock().unwrap().contains(&number) {
            return Err(Error::new(Reason::InvalidFields, "poison"));
        }
        match self.faulty.lock().unwrap().as_mut() {
            Some((faulty, times)) if *faulty == number && *times > 0 => {
                *times -= 1;
                Err(Error::internal("a fault of ours"))
            }
            _ => Ok(()),
        }
    }
}

#[async_trait::async_trait]
impl Consumer for Collector {
    fn name(&self) -> &'static str {
        "test.collector"
    }

    fn topics(&self) -> &'static [&'static str] {
        &["test.v1.Happened"]
    }

    fn store(&self) -> &Store {
        &self.store
    }

    async fn handle(&self, events: &[Event]) -> Result<()> {
        {
            let mut unavailable = self.unavailable.lock().unwrap();
            if *unavailable > 0 {
                *unavailable -= 1;
                return Err(Error::new(Reason::StorageUnavailable, "for the moment"));
            }
        }
        self.store
            .write("collect", |transaction| async move {
                let connection = transaction.connection();
                let now = Clock::system().now();
                let mut effects = Vec::new();
                for event in inbox::first_deliveries(connection, self.name(), events, now).await? {
                    let number = event.message::<Happened>()?.number;
                    self.fail(number)?;
                    effects.push(effect::ActiveModel {
                        key: Set(event.key.clone()),
                        number: Set(number),
                        ..Default::default()
                    });
                }
                rows::insert::<effect::Entity>(connection, "write effects", effects).await?;
                transaction.commit(()).await
            })
            .await
    }
}

/// A store with the tables of the tests.
pub(crate) async fn new_store() -> TemporaryStore {
    TemporaryStore::new(migrations()).await
}

/// The effects in a store: the numbers of each key, in the order in which they were taken.
pub(crate) async fn effects(store: &Store) -> BTreeMap<String, Vec<i64>> {
    let rows = effect::Entity::find()
        .order_by_asc(effect::Column::Sequence)
        .all(store.read())
        .await
        .stored("read effects")
        .unwrap();
    let mut effects: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for row in rows {
        effects.entry(row.key).or_default().push(row.number);
    }
    effects
}

/// What has the effects of all `numbers` for each of `keys`, once each and in order.
pub(crate) fn all_in_order(keys: &[String], numbers: std::ops::Range<i64>) -> BTreeMap<String, Vec<i64>> {
    keys.iter()
        .map(|key| (key.clone(), numbers.clone().collect()))
        .collect()
}

/// Waits until a store has as many effects as there should be, and compares them.
pub(crate) async fn expect_effects(store: &Store, expected: &BTreeMap<String, Vec<i64>>) {
    let count = |effects: &BTreeMap<String, Vec<i64>>| effects.values().map(Vec::len).sum::<usize>();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = effects(store).await;
        if count(&found) >= count(expected) || Instant::now() > deadline {
            for (key, numbers) in expected {
                assert_eq!(found.get(key), Some(numbers), "the effects of {key}");
            }
            assert_eq!(found.len(), expected.len(), "keys: {:?}", found.keys());
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until something is so; fails with what it is about.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, is_so: impl Fn() -> F) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(Instant::now() < deadline, "after {PATIENCE:?} still not: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Appends an event of each of `keys` for each of `numbers`, each number in a transaction.
pub(crate) async fn tell(store: &Store, keys: &[String], numbers: std::ops::Range<i64>) {
    let clock = Clock::system();
    for number in numbers {
        let events: Vec<Event> = keys
            .iter()
            .map(|key| outbox::event(&clock, "harbour", key, &Happened { number }))
            .collect();
        store
            .write("tell", |transaction| {
                let events = events.clone();
                async move {
                    outbox::append(transaction.connection(), events).await?;
                    transaction.commit(()).await
                }
            })
            .await
            .unwrap();
    }
}

/// Names of customers.
pub(crate) fn keys(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("customers/{number}")).collect()
}

pub(crate) fn options(nats: &Nats) -> EventOptions {
    EventOptions {
        url: nats.url(),
        ..EventOptions::default()
    }
}

pub(crate) async fn bus(nats: &Nats) -> Bus {
    Bus::connect(&options(nats), Clock::system()).await.unwrap()
}

/// Waits until nothing waits in an outbox.
pub(crate) async fn settle(store: &Store) {
    until("the outbox is empty", || async {
        outbox::backlog(store).await.unwrap().events == 0
    })
    .await;
}

/// What the broker has: number of events in the stream.
pub(crate) async fn in_stream(nats: &Nats) -> u64 {
    let client = async_nats::connect(nats.url()).await.unwrap();
    let stream = async_nats::jetstream::new(client)
        .get_stream("rapport")
        .await
        .unwrap();
    stream.cached_info().state.messages
}
