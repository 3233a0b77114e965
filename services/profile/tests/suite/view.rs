//! Customer 360.

use rapport_contract::profile::v1::{CustomerView, GetCustomerViewRequest};
use tonic::Status;

use crate::{Bench, assert_refused, sale};

async fn view(bench: &Bench, customer: &str) -> Result<CustomerView, Status> {
    let request = GetCustomerViewRequest {
        name: format!("customers/{customer}/view"),
    };
    Ok(bench
        .client
        .clone()
        .get_customer_view(request)
        .await?
        .into_inner())
}

#[tokio::test]
async fn a_view_gives_what_there_is_and_names_what_the_sister_services_did_not_give() {
    let bench = Bench::new().await;
    let customer = bench.create("ada").await;
    for index in 1..=7 {
        let day = format!("2026-01-0{index}");
        bench
            .record("ada", sale(&index.to_string(), &day, 100))
            .await
            .unwrap();
    }
    let before = view(&bench, "ada").await.unwrap();
    assert_eq!(before.value, None);
    bench.evaluate("2026-01-10").await;
    let view = view(&bench, "ada").await.unwrap();
    assert_eq!(view.customer, Some(customer));
    assert_eq!(view.value.unwrap().frequency, 7);
    let latest: Vec<_> = view
        .latest_purchases
        .iter()
        .map(|purchase| purchase.source_id.as_str())
        .collect();
    assert_eq!(latest, ["7", "6", "5", "4", "3"]);
    let missing: Vec<_> = view
        .missing_parts
        .iter()
        .map(|missing| missing.part.as_str())
        .collect();
    assert_eq!(missing, ["satisfaction", "memberships", "open_cases"]);
}

#[tokio::test]
async fn the_view_of_nobody_is_not_found() {
    let bench = Bench::new().await;
    assert_refused(view(&bench, "nobody").await, "CUSTOMER_NOT_FOUND");
}
