//! Stages that follow purchases, by the service's own events.

use rapport_contract::{
    profile::v1::{CustomerValue, GetCustomerValueRequest},
    r#type::v1::LifecycleStage,
};
use rapport_events::Relay;
use tonic::Status;

use crate::{Bench, assert_refused, date, money, sale};

pub(crate) async fn value(bench: &Bench, customer: &str) -> Result<CustomerValue, Status> {
    let request = GetCustomerValueRequest {
        name: format!("customers/{customer}/value"),
    };
    Ok(bench
        .client
        .clone()
        .get_customer_value(request)
        .await?
        .into_inner())
}

#[tokio::test]
async fn before_the_first_evaluation_a_purchase_values_nobody() {
    let bench = Bench::new().await;
    bench.create("ada").await;
    bench.record("ada", sale("1", "2026-01-01", 100)).await.unwrap();
    bench.settle().await;
    assert_refused(value(&bench, "ada").await, "VALUE_NOT_FOUND");
    assert_refused(value(&bench, "nobody").await, "CUSTOMER_NOT_FOUND");
}

#[tokio::test]
async fn a_purchase_moves_its_customer_and_nobody_else() {
    let bench = Bench::new().await;
    for customer in ["ada", "bob"] {
        bench.create(customer).await;
    }
    bench.record("ada", sale("1", "2026-01-02", 100)).await.unwrap();
    bench.record("bob", sale("2", "2026-01-02", 100)).await.unwrap();
    bench.evaluate("2026-01-10").await;
    let bob = value(&bench, "bob").await.unwrap();
    assert_eq!(value(&bench, "ada").await.unwrap().stage(), LifecycleStage::New);
    bench.record("ada", sale("3", "2026-01-14", 250)).await.unwrap();
    bench.settle().await;
    let ada = value(&bench, "ada").await.unwrap();
    assert_eq!(ada.stage(), LifecycleStage::Growth, "{}", ada.stage_reason);
    assert_eq!(
        (ada.as_of_date, ada.stage_since_date),
        (Some(date("2026-01-14")), Some(date("2026-01-14")))
    );
    assert_eq!((ada.frequency, ada.monetary.unwrap().units), (2, 3));
    assert_eq!(value(&bench, "bob").await.unwrap(), bob);
    assert_eq!(
        bench.count_of("LifecycleStageChanged").await,
        3,
        "New twice, then Growth"
    );
}

#[tokio::test]
async fn a_late_purchase_counts_as_of_the_date_of_the_value() {
    let bench = Bench::new().await;
    bench.create("ada").await;
    bench.record("ada", sale("1", "2025-12-02", 100)).await.unwrap();
    bench.evaluate("2026-01-10").await;
    bench.record("ada", sale("2", "2025-12-20", 100)).await.unwrap();
    bench.settle().await;
    let ada = value(&bench, "ada").await.unwrap();
    assert_eq!(
        (ada.as_of_date, ada.recency_days, ada.frequency),
        (Some(date("2026-01-10")), Some(21), 2)
    );
}

#[tokio::test]
async fn purchases_that_an_evaluation_left_out_by_its_date_stay_out() {
    let bench = Bench::new().await;
    bench.create("ada").await;
    bench.record("ada", sale("1", "2025-12-02", 100)).await.unwrap();
    bench.record("ada", sale("2", "2026-01-14", 100)).await.unwrap();
    // The events of both purchases are delivered after the evaluation.
    bench.evaluate("2025-12-31").await;
    let explicit = value(&bench, "ada").await.unwrap();
    bench.settle().await;
    assert_eq!(value(&bench, "ada").await.unwrap(), explicit);
    assert_eq!(explicit.frequency, 1);
}

#[tokio::test]
async fn a_customer_who_came_after_the_evaluation_is_valued_after_a_purchase() {
    let bench = Bench::new().await;
    bench.evaluate("2026-01-10").await;
    bench.create("ada").await;
    bench.record("ada", sale("1", "2026-01-05", 100)).await.unwrap();
    bench.settle().await;
    let ada = value(&bench, "ada").await.unwrap();
    assert_eq!(ada.stage(), LifecycleStage::New, "{}", ada.stage_reason);
    assert_eq!(
        (ada.as_of_date, ada.monetary),
        (Some(date("2026-01-10")), Some(money(100)))
    );
}

#[tokio::test]
async fn the_daily_evaluation_is_off_unless_wanted_and_then_runs_once_a_day() {
    let bench = Bench::new().await;
    bench.create("ada").await;
    bench.record("ada", sale("1", "2026-01-02", 100)).await.unwrap();
    assert!(bench.profile.timers().is_empty());
    let profile = bench.profile.evaluating_daily();
    let timers = profile.timers();
    assert_eq!(timers.len(), 1);
    timers[0].run().await.unwrap();
    let request = GetCustomerValueRequest {
        name: "customers/ada/value".to_owned(),
    };
    let first = bench
        .client
        .clone()
        .get_customer_value(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first.as_of_date, Some(date("2026-01-15")));
    bench.clock.set("2026-08-01T06:00:00Z".parse().unwrap());
    timers[0].run().await.unwrap();
    let later = bench
        .client
        .clone()
        .get_customer_value(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(later.as_of_date, Some(date("2026-08-01")));
    assert_ne!(
        later.stage(),
        LifecycleStage::New,
        "half a year of silence: {}",
        later.stage_reason
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_purchase_is_lost_between_an_evaluation_and_the_events_that_come_meanwhile() {
    let bench = Bench::new().await;
    let customers = ["ada", "bob", "cleo"];
    for customer in customers {
        bench.create(customer).await;
    }
    let relay = Relay::start(
        vec![bench.store().clone()],
        &bench.profile.consumers(),
        &bench.clock.clock(),
    );
    let recording = async {
        for index in 0..60 {
            let customer = customers[index % customers.len()];
            let id = index.to_string();
            bench
                .record(customer, sale(&id, "2026-01-15", 100))
                .await
                .unwrap();
        }
    };
    let evaluating = async {
        for _ in 0..12 {
            bench.evaluate("2026-01-15").await;
        }
    };
    futures::join!(recording, evaluating);
    rapport_testkit::settle(&relay).await;
    relay.stop().await;
    for customer in customers {
        let value = value(&bench, customer).await.unwrap();
        assert_eq!(value.monetary, Some(money(2000)), "{customer} bought 20 times");
        assert_eq!(value.stage(), LifecycleStage::New, "{customer}");
    }
}
