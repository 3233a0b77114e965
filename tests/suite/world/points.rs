//! Points of every kind: such as stay, wait, are spent, and expire.

use std::time::Duration;

use rapport::client::Clients;
use rapport_contract::{
    instant,
    loyalty::v1::{EarnPointsRequest, ListTransactionsRequest, RedeemPointsRequest},
};

/// How often something that comes soon is looked for, and the pause between.
const POLLS: usize = 400;
const PAUSE: Duration = Duration::from_millis(50);

/// What a member's points left that methods can be asked about.
#[derive(Debug)]
pub(crate) struct MovedPoints {
    /// Id of a lot with points left.
    pub(crate) lot: String,
    /// Name of a transaction that spent points.
    pub(crate) redeemed: String,
    /// Name of a transaction in which points expired.
    pub(crate) expired: String,
}

/// Gives a member points of every kind: such as stay, such as wait for `stay-1` and `stay-2`, spent ones, and expired
/// ones. Waits until the member is enrolled and the points have expired.
pub(crate) async fn moved_points(clients: &Clients, member: &str) -> MovedPoints {
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_millis(1_500);
    let earn = |id: &str| EarnPointsRequest {
        request_id: format!("{id} of {member}"),
        member: member.to_owned(),
        points: 500,
        reason: "a gift".to_owned(),
        ..EarnPointsRequest::default()
    };
    let mut loyalty = clients.loyalty.clone();
    let mut given = loyalty.earn_points(earn("stays")).await;
    for _ in 0..POLLS {
        if given.is_ok() {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        given = loyalty.earn_points(earn("stays")).await;
    }
    let given = given.expect("the member is enrolled soon").into_inner();
    for key in ["stay-1", "stay-2"] {
        let waiting = EarnPointsRequest {
            release_key: key.to_owned(),
            ..earn(key)
        };
        loyalty.earn_points(waiting).await.expect("points can wait");
    }
    let ends = EarnPointsRequest {
        points: 1_000_000,
        expire_time: Some(instant::to_wire(soon)),
        ..earn("ends")
    };
    loyalty.earn_points(ends).await.expect("points can expire");
    let lot = given.lots[0].lot.clone();
    let redeemed = redeemed(clients, member).await;
    MovedPoints {
        lot,
        redeemed,
        expired: expired(clients, member).await,
    }
}

async fn redeemed(clients: &Clients, member: &str) -> String {
    let request = RedeemPointsRequest {
        request_id: format!("spends of {member}"),
        member: member.to_owned(),
        points: 3,
        reason: "a coffee".to_owned(),
        ..RedeemPointsRequest::default()
    };
    let spent = clients.loyalty.clone().redeem_points(request).await;
    spent.expect("there are points").into_inner().name
}

/// Waits until points have expired and were booked, which the next movement does.
async fn expired(clients: &Clients, member: &str) -> String {
    let mut loyalty = clients.loyalty.clone();
    for number in 0..POLLS {
        let next = EarnPointsRequest {
            request_id: format!("next {number} of {member}"),
            member: member.to_owned(),
            points: 1,
            reason: "a visit".to_owned(),
            ..EarnPointsRequest::default()
        };
        loyalty.earn_points(next).await.expect("points can be given");
        let request = ListTransactionsRequest {
            parent: member.to_owned(),
            filter: "kind = EXPIRE".to_owned(),
            ..ListTransactionsRequest::default()
        };
        let listed = loyalty
            .list_transactions(request)
            .await
            .expect("the member is there");
        if let Some(expired) = listed.into_inner().transactions.into_iter().next() {
            return expired.name;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("the points of {member} do not expire");
}
