//! Lots, as they are read, and their expiry, as it is moved.

use rapport_contract::{
    instant,
    loyalty::v1::{ExtendPointsRequest, ListLotsRequest, TransactionKind},
};
use rapport_testkit::reason;

use crate::{
    fixture::{Fixture, moment},
    wallets::{earning, lots},
};

#[tokio::test]
async fn lots_are_read_in_pages_by_their_expiry() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    for day in [9, 3, 7, 5, 1] {
        let mut earn = earning(&format!("e{day}"), &member, day, "");
        let ends = moment(&format!("2026-03-0{day}T00:00:00Z"));
        earn.expire_time = Some(instant::to_wire(ends));
        fixture.client.earn_points(earn).await.unwrap();
    }
    let mut request = ListLotsRequest {
        parent: member.clone(),
        page_size: 2,
        ..ListLotsRequest::default()
    };
    let mut told = Vec::new();
    loop {
        let page = fixture
            .ledger
            .list_lots(request.clone())
            .await
            .unwrap()
            .into_inner();
        assert!(page.lots.len() <= 2);
        told.extend(page.lots.iter().map(|lot| lot.remaining_points));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(told, [1, 3, 5, 7, 9]);
}

#[tokio::test]
async fn an_expiry_is_only_moved_to_later() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("e", &member, 100).await.unwrap();
    let lot = lots(&mut fixture, &member, "").await.remove(0);
    let request = |id: &str, lot: &str, end: &str| ExtendPointsRequest {
        request_id: id.to_owned(),
        member: member.clone(),
        lot: lot.to_owned(),
        expire_time: Some(instant::to_wire(moment(end))),
        reason: "a strike".to_owned(),
        ..ExtendPointsRequest::default()
    };
    let refused = fixture
        .ledger
        .extend_points(request("1", &lot.lot, "2026-02-01T00:00:00Z"))
        .await;
    assert_eq!(reason(&refused.unwrap_err()), "INVALID_FIELDS");
    let refused = fixture
        .ledger
        .extend_points(request("2", &lot.lot, "2026-01-01T00:00:00Z"))
        .await;
    assert_eq!(reason(&refused.unwrap_err()), "INVALID_FIELDS", "that is over");
    let refused = fixture
        .ledger
        .extend_points(request("3", "", "2026-02-01T00:00:00Z"))
        .await;
    assert_eq!(
        reason(&refused.unwrap_err()),
        "LOT_NOT_FOUND",
        "nothing expires before"
    );
    let moved = fixture
        .ledger
        .extend_points(request("4", "", "2031-01-01T00:00:00Z"))
        .await;
    let moved = moved.unwrap().into_inner();
    assert_eq!((moved.kind(), moved.points), (TransactionKind::Extend, 0));
    let told = lots(&mut fixture, &member, "").await;
    assert_eq!(told[0].expire_time, moved.lots[0].expire_time);
    assert_eq!(fixture.differences().await, Vec::<String>::new());
}
