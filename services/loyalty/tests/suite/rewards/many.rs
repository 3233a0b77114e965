//! Many who want the same, and the same that is wanted again.

use futures::future::join_all;
use rapport_contract::loyalty::v1::{LimitWindow, RedemptionState, Reward, RewardLimit};
use rapport_testkit::reason;

use super::mug;
use crate::fixture::Fixture;

/// Callers who want a unit at the same time.
const CALLERS: usize = 64;

#[tokio::test]
async fn a_stock_under_many_callers_is_never_overrun_by_one() {
    let (mut fixture, _) = Fixture::with_reward(mug(10, 20), 100).await;
    let mut members = Vec::new();
    for number in 0..8 {
        let member = fixture.enrol(&format!("member-{number}")).await;
        fixture
            .earn(&format!("welcome-{number}"), &member, 1_000)
            .await
            .unwrap();
        members.push(member);
    }
    let answers = {
        let fixture = &fixture;
        let calls = (0..CALLERS).map(|caller| {
            let member = &members[caller % members.len()];
            async move { fixture.redeem_units(&format!("caller-{caller}"), member, 1).await }
        });
        join_all(calls).await
    };
    let redeemed = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!((redeemed, fixture.left().await), (20, 0));
    for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(reason(refused), "REWARD_OUT_OF_STOCK");
    }
    let mut spent = 0;
    for member in &members {
        spent += 1_000 - fixture.available(member).await;
    }
    assert_eq!(spent, 200, "20 mugs for 10 points");
    assert_eq!(fixture.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn fifty_identical_calls_redeem_once_and_are_answered_alike() {
    let (mut fixture, member) = Fixture::with_reward(mug(30, 5), 100).await;
    let answers = {
        let fixture = &fixture;
        let member = member.as_str();
        join_all((0..50).map(|_| fixture.reserve_units("the-same", member, 1))).await
    };
    let first = answers[0].as_ref().unwrap();
    for answer in &answers {
        assert_eq!(answer.as_ref().unwrap(), first);
    }
    assert_eq!((fixture.available(&member).await, fixture.left().await), (70, 4));
    let other = fixture.reserve_units("the-same", &member, 2).await.unwrap_err();
    assert_eq!(reason(&other), "REQUEST_ID_REUSED");
}

#[tokio::test]
async fn a_refused_wish_changes_nothing_and_says_why() {
    let limited = Reward {
        limits: vec![RewardLimit {
            window: LimitWindow::InAll.into(),
            rolling_days: 0,
            most: 2,
        }],
        ..mug(30, 3)
    };
    let (mut fixture, member) = Fixture::with_reward(limited, 80).await;
    for (units, why) in [
        (4, "REWARD_LIMIT_REACHED"),
        (3, "REWARD_LIMIT_REACHED"),
        (11, "INVALID_FIELDS"),
    ] {
        let refused = fixture
            .reserve_units(&format!("wish-{units}"), &member, units)
            .await
            .unwrap_err();
        assert_eq!(reason(&refused), why, "{refused}");
    }
    fixture.reserve_units("two", &member, 2).await.unwrap();
    let refused = fixture.reserve_units("one-more", &member, 1).await.unwrap_err();
    assert_eq!(reason(&refused), "REWARD_LIMIT_REACHED");
    let poor = fixture.enrol("bob").await;
    let refused = fixture.reserve_units("poor", &poor, 1).await.unwrap_err();
    assert_eq!(reason(&refused), "INSUFFICIENT_POINTS");
    assert_eq!((fixture.available(&member).await, fixture.left().await), (20, 1));
    assert_eq!(fixture.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_cancelled_redemption_gives_points_units_and_its_place_in_limits_back() {
    let limited = Reward {
        limits: vec![RewardLimit {
            window: LimitWindow::InAll.into(),
            rolling_days: 0,
            most: 1,
        }],
        ..mug(30, 3)
    };
    let (mut fixture, member) = Fixture::with_reward(limited, 80).await;
    for round in 0..3 {
        let reserved = fixture
            .reserve_units(&format!("r{round}"), &member, 1)
            .await
            .unwrap();
        let cancelled = fixture.cancel(&format!("c{round}"), &reserved).await.unwrap();
        assert_eq!(cancelled.state(), RedemptionState::Cancelled);
        assert_eq!((fixture.available(&member).await, fixture.left().await), (80, 3));
    }
    assert_eq!(fixture.differences().await, Vec::<String>::new());
}
