//! Events in one process: each has its effect once, whatever fails.

use std::sync::Arc;

use rapport_clock::Clock;
use rapport_events::{Consumer, Relay, dead_letter};
use sea_orm::ConnectionTrait as _;

use crate::world::{Collector, all_in_order, effects, expect_effects, keys, new_store, settle, tell};

fn relay(source: &rapport_storage::Store, collector: &Arc<Collector>) -> Relay {
    let consumers: Vec<Arc<dyn Consumer>> = vec![Arc::clone(collector) as _];
    Relay::start(vec![source.clone()], &consumers, &Clock::system())
}

#[tokio::test]
async fn events_arrive_in_the_order_of_writing_and_once_however_often_they_are_delivered() {
    let (source, target) = (new_store().await, new_store().await);
    let collector = Collector::new(target.store.clone());
    let keys = keys(30);
    tell(&source.store, &keys, 0..50).await;
    for _ in 0..3 {
        let relay = relay(&source.store, &collector);
        settle(&source.store).await;
        relay.stop().await;
        source
            .store
            .read()
            .execute_unprepared("UPDATE outbox SET relayed_at = NULL")
            .await
            .unwrap();
    }
    assert_eq!(effects(&target.store).await, all_in_order(&keys, 0..50));
}

#[tokio::test]
async fn a_consumer_that_is_unavailable_gets_its_events_later() {
    let (source, target) = (new_store().await, new_store().await);
    let collector = Collector::new(target.store.clone());
    *collector.unavailable.lock().unwrap() = 3;
    let keys = keys(1);
    tell(&source.store, &keys, 0..5).await;
    let relay = relay(&source.store, &collector);
    settle(&source.store).await;
    relay.stop().await;
    assert_eq!(effects(&target.store).await, all_in_order(&keys, 0..5));
    let any = dead_letter::Choice::default();
    assert_eq!(dead_letter::count(&target.store, &any).await.unwrap(), 0);
}

#[tokio::test]
async fn what_waits_when_the_relay_stops_is_handed_on_by_the_next() {
    let (source, target) = (new_store().await, new_store().await);
    let collector = Collector::new(target.store.clone());
    relay(&source.store, &collector).stop().await;
    let keys = keys(2);
    tell(&source.store, &keys, 0..3).await;
    let relay = relay(&source.store, &collector);
    assert!(relay.backlog().await.unwrap() <= 6);
    expect_effects(&target.store, &all_in_order(&keys, 0..3)).await;
    relay.stop().await;
}
