//! Events over a real broker: order, exactly one effect, redelivery.

use std::{sync::Arc, time::Duration};

use rapport_clock::Clock;
use rapport_events::{Bus, EventOptions, outbox};
use rapport_testkit::Nats;

use crate::world::{
    Collector, all_in_order, bus, effects, expect_effects, in_stream, keys, new_store, options, settle, tell,
    until,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_of_a_customer_arrive_in_the_order_of_writing() {
    let nats = Nats::start();
    let (source, target) = (new_store().await, new_store().await);
    let collector = Collector::new(target.store.clone());
    let bus = bus(&nats).await;
    let publishing = bus.publish_from(source.store.clone(), "test");
    let delivering = bus.deliver_to(vec![collector]);
    // Four writers side by side, each with customers of its own.
    let keys = keys(40);
    let writers = keys.chunks(10).map(|keys| {
        let (store, keys) = (source.store.clone(), keys.to_vec());
        tokio::spawn(async move { tell(&store, &keys, 0..25).await })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    expect_effects(&target.store, &all_in_order(&keys, 0..25)).await;
    settle(&source.store).await;
    publishing.stop().await;
    delivering.stop().await;
    assert_eq!(in_stream(&nats).await, 1_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_killed_again_and_again_costs_no_event_and_doubles_none() {
    let mut nats = Nats::start();
    let (source, target) = (new_store().await, new_store().await);
    let bus = bus(&nats).await;
    let publishing = bus.publish_from(source.store.clone(), "test");
    let delivering = bus.deliver_to(vec![Collector::new(target.store.clone())]);
    let keys = keys(20);
    let writer = {
        let (store, keys) = (source.store.clone(), keys.clone());
        tokio::spawn(async move { tell(&store, &keys, 0..150).await })
    };
    for round in 1..=4_usize {
        // Killed in the middle of things: something has arrived since the last time, and not all.
        let enough = round * 200;
        until("events arrive", || async {
            effects(&target.store).await.values().map(Vec::len).sum::<usize>() >= enough
        })
        .await;
        nats.kill();
        nats.restart();
    }
    writer.await.unwrap();
    expect_effects(&target.store, &all_in_order(&keys, 0..150)).await;
    settle(&source.store).await;
    publishing.stop().await;
    delivering.stop().await;
    assert_eq!(effects(&target.store).await, all_in_order(&keys, 0..150));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_starts_without_its_broker_and_catches_up_when_it_comes() {
    let mut nats = Nats::reserve();
    let (source, target) = (new_store().await, new_store().await);
    let bus = bus(&nats).await;
    let publishing = bus.publish_from(source.store.clone(), "test");
    let delivering = bus.deliver_to(vec![Collector::new(target.store.clone())]);
    let keys = keys(3);
    tell(&source.store, &keys, 0..10).await;
    assert_eq!(outbox::backlog(&source.store).await.unwrap().events, 30);
    nats.restart();
    expect_effects(&target.store, &all_in_order(&keys, 0..10)).await;
    publishing.stop().await;
    delivering.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_lost_its_disk_is_filled_again_and_nothing_has_a_second_effect() {
    let mut nats = Nats::start();
    let (source, target) = (new_store().await, new_store().await);
    let bus = bus(&nats).await;
    let publishing = bus.publish_from(source.store.clone(), "test");
    let delivering = bus.deliver_to(vec![Collector::new(target.store.clone())]);
    let keys = keys(10);
    tell(&source.store, &keys, 0..20).await;
    expect_effects(&target.store, &all_in_order(&keys, 0..20)).await;
    settle(&source.store).await;
    nats.kill();
    nats.wipe();
    tell(&source.store, &keys, 20..30).await;
    nats.restart();
    expect_effects(&target.store, &all_in_order(&keys, 0..30)).await;
    settle(&source.store).await;
    // All of them: those of before, which outsiders may not have read yet, and those of meanwhile.
    assert!(in_stream(&nats).await >= 300, "{} events", in_stream(&nats).await);
    publishing.stop().await;
    delivering.stop().await;
    assert_eq!(effects(&target.store).await, all_in_order(&keys, 0..30));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_lost_the_end_of_its_stream_gets_it_again_and_nothing_has_a_second_effect() {
    let mut nats = Nats::start();
    let (source, target) = (new_store().await, new_store().await);
    let bus = bus(&nats).await;
    let publishing = bus.publish_from(source.store.clone(), "test");
    let delivering = bus.deliver_to(vec![Collector::new(target.store.clone())]);
    let keys = keys(10);
    tell(&source.store, &keys, 0..10).await;
    expect_effects(&target.store, &all_in_order(&keys, 0..10)).await;
    settle(&source.store).await;
    nats.kill();
    nats.keep();
    nats.restart();
    tell(&source.store, &keys, 10..20).await;
    expect_effects(&target.store, &all_in_order(&keys, 0..20)).await;
    settle(&source.store).await;
    // The machine loses power before the second half was written through.
    nats.kill();
    nats.put_back();
    nats.restart();
    until("the stream has all events again", || async {
        in_stream(&nats).await >= 200
    })
    .await;
    tell(&source.store, &keys, 20..25).await;
    expect_effects(&target.store, &all_in_order(&keys, 0..25)).await;
    settle(&source.store).await;
    publishing.stop().await;
    delivering.stop().await;
    assert_eq!(effects(&target.store).await, all_in_order(&keys, 0..25));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_somebody_deletes_is_made_again_and_filled() {
    let nats = Nats::start();
    let (source, target) = (new_store().await, new_store().await);
    let bus = bus(&nats).await;
    let publishing = bus.publish_from(source.store.clone(), "test");
    let delivering = bus.deliver_to(vec![Collector::new(target.store.clone())]);
    let keys = keys(4);
    tell(&source.store, &keys, 0..5).await;
    expect_effects(&target.store, &all_in_order(&keys, 0..5)).await;
    settle(&source.store).await;
    let client = async_nats::connect(nats.url()).await.unwrap();
    async_nats::jetstream::new(client)
        .delete_stream("rapport")
        .await
        .unwrap();
    tell(&source.store, &keys, 5..10).await;
    expect_effects(&target.store, &all_in_order(&keys, 0..10)).await;
    settle(&source.store).await;
    until("the stream has all events again", || async {
        in_stream(&nats).await >= 40
    })
    .await;
    publishing.stop().await;
    delivering.stop().await;
    assert_eq!(effects(&target.store).await, all_in_order(&keys, 0..10));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_acknowledged_is_read_again_by_the_next_reader_at_once_and_in_order() {
    let nats = Nats::start();
    let (source, target) = (new_store().await, new_store().await);
    let collector = Collector::new(target.store.clone());
    *collector.unavailable.lock().unwrap() = u32::MAX;
    let keys = keys(5);
    tell(&source.store, &keys, 0..10).await;
    let first = bus(&nats).await;
    let publishing = first.publish_from(source.store.clone(), "test");
    let delivering = first.deliver_to(vec![Arc::clone(&collector) as _]);
    until("events were handed over in vain", || async {
        *collector.unavailable.lock().unwrap() < u32::MAX - 5
    })
    .await;
    delivering.stop().await;
    *collector.unavailable.lock().unwrap() = 0;
    let begun = std::time::Instant::now();
    let second = bus(&nats).await;
    let delivering = second.deliver_to(vec![collector]);
    expect_effects(&target.store, &all_in_order(&keys, 0..10)).await;
    // The broker would give them out again by itself only after a minute.
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    publishing.stop().await;
    delivering.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refill_that_is_asked_for_publishes_again_without_a_second_effect() {
    let nats = Nats::start();
    let (source, target) = (new_store().await, new_store().await);
    let clock = Clock::system();
    let begun = clock.now();
    let bus = Bus::connect(&options(&nats), clock.clone()).await.unwrap();
    let publishing = bus.publish_from(source.store.clone(), "test");
    let delivering = bus.deliver_to(vec![Collector::new(target.store.clone())]);
    let keys = keys(4);
    tell(&source.store, &keys, 0..5).await;
    expect_effects(&target.store, &all_in_order(&keys, 0..5)).await;
    settle(&source.store).await;
    let since = outbox::Refill::Since(begun);
    assert_eq!(outbox::count_refill(&source.store, since).await.unwrap(), 20);
    assert_eq!(outbox::refill(&source.store, since).await.unwrap(), 20);
    settle(&source.store).await;
    tell(&source.store, &keys, 5..6).await;
    expect_effects(&target.store, &all_in_order(&keys, 0..6)).await;
    publishing.stop().await;
    delivering.stop().await;
}

#[tokio::test]
async fn options_that_can_never_work_are_refused_and_a_broker_that_is_away_is_not() {
    let clock = Clock::system();
    let away = EventOptions {
        url: format!("nats://127.0.0.1:{}", rapport_testkit::free_port()),
        ..EventOptions::default()
    };
    Bus::connect(&away, clock.clone()).await.unwrap();
    for (options, expected) in [
        (EventOptions::default(), "events.url"),
        (
            EventOptions {
                url: "nats://broker:port".to_owned(),
                ..EventOptions::default()
            },
            "events.url",
        ),
        (
            EventOptions {
                credentials: Some("not-there".into()),
                ..away
            },
            "events.credentials",
        ),
    ] {
        let refused = Bus::connect(&options, clock.clone()).await.unwrap_err();
        assert!(refused.message().contains(expected), "{refused}");
    }
}

#[test]
fn the_shipped_configuration_of_the_broker_is_one_that_it_takes() {
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/nats/nats.conf");
    let mut configuration = std::fs::read_to_string(shipped).unwrap();
    assert!(
        configuration.contains("sync_interval: "),
        "the choice that docs/events.md explains"
    );
    if Nats::version().starts_with("2.9.") {
        // This one does not know it yet, and writes through at an interval of its own.
        configuration = configuration.replace("sync_interval: ", "# ");
    }
    let folder = tempfile::tempdir().unwrap();
    let configuration = configuration.replace("\"/data\"", &format!("{:?}", folder.path().join("store")));
    let file = folder.path().join("nats.conf");
    std::fs::write(&file, configuration).unwrap();
    assert_eq!(Nats::check(&file), Ok(()));
}
