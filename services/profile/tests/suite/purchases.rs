//! Recording single purchases.

use futures::future::join_all;
use rapport_contract::profile::v1::Purchase;
use rapport_testkit::described;

use crate::{Bench, assert_refused, sale, with_lines};

#[tokio::test]
async fn a_purchase_is_recorded_once_however_often_it_is_sent() {
    let bench = Bench::new().await;
    bench.create("ada").await;
    let first = bench.record("ada", sale("1", "2026-01-01", 2933)).await.unwrap();
    assert!(
        first.name.starts_with("customers/ada/purchases/"),
        "{}",
        first.name
    );
    bench.set_time("2026-01-16T00:00:00Z");
    let again = bench.record("ada", sale("1", "2026-01-01", 2933)).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(bench.count_of("PurchaseRecorded").await, 1);
}

#[tokio::test]
async fn fifty_identical_calls_at_once_record_one_purchase_and_answer_alike() {
    let bench = Bench::new().await;
    bench.create("ada").await;
    let calls = (0..50).map(|_| bench.record("ada", sale("1", "2026-01-01", 2933)));
    let answers: Vec<_> = join_all(calls).await.into_iter().map(Result::unwrap).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(bench.count_of("PurchaseRecorded").await, 1);
}

#[tokio::test]
async fn other_content_under_a_known_key_is_a_conflict() {
    let bench = Bench::new().await;
    bench.create("ada").await;
    bench.create("bob").await;
    bench.record("ada", sale("1", "2026-01-01", 100)).await.unwrap();
    let with_more_items = Purchase {
        quantity: 2,
        ..sale("1", "2026-01-01", 100)
    };
    for (customer, other) in [
        ("ada", with_lines(sale("1", "2026-01-01", 100), &[("a", 100)])),
        ("ada", sale("1", "2026-01-01", 101)),
        ("ada", sale("1", "2026-01-02", 100)),
        ("ada", with_more_items),
        ("bob", sale("1", "2026-01-01", 100)),
    ] {
        assert_refused(bench.record(customer, other).await, "PURCHASE_CONFLICT");
    }
    let other_source = Purchase {
        source: "hotel".to_owned(),
        ..sale("1", "2026-01-01", 500)
    };
    bench
        .record("bob", other_source)
        .await
        .expect("the key is source and source id together");
}

#[tokio::test]
async fn a_purchase_of_nobody_is_refused() {
    let bench = Bench::new().await;
    let refused = bench.record("nobody", sale("1", "2026-01-01", 100)).await;
    assert_refused(refused, "CUSTOMER_NOT_FOUND");
}

#[tokio::test]
async fn every_violation_of_a_purchase_is_named_with_its_field() {
    let bench = Bench::new().await;
    bench.create("ada").await;
    let mut wrong = Purchase {
        original_source_id: "2".to_owned(),
        ..sale("1", "2026-02-01", 100)
    };
    wrong.amount.as_mut().unwrap().units = -3;
    let told = described(&assert_refused(
        bench.record("ada", wrong.clone()).await,
        "INVALID_FIELDS",
    ));
    for field in [
        "purchase.original_source_id:",
        "purchase.purchase_time:",
        "purchase.amount:",
    ] {
        assert!(
            told.contains(&format!("\n  {field}")),
            "{field} is not named in {told}"
        );
    }
    let twice = with_lines(sale("1", "2026-01-01", 100), &[("a", 50), ("a", 50)]);
    let told = described(&assert_refused(
        bench.record("ada", twice).await,
        "INVALID_FIELDS",
    ));
    assert!(
        told.contains("purchase.lines: has the line \"a\" twice (again at 1)"),
        "{told}"
    );
    wrong.amount.as_mut().unwrap().units = i64::MAX;
    let told = described(&assert_refused(
        bench.record("ada", wrong).await,
        "INVALID_FIELDS",
    ));
    assert!(told.contains("purchase.amount: is too large"), "{told}");
}
