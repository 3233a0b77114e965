//! Points that expire.

use rapport_contract::{
    instant,
    loyalty::v1::{EarnPointsRequest, ListTransactionsRequest, Program, TransactionKind},
};

use crate::fixture::{Fixture, moment, stars};

#[tokio::test]
async fn expired_points_do_not_count_although_nothing_was_booked() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("e", &member, 100).await.unwrap();
    fixture.at("2027-01-15T23:59:59Z");
    assert_eq!(fixture.available(&member).await, 100, "on the last day");
    fixture.at("2027-01-16T00:00:00Z");
    assert_eq!(fixture.available(&member).await, 0, "on the day after");
    let summary = fixture.summary().await;
    assert_eq!((summary.expired_points, summary.outstanding_points), (100, 0));
    assert_eq!(fixture.statement(&member).await.len(), 1, "reads book nothing");
    assert!(fixture.redeem("r", &member, 1).await.is_err());
    assert!(fixture.differences().await.is_empty());
}

#[tokio::test]
async fn the_timer_books_what_expired_once() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("e", &member, 100).await.unwrap();
    fixture.redeem("r", &member, 30).await.unwrap();
    fixture.at("2028-02-29T12:00:00Z");
    fixture.book_due().await;
    fixture.book_due().await;
    let statement = fixture.statement(&member).await;
    let last = statement.last().unwrap();
    assert_eq!(statement.len(), 3);
    assert_eq!(
        (last.kind(), last.points, last.available_points),
        (TransactionKind::Expire, -70, 0)
    );
    let summary = fixture.summary().await;
    assert_eq!(
        (
            summary.expired_points,
            summary.redeemed_points,
            summary.outstanding_points
        ),
        (70, 30, 0)
    );
    assert_eq!(summary.vintages[0].month, "2026-01");
    assert_eq!(
        (
            summary.vintages[0].original_points,
            summary.vintages[0].outstanding_points
        ),
        (100, 0)
    );
    assert!(fixture.differences().await.is_empty());
}

#[tokio::test]
async fn a_movement_books_what_expired_before_it() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("e1", &member, 100).await.unwrap();
    fixture.at("2027-06-01T00:00:00Z");
    let earned = fixture.earn("e2", &member, 5).await.unwrap();
    assert_eq!(earned.available_points, 5);
    let kinds: Vec<TransactionKind> = fixture
        .statement(&member)
        .await
        .iter()
        .map(rapport_contract::loyalty::v1::Transaction::kind)
        .collect();
    assert_eq!(
        kinds,
        [
            TransactionKind::Earn,
            TransactionKind::Expire,
            TransactionKind::Earn
        ]
    );
}

#[tokio::test]
async fn points_with_a_moment_of_their_own_expire_then_and_are_spent_first() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("e1", &member, 10).await.unwrap();
    let request = EarnPointsRequest {
        request_id: "e2".to_owned(),
        member: member.clone(),
        points: 10,
        reason: "a summer offer".to_owned(),
        expire_time: Some(instant::to_wire(moment("2026-02-01T00:00:00Z"))),
        ..EarnPointsRequest::default()
    };
    let offer = fixture.client.earn_points(request).await.unwrap().into_inner();
    let spent = fixture.redeem("r", &member, 4).await.unwrap();
    assert_eq!(spent.lots[0].lot, offer.lots[0].lot);
    let expirations: Vec<i64> = fixture
        .balance(&member)
        .await
        .expirations
        .iter()
        .map(|at| at.points)
        .collect();
    assert_eq!(expirations, [6, 10]);
    fixture.at("2026-02-01T00:00:00Z");
    assert_eq!(fixture.available(&member).await, 10);
}

#[tokio::test]
async fn points_of_a_program_without_a_lifetime_never_expire() {
    let mut fixture = Fixture::new().await;
    fixture
        .create_program(
            "stars",
            Program {
                lifetime_months: 0,
                ..stars()
            },
        )
        .await
        .unwrap();
    let member = fixture.enrol("ann").await;
    fixture.earn("e", &member, 10).await.unwrap();
    fixture.at("2999-01-01T00:00:00Z");
    let balance = fixture.balance(&member).await;
    assert_eq!((balance.available_points, balance.expirations.len()), (10, 0));
}

#[tokio::test]
async fn statements_are_filtered_and_paged() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    for number in 0..7 {
        fixture.earn(&format!("e{number}"), &member, 10).await.unwrap();
    }
    fixture.redeem("r", &member, 3).await.unwrap();
    let mut request = ListTransactionsRequest {
        parent: member.clone(),
        page_size: 3,
        filter: "kind = EARN AND post_time >= \"2026-01-01T00:00:00Z\"".to_owned(),
        ..ListTransactionsRequest::default()
    };
    let mut causes = Vec::new();
    loop {
        let page = fixture
            .client
            .list_transactions(request.clone())
            .await
            .unwrap()
            .into_inner();
        causes.extend(page.transactions.into_iter().map(|transaction| transaction.cause));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(
        causes,
        ["e6", "e5", "e4", "e3", "e2", "e1", "e0"],
        "the newest first, each once"
    );
}
