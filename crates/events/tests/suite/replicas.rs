//! Several replicas of a service on one PostgreSQL: they share the partitions, and one publishes.

use rapport_clock::Clock;
use rapport_events::{Bus, EventOptions, Running};
use rapport_storage::{DatabaseOptions, Location, Store};
use rapport_testkit::{Nats, Postgres};

use crate::world::{
    Collector, all_in_order, effects, expect_effects, keys, migrations, options, settle, tell, until,
};

/// A replica: its own connections to database and broker.
struct Replica {
    store: Store,
    publishing: Running,
    delivering: Running,
}

impl Replica {
    async fn start(location: &Location, options: &EventOptions) -> Self {
        let store = Store::open(location).await.unwrap();
        let bus = Bus::connect(options, Clock::system()).await.unwrap();
        Self {
            publishing: bus.publish_from(store.clone(), "test"),
            delivering: bus.deliver_to(vec![Collector::new(store.clone())]),
            store,
        }
    }

    async fn stop(self) {
        self.delivering.stop().await;
        self.publishing.stop().await;
        self.store.close().await.unwrap();
    }
}

fn database(postgres: &Postgres) -> Location {
    postgres.create_database("replicas");
    let options = DatabaseOptions {
        url: postgres.url("replicas"),
        ..DatabaseOptions::default()
    };
    Location::on_server(&options, "test")
}

/// How many duties each session of the database has, fewest first.
fn duties(postgres: &Postgres) -> Vec<u32> {
    postgres
        .sql(
            "replicas",
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted GROUP BY pid ORDER BY 1",
        )
        .lines()
        .map(|line| line.parse().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_share_the_partitions_and_take_over_what_another_leaves() {
    let (postgres, nats) = (Postgres::start(), Nats::start());
    let location = database(&postgres);
    let migrating = Store::open(&location).await.unwrap();
    migrating.migrate(&migrations()).await.unwrap();
    let options = options(&nats);
    let first = Replica::start(&location, &options).await;
    // Eight partitions and the duty to relay.
    until("one alone has every duty", || async { duties(&postgres) == [9] }).await;
    let second = Replica::start(&location, &options).await;
    until("each has its share", || async { duties(&postgres) == [4, 5] }).await;
    let keys = keys(16);
    tell(&first.store, &keys, 0..10).await;
    tell(&second.store, &keys, 10..20).await;
    first.stop().await;
    until("the one that is left has every duty", || async {
        duties(&postgres) == [9]
    })
    .await;
    tell(&second.store, &keys, 20..30).await;
    expect_effects(&migrating, &all_in_order(&keys, 0..30)).await;
    settle(&migrating).await;
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn duties_that_are_lost_in_the_middle_of_things_break_neither_order_nor_count() {
    let (postgres, nats) = (Postgres::start(), Nats::start());
    let location = database(&postgres);
    let migrating = Store::open(&location).await.unwrap();
    migrating.migrate(&migrations()).await.unwrap();
    let options = options(&nats);
    let replicas = [
        Replica::start(&location, &options).await,
        Replica::start(&location, &options).await,
    ];
    let keys = keys(24);
    let writers: Vec<_> = keys
        .chunks(12)
        .zip(&replicas)
        .map(|(keys, replica)| {
            let (store, keys) = (replica.store.clone(), keys.to_vec());
            tokio::spawn(async move { tell(&store, &keys, 0..200).await })
        })
        .collect();
    for round in 1..=5_usize {
        until("events arrive", || async {
            effects(&migrating).await.values().map(Vec::len).sum::<usize>() >= round * 600
        })
        .await;
        // Whoever has duties loses them and does not know it yet; others take them at once.
        postgres.sql(
            "replicas",
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted",
        );
    }
    for writer in writers {
        writer.await.unwrap();
    }
    expect_effects(&migrating, &all_in_order(&keys, 0..200)).await;
    settle(&migrating).await;
    for replica in replicas {
        replica.stop().await;
    }
}
