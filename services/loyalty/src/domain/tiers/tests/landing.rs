//! Upgrade at once, downgrade at the review: validity, grace and landing by example.

use super::{super::*, Member, asks, hotel, moment, nights, points, rules};

/// Platinum in 2026, nothing but some nights in 2027.
fn platinum_with(nights_in_2027: i64) -> Member {
    let mut member = Member::enrolled("2026-01-10T00:00:00Z");
    member.stays("2026-05-01T12:00:00Z", 60);
    if nights_in_2027 > 0 {
        member.stays("2027-05-01T12:00:00Z", nights_in_2027);
    }
    member
}

#[test]
fn the_upgrade_comes_with_the_event_that_reaches_the_threshold() {
    let rules = rules(hotel());
    let mut member = Member::enrolled("2026-01-10T08:00:00Z");
    member.stays("2026-03-01T12:00:00Z", 9);
    member.stays("2026-04-01T12:00:00Z", 1);
    member.stays("2026-04-01T12:00:01Z", 14);
    member.stays("2026-05-01T12:00:00Z", 1);
    assert_eq!(
        member.timeline(&rules, "2026-06-01T00:00:00Z"),
        [
            "2026-01-10T08:00:00Z member base",
            "2026-04-01T12:00:00Z silver qualified until 2028-01-01T00:00:00Z",
            "2026-05-01T12:00:00Z gold qualified until 2028-01-01T00:00:00Z",
        ]
    );
    let standing = member.standing(&rules, "2026-06-01T00:00:00Z");
    assert_eq!(standing.since, moment("2026-05-01T12:00:00Z"));
    assert_eq!(standing.next_review, Some(moment("2028-01-01T00:00:00Z")));
    assert_eq!(standing.decision.movement, Movement::Up);
    assert_eq!(
        standing.decision.values,
        [Value {
            measure: nights(),
            amount: 25
        }]
    );
    assert_eq!(
        standing.progress,
        [Value {
            measure: nights(),
            amount: 25
        }]
    );
}

#[test]
fn the_tier_lasts_until_the_last_moment_of_its_validity() {
    let rules = rules(hotel());
    let member = platinum_with(0);
    for (as_of, tier) in [
        ("2026-05-01T11:59:59.999999999Z", "member"),
        ("2026-05-01T12:00:00Z", "platinum"),
        ("2027-12-31T23:59:59.999999999Z", "platinum"),
        ("2028-01-01T00:00:00Z", "member"),
    ] {
        assert_eq!(member.standing(&rules, as_of).tier, tier, "{as_of}");
    }
}

#[test]
fn validity_to_the_end_of_the_window_ends_with_the_window() {
    let rules = rules(TierSet {
        validity: Validity::EndOfWindow,
        ..hotel()
    });
    assert_eq!(
        platinum_with(10).timeline(&rules, "2028-06-01T00:00:00Z"),
        [
            "2026-01-10T00:00:00Z member base",
            "2026-05-01T12:00:00Z platinum qualified until 2027-01-01T00:00:00Z",
            "2027-01-01T00:00:00Z member base",
            "2027-05-01T12:00:00Z silver qualified until 2028-01-01T00:00:00Z",
            "2028-01-01T00:00:00Z member base",
        ]
    );
}

#[test]
fn without_soft_landing_a_member_falls_to_what_was_qualified_for() {
    let rules = rules(hotel());
    for (nights_in_2027, landed) in [
        (0, "2028-01-01T00:00:00Z member base"),
        (9, "2028-01-01T00:00:00Z member base"),
        (
            10,
            "2028-01-01T00:00:00Z silver qualified until 2029-01-01T00:00:00Z",
        ),
        (
            25,
            "2028-01-01T00:00:00Z gold qualified until 2029-01-01T00:00:00Z",
        ),
    ] {
        let timeline = platinum_with(nights_in_2027).timeline(&rules, "2028-06-01T00:00:00Z");
        assert_eq!(timeline.last().unwrap(), landed, "{nights_in_2027} nights");
        assert_eq!(timeline.len(), 3);
    }
}

#[test]
fn reaching_the_tier_again_prolongs_it_at_once() {
    let timeline = platinum_with(60).timeline(&rules(hotel()), "2028-06-01T00:00:00Z");
    assert_eq!(
        timeline[2..],
        ["2027-05-01T12:00:00Z platinum qualified until 2029-01-01T00:00:00Z"]
    );
    let standing = platinum_with(60).standing(&rules(hotel()), "2028-06-01T00:00:00Z");
    assert_eq!(standing.since, moment("2026-05-01T12:00:00Z"));
    assert_eq!(standing.decision.movement, Movement::Stay);
}

#[test]
fn a_soft_landing_falls_one_tier_each_year() {
    let rules = rules(TierSet {
        landing: Landing::OneTier,
        ..hotel()
    });
    let timeline = platinum_with(0).timeline(&rules, "2032-01-01T00:00:00Z");
    assert_eq!(
        timeline[2..],
        [
            "2028-01-01T00:00:00Z gold soft landing until 2029-01-01T00:00:00Z",
            "2029-01-01T00:00:00Z silver soft landing until 2030-01-01T00:00:00Z",
            "2030-01-01T00:00:00Z member base",
        ]
    );
    let lost = member_values(&rules, "2028-02-01T00:00:00Z");
    assert_eq!(
        lost,
        [Value {
            measure: nights(),
            amount: 0
        }]
    );
}

fn member_values(rules: &Rules, as_of: &str) -> Vec<Value> {
    platinum_with(0).standing(rules, as_of).decision.values
}

#[test]
fn a_soft_landing_does_not_fall_below_what_was_qualified_for() {
    let rules = rules(TierSet {
        landing: Landing::OneTier,
        ..hotel()
    });
    let timeline = platinum_with(25).timeline(&rules, "2028-06-01T00:00:00Z");
    assert_eq!(
        timeline[2..],
        ["2028-01-01T00:00:00Z gold qualified until 2029-01-01T00:00:00Z"]
    );
    let timeline = platinum_with(10).timeline(&rules, "2028-06-01T00:00:00Z");
    assert_eq!(
        timeline[2..],
        ["2028-01-01T00:00:00Z gold soft landing until 2029-01-01T00:00:00Z"]
    );
}

#[test]
fn a_soft_landing_leaves_out_tiers_by_invitation() {
    let mut set = TierSet {
        landing: Landing::OneTier,
        ..hotel()
    };
    set.tiers[2].qualification = None;
    let timeline = platinum_with(0).timeline(&rules(set.clone()), "2029-06-01T00:00:00Z");
    assert_eq!(
        timeline[2..],
        [
            "2028-01-01T00:00:00Z silver soft landing until 2029-01-01T00:00:00Z",
            "2029-01-01T00:00:00Z member base",
        ]
    );
    set.tiers[1].qualification = None;
    let timeline = platinum_with(0).timeline(&rules(set), "2029-06-01T00:00:00Z");
    assert_eq!(timeline[2..], ["2028-01-01T00:00:00Z member base"]);
}

#[test]
fn grace_keeps_the_tier_and_gives_time_to_reach_it_again() {
    let rules = rules(TierSet {
        grace: Grace::Months(3),
        ..hotel()
    });
    let mut member = platinum_with(20);
    let timeline = member.timeline(&rules, "2028-06-01T00:00:00Z");
    assert_eq!(
        timeline[2..],
        [
            "2028-01-01T00:00:00Z platinum grace until 2028-04-01T00:00:00Z",
            "2028-04-01T00:00:00Z silver qualified until 2029-01-01T00:00:00Z",
        ]
    );
    let review = member.standing(&rules, "2028-02-01T00:00:00Z");
    assert_eq!(review.next_review, Some(moment("2028-04-01T00:00:00Z")));
    assert_eq!(
        review.decision.values,
        [Value {
            measure: nights(),
            amount: 20
        }]
    );
    assert_eq!(review.decision.version, 1);

    member.stays("2028-03-31T23:59:59Z", 60);
    let timeline = member.timeline(&rules, "2028-06-01T00:00:00Z");
    assert_eq!(
        timeline[3..],
        ["2028-03-31T23:59:59Z platinum qualified until 2030-01-01T00:00:00Z"]
    );
}

#[test]
fn a_tier_below_that_is_reached_within_the_grace_waits_for_its_end() {
    let rules = rules(TierSet {
        grace: Grace::Days(31),
        landing: Landing::OneTier,
        ..hotel()
    });
    let mut member = platinum_with(0);
    member.stays("2028-01-20T00:00:00Z", 10);
    let timeline = member.timeline(&rules, "2028-06-01T00:00:00Z");
    assert_eq!(
        timeline[2..],
        [
            "2028-01-01T00:00:00Z platinum grace until 2028-02-01T00:00:00Z",
            "2028-02-01T00:00:00Z gold soft landing until 2029-01-01T00:00:00Z",
        ]
    );
    // Each review has its own grace.
    let timeline = member.timeline(&rules, "2030-06-01T00:00:00Z");
    assert_eq!(
        timeline[4..],
        [
            "2029-01-01T00:00:00Z gold grace until 2029-02-01T00:00:00Z",
            "2029-02-01T00:00:00Z silver qualified until 2030-01-01T00:00:00Z",
            "2030-01-01T00:00:00Z silver grace until 2030-02-01T00:00:00Z",
            "2030-02-01T00:00:00Z member base",
        ]
    );
}

#[test]
fn a_rolling_window_is_reviewed_when_the_months_are_over() {
    let rules = rules(TierSet {
        window: Window::RollingMonths(12),
        validity: Validity::Months(12),
        ..hotel()
    });
    let mut member = Member::enrolled("2026-01-10T00:00:00Z");
    member.stays("2026-06-15T12:00:00Z", 25);
    let lost = "2027-07-01T00:00:00Z member base";
    assert_eq!(
        member.timeline(&rules, "2028-01-01T00:00:00Z").last().unwrap(),
        lost
    );
    // The stay of June 2026 counts for the last time on 14 June 2027; what came later is enough at the review.
    member.stays("2026-07-02T12:00:00Z", 24);
    member.stays("2027-06-30T23:59:59Z", 1);
    assert_eq!(
        member.timeline(&rules, "2028-01-01T00:00:00Z")[1..],
        [
            "2026-06-15T12:00:00Z gold qualified until 2027-07-01T00:00:00Z",
            "2027-06-30T23:59:59Z gold qualified until 2028-07-01T00:00:00Z",
        ]
    );
}

#[test]
fn thresholds_that_stay_met_are_confirmed_at_the_review_and_not_before() {
    let rules = rules(TierSet {
        window: Window::RollingMonths(12),
        validity: Validity::Months(3),
        ..hotel()
    });
    let mut member = Member::enrolled("2026-01-10T00:00:00Z");
    member.stays("2026-06-15T12:00:00Z", 12);
    member.stays("2026-08-15T12:00:00Z", 5);
    assert_eq!(
        member.timeline(&rules, "2027-12-01T00:00:00Z")[1..],
        [
            "2026-06-15T12:00:00Z silver qualified until 2026-10-01T00:00:00Z",
            "2026-10-01T00:00:00Z silver qualified until 2027-01-01T00:00:00Z",
            "2027-01-01T00:00:00Z silver qualified until 2027-04-01T00:00:00Z",
            "2027-04-01T00:00:00Z silver qualified until 2027-07-01T00:00:00Z",
            "2027-07-01T00:00:00Z member base",
        ]
    );
}

#[test]
fn a_correction_takes_no_tier_away_before_the_review() {
    let rules = rules(hotel());
    let mut member = platinum_with(0);
    member.stays("2026-06-01T00:00:00Z", -60);
    let standing = member.standing(&rules, "2027-12-31T00:00:00Z");
    assert_eq!(standing.tier, "platinum");
    member.stays("2026-07-01T00:00:00Z", 60);
    let again = member.timeline(&rules, "2027-12-31T00:00:00Z");
    assert_eq!(
        again.len(),
        2,
        "reached again in the same window: nothing changes: {again:?}"
    );
}

#[test]
fn a_tier_that_was_reached_only_thanks_to_what_was_returned_was_never_reached() {
    let rules = rules(hotel());
    let mut member = Member::enrolled("2026-01-10T00:00:00Z");
    let stay = member.stays("2026-05-01T12:00:00Z", 26);
    member.returns("2027-03-01T00:00:00Z", stay, 1);
    assert_eq!(
        member.standing(&rules, "2026-06-01T00:00:00Z").tier,
        "gold",
        "25 nights are left"
    );
    member.returns("2027-04-01T00:00:00Z", stay, 1);
    for as_of in ["2026-06-01T00:00:00Z", "2027-05-01T00:00:00Z"] {
        assert_eq!(member.standing(&rules, as_of).tier, "silver", "as of {as_of}");
    }
    member.returns("2027-04-02T00:00:00Z", stay, 100);
    assert_eq!(
        member.timeline(&rules, "2027-05-01T00:00:00Z"),
        ["2026-01-10T00:00:00Z member base"]
    );
    let progress = member.standing(&rules, "2026-06-01T00:00:00Z").progress;
    assert_eq!(
        progress,
        [Value {
            measure: nights(),
            amount: 0
        }],
        "never less than nothing"
    );
}

#[test]
fn a_return_does_not_touch_a_correction_and_waits_for_an_event_that_is_not_known() {
    let rules = rules(hotel());
    let mut member = Member::enrolled("2026-01-10T00:00:00Z");
    member.stays("2026-05-01T12:00:00Z", 30);
    let correction = member.stays("2026-05-02T12:00:00Z", -2);
    member.returns("2026-05-03T12:00:00Z", correction, 2);
    member.returns("2026-05-03T12:00:00Z", super::id(99), 2);
    let progress = member.standing(&rules, "2026-06-01T00:00:00Z").progress;
    assert_eq!(
        progress,
        [Value {
            measure: nights(),
            amount: 28
        }]
    );
}

#[test]
fn what_is_above_the_threshold_can_count_in_the_next_window_as_well() {
    let rules = rules(TierSet {
        carry_over: true,
        ..hotel()
    });
    let mut member = Member::enrolled("2026-01-10T00:00:00Z");
    member.stays("2026-05-01T12:00:00Z", 36);
    // Gold asks for 25, so that 11 are carried over: enough for Silver at the first moment of 2027.
    assert_eq!(
        member.timeline(&rules, "2027-06-01T00:00:00Z")[1..],
        ["2026-05-01T12:00:00Z gold qualified until 2028-01-01T00:00:00Z"]
    );
    let progress = member.standing(&rules, "2027-01-01T00:00:00Z").progress;
    assert_eq!(
        progress,
        [Value {
            measure: nights(),
            amount: 11
        }]
    );
    assert_eq!(
        member.timeline(&rules, "2028-06-01T00:00:00Z")[2..],
        ["2028-01-01T00:00:00Z silver qualified until 2029-01-01T00:00:00Z"]
    );
    let progress = member.standing(&rules, "2028-01-01T00:00:00Z").progress;
    assert_eq!(
        progress,
        [Value {
            measure: nights(),
            amount: 0
        }],
        "carried over once only"
    );

    member.stays("2027-05-01T12:00:00Z", 6);
    let progress = member.standing(&rules, "2028-01-01T00:00:00Z").progress;
    assert_eq!(
        progress,
        [Value {
            measure: nights(),
            amount: 6
        }],
        "7 above, 6 of them earned in 2027"
    );
}

#[test]
fn nothing_is_carried_over_below_the_lowest_tier_or_without_the_setting() {
    for (carry_over, nights_in_2026) in [(true, 9), (false, 36)] {
        let rules = rules(TierSet {
            carry_over,
            ..hotel()
        });
        let mut member = Member::enrolled("2026-01-10T00:00:00Z");
        member.stays("2026-05-01T12:00:00Z", nights_in_2026);
        let progress = member.standing(&rules, "2027-01-01T00:00:00Z").progress;
        assert_eq!(
            progress,
            [Value {
                measure: nights(),
                amount: 0
            }],
            "{nights_in_2026} nights"
        );
    }
}

#[test]
fn all_or_any_of_several_measures_are_asked_for() {
    for (combination, tiers) in [
        (Combination::All, ["member", "member", "silver"]),
        (Combination::Any, ["member", "silver", "silver"]),
    ] {
        let mut set = hotel();
        set.tiers.truncate(2);
        set.tiers[1].qualification = asks(combination, &[(nights(), 10), (points(), 1_000)]);
        let rules = rules(set);
        let mut member = Member::enrolled("2026-01-10T00:00:00Z");
        member.counts("2026-02-01T00:00:00Z", points(), 999);
        member.counts("2026-03-01T00:00:00Z", nights(), 10);
        member.counts("2026-04-01T00:00:00Z", points(), 1);
        for (month, tier) in (2..).zip(tiers) {
            let as_of = format!("2026-0{month}-15T00:00:00Z");
            assert_eq!(
                member.standing(&rules, &as_of).tier,
                tier,
                "{combination:?} {as_of}"
            );
        }
    }
}

#[test]
fn a_long_timeline_keeps_its_latest_changes() {
    let mut set = TierSet {
        window: Window::RollingDays(1),
        validity: Validity::Months(1),
        ..hotel()
    };
    set.tiers.truncate(2);
    let rules = rules(set);
    let mut member = Member::enrolled("2020-01-01T00:00:00Z");
    let mut day = super::date("2020-01-10");
    for _ in 0..MOST_CHANGES {
        member.stays(&format!("{day}T12:00:00Z"), 10);
        day = day.saturating_add(jiff::Span::new().months(1));
    }
    let evaluation = evaluate(&rules, &member.history, moment("2036-08-20T00:00:00Z")).unwrap();
    assert_eq!(
        (evaluation.timeline.len(), evaluation.earlier_changes),
        (MOST_CHANGES, 1)
    );
    assert_eq!(
        evaluation.timeline[0].tier, "silver",
        "the first change, to the base tier, was let go"
    );
}
