//! Timelines.

use rapport_contract::{
    instant,
    profile::v1::{ListTimelineEntriesRequest, TimelineEntry, timeline_entry::Event},
};
use tonic::Status;

use crate::{Bench, assert_refused, returned, sale};

async fn timeline(bench: &Bench, customer: &str, page_size: i32) -> Result<Vec<TimelineEntry>, Status> {
    let mut entries = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListTimelineEntriesRequest {
            parent: format!("customers/{customer}"),
            page_size,
            page_token: page_token.clone(),
        };
        let page = bench
            .client
            .clone()
            .list_timeline_entries(request)
            .await?
            .into_inner();
        entries.extend(page.timeline_entries);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(entries);
        }
    }
}

fn told(entry: &TimelineEntry) -> String {
    let time = instant::from_wire(entry.event_time.as_ref().unwrap()).unwrap();
    match entry.event.as_ref().unwrap() {
        Event::Purchase(purchase) => {
            format!("{time} {} {}", purchase.kind().as_str_name(), purchase.source_id)
        }
        Event::StageChange(change) => format!("{time} {}", change.to_stage().as_str_name()),
    }
}

#[tokio::test]
async fn a_timeline_merges_purchases_returns_and_stages_newest_first_whatever_the_page_size() {
    let bench = Bench::new().await;
    bench.create("ada").await;
    bench.create("bob").await;
    for purchase in [
        sale("1", "2025-01-05", 100),
        sale("2", "2025-01-06", 200),
        returned("3", "2025-02-01", 50),
        sale("4", "2025-03-01", 100),
    ] {
        bench.record("ada", purchase).await.unwrap();
    }
    bench.record("bob", sale("5", "2025-03-01", 1)).await.unwrap();
    bench.evaluate("2025-12-31").await;
    let whole: Vec<_> = timeline(&bench, "ada", 100)
        .await
        .unwrap()
        .iter()
        .map(told)
        .collect();
    let ids: Vec<_> = whole
        .iter()
        .map(|line| line.split(' ').skip(1).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        ids[2..],
        [
            "PURCHASE_KIND_SALE 4",
            "PURCHASE_KIND_RETURN 3",
            "PURCHASE_KIND_SALE 2",
            "LIFECYCLE_STAGE_GROWTH",
            "PURCHASE_KIND_SALE 1",
            "LIFECYCLE_STAGE_NEW",
        ],
        "{whole:#?}"
    );
    assert_eq!(
        ids[..2],
        ["LIFECYCLE_STAGE_CHURNED", "LIFECYCLE_STAGE_DECLINING"],
        "{whole:#?}"
    );
    for page_size in 1..=9 {
        let paged: Vec<_> = timeline(&bench, "ada", page_size)
            .await
            .unwrap()
            .iter()
            .map(told)
            .collect();
        assert_eq!(paged, whole, "pages of {page_size}");
    }
}

#[tokio::test]
async fn the_timeline_of_nobody_is_not_found_and_a_token_is_good_for_one_customer() {
    let bench = Bench::new().await;
    assert_refused(timeline(&bench, "nobody", 0).await, "CUSTOMER_NOT_FOUND");
    for customer in ["ada", "bob"] {
        bench.create(customer).await;
    }
    for index in 0..3 {
        bench
            .record("ada", sale(&index.to_string(), "2026-01-01", 1))
            .await
            .unwrap();
    }
    let request = |customer: &str, page_token: String| ListTimelineEntriesRequest {
        parent: format!("customers/{customer}"),
        page_size: 2,
        page_token,
    };
    let mut client = bench.client.clone();
    let page = client
        .list_timeline_entries(request("ada", String::new()))
        .await
        .unwrap()
        .into_inner();
    let stolen = client
        .list_timeline_entries(request("bob", page.next_page_token))
        .await;
    assert_refused(stolen, "INVALID_PAGE_TOKEN");
}
