//! What people decide about points: releases, cancellations, blocks, transfers, reversals, reinstatements.

use rapport_contract::{
    instant,
    loyalty::v1::{
        BlockPointsRequest, CancelPendingPointsRequest, CaptureHoldRequest, EarnPointsRequest,
        GetHoldRequest, HoldKind, HoldState, ReinstatePointsRequest, ReleaseHoldRequest,
        ReleasePendingPointsRequest, ReverseTransactionRequest, Transaction, TransactionKind,
        TransferPointsRequest, UpdateWalletRequest, Wallet, cancel_pending_points_request,
        release_pending_points_request,
    },
};
use rapport_testkit::reason;
use tonic::Status;

use crate::fixture::{Fixture, PROGRAM, give_back, moment, sale};

/// Gives points that wait for a key, and perhaps for a moment.
async fn wait_for(fixture: &mut Fixture, member: &str, points: i64, key: &str, until: Option<&str>) {
    let request = EarnPointsRequest {
        request_id: format!("{key} {points}"),
        member: member.to_owned(),
        points,
        reason: "a stay".to_owned(),
        release_key: key.to_owned(),
        release_time: until.map(|until| instant::to_wire(moment(until))),
        ..EarnPointsRequest::default()
    };
    fixture.client.earn_points(request).await.unwrap();
}

async fn release(fixture: &mut Fixture, id: &str, member: &str, key: &str) -> Result<Transaction, Status> {
    let request = ReleasePendingPointsRequest {
        request_id: id.to_owned(),
        member: member.to_owned(),
        reason: "checked out".to_owned(),
        which: Some(release_pending_points_request::Which::ReleaseKey(key.to_owned())),
        ..ReleasePendingPointsRequest::default()
    };
    Ok(fixture.ledger.release_pending_points(request).await?.into_inner())
}

async fn reverse(fixture: &mut Fixture, id: &str, name: &str, points: i64) -> Result<Transaction, Status> {
    let request = ReverseTransactionRequest {
        request_id: id.to_owned(),
        name: name.to_owned(),
        points,
        reason: "given back".to_owned(),
    };
    Ok(fixture.ledger.reverse_transaction(request).await?.into_inner())
}

#[tokio::test]
async fn pending_points_cannot_be_spent_before_their_moment_and_can_from_then_on() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    wait_for(&mut fixture, &member, 50, "stay-1", Some("2026-01-20T12:00:00Z")).await;
    let balance = fixture.balance(&member).await;
    assert_eq!((balance.available_points, balance.pending_points), (0, 50));
    let refused = fixture.redeem("r", &member, 1).await.unwrap_err();
    assert_eq!(reason(&refused), "INSUFFICIENT_POINTS");
    assert_eq!(
        fixture.summary().await.outstanding_points,
        50,
        "the business owes them already"
    );
    fixture.at("2026-01-20T12:00:00Z");
    let balance = fixture.balance(&member).await;
    assert_eq!(
        (balance.available_points, balance.pending_points),
        (50, 0),
        "before it is booked"
    );
    fixture.book_due().await;
    let statement = fixture.statement(&member).await;
    let told: Vec<_> = statement
        .iter()
        .map(|told| (told.kind(), told.points, told.pending_points))
        .collect();
    assert_eq!(
        told,
        [
            (TransactionKind::Earn, 0, 50),
            (TransactionKind::Release, 50, -50)
        ]
    );
    assert_eq!(fixture.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_points_wait_for_releases_or_cancels_them_once() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    wait_for(&mut fixture, &member, 50, "stay-1", None).await;
    wait_for(&mut fixture, &member, 30, "stay-1", None).await;
    wait_for(&mut fixture, &member, 20, "stay-2", None).await;
    let released = release(&mut fixture, "out", &member, "stay-1").await.unwrap();
    assert_eq!((released.points, released.pending_points), (80, -80));
    assert_eq!(released.lots.len(), 2);
    assert_eq!(
        release(&mut fixture, "out", &member, "stay-1").await.unwrap(),
        released,
        "the same request"
    );
    let refused = release(&mut fixture, "again", &member, "stay-1")
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "LOT_NOT_FOUND");
    let cancel = CancelPendingPointsRequest {
        request_id: "no show".to_owned(),
        member: member.clone(),
        reason: "did not come".to_owned(),
        which: Some(cancel_pending_points_request::Which::ReleaseKey(
            "stay-2".to_owned(),
        )),
        ..CancelPendingPointsRequest::default()
    };
    let cancelled = fixture
        .ledger
        .cancel_pending_points(cancel)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (cancelled.kind(), cancelled.pending_points),
        (TransactionKind::Cancel, -20)
    );
    let balance = fixture.balance(&member).await;
    assert_eq!((balance.available_points, balance.pending_points), (80, 0));
    assert_eq!(fixture.summary().await.cancelled_points, 20);
    let nothing = ReleasePendingPointsRequest {
        request_id: "nothing".to_owned(),
        member: member.clone(),
        reason: "x".to_owned(),
        ..ReleasePendingPointsRequest::default()
    };
    let refused = fixture.ledger.release_pending_points(nothing).await.unwrap_err();
    assert_eq!(reason(&refused), "INVALID_FIELDS");
    assert_eq!(fixture.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn points_of_purchases_wait_as_long_as_the_wallet_says_and_a_return_takes_the_waiting_ones() {
    let mut fixture = Fixture::with_program().await;
    let change = UpdateWalletRequest {
        wallet: Some(Wallet {
            name: format!("{PROGRAM}/wallets/points"),
            pending_days: 14,
            ..Wallet::default()
        }),
        update_mask: None,
    };
    fixture.ledger.update_wallet(change).await.unwrap();
    let member = fixture.enrol("ann").await;
    let bought = fixture.event("customers/ann", &sale("ann", "s1", 10_000));
    fixture.deliver(&[bought]).await;
    assert_eq!(fixture.balance(&member).await.pending_points, 100);
    let returned = fixture.event("customers/ann", &give_back("ann", "r1", "s1", 4_000));
    fixture.deliver(&[returned]).await;
    let balance = fixture.balance(&member).await;
    assert_eq!((balance.available_points, balance.pending_points), (0, 60));
    fixture.at("2026-01-29T10:00:00Z");
    assert_eq!(fixture.available(&member).await, 60);
    assert_eq!(fixture.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn blocked_points_are_given_back_or_forfeited() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("e", &member, 100).await.unwrap();
    let block = |id: &str, points| BlockPointsRequest {
        request_id: id.to_owned(),
        member: member.clone(),
        points,
        reason: "looked into".to_owned(),
        ..BlockPointsRequest::default()
    };
    let first = fixture
        .ledger
        .block_points(block("1", 40))
        .await
        .unwrap()
        .into_inner();
    let second = fixture
        .ledger
        .block_points(block("2", 30))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((first.kind(), first.expire_time), (HoldKind::Block, None));
    let balance = fixture.balance(&member).await;
    assert_eq!(
        (
            balance.available_points,
            balance.blocked_points,
            balance.reserved_points
        ),
        (30, 70, 0)
    );
    fixture.at("2026-01-20T10:00:00Z");
    assert_eq!(
        fixture.balance(&member).await.blocked_points,
        70,
        "a block does not time out"
    );
    let back = ReleaseHoldRequest {
        request_id: "back".to_owned(),
        name: first.name.clone(),
    };
    fixture.client.release_hold(back).await.unwrap();
    let away = CaptureHoldRequest {
        request_id: "away".to_owned(),
        name: second.name.clone(),
        points: 0,
    };
    let away = fixture.client.capture_hold(away).await.unwrap().into_inner();
    assert_eq!((away.kind(), away.points), (TransactionKind::Forfeit, -30));
    let get = GetHoldRequest { name: first.name };
    let told = fixture.ledger.get_hold(get).await.unwrap().into_inner();
    assert_eq!(told.state(), HoldState::Released);
    let balance = fixture.balance(&member).await;
    assert_eq!((balance.available_points, balance.blocked_points), (70, 0));
    assert_eq!(fixture.summary().await.forfeited_points, 30);
    assert_eq!(fixture.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn transferred_points_keep_their_expiry_and_vintage() {
    let mut fixture = Fixture::with_program().await;
    let (ann, bob) = (fixture.enrol("ann").await, fixture.enrol("bob").await);
    fixture.earn("old", &ann, 10).await.unwrap();
    fixture.at("2026-03-01T10:00:00Z");
    fixture.earn("new", &ann, 10).await.unwrap();
    let request = |id: &str, to: &str, points| TransferPointsRequest {
        request_id: id.to_owned(),
        member: ann.clone(),
        to_member: to.to_owned(),
        points,
        reason: "for your birthday".to_owned(),
        ..TransferPointsRequest::default()
    };
    let given = fixture
        .ledger
        .transfer_points(request("t", &bob, 15))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((given.kind(), given.points), (TransactionKind::TransferOut, -15));
    let again = fixture
        .ledger
        .transfer_points(request("t", &bob, 15))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(again, given, "the same request gives once");
    let taken = fixture.statement(&bob).await.remove(0);
    assert_eq!((taken.kind(), taken.points), (TransactionKind::TransferIn, 15));
    let ends = |transaction: &Transaction| -> Vec<(i64, _)> {
        let lots = transaction.lots.iter();
        lots.map(|lot| (lot.points.abs(), lot.expire_time)).collect()
    };
    assert_eq!(ends(&taken), ends(&given));
    let lots = rapport_contract::loyalty::v1::ListLotsRequest {
        parent: bob.clone(),
        ..Default::default()
    };
    let lots = fixture.ledger.list_lots(lots).await.unwrap().into_inner().lots;
    let vintages: Vec<&str> = lots.iter().map(|lot| lot.vintage.as_str()).collect();
    assert_eq!(vintages, ["2026-01", "2026-03"]);
    for (id, to, points, expected) in [
        ("self", &ann, 1, "INVALID_FIELDS"),
        ("more", &bob, 6, "INSUFFICIENT_POINTS"),
        (
            "nobody",
            &format!("{PROGRAM}/members/nobody"),
            1,
            "MEMBER_NOT_FOUND",
        ),
        (
            "elsewhere",
            &"programs/other/members/bob".to_owned(),
            1,
            "INVALID_FIELDS",
        ),
    ] {
        let refused = fixture
            .ledger
            .transfer_points(request(id, to, points))
            .await
            .unwrap_err();
        assert_eq!(reason(&refused), expected, "{id}");
    }
    assert_eq!(
        (fixture.available(&ann).await, fixture.available(&bob).await),
        (5, 15)
    );
    assert_eq!(fixture.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_spending_is_reversed_in_parts_into_the_lots_that_it_came_from() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("a", &member, 10).await.unwrap();
    fixture.at("2026-02-01T10:00:00Z");
    fixture.earn("b", &member, 10).await.unwrap();
    let spent = fixture.redeem("r", &member, 15).await.unwrap();
    let (first, second) = (&spent.lots[0].lot, &spent.lots[1].lot);
    let parts = |transaction: &Transaction| -> Vec<(String, i64)> {
        let lots = transaction.lots.iter();
        lots.map(|lot| (lot.lot.clone(), lot.points)).collect()
    };
    // As if less had been spent: what was taken last goes back first.
    let back = reverse(&mut fixture, "1", &spent.name, 3).await.unwrap();
    assert_eq!(parts(&back), [(second.clone(), 3)]);
    let back = reverse(&mut fixture, "2", &spent.name, 4).await.unwrap();
    assert_eq!(parts(&back), [(second.clone(), 2), (first.clone(), 2)]);
    let refused = reverse(&mut fixture, "3", &spent.name, 9).await.unwrap_err();
    assert_eq!(reason(&refused), "POINTS_OUT_OF_RANGE");
    let back = reverse(&mut fixture, "4", &spent.name, 0).await.unwrap();
    assert_eq!((back.points, back.available_points), (8, 20));
    let refused = reverse(&mut fixture, "5", &spent.name, 0).await.unwrap_err();
    assert_eq!(reason(&refused), "POINTS_OUT_OF_RANGE", "nothing is left of it");
    assert_eq!(fixture.summary().await.redeemed_points, 0);
    assert_eq!(fixture.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_went_back_into_a_lot_that_has_expired_expires_and_can_be_reinstated() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("a", &member, 10).await.unwrap();
    let spent = fixture.redeem("r", &member, 10).await.unwrap();
    fixture.at("2027-02-01T10:00:00Z");
    reverse(&mut fixture, "back", &spent.name, 0).await.unwrap();
    assert_eq!(fixture.available(&member).await, 0);
    let expired = fixture.statement(&member).await.pop().unwrap();
    assert_eq!((expired.kind(), expired.points), (TransactionKind::Expire, -10));
    let reinstate = |id: &str, name: &str, points, end: &str| ReinstatePointsRequest {
        request_id: id.to_owned(),
        name: name.to_owned(),
        points,
        expire_time: Some(instant::to_wire(moment(end))),
        reason: "goodwill".to_owned(),
    };
    let request = reinstate("1", &expired.name, 6, "2027-05-01T00:00:00Z");
    let again = fixture
        .ledger
        .reinstate_points(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!((again.kind(), again.points), (TransactionKind::Reinstate, 6));
    assert_eq!(
        again.lots[0].expire_time,
        Some(instant::to_wire(moment("2027-05-01T00:00:00Z")))
    );
    for (id, name, points, end, expected) in [
        (
            "2",
            &expired.name,
            5,
            "2027-05-01T00:00:00Z",
            "POINTS_OUT_OF_RANGE",
        ),
        ("3", &expired.name, 1, "2027-01-01T00:00:00Z", "INVALID_FIELDS"),
        (
            "4",
            &spent.name,
            1,
            "2027-05-01T00:00:00Z",
            "TRANSACTION_NOT_REVERSIBLE",
        ),
    ] {
        let refused = fixture
            .ledger
            .reinstate_points(reinstate(id, name, points, end))
            .await;
        assert_eq!(reason(&refused.unwrap_err()), expected, "{id}");
    }
    fixture.at("2027-05-01T00:00:00Z");
    assert_eq!(fixture.available(&member).await, 0);
    fixture.book_due().await;
    assert_eq!(fixture.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_is_not_reversed_says_what_to_do_instead() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    let bought = fixture.event("customers/ann", &sale("ann", "s1", 10_000));
    fixture.deliver(&[bought]).await;
    let earned = fixture.statement(&member).await.remove(0);
    let refused = reverse(&mut fixture, "1", &earned.name, 0).await.unwrap_err();
    assert_eq!(reason(&refused), "TRANSACTION_NOT_REVERSIBLE");
    assert!(
        refused.message().contains("record the return"),
        "{}",
        refused.message()
    );
    let spent = fixture.redeem("r", &member, 10).await.unwrap();
    let back = reverse(&mut fixture, "2", &spent.name, 4).await.unwrap();
    let refused = reverse(&mut fixture, "3", &back.name, 0).await.unwrap_err();
    assert_eq!(reason(&refused), "TRANSACTION_NOT_REVERSIBLE");
    for unknown in [
        "transactions/none",
        "transactions/0199e3c5-0000-7000-8000-000000000000",
    ] {
        let name = format!("{member}/{unknown}");
        let refused = reverse(&mut fixture, unknown, &name, 0).await.unwrap_err();
        assert_eq!(reason(&refused), "TRANSACTION_NOT_FOUND");
    }
}
