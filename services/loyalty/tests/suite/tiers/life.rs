//! How tiers are reached, kept and lost.

use rapport_contract::{
    instant,
    loyalty::v1::{
        GetTierSetRequest, ReverseTransactionRequest, TierBasis, TierGrace, TierMovement, TierSet,
        UpdateTierSetRequest, tier_grace::Length, tier_measure::Measure,
    },
    profile::v1::PurchaseRecorded,
};

use super::{asks, sale_at, status, tier};
use crate::fixture::{Fixture, give_back, moment, sale};

#[tokio::test]
async fn earning_the_last_point_gives_the_tier_at_once() {
    let (mut fixture, member) = Fixture::with_tiers(status()).await;
    assert_eq!(fixture.tier_of(&member).await, "basic");
    fixture.earn("first", &member, 99).await.unwrap();
    assert_eq!(fixture.tier_of(&member).await, "basic");
    fixture.at("2026-02-01T09:00:00Z");
    fixture.earn("last", &member, 1).await.unwrap();
    let standing = fixture.standing(&member).await;
    assert_eq!(
        (standing.tier.as_str(), standing.title.as_str()),
        ("silver", "silver")
    );
    let since = instant::from_wire(&standing.since_time.unwrap()).unwrap();
    assert_eq!(since, moment("2026-02-01T09:00:00Z"));
    let decision = standing.decision.unwrap();
    assert_eq!(decision.basis(), TierBasis::Qualified);
    assert_eq!(decision.movement(), TierMovement::Up);
    assert_eq!(
        fixture.told().await,
        [("basic".to_owned(), "silver".to_owned())],
        "the change is told once"
    );
}

#[tokio::test]
async fn spent_and_compensated_points_do_not_change_what_was_reached() {
    let (mut fixture, member) = Fixture::with_tiers(status()).await;
    fixture.earn("all", &member, 120).await.unwrap();
    fixture.redeem("spent", &member, 120).await.unwrap();
    let standing = fixture.standing(&member).await;
    assert_eq!(
        (standing.tier.as_str(), standing.progress[0].amount),
        ("silver", 120)
    );
}

#[tokio::test]
async fn a_return_takes_the_tier_away_as_if_it_had_never_been_reached() {
    let (fixture, member) = Fixture::with_tiers(status()).await;
    fixture.take(&sale("ann", "s1", 9_000)).await;
    fixture.take(&sale("ann", "s2", 2_000)).await;
    assert_eq!(fixture.tier_of(&member).await, "silver");
    fixture.at("2026-03-01T10:00:00Z");
    fixture.take(&give_back("ann", "r1", "s2", 1_500)).await;
    assert_eq!(fixture.tier_of(&member).await, "basic");
    let changes = fixture.tier_changes(&member).await;
    assert_eq!(changes.len(), 1, "only the start is left: {changes:?}");
    assert_eq!(changes[0].movement(), TierMovement::Start);
    let (basic, silver) = ("basic".to_owned(), "silver".to_owned());
    assert_eq!(
        fixture.told().await,
        [(basic.clone(), silver.clone()), (silver, basic)]
    );
}

#[tokio::test]
async fn points_that_are_taken_back_by_hand_take_the_tier_away_although_they_were_spent() {
    let (mut fixture, member) = Fixture::with_tiers(status()).await;
    let earned = fixture.earn("all", &member, 100).await.unwrap();
    fixture.redeem("spent", &member, 60).await.unwrap();
    let request = ReverseTransactionRequest {
        request_id: "back".to_owned(),
        name: earned.name,
        reason: "a mistake".to_owned(),
        ..ReverseTransactionRequest::default()
    };
    fixture.ledger.clone().reverse_transaction(request).await.unwrap();
    let standing = fixture.standing(&member).await;
    assert_eq!(
        (standing.tier.as_str(), standing.progress[0].amount),
        ("basic", 0)
    );
}

/// A set that counts what was spent and how much was bought.
fn of_spend_and_items() -> TierSet {
    let mut set = status();
    set.tiers = vec![
        tier("basic", 0, 0),
        tier("silver", 1, 1),
        tier("gold", 2, 1),
        tier("black", 3, 1),
    ];
    set.tiers[1].qualification = Some(asks(Measure::CurrencyCode("USD".to_owned()), 10_000));
    set.tiers[2].qualification = Some(asks(Measure::Count("items".to_owned()), 5));
    set.tiers[3].qualification = Some(asks(Measure::Purchases(true), 4));
    set
}

#[tokio::test]
async fn money_items_and_purchases_count_less_what_was_returned() {
    let (fixture, member) = Fixture::with_tiers(of_spend_and_items()).await;
    let nights = |id: &str, cents: i64, quantity: i64| PurchaseRecorded {
        quantity,
        ..sale("ann", id, cents)
    };
    fixture.take(&nights("s1", 10_000, 2)).await;
    assert_eq!(fixture.tier_of(&member).await, "silver");
    fixture.take(&nights("s2", 100, 3)).await;
    assert_eq!(fixture.tier_of(&member).await, "gold");
    fixture.take(&nights("s3", 100, 0)).await;
    fixture.take(&nights("s4", 100, 0)).await;
    assert_eq!(fixture.tier_of(&member).await, "black");
    fixture.take(&give_back("ann", "r4", "s4", 100)).await;
    let standing = fixture.standing(&member).await;
    let amounts: Vec<i64> = standing.progress.iter().map(|value| value.amount).collect();
    assert_eq!(
        standing.tier, "gold",
        "a purchase that came back as a whole is none"
    );
    assert!(amounts.contains(&10_200) && amounts.contains(&3), "{amounts:?}");
}

#[tokio::test]
async fn late_news_counts_at_its_own_time_and_twice_the_same_counts_once() {
    let (fixture, member) = Fixture::with_tiers(of_spend_and_items()).await;
    fixture.at("2026-05-01T10:00:00Z");
    fixture.take(&give_back("ann", "r1", "s1", 500)).await;
    let late = sale_at("2026-02-01T12:00:00Z", "s1", 10_500);
    fixture.take(&late).await;
    fixture.take(&late).await;
    let standing = fixture.standing(&member).await;
    assert_eq!(standing.tier, "silver");
    let since = instant::from_wire(&standing.since_time.unwrap()).unwrap();
    assert_eq!(since, moment("2026-02-01T12:00:00Z"));
}

#[tokio::test]
async fn what_the_review_finds_is_read_before_it_is_held_and_told_when_it_is() {
    let with_grace = TierSet {
        grace: Some(TierGrace {
            length: Some(Length::Days(31)),
        }),
        ..status()
    };
    let (mut fixture, member) = Fixture::with_tiers(with_grace).await;
    fixture.earn("all", &member, 120).await.unwrap();
    fixture.at("2026-12-31T23:59:59Z");
    assert_eq!(fixture.tier_of(&member).await, "silver");
    fixture.at("2027-01-01T00:00:00Z");
    let standing = fixture.standing(&member).await;
    let decision = standing.decision.unwrap();
    assert_eq!(
        (standing.tier.as_str(), decision.basis()),
        ("silver", TierBasis::Grace)
    );
    fixture.book_due().await;
    fixture.at("2027-01-31T23:59:59Z");
    assert_eq!(fixture.tier_of(&member).await, "silver");
    fixture.at("2027-02-01T00:00:00Z");
    assert_eq!(fixture.tier_of(&member).await, "basic", "nobody has looked yet");
    assert_eq!(fixture.told().await.len(), 1);
    fixture.book_due().await;
    fixture.book_due().await;
    let (basic, silver) = ("basic".to_owned(), "silver".to_owned());
    assert_eq!(
        fixture.told().await,
        [(basic.clone(), silver.clone()), (silver, basic)]
    );
    assert_eq!(fixture.tier_of(&member).await, "basic");
}

#[tokio::test]
async fn reaching_the_tier_again_within_the_grace_keeps_it() {
    let with_grace = TierSet {
        grace: Some(TierGrace {
            length: Some(Length::Days(31)),
        }),
        ..status()
    };
    let (mut fixture, member) = Fixture::with_tiers(with_grace).await;
    fixture.earn("all", &member, 120).await.unwrap();
    fixture.at("2027-01-20T10:00:00Z");
    fixture.earn("again", &member, 100).await.unwrap();
    fixture.at("2027-03-01T10:00:00Z");
    fixture.book_due().await;
    let standing = fixture.standing(&member).await;
    assert_eq!(standing.tier, "silver");
    assert_eq!(standing.decision.unwrap().basis(), TierBasis::Qualified);
    assert_eq!(fixture.told().await.len(), 1);
}

#[tokio::test]
async fn the_projection_tells_how_much_is_missing_and_by_which_day() {
    let (mut fixture, member) = Fixture::with_tiers(status()).await;
    fixture.earn("some", &member, 120).await.unwrap();
    let standing = fixture.standing(&member).await;
    let gold = standing.goals.iter().find(|goal| goal.tier == "gold").unwrap();
    assert_eq!(gold.missing[0].missing, 180);
    assert_eq!(gold.missing[0].by_date, Some(super::day(2026, 12, 31)));
    assert_eq!(gold.text, "180 more points by 31 December 2026 for gold");
    let outlook = standing.outlook.unwrap();
    assert_eq!(outlook.text, "basic from 1 January 2027");
}

#[tokio::test]
async fn a_member_has_the_benefits_of_the_tier_and_those_that_it_inherits() {
    let (mut fixture, member) = Fixture::with_tiers(status()).await;
    let standing = fixture.standing(&member).await;
    assert_eq!((standing.benefits.len(), standing.multiplier_percent), (0, 100));
    fixture.earn("all", &member, 300).await.unwrap();
    let standing = fixture.standing(&member).await;
    let mut ids: Vec<&str> = standing
        .benefits
        .iter()
        .map(|benefit| benefit.id.as_str())
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, ["late-checkout", "more-points"]);
    assert_eq!(standing.multiplier_percent, 150);
}

#[tokio::test]
async fn a_tier_set_counts_what_was_recorded_before_it_was_made() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("before", &member, 100).await.unwrap();
    fixture.take(&sale("ann", "s1", 20_000)).await;
    fixture.at("2026-04-01T10:00:00Z");
    let since_january = TierSet {
        effective_time: Some(instant::to_wire(moment("2026-01-01T00:00:00Z"))),
        ..status()
    };
    fixture.create_tier_set("status", since_january).await.unwrap();
    assert_eq!(
        fixture.tier_of(&member).await,
        "gold",
        "read before the members were recomputed"
    );
    assert_eq!(fixture.told().await, []);
    fixture.book_due().await;
    assert_eq!(fixture.told().await, [("basic".to_owned(), "gold".to_owned())]);
    assert_eq!(fixture.tier_of(&member).await, "gold");
}

#[tokio::test]
async fn a_new_version_takes_effect_at_its_moment() {
    let (mut fixture, member) = Fixture::with_tiers(status()).await;
    fixture.earn("some", &member, 80).await.unwrap();
    let mut cheaper = TierSet {
        name: super::SET.to_owned(),
        effective_time: Some(instant::to_wire(moment("2026-03-01T00:00:00Z"))),
        ..status()
    };
    cheaper.tiers[1].qualification = Some(asks(Measure::Wallet("points".to_owned()), 80));
    let request = UpdateTierSetRequest {
        tier_set: Some(cheaper),
        update_mask: None,
    };
    let updated = fixture.tiers.update_tier_set(request).await.unwrap().into_inner();
    assert_eq!((updated.version, updated.versions.len()), (2, 2));
    let asked = GetTierSetRequest {
        name: super::SET.to_owned(),
        version: 0,
    };
    let in_force = fixture.tiers.get_tier_set(asked).await.unwrap().into_inner();
    assert_eq!(in_force.version, 1);
    fixture.book_due().await;
    assert_eq!(fixture.tier_of(&member).await, "basic");
    fixture.at("2026-03-01T00:00:00Z");
    assert_eq!(fixture.tier_of(&member).await, "silver");
    fixture.book_due().await;
    assert_eq!(fixture.told().await, [("basic".to_owned(), "silver".to_owned())]);
}

#[tokio::test]
async fn a_purchase_at_the_till_before_the_enrolment_of_the_same_day_counts() {
    let mut fixture = Fixture::with_program().await;
    fixture
        .create_tier_set("status", of_spend_and_items())
        .await
        .unwrap();
    fixture.take(&sale_at("2026-01-15T09:30:00Z", "s1", 10_000)).await;
    let member = fixture.enrol("ann").await;
    assert_eq!(fixture.told().await, [("basic".to_owned(), "silver".to_owned())]);
    assert_eq!(fixture.tier_of(&member).await, "silver");
}
