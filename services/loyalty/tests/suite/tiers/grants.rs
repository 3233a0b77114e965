//! Tiers that operators grant.

use futures::future::join_all;
use rapport_contract::loyalty::v1::{
    GetTierGrantRequest, GrantTierRequest, RevokeTierGrantRequest, TierBasis, TierMatch,
    tier_measure::Measure,
};
use rapport_testkit::reason;

use super::{asks, day, gift, status};
use crate::fixture::Fixture;

#[tokio::test]
async fn a_gift_holds_through_its_last_day_and_leaves_what_was_reached() {
    let (mut fixture, member) = Fixture::with_tiers(status()).await;
    fixture.earn("some", &member, 100).await.unwrap();
    let granted = fixture
        .grant(gift("gift", &member, day(2026, 3, 31)))
        .await
        .unwrap();
    let standing = fixture.standing(&member).await;
    let decision = standing.decision.unwrap();
    assert_eq!(
        (standing.tier.as_str(), decision.basis()),
        ("gold", TierBasis::Gifted)
    );
    assert_eq!(decision.grant, granted.name);
    fixture.at("2026-03-31T23:59:59Z");
    assert_eq!(fixture.tier_of(&member).await, "gold");
    fixture.at("2026-04-01T00:00:00Z");
    assert_eq!(fixture.tier_of(&member).await, "silver");
    fixture.book_due().await;
    let told: Vec<String> = fixture.told().await.into_iter().map(|(_, to)| to).collect();
    assert_eq!(told, ["silver", "gold", "silver"]);
}

#[tokio::test]
async fn a_match_is_kept_when_its_challenge_is_met_and_ends_when_it_is_not() {
    for (earned, after) in [(49, "basic"), (50, "gold")] {
        let (mut fixture, member) = Fixture::with_tiers(status()).await;
        let request = GrantTierRequest {
            status_match: Some(TierMatch {
                evidence: "Gold of another hotel, seen at the desk".to_owned(),
                challenge: Some(asks(Measure::Wallet("points".to_owned()), 50)),
            }),
            ..gift("match", &member, day(2026, 4, 30))
        };
        fixture.grant(request).await.unwrap();
        let standing = fixture.standing(&member).await;
        let decision = standing.decision.unwrap();
        assert_eq!(decision.basis(), TierBasis::MatchedOnTrial);
        fixture.at("2026-02-15T10:00:00Z");
        fixture.earn("challenge", &member, earned).await.unwrap();
        fixture.at("2026-05-01T00:00:00Z");
        fixture.book_due().await;
        assert_eq!(fixture.tier_of(&member).await, after, "with {earned} of 50");
    }
}

#[tokio::test]
async fn a_grant_that_is_revoked_ends_at_once_and_for_good() {
    let (fixture, member) = Fixture::with_tiers(status()).await;
    let granted = fixture
        .grant(gift("gift", &member, day(2026, 12, 31)))
        .await
        .unwrap();
    fixture.at("2026-02-01T10:00:00Z");
    let revocation = RevokeTierGrantRequest {
        name: granted.name.clone(),
        reason: "the wrong member".to_owned(),
    };
    let revoked = fixture
        .tiers
        .clone()
        .revoke_tier_grant(revocation.clone())
        .await
        .unwrap();
    assert_eq!(fixture.tier_of(&member).await, "basic");
    fixture.at("2026-02-02T10:00:00Z");
    let again = fixture.tiers.clone().revoke_tier_grant(revocation).await.unwrap();
    assert_eq!(again.into_inner(), revoked.into_inner());
    let asked = GetTierGrantRequest { name: granted.name };
    let read = fixture
        .tiers
        .clone()
        .get_tier_grant(asked)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(read.revoke_reason, "the wrong member");
}

#[tokio::test]
async fn fifty_identical_calls_grant_once_and_are_answered_alike() {
    let (fixture, member) = Fixture::with_tiers(status()).await;
    let calls = (0..50).map(|_| fixture.grant(gift("the-same", &member, day(2026, 12, 31))));
    let answers = join_all(calls).await;
    let first = answers[0].as_ref().unwrap();
    for answer in &answers {
        assert_eq!(answer.as_ref().unwrap(), first);
    }
    assert_eq!(
        fixture.numbers("SELECT COUNT(*) AS number FROM tier_grant").await,
        [1]
    );
    assert_eq!(fixture.told().await.len(), 1);
    let other = gift("the-same", &member, day(2026, 11, 30));
    let refused = fixture.grant(other).await.unwrap_err();
    assert_eq!(reason(&refused), "REQUEST_ID_REUSED");
}
