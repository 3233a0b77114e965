//! The way of a redemption.

use rapport_contract::loyalty::v1::{RedemptionState, RedemptionStep};
use rapport_testkit::reason;

use super::mug;
use crate::fixture::Fixture;

#[tokio::test]
async fn a_thing_is_reserved_paid_prepared_sent_and_received() {
    let (mut fixture, member) = Fixture::with_reward(mug(30, 5), 100).await;
    let reserved = fixture.reserve_units("r", &member, 2).await.unwrap();
    assert_eq!(reserved.state(), RedemptionState::Reserved);
    assert_eq!(
        (reserved.price.as_str(), reserved.points[0].points),
        ("full", 60),
        "the only price is meant"
    );
    let balance = fixture.balance(&member).await;
    assert_eq!((balance.available_points, balance.reserved_points), (40, 60));
    assert_eq!(fixture.left().await, 3);

    let confirmed = fixture.confirm("c", &reserved, "").await.unwrap();
    assert_eq!(confirmed.state(), RedemptionState::Confirmed);
    let balance = fixture.balance(&member).await;
    assert_eq!((balance.available_points, balance.reserved_points), (40, 0));
    for (step, state) in [
        (RedemptionStep::Prepare, RedemptionState::Preparing),
        (RedemptionStep::Send, RedemptionState::Sent),
        (RedemptionStep::Fulfil, RedemptionState::Fulfilled),
    ] {
        let advanced = fixture
            .advance(&format!("{step:?}"), &reserved, step)
            .await
            .unwrap();
        assert_eq!(advanced.state(), state);
    }
    let known = fixture.redemption(&reserved.name).await.unwrap();
    assert_eq!(known.timeline.len(), 5);
    let refused = fixture.cancel("x", &reserved).await.unwrap_err();
    assert_eq!(reason(&refused), "REDEMPTION_STATE_CONFLICT");

    let refunded = fixture.refund("f1", &reserved, 1).await.unwrap();
    assert_eq!(refunded.state(), RedemptionState::Fulfilled);
    assert_eq!(refunded.refunds[0].points[0].points, 30);
    assert_eq!((fixture.available(&member).await, fixture.left().await), (70, 4));
    let refunded = fixture.refund("f2", &reserved, 1).await.unwrap();
    assert_eq!(refunded.state(), RedemptionState::Refunded);
    assert_eq!((fixture.available(&member).await, fixture.left().await), (100, 5));
    assert_eq!(fixture.differences().await, Vec::<String>::new());
}
