//! New versions, sets that begin late, the enrolment day, and time zones by example.

use jiff::tz::TimeZone;

use super::{super::*, Member, asks, generator::zone, hotel, known, moment, nights, rules};

fn followed_by(effective: &str, change: impl FnOnce(&mut TierSet)) -> Rules {
    let mut second = TierSet {
        version: 2,
        effective: moment(effective),
        ..hotel()
    };
    change(&mut second);
    Rules::new(vec![hotel(), second], TimeZone::UTC, &known()).unwrap()
}

fn ask_for(set: &mut TierSet, place: usize, nights_asked: i64) {
    set.tiers[place].qualification = asks(Combination::All, &[(nights(), nights_asked)]);
}

#[test]
fn a_lower_threshold_lifts_whoever_has_reached_it_when_it_takes_effect() {
    let rules = followed_by("2026-06-01T10:00:00Z", |set| ask_for(set, 1, 5));
    let mut member = Member::enrolled("2026-01-01T00:00:00Z");
    member.stays("2026-02-01T00:00:00Z", 5);
    assert_eq!(
        member.timeline(&rules, "2026-12-01T00:00:00Z")[1..],
        ["2026-06-01T10:00:00Z silver qualified until 2028-01-01T00:00:00Z"]
    );
    assert_eq!(
        member.standing(&rules, "2026-12-01T00:00:00Z").decision.version,
        2
    );
    assert_eq!(member.standing(&rules, "2026-06-01T09:59:59Z").version, 1);
    assert_eq!(member.standing(&rules, "2026-06-01T10:00:00Z").version, 2);
}

#[test]
fn a_higher_threshold_takes_no_tier_away_before_the_review() {
    let rules = followed_by("2026-06-01T00:00:00Z", |set| ask_for(set, 1, 20));
    let mut member = Member::enrolled("2026-01-01T00:00:00Z");
    member.stays("2026-02-01T00:00:00Z", 10);
    member.stays("2027-02-01T00:00:00Z", 19);
    assert_eq!(
        member.timeline(&rules, "2028-12-01T00:00:00Z")[1..],
        [
            "2026-02-01T00:00:00Z silver qualified until 2028-01-01T00:00:00Z",
            "2028-01-01T00:00:00Z member base",
        ]
    );
}

#[test]
fn a_review_is_held_under_the_version_in_force_until_then() {
    // The version for 2028 takes over at the very moment of the review, and asks for more.
    let rules = followed_by("2028-01-01T00:00:00Z", |set| {
        ask_for(set, 1, 11);
        set.grace = Grace::Days(10);
    });
    let mut member = Member::enrolled("2026-01-01T00:00:00Z");
    member.stays("2026-02-01T00:00:00Z", 25);
    member.stays("2027-02-01T00:00:00Z", 10);
    assert_eq!(
        member.timeline(&rules, "2028-12-01T00:00:00Z")[2..],
        ["2028-01-01T00:00:00Z silver qualified until 2029-01-01T00:00:00Z"]
    );
}

#[test]
fn a_tier_that_is_abolished_becomes_the_next_lower_one() {
    let rules = followed_by("2026-06-01T00:00:00Z", |set| {
        set.tiers.remove(2);
    });
    let mut member = Member::enrolled("2026-01-01T00:00:00Z");
    member.stays("2026-02-01T00:00:00Z", 25);
    let standing = member.standing(&rules, "2026-07-01T00:00:00Z");
    assert_eq!(standing.tier, "silver");
    assert_eq!(standing.decision.movement, Movement::Stay);
    assert_eq!(standing.since, moment("2026-06-01T00:00:00Z"));
    assert_eq!(
        standing.decision.valid_until,
        Some(moment("2028-01-01T00:00:00Z"))
    );
}

#[test]
fn gifts_lifetime_and_grace_follow_when_a_tier_is_abolished() {
    let abolish = |set: &mut TierSet| {
        set.tiers.remove(1);
    };
    let rules = followed_by("2026-06-01T00:00:00Z", abolish);
    let mut member = Member::enrolled("2026-01-01T00:00:00Z");
    member.grants("2026-02-01T00:00:00Z", "silver", "2026-12-31", GrantKind::Gift);
    member.grants("2026-02-01T00:00:00Z", "gold", "2026-03-31", GrantKind::Gift);
    assert_eq!(
        member.timeline(&rules, "2026-07-01T00:00:00Z")[2..],
        [
            "2026-04-01T00:00:00Z silver gifted until 2027-01-01T00:00:00Z",
            "2026-06-01T00:00:00Z member base",
        ]
    );

    let mut first = hotel();
    first.grace = Grace::Months(12);
    first.tiers[3].lifetime = asks(Combination::All, &[(nights(), 100)]);
    first.tiers[1].lifetime = asks(Combination::All, &[(nights(), 61)]);
    let mut second = TierSet {
        version: 2,
        effective: moment("2028-06-01T00:00:00Z"),
        ..hotel()
    };
    second.tiers.remove(3);
    let rules = Rules::new(vec![first, second], TimeZone::UTC, &known()).unwrap();
    for (stay, told) in [
        (60, "2028-06-01T00:00:00Z gold grace until 2029-01-01T00:00:00Z"),
        (100, "2028-06-01T00:00:00Z gold lifetime"),
    ] {
        let mut member = Member::enrolled("2026-01-01T00:00:00Z");
        member.stays("2026-02-01T00:00:00Z", stay);
        let timeline = member.timeline(&rules, "2028-07-01T00:00:00Z");
        assert_eq!(timeline.last().unwrap(), told, "{timeline:?}");
    }
}

#[test]
fn a_window_of_another_kind_counts_anew_what_lies_in_it() {
    let rules = followed_by("2027-02-01T00:00:00Z", |set| {
        set.window = Window::RollingMonths(12);
        set.validity = Validity::Months(6);
    });
    let mut member = Member::enrolled("2026-01-01T00:00:00Z");
    member.stays("2026-01-31T00:00:00Z", 9);
    member.stays("2026-02-01T00:00:00Z", 9);
    member.stays("2026-02-02T00:00:00Z", 9);
    member.stays("2027-01-15T00:00:00Z", 9);
    let progress = |as_of| member.standing(&rules, as_of).progress[0].amount;
    assert_eq!(progress("2027-01-31T23:59:59Z"), 9, "the calendar year of 2027");
    assert_eq!(
        progress("2027-02-01T00:00:00Z"),
        18,
        "what came after 1 February 2026"
    );
    assert_eq!(progress("2027-02-02T00:00:00Z"), 9);
}

#[test]
fn what_was_carried_over_stays_when_the_new_version_has_the_same_window() {
    let carrying = |first_month| {
        let mut first = hotel();
        first.carry_over = true;
        let second = TierSet {
            version: 2,
            effective: moment("2027-03-15T00:00:00Z"),
            window: Window::CalendarYear { first_month },
            ..hotel()
        };
        Rules::new(vec![first, second], TimeZone::UTC, &known()).unwrap()
    };
    let mut member = Member::enrolled("2026-01-01T00:00:00Z");
    member.stays("2026-02-01T00:00:00Z", 14);
    for (first_month, kept) in [(1, 4), (3, 0)] {
        let standing = member.standing(&carrying(first_month), "2027-04-01T00:00:00Z");
        assert_eq!(standing.progress[0].amount, kept, "first month {first_month}");
    }
}

#[test]
fn a_set_that_begins_late_starts_with_what_counts_in_the_window() {
    let rules = rules(TierSet {
        effective: moment("2026-06-01T00:00:00Z"),
        ..hotel()
    });
    let mut member = Member::enrolled("2025-01-01T00:00:00Z");
    member.stays("2025-12-31T23:59:59Z", 50);
    member.stays("2026-01-01T00:00:00Z", 25);
    assert_eq!(
        member.timeline(&rules, "2026-07-01T00:00:00Z"),
        ["2026-06-01T00:00:00Z gold qualified until 2028-01-01T00:00:00Z"]
    );
    let standing = member.standing(&rules, "2026-07-01T00:00:00Z");
    assert_eq!(standing.decision.movement, Movement::Start);
}

#[test]
fn the_enrolment_day_counts_from_its_beginning_and_no_day_before() {
    let rules = rules(hotel());
    for (time, progress) in [
        ("2026-03-09T23:59:59Z", 0),
        ("2026-03-10T00:00:00Z", 10),
        ("2026-03-10T23:59:59Z", 10),
    ] {
        let mut member = Member::enrolled("2026-03-10T15:00:00Z");
        member.stays(time, 10);
        let standing = member.standing(&rules, "2026-03-11T00:00:00Z");
        assert_eq!(standing.progress[0].amount, progress, "{time}");
    }
    let mut member = Member::enrolled("2026-03-10T15:00:00Z");
    member.stays("2026-03-10T14:59:00Z", 10);
    assert_eq!(
        member.timeline(&rules, "2026-03-11T00:00:00Z").len(),
        1,
        "at once with the enrolment"
    );
}

#[test]
fn windows_and_validity_begin_at_midnight_of_the_time_zone() {
    let new_york = zone("EST5EDT,M3.2.0,M11.1.0");
    let april = TierSet {
        window: Window::CalendarYear { first_month: 4 },
        ..hotel()
    };
    let rules = Rules::new(vec![april], new_york, &known()).unwrap();
    let mut member = Member::enrolled("2026-01-01T05:00:00Z");
    member.stays("2026-04-01T03:59:59Z", 9);
    member.stays("2026-04-01T04:00:00Z", 1);
    let standing = member.standing(&rules, "2026-04-01T04:00:00Z");
    assert_eq!(
        standing.progress[0].amount, 1,
        "midnight in summer time is 04:00 UTC"
    );
    member.stays("2026-05-01T00:00:00Z", 9);
    let standing = member.standing(&rules, "2026-06-01T00:00:00Z");
    assert_eq!(
        standing.decision.valid_until,
        Some(moment("2028-04-01T04:00:00Z"))
    );
}

#[test]
fn membership_years_of_a_leap_day_end_on_28_february() {
    let rules = rules(TierSet {
        window: Window::MembershipYear,
        ..hotel()
    });
    let mut member = Member::enrolled("2024-02-29T10:00:00Z");
    member.stays("2025-02-27T23:59:59Z", 10);
    let standing = member.standing(&rules, "2025-02-27T23:59:59Z");
    assert_eq!(
        standing.decision.valid_until,
        Some(moment("2026-02-28T00:00:00Z"))
    );
    assert_eq!(
        member.standing(&rules, "2025-02-28T00:00:00Z").progress[0].amount,
        0
    );
}

#[test]
fn nothing_is_left_to_review_when_the_only_tier_above_the_base_is_abolished() {
    let mut first = hotel();
    first.grace = Grace::Months(12);
    first.tiers[1].lifetime = asks(Combination::All, &[(nights(), 11)]);
    let mut second = TierSet {
        version: 2,
        effective: moment("2028-06-01T00:00:00Z"),
        ..hotel()
    };
    second.tiers.remove(1);
    let rules = Rules::new(vec![first, second], TimeZone::UTC, &known()).unwrap();
    for (stay, basis) in [(10, Basis::Grace), (11, Basis::Lifetime)] {
        let mut member = Member::enrolled("2026-01-01T00:00:00Z");
        member.stays("2026-02-01T00:00:00Z", stay);
        let before = member.standing(&rules, "2028-05-31T00:00:00Z");
        assert_eq!((before.tier.as_str(), before.decision.basis), ("silver", basis));
        let after = evaluate(&rules, &member.history, moment("2028-06-01T00:00:00Z")).unwrap();
        assert_eq!(after.standing.tier, "member");
        assert_eq!(after.standing.next_review, None, "{basis:?}");
        assert_eq!((after.state.grace, after.state.lifetime), (None, None));
    }
}
