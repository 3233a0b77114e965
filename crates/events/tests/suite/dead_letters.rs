//! Events that cannot be taken: kept with the reason, in nobody's way, and sent again when that is asked for.

use std::{collections::BTreeMap, sync::Arc};

use rapport_clock::Clock;
use rapport_events::{
    Consumer, Relay,
    dead_letter::{self, Choice},
};
use rapport_storage::Store;
use rapport_testkit::Nats;

use crate::world::{Collector, bus, effects, expect_effects, keys, new_store, settle, tell, until};

/// The effects of numbers 0 to 19 of each key, without some.
fn without(keys: &[String], missing: &[i64]) -> BTreeMap<String, Vec<i64>> {
    let numbers: Vec<i64> = (0..20).filter(|number| !missing.contains(number)).collect();
    keys.iter().map(|key| (key.clone(), numbers.clone())).collect()
}

async fn letters(store: &Store) -> Vec<dead_letter::DeadLetter> {
    dead_letter::list(store, &Choice::default(), 100).await.unwrap()
}

/// Asks for everything again and waits until it is done.
async fn replay(store: &Store, choice: &Choice, most: u64) -> usize {
    let asked = dead_letter::request_replay(store, choice, most, Clock::system().now())
        .await
        .unwrap();
    until("what was asked for is done", || async {
        letters(store)
            .await
            .iter()
            .all(|letter| letter.replay_requested_at.is_none())
    })
    .await;
    asked.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poison_holds_nobody_up_between_processes_and_is_taken_when_it_is_sent_again() {
    let nats = Nats::start();
    let (source, target) = (new_store().await, new_store().await);
    let collector = Collector::new(target.store.clone());
    collector.poison.lock().unwrap().extend([3, 7]);
    let keys = keys(6);
    tell(&source.store, &keys, 0..20).await;
    let bus = bus(&nats).await;
    let publishing = bus.publish_from(source.store.clone(), "test");
    let delivering = bus.deliver_to(vec![Arc::clone(&collector) as _]);
    expect_effects(&target.store, &without(&keys, &[3, 7])).await;
    until("all poison is a dead letter", || async {
        letters(&target.store).await.len() == 12
    })
    .await;
    for letter in letters(&target.store).await {
        assert_eq!(letter.consumer, "test.collector");
        assert_eq!(letter.reason, "INVALID_FIELDS: poison");
    }

    // One is asked for while it is still poison: it stays, and says when it failed again.
    let before = letters(&target.store).await;
    let one = Choice {
        consumer: Some("test.collector".to_owned()),
        events: vec![before[0].event.id],
    };
    assert_eq!(replay(&target.store, &one, 10).await, 1);
    let again = dead_letter::list(&target.store, &one, 10).await.unwrap();
    assert!(again[0].failed_at > before[0].failed_at, "{again:?}");

    // The consumer is mended: a bounded number, then all that is left.
    collector.poison.lock().unwrap().clear();
    assert_eq!(replay(&target.store, &Choice::default(), 5).await, 5);
    assert_eq!(letters(&target.store).await.len(), 7);
    assert_eq!(replay(&target.store, &Choice::default(), 100).await, 7);
    assert_eq!(letters(&target.store).await, []);
    let mut numbers = effects(&target.store).await;
    for numbers in numbers.values_mut() {
        numbers.sort_unstable();
    }
    assert_eq!(numbers, without(&keys, &[]));
    publishing.stop().await;
    delivering.stop().await;
}

#[tokio::test]
async fn poison_holds_nobody_up_in_one_process_and_is_taken_when_it_is_sent_again() {
    let (source, target) = (new_store().await, new_store().await);
    let collector = Collector::new(target.store.clone());
    collector.poison.lock().unwrap().insert(7);
    let keys = keys(2);
    tell(&source.store, &keys, 0..20).await;
    let consumers: Vec<Arc<dyn Consumer>> = vec![Arc::clone(&collector) as _];
    let relay = Relay::start(vec![source.store.clone()], &consumers, &Clock::system());
    settle(&source.store).await;
    assert_eq!(effects(&target.store).await, without(&keys, &[7]));
    assert_eq!(letters(&target.store).await.len(), 2);
    collector.poison.lock().unwrap().clear();
    assert_eq!(replay(&target.store, &Choice::default(), 100).await, 2);
    assert_eq!(letters(&target.store).await, []);
    relay.stop().await;
}

#[tokio::test]
async fn a_fault_of_ours_that_passes_makes_no_dead_letter_and_one_that_stays_does() {
    let (source, target) = (new_store().await, new_store().await);
    let collector = Collector::new(target.store.clone());
    // The batch and the single event see it: the fault passes with the third attempt at the event.
    *collector.faulty.lock().unwrap() = Some((4, 5));
    let keys = keys(1);
    tell(&source.store, &keys, 0..20).await;
    let consumers: Vec<Arc<dyn Consumer>> = vec![Arc::clone(&collector) as _];
    let relay = Relay::start(vec![source.store.clone()], &consumers, &Clock::system());
    settle(&source.store).await;
    assert_eq!(letters(&target.store).await, []);
    assert_eq!(effects(&target.store).await, without(&keys, &[]));

    *collector.faulty.lock().unwrap() = Some((21, u32::MAX));
    tell(&source.store, &keys, 20..23).await;
    settle(&source.store).await;
    relay.stop().await;
    let letters = letters(&target.store).await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].reason, "INTERNAL_ERROR: a fault of ours");
    let numbers: Vec<i64> = (0..23).filter(|number| *number != 21).collect();
    assert_eq!(
        effects(&target.store).await,
        BTreeMap::from([(keys[0].clone(), numbers)])
    );
}
