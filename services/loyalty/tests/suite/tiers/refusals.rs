//! What is refused says what is wrong, where, and what to do.

use rapport_contract::loyalty::v1::{
    GetMemberTiersRequest, GetTierGrantRequest, GetTierSetRequest, TierValidity, TierValidityKind,
    tier_measure::Measure,
};
use rapport_testkit::{described, reason};

use super::{SET, asks, day, gift, status};
use crate::fixture::{Fixture, PROGRAM};

#[tokio::test]
async fn a_tier_set_that_breaks_rules_is_told_all_of_them() {
    let fixture = Fixture::with_program().await;
    let mut wrong = status();
    wrong.tiers[2].id = "silver".to_owned();
    wrong.tiers[1].qualification = Some(asks(Measure::Wallet("miles".to_owned()), 100));
    wrong.validity = Some(TierValidity {
        kind: TierValidityKind::Months.into(),
        months: 0,
    });
    let refused = fixture.create_tier_set("status", wrong).await.unwrap_err();
    let expected = "InvalidArgument INVALID_TIER_SET: tier_set.validity.months: must be 1 to 120 months; \
                    tier_set.tiers[1].qualification.thresholds[0].measure: the program does not record points of the \
                    wallet miles; tier_set.tiers[2].id: is the id of another tier too; each tier has its own\n  \
                    tier_set.validity.months: must be 1 to 120 months\n  \
                    tier_set.tiers[1].qualification.thresholds[0].measure: the program does not record points of the \
                    wallet miles\n  tier_set.tiers[2].id: is the id of another tier too; each tier has its own";
    assert_eq!(described(&refused), expected);
}

#[tokio::test]
async fn a_tier_set_is_made_once_and_the_same_again_is_no_error() {
    let fixture = Fixture::with_program().await;
    let made = fixture.create_tier_set("status", status()).await.unwrap();
    fixture.at("2026-01-16T10:00:00Z");
    let again = fixture.create_tier_set("status", status()).await.unwrap();
    assert_eq!(again, made);
    let mut other = status();
    other.tiers[1].qualification = Some(asks(Measure::Wallet("points".to_owned()), 50));
    let refused = fixture.create_tier_set("status", other).await.unwrap_err();
    assert_eq!(reason(&refused), "TIER_SET_ALREADY_EXISTS");
}

#[tokio::test]
async fn a_grant_that_cannot_be_made_is_told_why() {
    let (fixture, member) = Fixture::with_tiers(status()).await;
    let mut base = gift("base", &member, day(2026, 1, 14));
    base.tier = "basic".to_owned();
    let refused = fixture.grant(base).await.unwrap_err();
    let expected = "InvalidArgument INVALID_FIELDS: tier: must be a tier above the base tier: silver, gold; until_date: must \
                    not be over in the program's time zone: it is the last day on which the tier holds\n  tier: must be a \
                    tier above the base tier: silver, gold\n  until_date: must not be over in the program's time zone: \
                    it is the last day on which the tier holds";
    assert_eq!(described(&refused), expected);
    let no_day = gift("no-day", &member, day(2026, 2, 30));
    assert_eq!(
        reason(&fixture.grant(no_day).await.unwrap_err()),
        "INVALID_FIELDS"
    );
    let stranger = gift(
        "stranger",
        &format!("{PROGRAM}/members/nobody"),
        day(2026, 12, 31),
    );
    assert_eq!(
        reason(&fixture.grant(stranger).await.unwrap_err()),
        "MEMBER_NOT_FOUND"
    );
    let mut elsewhere = gift("elsewhere", &member, day(2026, 12, 31));
    elsewhere.tier_set_id = "nights".to_owned();
    assert_eq!(
        reason(&fixture.grant(elsewhere).await.unwrap_err()),
        "TIER_SET_NOT_FOUND"
    );
    assert_eq!(
        fixture.numbers("SELECT COUNT(*) AS number FROM tier_grant").await,
        [0]
    );
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let (fixture, member) = Fixture::with_tiers(status()).await;
    let mut client = fixture.tiers.clone();
    let grant = GetTierGrantRequest {
        name: format!("{member}/tierGrants/0199e3c5-0000-7000-8000-000000000001"),
    };
    let refused = client.get_tier_grant(grant).await.unwrap_err();
    assert_eq!(reason(&refused), "TIER_GRANT_NOT_FOUND");
    let version = GetTierSetRequest {
        name: SET.to_owned(),
        version: 7,
    };
    let refused = client.get_tier_set(version).await.unwrap_err();
    assert_eq!(reason(&refused), "TIER_SET_NOT_FOUND");
    let stranger = GetMemberTiersRequest {
        name: format!("{PROGRAM}/members/nobody"),
        language: String::new(),
    };
    let refused = client.get_member_tiers(stranger).await.unwrap_err();
    assert_eq!(reason(&refused), "MEMBER_NOT_FOUND");
}
