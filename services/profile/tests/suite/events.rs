//! What the service tells others, and its own consumer.

use rapport_contract::{
    profile::v1::{
        CustomerCreated, CustomerDeleted, DeleteCustomerRequest, LifecycleStageChanged, PurchaseKind,
        PurchaseRecorded,
    },
    r#type::v1::LifecycleStage,
};
use rapport_events::Event;

use crate::{Bench, date, lifecycle::value, money, returned, sale, with_lines};

#[tokio::test]
async fn events_tell_in_order_all_that_others_need() {
    let bench = Bench::new().await;
    bench.create("ada").await;
    let sold = with_lines(sale("1", "2026-01-02", 2933), &[("a", 2_000), ("b", 900)]);
    let bought = bench.record("ada", sold.clone()).await.unwrap();
    assert_eq!(bought.lines, sold.lines);
    let mut given_back = returned("2", "2026-01-05", 933);
    given_back.original_source_id = "1".to_owned();
    bench.record("ada", given_back).await.unwrap();
    bench.evaluate("2026-01-10").await;
    let request = DeleteCustomerRequest {
        name: "customers/ada".to_owned(),
        ..DeleteCustomerRequest::default()
    };
    bench.client.clone().delete_customer(request).await.unwrap();

    let events = bench.events().await;
    for event in &events {
        assert_eq!(
            (event.tenant.as_str(), event.key.as_str()),
            ("hotel", "customers/ada")
        );
    }
    let [created, first, second, moved, deleted] = events.as_slice() else {
        panic!("five events were expected: {:?}", bench.topics().await)
    };
    let customer = "customers/ada".to_owned();
    assert_eq!(created.message::<CustomerCreated>().unwrap().customer, customer);
    assert_eq!(deleted.message::<CustomerDeleted>().unwrap().customer, customer);
    let expected = PurchaseRecorded {
        customer: customer.clone(),
        purchase: bought.name,
        source: "shop".to_owned(),
        source_id: "1".to_owned(),
        kind: PurchaseKind::Sale.into(),
        original_source_id: String::new(),
        purchase_time: bought.purchase_time,
        amount: Some(money(2933)),
        quantity: 1,
        location: String::new(),
        channel: "app".to_owned(),
        lines: bought.lines,
    };
    assert_eq!(first.message::<PurchaseRecorded>().unwrap(), expected);
    let second: PurchaseRecorded = second.message().unwrap();
    assert_eq!(
        (second.kind(), second.original_source_id.as_str()),
        (PurchaseKind::Return, "1")
    );
    let moved: LifecycleStageChanged = moved.message().unwrap();
    assert_eq!(
        (moved.from_stage(), moved.to_stage()),
        (LifecycleStage::Potential, LifecycleStage::New)
    );
    assert_eq!(moved.change_date, Some(date("2026-01-02")));
    assert!(moved.reason.starts_with("first purchase"), "{}", moved.reason);
}

#[tokio::test]
async fn every_event_delivered_three_times_changes_nothing_more() {
    let bench = Bench::new().await;
    bench.create("ada").await;
    bench.record("ada", sale("1", "2026-01-02", 100)).await.unwrap();
    bench.evaluate("2026-01-10").await;
    bench.record("ada", sale("2", "2026-01-12", 100)).await.unwrap();
    bench.settle().await;
    let (before, events) = (value(&bench, "ada").await.unwrap(), bench.events().await);
    for _ in 0..3 {
        for consumer in bench.profile.consumers() {
            let wanted: Vec<Event> = events
                .iter()
                .filter(|event| consumer.topics().contains(&event.topic.as_str()))
                .cloned()
                .collect();
            consumer.handle(&wanted).await.unwrap();
        }
    }
    assert_eq!(value(&bench, "ada").await.unwrap(), before);
    assert_eq!(bench.events().await, events);
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_refused_for_good() {
    let bench = Bench::new().await;
    bench.create("ada").await;
    bench.record("ada", sale("1", "2026-01-02", 100)).await.unwrap();
    let mut events = bench.events().await;
    let event = events.last_mut().unwrap();
    event.payload = vec![0xff; 3];
    for consumer in bench.profile.consumers() {
        let refused = consumer.handle(std::slice::from_ref(event)).await.unwrap_err();
        assert_eq!(refused.reason(), rapport_status::Reason::MalformedMessage);
    }
}
