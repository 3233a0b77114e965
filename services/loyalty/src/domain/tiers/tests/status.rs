//! Lifetime status, gifts and matches by example.

use super::{super::*, Member, asks, hotel, id, moment, nights, rules, trial};

/// Silver for life with 100 nights, Gold for life with 200.
fn for_life() -> TierSet {
    let mut set = hotel();
    set.tiers[1].lifetime = asks(Combination::All, &[(nights(), 100)]);
    set.tiers[2].lifetime = asks(Combination::All, &[(nights(), 200)]);
    set
}

#[test]
fn a_lifetime_status_is_reached_once_and_kept_for_ever() {
    let rules = rules(for_life());
    let mut member = Member::enrolled("2020-01-01T00:00:00Z");
    for year in 2020..2024 {
        member.stays(&format!("{year}-05-01T12:00:00Z"), 24);
    }
    member.stays("2024-05-01T12:00:00Z", 4);
    let timeline = member.timeline(&rules, "2040-01-01T00:00:00Z");
    assert_eq!(timeline.last().unwrap(), "2024-05-01T12:00:00Z silver lifetime");
    member.stays("2024-06-01T12:00:00Z", -50);
    let standing = member.standing(&rules, "2040-01-01T00:00:00Z");
    assert_eq!(
        standing.tier, "silver",
        "a correction takes no lifetime status away"
    );
    assert_eq!(
        standing.decision.values,
        [Value {
            measure: nights(),
            amount: 100
        }]
    );
    assert_eq!(
        (standing.decision.valid_until, standing.next_review),
        (None, None)
    );
}

#[test]
fn a_higher_lifetime_status_takes_the_place_of_the_lower() {
    let rules = rules(for_life());
    let mut member = Member::enrolled("2020-01-01T00:00:00Z");
    member.stays("2020-05-01T12:00:00Z", 199);
    let qualified = member.standing(&rules, "2020-06-01T00:00:00Z");
    assert_eq!(
        (qualified.tier.as_str(), qualified.decision.basis),
        ("platinum", Basis::Qualified)
    );
    assert_eq!(member.standing(&rules, "2030-01-01T00:00:00Z").tier, "silver");
    member.stays("2021-05-01T12:00:00Z", 1);
    let standing = member.standing(&rules, "2030-01-01T00:00:00Z");
    assert_eq!(
        (standing.tier.as_str(), standing.decision.basis),
        ("gold", Basis::Lifetime)
    );
    assert_eq!(
        standing.since,
        moment("2022-01-01T00:00:00Z"),
        "when platinum ended"
    );
}

#[test]
fn a_return_takes_a_lifetime_status_back() {
    let rules = rules(for_life());
    let mut member = Member::enrolled("2020-01-01T00:00:00Z");
    let stay = member.stays("2020-05-01T12:00:00Z", 100);
    assert_eq!(member.standing(&rules, "2030-01-01T00:00:00Z").tier, "silver");
    member.returns("2029-05-01T12:00:00Z", stay, 1);
    assert_eq!(member.standing(&rules, "2030-01-01T00:00:00Z").tier, "member");
}

#[test]
fn a_gift_holds_from_its_moment_through_its_last_day() {
    let rules = rules(hotel());
    let mut member = Member::enrolled("2026-01-01T00:00:00Z");
    let grant = member.grants("2026-03-01T09:00:00Z", "gold", "2026-06-30", GrantKind::Gift);
    assert_eq!(
        member.timeline(&rules, "2027-01-01T00:00:00Z"),
        [
            "2026-01-01T00:00:00Z member base",
            "2026-03-01T09:00:00Z gold gifted until 2026-07-01T00:00:00Z",
            "2026-07-01T00:00:00Z member base",
        ]
    );
    let standing = member.standing(&rules, "2026-04-01T00:00:00Z");
    assert_eq!(standing.decision.basis, Basis::Gifted { grant });
    assert_eq!(standing.next_review, Some(moment("2026-07-01T00:00:00Z")));
}

#[test]
fn behind_a_gift_the_tier_that_was_reached_goes_its_own_way() {
    let rules = rules(TierSet {
        grace: Grace::Days(10),
        ..hotel()
    });
    let mut member = Member::enrolled("2026-01-01T00:00:00Z");
    member.stays("2026-02-01T00:00:00Z", 10);
    member.grants("2027-12-01T00:00:00Z", "gold", "2028-01-05", GrantKind::Gift);
    assert_eq!(
        member.timeline(&rules, "2029-01-01T00:00:00Z")[2..],
        [
            "2027-12-01T00:00:00Z gold gifted until 2028-01-06T00:00:00Z",
            "2028-01-06T00:00:00Z silver grace until 2028-01-11T00:00:00Z",
            "2028-01-11T00:00:00Z member base",
        ]
    );
    let standing = member.standing(&rules, "2027-12-15T00:00:00Z");
    assert_eq!(
        standing.next_review,
        Some(moment("2028-01-01T00:00:00Z")),
        "that of Silver"
    );
}

#[test]
fn the_ground_that_keeps_a_tier_longest_is_told() {
    let rules = rules(hotel());
    let mut member = Member::enrolled("2026-01-01T00:00:00Z");
    member.stays("2026-02-01T00:00:00Z", 25);
    member.grants("2026-03-01T00:00:00Z", "gold", "2027-12-30", GrantKind::Gift);
    member.grants("2026-04-01T00:00:00Z", "gold", "2027-12-31", GrantKind::Gift);
    assert_eq!(
        member.timeline(&rules, "2026-12-01T00:00:00Z").len(),
        2,
        "none is longer"
    );
    member.grants("2026-05-01T00:00:00Z", "gold", "2028-01-01", GrantKind::Gift);
    assert_eq!(
        member.timeline(&rules, "2026-12-01T00:00:00Z")[2..],
        ["2026-05-01T00:00:00Z gold gifted until 2028-01-02T00:00:00Z"]
    );
}

#[test]
fn a_grant_without_effect_changes_nothing() {
    let rules = rules(hotel());
    let mut member = Member::enrolled("2026-01-01T00:00:00Z");
    member.grants("2026-03-01T00:00:00Z", "diamond", "2026-12-31", GrantKind::Gift);
    member.grants("2026-03-01T00:00:00Z", "member", "2026-12-31", GrantKind::Gift);
    member.grants("2026-03-02T00:00:00Z", "gold", "2026-03-01", GrantKind::Gift);
    assert_eq!(member.timeline(&rules, "2027-01-01T00:00:00Z").len(), 1);
    member.grants("2026-03-02T00:00:00Z", "gold", "2026-03-02", GrantKind::Gift);
    assert_eq!(
        member.timeline(&rules, "2027-01-01T00:00:00Z")[1..],
        [
            "2026-03-02T00:00:00Z gold gifted until 2026-03-03T00:00:00Z",
            "2026-03-03T00:00:00Z member base",
        ]
    );
}

#[test]
fn a_gift_from_before_the_enrolment_holds_from_the_enrolment() {
    let rules = rules(hotel());
    let mut member = Member::enrolled("2026-01-10T09:00:00Z");
    member.grants("2025-12-01T00:00:00Z", "gold", "2026-01-31", GrantKind::Gift);
    member.grants("2025-11-01T00:00:00Z", "platinum", "2026-01-09", GrantKind::Gift);
    assert_eq!(
        member.timeline(&rules, "2027-01-01T00:00:00Z"),
        [
            "2026-01-10T09:00:00Z gold gifted until 2026-02-01T00:00:00Z",
            "2026-02-01T00:00:00Z member base",
        ]
    );
}

#[test]
fn a_match_is_kept_when_its_challenge_is_met_within_the_trial() {
    let rules = rules(hotel());
    for (last_stay, kept) in [("2026-05-31T23:59:59Z", true), ("2026-06-01T00:00:00Z", false)] {
        let mut member = Member::enrolled("2026-01-01T00:00:00Z");
        member.stays("2026-02-01T00:00:00Z", 4);
        let grant = member.grants("2026-03-01T09:00:00Z", "gold", "2026-05-31", trial(8));
        member.stays("2026-03-01T09:00:00Z", 5);
        member.stays(last_stay, 3);
        let timeline = member.timeline(&rules, "2026-07-01T00:00:00Z");
        assert_eq!(
            timeline[1],
            "2026-03-01T09:00:00Z gold trial until 2026-06-01T00:00:00Z"
        );
        let standing = member.standing(&rules, "2026-07-01T00:00:00Z");
        if kept {
            assert_eq!(
                timeline[2],
                "2026-05-31T23:59:59Z gold matched until 2028-01-01T00:00:00Z"
            );
            assert_eq!(standing.decision.basis, Basis::Matched { grant, kept: true });
            assert_eq!(
                standing.decision.values,
                [Value {
                    measure: nights(),
                    amount: 8
                }]
            );
        } else {
            assert_eq!(standing.tier, "silver", "12 nights in the year: {timeline:?}");
        }
    }
}

#[test]
fn nights_from_before_the_grant_do_not_count_for_the_challenge() {
    let rules = rules(hotel());
    let mut member = Member::enrolled("2026-01-01T00:00:00Z");
    member.stays("2026-02-01T00:00:00Z", 7);
    member.grants("2026-03-01T09:00:00Z", "gold", "2026-05-31", trial(8));
    member.stays("2026-03-02T00:00:00Z", 7);
    assert_eq!(member.standing(&rules, "2026-04-01T00:00:00Z").tier, "gold");
    assert_eq!(member.standing(&rules, "2026-06-01T00:00:00Z").tier, "silver");
}

#[test]
fn a_match_that_was_kept_is_reviewed_like_a_tier_that_was_reached() {
    let rules = rules(TierSet {
        grace: Grace::Days(31),
        landing: Landing::OneTier,
        ..hotel()
    });
    let mut member = Member::enrolled("2026-01-01T00:00:00Z");
    member.grants("2026-03-01T09:00:00Z", "gold", "2026-05-31", trial(8));
    member.stays("2026-04-01T00:00:00Z", 8);
    assert_eq!(
        member.timeline(&rules, "2028-06-01T00:00:00Z")[2..],
        [
            "2026-04-01T00:00:00Z gold matched until 2028-01-01T00:00:00Z",
            "2028-01-01T00:00:00Z gold grace until 2028-02-01T00:00:00Z",
            "2028-02-01T00:00:00Z silver soft landing until 2029-01-01T00:00:00Z",
        ]
    );
}

#[test]
fn a_revocation_ends_a_grant_at_once_and_what_was_kept_thanks_to_it() {
    let rules = rules(TierSet {
        grace: Grace::Days(31),
        ..hotel()
    });
    let mut member = Member::enrolled("2026-01-01T00:00:00Z");
    let gift = member.grants("2026-02-01T00:00:00Z", "gold", "2026-12-31", GrantKind::Gift);
    let matched = member.grants("2026-02-01T00:00:00Z", "platinum", "2026-12-31", trial(5));
    member.stays("2026-03-01T00:00:00Z", 5);
    member.revokes("2026-04-01T00:00:00Z", matched);
    member.revokes("2026-05-01T00:00:00Z", gift);
    member.revokes("2026-05-02T00:00:00Z", id(99));
    assert_eq!(
        member.timeline(&rules, "2026-06-01T00:00:00Z")[1..],
        [
            "2026-02-01T00:00:00Z platinum trial until 2027-01-01T00:00:00Z",
            "2026-03-01T00:00:00Z platinum matched until 2028-01-01T00:00:00Z",
            "2026-04-01T00:00:00Z gold gifted until 2027-01-01T00:00:00Z",
            "2026-05-01T00:00:00Z member base",
        ]
    );
}

#[test]
fn a_revocation_takes_effect_on_what_was_granted_before_or_at_its_moment() {
    let rules = rules(hotel());
    for (revoked, tier) in [
        ("2026-01-31T23:59:59Z", "gold"),
        ("2026-02-01T00:00:00Z", "member"),
        ("2026-02-01T00:00:01Z", "member"),
    ] {
        let mut member = Member::enrolled("2026-01-01T00:00:00Z");
        let gift = member.grants("2026-02-01T00:00:00Z", "gold", "2026-12-31", GrantKind::Gift);
        member.revokes(revoked, gift);
        assert_eq!(
            member.standing(&rules, "2026-03-01T00:00:00Z").tier,
            tier,
            "revoked {revoked}"
        );
    }
}
