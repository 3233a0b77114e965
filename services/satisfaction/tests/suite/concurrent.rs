//! Several replicas take the same events at the same time.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
};

use futures::future::try_join_all;
use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};
use rapport_events::Event;
use rapport_listing::TokenKey;
use rapport_satisfaction::{Parts, Satisfaction, usecase::verification};
use rapport_status::Reason;
use rapport_storage::Store;
use tracing_subscriber::fmt::MakeWriter;

use crate::{
    model::{self, State},
    replay::{event, history},
    world::{TENANT, World},
};

/// Answer sets that are told of: few enough for every batch to share some with the others.
const ANSWER_SETS: usize = 60;

/// Consumers on each replica.
const CONSUMERS: usize = 3;

/// Events that a consumer takes at a time.
const BATCH: usize = 16;

/// How often a batch is delivered at most.
const MOST_ATTEMPTS: usize = 20;

/// What the storage warns of, collected.
#[derive(Debug, Clone, Default)]
struct Warnings(Arc<Mutex<Vec<u8>>>);

impl io::Write for Warnings {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Warnings {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Warnings {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Has a consumer of its own take events, in batches; what is in conflict is delivered again, as the bus does.
async fn take(world: &World, store: Store, events: Vec<Event>) -> rapport_status::Result<()> {
    let service = Satisfaction::open(Parts {
        store,
        clock: world.clock.clone(),
        token_key: TokenKey::new([7; 32]),
    })
    .await?;
    let consumer = service.consumers().remove(0);
    for batch in events.chunks(BATCH) {
        let mut attempts = 0;
        while let Err(error) = consumer.handle(batch).await {
            attempts += 1;
            if error.reason() != Reason::TransactionConflict || attempts == MOST_ATTEMPTS {
                return Err(error);
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_several_replicas_take_at_the_same_time_counts_exactly_once_and_never_deadlocks() {
    let warnings = Warnings::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .with_writer(warnings.clone())
        .finish();
    // The runtime of this test has one thread: everything it does is seen.
    let _collecting = tracing_subscriber::util::SubscriberInitExt::set_default(subscriber);
    let world = World::new().await;
    let mut random = TestRunner::deterministic();
    let histories: Vec<_> = (0..ANSWER_SETS).map(history).collect();
    let states: Vec<State> = histories.new_tree(&mut random).unwrap().current().concat();
    let events: Vec<Event> = states
        .iter()
        .map(|state| event(&world.clock, TENANT, state))
        .collect();

    let mut taking = Vec::new();
    for _ in 0..2 {
        let replica = world.temporary.again().await;
        for _ in 0..CONSUMERS {
            // Each takes all events, in an order of its own.
            let shuffled = proptest::strategy::Just(events.clone()).prop_shuffle();
            let shuffled = shuffled.new_tree(&mut random).unwrap().current();
            taking.push(take(&world, replica.clone(), shuffled));
        }
    }
    try_join_all(taking).await.unwrap();

    let expected: BTreeMap<_, _> = model::expected(&states)
        .into_iter()
        .map(|(key, values)| (key.clone(), model::sums(&key, &values)))
        .collect();
    assert_eq!(model::stored(world.store(), TENANT).await, expected);
    let found = verification::verify(world.store(), TENANT).await.unwrap();
    assert_eq!(found.told, Vec::<String>::new());
    let warned = warnings.text();
    assert!(!warned.contains("deadlock"), "{warned}");
}
