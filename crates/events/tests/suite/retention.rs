//! What is left of events is kept for as long as it can be needed, and not longer.

use jiff::{SignedDuration, Timestamp};
use rapport_clock::ManualClock;
use rapport_events::{EventOptions, Purged, Retention, inbox, outbox};
use rapport_storage::{
    Store,
    tables::{consumed_event, outbox as outbox_table},
};
use sea_orm::{ConnectionTrait as _, EntityTrait as _, PaginatorTrait as _};

use crate::world::{Happened, new_store};

const BEGIN: &str = "2026-01-01T00:00:00Z";

fn after_hours(hours: i64) -> Timestamp {
    let begin: Timestamp = BEGIN.parse().unwrap();
    begin + SignedDuration::from_hours(hours)
}

/// Relayed and taken events, and some that wait.
async fn fill(store: &Store, clock: &ManualClock, relayed: usize, waiting: usize) {
    let clock = clock.clock();
    let events: Vec<_> = (0..relayed + waiting)
        .map(|number| {
            let number = i64::try_from(number).unwrap();
            outbox::event(&clock, "harbour", "customers/1", &Happened { number })
        })
        .collect();
    let taken = &events[..relayed];
    store
        .write("fill", |transaction| {
            let (events, now) = (events.clone(), clock.now());
            async move {
                let connection = transaction.connection();
                outbox::append(connection, events).await?;
                inbox::first_deliveries(connection, "test.collector", taken, now).await?;
                transaction.commit(()).await
            }
        })
        .await
        .unwrap();
    let mark = format!(
        "UPDATE outbox SET relayed_at = {} WHERE sequence <= {relayed}",
        clock.now().as_microsecond()
    );
    store.read().execute_unprepared(&mark).await.unwrap();
}

#[tokio::test]
async fn rows_are_purged_when_nothing_can_need_them_and_events_that_wait_never_are() {
    let store = new_store().await;
    let store = &store.store;
    let clock = ManualClock::at(BEGIN.parse().unwrap());
    // More than one batch of each.
    fill(store, &clock, 5_200, 30).await;
    let retention = Retention::of(&EventOptions::default());
    let purged = |hours| async move { retention.purge(store, after_hours(hours)).await.unwrap() };

    assert_eq!(purged(72).await, Purged::default());
    assert_eq!(
        purged(73).await,
        Purged {
            relayed: 5_200,
            taken: 0
        }
    );
    // Two refills after one another can deliver an event again until nine days after it was published first.
    assert_eq!(purged(3 * 72 + 24).await, Purged::default());
    assert_eq!(
        purged(3 * 72 + 25).await,
        Purged {
            relayed: 0,
            taken: 5_200
        }
    );
    assert_eq!(purged(100 * 365 * 24).await, Purged::default());
    assert_eq!(outbox::backlog(store).await.unwrap().events, 30);
    assert_eq!(
        outbox_table::Entity::find().count(store.read()).await.unwrap(),
        30
    );
    assert_eq!(
        consumed_event::Entity::find().count(store.read()).await.unwrap(),
        0
    );
}

#[tokio::test]
async fn a_refill_concerns_what_was_relayed_in_its_time() {
    let store = new_store().await;
    let clock = ManualClock::at(BEGIN.parse().unwrap());
    fill(&store.store, &clock, 6, 2).await;
    let begin: Timestamp = BEGIN.parse().unwrap();
    for (refill, expected) in [
        (outbox::Refill::Before(begin), 0),
        (outbox::Refill::Since(after_hours(1)), 0),
        (outbox::Refill::Since(begin), 6),
    ] {
        assert_eq!(
            outbox::count_refill(&store.store, refill).await.unwrap(),
            expected
        );
        assert_eq!(outbox::refill(&store.store, refill).await.unwrap(), expected);
    }
    let backlog = outbox::backlog(&store.store).await.unwrap();
    assert_eq!((backlog.events, backlog.oldest), (8, Some(begin)));
}
