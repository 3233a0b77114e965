//! Calls that move points.

use std::collections::{HashMap, HashSet};

use futures::future::join_all;
use prost::Message as _;
use rapport_contract::{
    instant,
    loyalty::v1::{AdjustPointsRequest, EarnPointsRequest, Transaction, TransactionKind},
    profile::v1::CustomerDeleted,
};
use rapport_testkit::reason;

use crate::fixture::{Fixture, moment, redemption};

#[tokio::test]
async fn points_are_earned_spent_and_told_with_the_lots_they_used() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    let first = fixture.earn("e1", &member, 100).await.unwrap();
    assert_eq!((first.points, first.available_points), (100, 100));
    assert_eq!(first.cause, "e1");
    fixture.at("2026-02-01T10:00:00Z");
    fixture.earn("e2", &member, 50).await.unwrap();
    let spent = fixture.redeem("r1", &member, 120).await.unwrap();
    assert_eq!((spent.points, spent.available_points), (-120, 30));
    let movements: Vec<i64> = spent.lots.iter().map(|lot| lot.points).collect();
    assert_eq!(movements, [-100, -20], "the lot that expires first goes first");
    let balance = fixture.balance(&member).await;
    assert_eq!((balance.available_points, balance.reserved_points), (30, 0));
    let expiry = balance.expirations[0];
    assert_eq!(expiry.points, 30);
    assert_eq!(
        expiry.expire_time,
        Some(instant::to_wire(moment("2027-02-02T00:00:00Z")))
    );
    let statement = fixture.statement(&member).await;
    assert_eq!(statement.len(), 3);
    assert_eq!(statement[2], spent, "the statement says what the call answered");
    assert!(fixture.differences().await.is_empty());
}

#[tokio::test]
async fn fifty_identical_redemptions_at_once_have_one_effect_and_fifty_equal_answers() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("e", &member, 100).await.unwrap();
    let calls = (0..50).map(|_| {
        let mut client = fixture.client.clone();
        let request = redemption("the same", &member, 30);
        async move {
            client
                .redeem_points(request)
                .await
                .unwrap()
                .into_inner()
                .encode_to_vec()
        }
    });
    let answers: HashSet<Vec<u8>> = join_all(calls).await.into_iter().collect();
    assert_eq!(answers.len(), 1, "all answers are equal, byte for byte");
    assert_eq!(fixture.available(&member).await, 70);
    assert_eq!(fixture.statement(&member).await.len(), 2);
}

#[tokio::test]
async fn redemptions_at_once_of_more_than_the_balance_never_go_below_zero() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("e", &member, 100).await.unwrap();
    let calls = (0..40).map(|number| {
        let mut client = fixture.client.clone();
        let request = redemption(&format!("r{number}"), &member, 7);
        async move {
            client
                .redeem_points(request)
                .await
                .map_err(|status| reason(&status))
        }
    });
    let outcomes = join_all(calls).await;
    let taken = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(taken, 14, "fourteen times seven fit into a hundred");
    for refused in outcomes.into_iter().filter_map(Result::err) {
        assert_eq!(refused, "INSUFFICIENT_POINTS");
    }
    assert_eq!(fixture.available(&member).await, 2);
    assert!(fixture.differences().await.is_empty());
}

#[tokio::test]
async fn a_request_id_is_remembered_for_ever_and_only_for_its_request() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    let first = fixture.earn("id", &member, 10).await.unwrap();
    fixture.at("2126-01-15T10:00:00Z");
    assert_eq!(
        fixture.earn("id", &member, 10).await.unwrap(),
        first,
        "a hundred years later"
    );
    let refused = fixture.earn("id", &member, 11).await.unwrap_err();
    assert_eq!(reason(&refused), "REQUEST_ID_REUSED");
    assert_eq!(fixture.statement(&member).await.len(), 1);
}

#[tokio::test]
async fn a_refused_request_can_be_sent_again_when_the_state_has_changed() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    let refused = fixture.redeem("r", &member, 10).await.unwrap_err();
    assert_eq!(reason(&refused), "INSUFFICIENT_POINTS");
    fixture.earn("e", &member, 10).await.unwrap();
    assert_eq!(fixture.redeem("r", &member, 10).await.unwrap().points, -10);
}

#[tokio::test]
async fn a_refused_operation_does_not_fail_its_neighbours() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("e", &member, 50).await.unwrap();
    let calls = (0..60).map(|number| {
        let mut client = fixture.client.clone();
        let (target, points) = match number % 3 {
            0 => (member.clone(), 1),
            1 => ("programs/stars/members/nobody".to_owned(), 1),
            _ => (member.clone(), 1_000),
        };
        let request = redemption(&format!("r{number}"), &target, points);
        async move {
            (
                number % 3,
                client
                    .redeem_points(request)
                    .await
                    .map_err(|status| reason(&status)),
            )
        }
    });
    for (kind, outcome) in join_all(calls).await {
        match kind {
            0 => assert_eq!(outcome.unwrap().into_inner().points, -1),
            1 => assert_eq!(outcome.unwrap_err(), "MEMBER_NOT_FOUND"),
            _ => assert_eq!(outcome.unwrap_err(), "INSUFFICIENT_POINTS"),
        }
    }
    assert_eq!(fixture.available(&member).await, 30);
}

#[tokio::test]
async fn corrections_go_up_and_down_and_not_below_zero() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    let adjust = |id: &str, points| AdjustPointsRequest {
        request_id: id.to_owned(),
        member: member.clone(),
        points,
        reason: "a mistake at the desk".to_owned(),
        ..AdjustPointsRequest::default()
    };
    let up = fixture
        .client
        .adjust_points(adjust("a1", 20))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((up.points, up.kind()), (20, TransactionKind::Adjust));
    let down = fixture
        .client
        .adjust_points(adjust("a2", -5))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((down.points, down.available_points), (-5, 15));
    let refused = fixture.client.adjust_points(adjust("a3", -16)).await.unwrap_err();
    assert_eq!(reason(&refused), "INSUFFICIENT_POINTS");
    let refused = fixture.client.adjust_points(adjust("a4", 0)).await.unwrap_err();
    assert_eq!(reason(&refused), "INVALID_FIELDS");
    assert_eq!(fixture.summary().await.adjusted_points, 15);
}

#[tokio::test]
async fn a_closed_member_neither_earns_nor_spends_and_keeps_the_ledger() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("e", &member, 10).await.unwrap();
    let deleted = CustomerDeleted {
        customer: "customers/ann".to_owned(),
    };
    fixture.deliver(&[fixture.event("customers/ann", &deleted)]).await;
    let earn = fixture.earn("e2", &member, 1).await.unwrap_err();
    let redeem = fixture.redeem("r", &member, 1).await.unwrap_err();
    let reserve = fixture.reserve("h", &member, 1).await.unwrap_err();
    for refused in [earn, redeem, reserve] {
        assert_eq!(reason(&refused), "MEMBER_NOT_ACTIVE");
    }
    assert_eq!(fixture.available(&member).await, 10);
}

#[tokio::test]
async fn an_expiry_in_the_past_and_hostile_texts_are_refused_with_their_fields() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    let earn = |expire_time, reason: &str| EarnPointsRequest {
        request_id: "e".to_owned(),
        member: member.clone(),
        points: 1,
        reason: reason.to_owned(),
        expire_time,
        ..EarnPointsRequest::default()
    };
    let past = Some(instant::to_wire(moment("2026-01-15T10:00:00Z")));
    let impossible = Some(prost_types::Timestamp {
        seconds: i64::MAX,
        nanos: -1,
    });
    for (request, field) in [
        (earn(past, "why"), "expire_time"),
        (earn(impossible, "why"), "expire_time"),
        (earn(None, "nothing\0"), "reason"),
        (earn(None, ""), "reason"),
    ] {
        let refused = fixture.client.earn_points(request).await.unwrap_err();
        assert_eq!(reason(&refused), "INVALID_FIELDS");
        let described = rapport_testkit::described(&refused);
        assert!(described.contains(field), "{described}");
    }
}

#[tokio::test]
async fn two_committers_on_one_database_never_spend_a_point_twice() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("e", &member, 100).await.unwrap();
    let replica = fixture.replica().await;
    let calls = (0..60).map(|number| {
        let mut client = if number % 2 == 0 {
            fixture.client.clone()
        } else {
            replica.client.clone()
        };
        // Every id is sent to both.
        let request = redemption(&format!("r{}", number / 2), &member, 5);
        async move {
            (
                number / 2,
                client
                    .redeem_points(request)
                    .await
                    .map(tonic::Response::into_inner),
            )
        }
    });
    let mut answers: HashMap<i32, Vec<Transaction>> = HashMap::new();
    for (id, outcome) in join_all(calls).await {
        match outcome {
            Ok(transaction) => answers.entry(id).or_default().push(transaction),
            Err(status) => assert_eq!(reason(&status), "INSUFFICIENT_POINTS"),
        }
    }
    assert_eq!(answers.len(), 20, "twenty times five are a hundred");
    for (id, answers) in answers {
        assert!(
            answers.windows(2).all(|pair| pair[0] == pair[1]),
            "two answers to r{id}: {answers:?}"
        );
    }
    assert_eq!(fixture.available(&member).await, 0);
    assert!(fixture.differences().await.is_empty());
}

#[tokio::test]
async fn the_tables_refuse_what_the_ledger_never_decides() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("e", &member, 100).await.unwrap();
    fixture.reserve("h", &member, 10).await.unwrap();
    for sql in [
        "UPDATE lot SET remaining = -1",
        "UPDATE lot SET remaining = original + 1",
        "UPDATE lot SET reserved = -1",
        "UPDATE lot SET reserved = remaining + 1",
        "UPDATE member SET available_points = -1",
        "UPDATE hold SET captured_points = points + 1",
        "UPDATE hold_allocation SET points = 0",
    ] {
        assert!(!fixture.can_execute(sql).await, "{sql}");
    }
}

#[tokio::test]
async fn a_balance_has_a_limit() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("e", &member, 1_000_000_000).await.unwrap();
    fixture
        .tamper("UPDATE member SET available_points = 9000000000000000")
        .await;
    let refused = fixture.earn("e2", &member, 1).await.unwrap_err();
    assert_eq!(reason(&refused), "POINTS_OUT_OF_RANGE");
}

#[tokio::test]
async fn every_movement_is_told_as_an_event() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("e", &member, 10).await.unwrap();
    fixture.earn("e", &member, 10).await.unwrap();
    fixture.redeem("r", &member, 4).await.unwrap();
    let count = |topic: &str| {
        format!("SELECT COUNT(*) AS number FROM outbox WHERE topic = 'rapport.loyalty.v1.{topic}'")
    };
    assert_eq!(
        fixture.numbers(&count("PointsPosted")).await,
        [2],
        "a repetition is no second movement"
    );
    assert_eq!(fixture.numbers(&count("MemberEnrolled")).await, [1]);
}
