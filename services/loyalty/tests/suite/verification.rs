//! The recomputation of the ledger finds what somebody changed behind its back.

use rapport_contract::loyalty::v1::{CaptureHoldRequest, VerifyLedgerRequest};

use crate::fixture::{Fixture, give_back, sale};

/// Changes behind the back of the service, and what the difference that they make must name.
const TAMPERINGS: &[(&str, &str)] = &[
    (
        "UPDATE ledger_transaction SET points = points + 1 WHERE number = 1",
        "(number 1)",
    ),
    (
        "UPDATE ledger_transaction SET kind = 'REDEEM' WHERE number = 2",
        "(number 2)",
    ),
    (
        "UPDATE ledger_transaction SET available_points = 999 WHERE number = 2",
        "(number 2)",
    ),
    ("DELETE FROM ledger_transaction WHERE number = 2", "number 2"),
    (
        "UPDATE ledger_transaction SET reason = 'another' WHERE number = 2",
        "(number 2): its hash",
    ),
    (
        "UPDATE ledger_transaction SET cause = 'another' WHERE number = 2",
        "(number 2): its hash",
    ),
    (
        "UPDATE ledger_transaction SET post_time = post_time + 1 WHERE number = 2",
        "(number 2): its hash",
    ),
    (
        "UPDATE ledger_transaction SET id = account WHERE number = 2",
        "(number 2): its hash",
    ),
    (
        "UPDATE ledger_transaction SET hash = (SELECT other.hash FROM ledger_transaction AS other \
         WHERE other.number = 1) WHERE number = 2",
        "(number 2): its hash",
    ),
    (
        "UPDATE member SET chain = (SELECT hash FROM ledger_transaction WHERE number = 1)",
        "its chain ends",
    ),
    (
        "UPDATE member SET chain_number = chain_number - 1",
        "its chain ends",
    ),
    (
        "UPDATE ledger_entry SET points = points + 1 WHERE number = 3 AND book = 'MEMBER'",
        "(number 3)",
    ),
    (
        "UPDATE ledger_entry SET points = points - 1 WHERE number = 3 AND book = 'REDEEMED'",
        "(number 3)",
    ),
    (
        "UPDATE ledger_entry SET book = 'ADJUSTED' WHERE number = 3 AND book = 'REDEEMED'",
        "Redeemed",
    ),
    ("DELETE FROM ledger_entry WHERE number = 3", "(number 3)"),
    (
        "UPDATE lot_movement SET points = points - 1 WHERE number = 3 AND position = 0",
        "lot",
    ),
    (
        "DELETE FROM lot_movement WHERE number = 3 AND position = 1",
        "(number 3)",
    ),
    (
        "UPDATE lot SET remaining = remaining - 1 WHERE number = 2",
        "points left",
    ),
    (
        "UPDATE lot SET original = original + 1 WHERE number = 2",
        "was opened with",
    ),
    ("DELETE FROM lot WHERE number = 2", "which is not stored"),
    (
        "UPDATE lot SET reserved = reserved - 1 WHERE reserved > 0",
        "reserved",
    ),
    (
        "UPDATE hold SET state = 'RELEASED' WHERE state = 'OPEN'",
        "reserved",
    ),
    (
        "UPDATE hold SET captured_points = 3 WHERE state = 'CAPTURED'",
        "holds/",
    ),
    ("UPDATE hold_allocation SET points = points + 1", "holds/"),
    (
        "UPDATE member SET available_points = available_points + 1",
        "available points",
    ),
    (
        "UPDATE member SET reserved_points = reserved_points + 1",
        "reserved points",
    ),
    (
        "UPDATE member SET transaction_count = transaction_count + 1",
        "is missing or added",
    ),
    (
        "UPDATE lot_movement SET expire_time = expire_time + 1 WHERE number = 2",
        "(number 2): its hash",
    ),
    (
        "UPDATE lot SET expire_time = expire_time + 1 WHERE number = 2",
        "its transactions say",
    ),
    ("UPDATE lot SET pending = TRUE WHERE number = 2", "pending"),
    ("UPDATE member SET pending_points = 1", "pending points"),
    ("UPDATE member SET blocked_points = 1", "blocked points"),
    ("UPDATE member SET debt_points = 1", "owed points"),
    (
        "UPDATE hold SET kind = 'BLOCK' WHERE state = 'OPEN'",
        "blocked points",
    ),
    ("UPDATE member SET due_time = NULL", "is due never"),
    ("UPDATE lot SET expire_time = 1 WHERE number = 2", "is due"),
    ("DELETE FROM member", "which no member has"),
];

/// A member with some of everything.
async fn lively() -> (Fixture, String) {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("e1", &member, 100).await.unwrap();
    fixture.earn("e2", &member, 40).await.unwrap();
    fixture.redeem("r1", &member, 110).await.unwrap();
    let hold = fixture.reserve("h1", &member, 10).await.unwrap();
    let capture = CaptureHoldRequest {
        request_id: "c1".to_owned(),
        name: hold.name,
        points: 4,
    };
    fixture.client.capture_hold(capture).await.unwrap();
    fixture.reserve("h2", &member, 5).await.unwrap();
    let events = [sale("ann", "s1", 2_000), give_back("ann", "r1", "s1", 500)];
    for event in events {
        fixture.deliver(&[fixture.event("customers/ann", &event)]).await;
    }
    (fixture, member)
}

#[tokio::test]
async fn a_ledger_that_nobody_touched_has_no_differences() {
    let (mut fixture, _) = lively().await;
    assert_eq!(fixture.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn every_row_that_was_tampered_with_is_found_and_named() {
    for (sql, place) in TAMPERINGS {
        let (mut fixture, _) = lively().await;
        fixture.tamper(sql).await;
        let differences = fixture.differences().await;
        assert!(
            differences.iter().any(|difference| difference.contains(place)),
            "after {sql:?}, no difference names {place:?}: {differences:#?}"
        );
    }
}

#[tokio::test]
async fn a_verification_tells_how_far_it_is() {
    let mut fixture = Fixture::with_program().await;
    for number in 0..450 {
        let member = fixture.enrol(&format!("c{number:03}")).await;
        if number % 100 == 0 {
            fixture.earn(&format!("e{number}"), &member, 10).await.unwrap();
        }
    }
    let mut stream = fixture
        .client
        .verify_ledger(VerifyLedgerRequest {})
        .await
        .unwrap()
        .into_inner();
    let mut progress = Vec::new();
    while let Some(message) = stream.message().await.unwrap() {
        progress.push((
            message.verified_member_count,
            message.member_count,
            message.entry_count,
            message.done,
        ));
    }
    assert_eq!(
        progress,
        [
            (200, 450, 4, false),
            (400, 450, 8, false),
            (450, 450, 10, false),
            (450, 450, 10, true)
        ]
    );
}

#[tokio::test]
async fn at_most_a_hundred_differences_are_told_and_all_are_counted() {
    let mut fixture = Fixture::with_program().await;
    for number in 0..130 {
        let member = fixture.enrol(&format!("c{number:03}")).await;
        fixture.earn(&format!("e{number}"), &member, 10).await.unwrap();
    }
    fixture.tamper("UPDATE member SET available_points = 11").await;
    let mut stream = fixture
        .client
        .verify_ledger(VerifyLedgerRequest {})
        .await
        .unwrap()
        .into_inner();
    let (mut told, mut counted) = (0, 0);
    while let Some(message) = stream.message().await.unwrap() {
        told += message.differences.len();
        counted = message.difference_count;
    }
    assert_eq!((told, counted), (100, 130));
}
