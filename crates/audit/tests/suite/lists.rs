use rapport_contract::audit::v1::{CallerKind, GetAuditRecordRequest, ListAuditRecordsRequest};
use rapport_testkit::{described, reason};

use crate::world::{TENANT, World, append};

const EARN: &str = "rapport.loyalty.v1.LoyaltyService/EarnPoints";
const UPDATE: &str = "rapport.profile.v1.ProfileService/UpdateCustomer";

/// Sets the clock to a second of a minute.
fn at(world: &World, second: usize) {
    let moment = format!("2026-03-01T12:00:{second:02}Z");
    world.clock.set(moment.parse().unwrap());
}

#[tokio::test]
async fn the_pages_of_all_stores_come_in_one_order_without_a_gap() {
    let world = World::start().await;
    let mut expected = Vec::new();
    for second in 0..20 {
        at(&world, second);
        // Uneven shares, so that a page often ends in the middle of one store's rows.
        let store = if second % 3 == 0 {
            &world.first
        } else {
            &world.second
        };
        expected.push(append(&world.clock, &store.store, TENANT, EARN, "OK").await);
    }
    expected.reverse();
    for (order_by, expected) in [
        ("", expected.clone()),
        ("call_time", expected.iter().rev().cloned().collect()),
    ] {
        let mut found = Vec::new();
        let mut request = ListAuditRecordsRequest {
            page_size: 3,
            filter: format!("method = \"{EARN}\""),
            order_by: order_by.to_owned(),
            ..ListAuditRecordsRequest::default()
        };
        loop {
            let page = world.page(request.clone()).await.unwrap();
            assert!(page.audit_records.len() <= 3);
            found.extend(page.audit_records.into_iter().map(|record| record.name));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!(found, expected, "ordered by {order_by:?}");
    }
    world.stop().await;
}

#[tokio::test]
async fn a_record_says_who_did_what_when_and_how_it_ended() {
    let world = World::start().await;
    let name = append(&world.clock, &world.second.store, TENANT, EARN, "NOT_FOUND").await;
    let request = GetAuditRecordRequest { name: name.clone() };
    let record = world
        .client
        .clone()
        .get_audit_record(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (
            record.name.as_str(),
            record.subject.as_str(),
            record.caller_kind()
        ),
        (name.as_str(), "ada", CallerKind::Token)
    );
    assert_eq!(
        (
            record.method.as_str(),
            record.target.as_str(),
            record.code.as_str()
        ),
        (EARN, "customers/li", "NOT_FOUND")
    );
    assert_eq!(record.call_time.unwrap().seconds, 1_772_366_400);
    world.stop().await;
}

#[tokio::test]
async fn records_are_found_by_what_they_say() {
    let world = World::start().await;
    append(&world.clock, &world.second.store, TENANT, EARN, "NOT_FOUND").await;
    at(&world, 30);
    append(&world.clock, &world.first.store, TENANT, UPDATE, "OK").await;
    for (filter, count) in [
        ("subject = \"ada\"", 2),
        ("method : \"earnpoints\"", 1),
        ("subject = \"ada\" AND code = OK", 1),
        ("subject = \"ada\" AND code != OK", 1),
        ("caller_kind = TOKEN AND target = \"customers/li\"", 2),
        ("subject = \"ada\" AND call_time >= \"2026-03-01T12:00:30Z\"", 1),
        ("target = \"customers/nobody\"", 0),
    ] {
        assert_eq!(world.records(filter).await.len(), count, "{filter}");
    }
    world.stop().await;
}

#[tokio::test]
async fn the_records_of_another_tenant_are_neither_listed_nor_found() {
    let world = World::start().await;
    let name = append(&world.clock, &world.first.store, "other", UPDATE, "OK").await;
    assert_eq!(world.records("subject = \"ada\"").await, []);
    let refused = world
        .client
        .clone()
        .get_audit_record(GetAuditRecordRequest { name })
        .await
        .unwrap_err();
    assert_eq!(
        reason(&refused),
        "AUDIT_RECORD_NOT_FOUND",
        "{}",
        described(&refused)
    );
    world.stop().await;
}

#[tokio::test]
async fn names_filters_and_tokens_that_are_none_are_refused() {
    let world = World::start().await;
    for (name, expected) in [
        ("auditRecords/0199e3c5", "AUDIT_RECORD_NOT_FOUND"),
        ("auditRecords/", "INVALID_NAME"),
        ("customers/li", "INVALID_NAME"),
    ] {
        let request = GetAuditRecordRequest {
            name: name.to_owned(),
        };
        let refused = world.client.clone().get_audit_record(request).await.unwrap_err();
        assert_eq!(reason(&refused), expected, "{name}: {}", described(&refused));
    }
    let asked = |filter: &str, order_by: &str, page_token: &str| ListAuditRecordsRequest {
        filter: filter.to_owned(),
        order_by: order_by.to_owned(),
        page_token: page_token.to_owned(),
        ..ListAuditRecordsRequest::default()
    };
    for (request, expected) in [
        (asked("code = FINE", "", ""), "INVALID_FILTER"),
        (asked("name = \"a\"", "", ""), "INVALID_FILTER"),
        (asked("", "subject", ""), "INVALID_ORDER_BY"),
        (asked("", "", "forged"), "INVALID_PAGE_TOKEN"),
    ] {
        let refused = world.page(request.clone()).await.unwrap_err();
        assert_eq!(reason(&refused), expected, "{request:?}: {}", described(&refused));
    }
    world.stop().await;
}
