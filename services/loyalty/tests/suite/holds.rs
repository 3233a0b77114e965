//! Holds: points kept for an order.

use rapport_contract::loyalty::v1::{
    CaptureHoldRequest, Hold, HoldState, ReleaseHoldRequest, ReservePointsRequest, Transaction,
    TransactionKind,
};
use rapport_testkit::reason;
use tonic::Status;

use crate::fixture::Fixture;

async fn capture(fixture: &mut Fixture, id: &str, hold: &Hold, points: i64) -> Result<Transaction, Status> {
    let request = CaptureHoldRequest {
        request_id: id.to_owned(),
        name: hold.name.clone(),
        points,
    };
    Ok(fixture.client.capture_hold(request).await?.into_inner())
}

async fn release(fixture: &mut Fixture, id: &str, hold: &Hold) -> Result<Hold, Status> {
    let request = ReleaseHoldRequest {
        request_id: id.to_owned(),
        name: hold.name.clone(),
    };
    Ok(fixture.client.release_hold(request).await?.into_inner())
}

#[tokio::test]
async fn held_points_stay_the_members_and_nothing_else_can_spend_them() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("e", &member, 100).await.unwrap();
    let hold = fixture.reserve("h", &member, 60).await.unwrap();
    assert_eq!(hold.state(), HoldState::Open);
    let balance = fixture.balance(&member).await;
    assert_eq!((balance.available_points, balance.reserved_points), (40, 60));
    let refused = fixture.redeem("r", &member, 41).await.unwrap_err();
    assert_eq!(reason(&refused), "INSUFFICIENT_POINTS");
    assert_eq!(
        fixture.summary().await.outstanding_points,
        100,
        "what is held is still owed"
    );
    assert_eq!(
        fixture.reserve("h", &member, 60).await.unwrap(),
        hold,
        "the same request keeps nothing more"
    );
    assert!(fixture.differences().await.is_empty());
}

#[tokio::test]
async fn a_capture_in_part_spends_the_part_and_gives_the_rest_back() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("e", &member, 100).await.unwrap();
    let hold = fixture.reserve("h", &member, 60).await.unwrap();
    let refused = capture(&mut fixture, "too much", &hold, 61).await.unwrap_err();
    assert_eq!(reason(&refused), "POINTS_OUT_OF_RANGE");
    let spent = capture(&mut fixture, "c", &hold, 25).await.unwrap();
    assert_eq!(
        (spent.points, spent.kind(), spent.available_points),
        (-25, TransactionKind::Redeem, 75)
    );
    assert_eq!(spent.cause, hold.name);
    let balance = fixture.balance(&member).await;
    assert_eq!((balance.available_points, balance.reserved_points), (75, 0));
    assert_eq!(
        capture(&mut fixture, "c", &hold, 25).await.unwrap(),
        spent,
        "the same request"
    );
    for (id, points) in [("c2", 0), ("c3", 1)] {
        let refused = capture(&mut fixture, id, &hold, points).await.unwrap_err();
        assert_eq!(reason(&refused), "HOLD_NOT_OPEN");
    }
    let refused = release(&mut fixture, "rel", &hold).await.unwrap_err();
    assert_eq!(reason(&refused), "HOLD_NOT_OPEN");
    assert!(fixture.differences().await.is_empty());
}

#[tokio::test]
async fn without_a_number_a_capture_spends_all() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("e", &member, 100).await.unwrap();
    let hold = fixture.reserve("h", &member, 60).await.unwrap();
    assert_eq!(capture(&mut fixture, "c", &hold, 0).await.unwrap().points, -60);
}

#[tokio::test]
async fn a_release_gives_the_points_back_once() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("e", &member, 100).await.unwrap();
    let hold = fixture.reserve("h", &member, 60).await.unwrap();
    for id in ["r1", "r2"] {
        let released = release(&mut fixture, id, &hold).await.unwrap();
        assert_eq!(released.state(), HoldState::Released);
        assert_eq!(fixture.available(&member).await, 100);
    }
    let refused = capture(&mut fixture, "c", &hold, 1).await.unwrap_err();
    assert_eq!(reason(&refused), "HOLD_NOT_OPEN");
}

#[tokio::test]
async fn a_hold_gives_its_points_back_when_its_time_is_over() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("e", &member, 100).await.unwrap();
    let hold = fixture.reserve("h", &member, 60).await.unwrap();
    fixture.at("2026-01-15T10:14:59Z");
    assert_eq!(fixture.available(&member).await, 40);
    fixture.at("2026-01-15T10:15:00Z");
    let balance = fixture.balance(&member).await;
    assert_eq!(
        (balance.available_points, balance.reserved_points),
        (100, 0),
        "before anything was booked"
    );
    let refused = capture(&mut fixture, "c", &hold, 1).await.unwrap_err();
    assert_eq!(reason(&refused), "HOLD_NOT_OPEN");
    fixture.book_due().await;
    let open = "SELECT COUNT(*) AS number FROM hold WHERE state = 'TIMED_OUT'";
    assert_eq!(fixture.numbers(open).await, [1]);
    assert_eq!(
        release(&mut fixture, "r", &hold).await.unwrap().state(),
        HoldState::TimedOut
    );
    assert_eq!(fixture.available(&member).await, 100);
    assert!(fixture.differences().await.is_empty());
}

#[tokio::test]
async fn points_do_not_expire_while_a_hold_keeps_them() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("e", &member, 100).await.unwrap();
    fixture.at("2027-01-15T23:00:00Z");
    let request = ReservePointsRequest {
        request_id: "h".to_owned(),
        member: member.clone(),
        points: 60,
        reason: "an order".to_owned(),
        hold_seconds: 2_592_000,
        ..ReservePointsRequest::default()
    };
    let hold = fixture.client.reserve_points(request).await.unwrap().into_inner();
    fixture.at("2027-01-20T00:00:00Z");
    let balance = fixture.balance(&member).await;
    assert_eq!((balance.available_points, balance.reserved_points), (0, 60));
    let spent = capture(&mut fixture, "c", &hold, 50).await.unwrap();
    assert_eq!(spent.points, -50);
    let statement = fixture.statement(&member).await;
    let points: Vec<i64> = statement.iter().map(|transaction| transaction.points).collect();
    assert_eq!(
        points,
        [100, -40, -50, -10],
        "what the hold gave back had expired meanwhile"
    );
    assert!(fixture.differences().await.is_empty());
}

#[tokio::test]
async fn a_hold_that_is_not_there_is_not_found() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    for name in [
        format!("{member}/holds/unknown"),
        format!("{member}/holds/01234567-89ab-7def-8123-456789abcdef"),
        "programs/stars/members/nobody/holds/01234567-89ab-7def-8123-456789abcdef".to_owned(),
    ] {
        let hold = Hold {
            name,
            ..Hold::default()
        };
        let refused = capture(&mut fixture, "c", &hold, 1).await.unwrap_err();
        assert_eq!(reason(&refused), "HOLD_NOT_FOUND", "{}", hold.name);
        let refused = release(&mut fixture, "r", &hold).await.unwrap_err();
        assert_eq!(reason(&refused), "HOLD_NOT_FOUND", "{}", hold.name);
    }
}

#[tokio::test]
async fn a_hold_of_one_member_cannot_be_captured_through_another() {
    let mut fixture = Fixture::with_program().await;
    let (ann, bob) = (fixture.enrol("ann").await, fixture.enrol("bob").await);
    fixture.earn("e", &ann, 100).await.unwrap();
    let hold = fixture.reserve("h", &ann, 60).await.unwrap();
    let foreign = Hold {
        name: hold.name.replace(&ann, &bob),
        ..hold
    };
    let refused = capture(&mut fixture, "c", &foreign, 1).await.unwrap_err();
    assert_eq!(reason(&refused), "HOLD_NOT_FOUND");
}
