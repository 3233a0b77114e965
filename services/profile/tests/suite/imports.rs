//! Streams of purchases.

use rapport_contract::profile::v1::{
    GetCustomerRequest, ImportPurchasesRequest, ImportPurchasesResponse, Purchase, PurchaseRow,
    purchase_row::Owner,
};

use crate::{Bench, assert_refused, external, row, sale};

fn message(rows: Vec<PurchaseRow>) -> ImportPurchasesRequest {
    ImportPurchasesRequest {
        rows,
        validate_only: false,
        create_missing_customers: true,
    }
}

fn good_rows(count: i64) -> Vec<PurchaseRow> {
    (0..count)
        .map(|index| {
            let identity = external("pos", &format!("{:05}", index % 10));
            row(
                index,
                identity,
                sale(&index.to_string(), "2026-01-01", 100 + index),
            )
        })
        .collect()
}

fn counts(answer: &ImportPurchasesResponse) -> (i64, i64, i64, i64, i64) {
    (
        answer.row_count,
        answer.added_count,
        answer.known_count,
        answer.rejected_count,
        answer.created_customer_count,
    )
}

#[tokio::test]
async fn a_second_import_of_the_same_rows_adds_nothing() {
    let bench = Bench::new().await;
    let messages = || {
        good_rows(250)
            .chunks(100)
            .map(|rows| message(rows.to_vec()))
            .collect()
    };
    let first = bench.import(messages()).await.unwrap();
    assert_eq!(counts(&first), (250, 250, 0, 0, 10));
    let events = bench.topics().await;
    assert_eq!(events.len(), 260);
    let second = bench.import(messages()).await.unwrap();
    assert_eq!(counts(&second), (250, 0, 250, 0, 0));
    assert_eq!(bench.topics().await, events, "nothing new is told");
    let request = GetCustomerRequest {
        name: "customers/00004".to_owned(),
    };
    let customer = bench
        .client
        .clone()
        .get_customer(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(customer.identities, [external("pos", "00004")]);
}

#[tokio::test]
async fn good_rows_are_kept_and_bad_ones_reported_with_every_reason() {
    let bench = Bench::new().await;
    bench.create("ada").await;
    let by_name = |number: i64, customer: &str, purchase: Purchase| PurchaseRow {
        row: number,
        owner: Some(Owner::Customer(customer.to_owned())),
        purchase: Some(purchase),
    };
    let twice_wrong = Purchase {
        source: "No Source!".to_owned(),
        quantity: -1,
        purchase_time: None,
        ..sale("3", "2026-01-01", 100)
    };
    let rows = vec![
        by_name(10, "customers/ada", sale("1", "2026-01-01", 100)),
        by_name(11, "customers/nobody", sale("2", "2026-01-01", 100)),
        by_name(12, "customers/ada", twice_wrong),
        by_name(13, "customers/ada", sale("1", "2026-01-01", 101)),
        by_name(14, "customers/ada", sale("1", "2026-01-01", 100)),
        by_name(15, "ada", sale("4", "2026-01-01", 100)),
        row(16, external("pos", "7"), sale("5", "2026-01-01", 100)),
        row(17, external("", ""), sale("6", "2026-01-01", 100)),
        PurchaseRow {
            row: 18,
            ..PurchaseRow::default()
        },
    ];
    let request = ImportPurchasesRequest {
        rows,
        ..ImportPurchasesRequest::default()
    };
    let answer = bench.import(vec![request]).await.unwrap();
    assert_eq!(counts(&answer), (9, 1, 1, 7, 0));
    let mut errors: Vec<_> = answer
        .errors
        .iter()
        .map(|error| (error.row, error.reason.as_str(), error.field.as_str()))
        .collect();
    errors.sort_unstable();
    assert_eq!(
        errors,
        [
            (11, "CUSTOMER_NOT_FOUND", ""),
            (12, "INVALID_FIELDS", "purchase.purchase_time"),
            (12, "INVALID_FIELDS", "purchase.quantity"),
            (12, "INVALID_FIELDS", "purchase.source"),
            (13, "PURCHASE_CONFLICT", ""),
            (15, "INVALID_FIELDS", "customer"),
            (16, "CUSTOMER_NOT_FOUND", ""),
            (17, "INVALID_FIELDS", "identity.system"),
            (17, "INVALID_FIELDS", "identity.value"),
            (18, "INVALID_FIELDS", "customer"),
            (18, "INVALID_FIELDS", "purchase.amount"),
            (18, "INVALID_FIELDS", "purchase.purchase_time"),
            (18, "INVALID_FIELDS", "purchase.source"),
            (18, "INVALID_FIELDS", "purchase.source_id"),
        ],
        "{:#?}",
        answer.errors
    );
}

#[tokio::test]
async fn a_mere_check_counts_like_an_import_and_changes_nothing() {
    let bench = Bench::new().await;
    let mut rows = good_rows(30);
    rows.extend(good_rows(5));
    rows.push(row(99, external("pos", "00003"), sale("3", "2026-01-01", 9_999)));
    let checked: Vec<_> = rows
        .chunks(7)
        .map(|rows| ImportPurchasesRequest {
            validate_only: true,
            ..message(rows.to_vec())
        })
        .collect();
    let check = bench.import(checked).await.unwrap();
    assert!(bench.topics().await.is_empty(), "a check tells nothing");
    let import = bench
        .import(rows.chunks(7).map(|rows| message(rows.to_vec())).collect())
        .await
        .unwrap();
    assert_eq!(counts(&check), (36, 30, 5, 1, 10));
    assert_eq!(check, import);
}

#[tokio::test]
async fn at_most_a_thousand_reasons_are_listed() {
    let bench = Bench::new().await;
    let messages = (0..3).map(|_| {
        let rows = (0..900).map(|index| PurchaseRow {
            row: index,
            ..PurchaseRow::default()
        });
        message(rows.collect())
    });
    let answer = bench.import(messages.collect()).await.unwrap();
    assert_eq!((answer.rejected_count, answer.errors.len()), (2_700, 1_000));
}

#[tokio::test]
async fn more_than_a_hundred_thousand_rows_are_refused() {
    let bench = Bench::new().await;
    let rows: Vec<_> = (0..1_000)
        .map(|index| PurchaseRow {
            row: index,
            ..PurchaseRow::default()
        })
        .collect();
    let messages = (0..101).map(|_| message(rows.clone()));
    assert_refused(bench.import(messages.collect()).await, "TOO_MANY_ROWS");
}

#[tokio::test]
async fn an_empty_stream_is_an_import_of_nothing() {
    let bench = Bench::new().await;
    let answer = bench.import(Vec::new()).await.unwrap();
    assert_eq!(answer, ImportPurchasesResponse::default());
}
