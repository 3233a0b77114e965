//! What is missing and by when, by example and against what really happens then.

use std::cell::Cell;

use jiff::{SignedDuration, Timestamp, civil::Date};
use uuid::Uuid;

use super::{
    super::*,
    Member, asks, dollars,
    generator::{Case, Days, Family},
    hotel, moment, nights, points,
    properties::on_cases,
    rules, trial,
};

fn at(member: &Member, rules: &Rules, as_of: &str) -> Projection {
    project(rules, &member.history, moment(as_of)).unwrap()
}

/// Goals in one line each: tier, kind, and for each measure what there is, what is asked for, what is missing, by when.
fn lines<'g>(goals: impl IntoIterator<Item = &'g Goal>) -> Vec<String> {
    let told = |goal: &Goal| {
        let from = goal.from.map_or_else(String::new, |from| format!(" from {from}"));
        let missing: Vec<_> = goal
            .missing
            .iter()
            .map(|missing| {
                let by = missing.by.map_or_else(String::new, |by| format!(" by {by}"));
                let Missing { have, need, .. } = missing;
                format!(
                    "{have} of {need} {}, {} missing{by}",
                    missing.measure, missing.missing
                )
            })
            .collect();
        format!("{} {:?}{from}: {}", goal.tier, goal.kind, missing.join("; "))
    };
    goals.into_iter().map(told).collect()
}

#[test]
fn each_higher_tier_tells_what_is_missing_by_the_end_of_the_window() {
    let rules = rules(TierSet {
        window: Window::CalendarYear { first_month: 4 },
        ..hotel()
    });
    let mut member = Member::enrolled("2026-01-10T00:00:00Z");
    member.stays("2026-05-01T12:00:00Z", 12);
    let projection = at(&member, &rules, "2026-06-01T00:00:00Z");
    assert_eq!(
        lines(&projection.goals),
        [
            "gold Reach: 12 of 25 nights, 13 missing by 2027-03-31",
            "platinum Reach: 12 of 60 nights, 48 missing by 2027-03-31",
        ]
    );
    assert_eq!(
        lines(&projection.keep),
        ["silver Keep from 2027-04-01: 0 of 10 nights, 10 missing by 2028-03-31"]
    );
    let review = projection.review.unwrap();
    assert_eq!(review.time, moment("2028-04-01T00:00:00Z"));
    assert_eq!(
        (review.tier.as_str(), review.basis, review.valid_until),
        ("member", Basis::Base, None)
    );
    assert_eq!(projection.standing.tier, "silver");
}

#[test]
fn a_window_without_events_is_told_too() {
    let rules = rules(hotel());
    let member = Member::enrolled("2026-01-10T00:00:00Z");
    let projection = at(&member, &rules, "2028-06-01T00:00:00Z");
    assert_eq!(
        lines(&projection.goals)[0],
        "silver Reach: 0 of 10 nights, 10 missing by 2028-12-31"
    );
    assert_eq!((projection.keep, projection.review), (None, None));
}

#[test]
fn in_the_window_of_the_review_what_counts_already_helps_to_keep_the_tier() {
    let rules = rules(hotel());
    let mut member = Member::enrolled("2026-01-10T00:00:00Z");
    member.stays("2026-05-01T12:00:00Z", 25);
    member.stays("2027-05-01T12:00:00Z", 11);
    let projection = at(&member, &rules, "2027-06-01T00:00:00Z");
    assert_eq!(
        lines(&projection.keep),
        ["gold Keep: 11 of 25 nights, 14 missing by 2027-12-31"]
    );
    let review = projection.review.unwrap();
    assert_eq!((review.tier.as_str(), review.basis), ("silver", Basis::Qualified));
    assert_eq!(review.valid_until, Some(moment("2029-01-01T00:00:00Z")));
    assert!(!projection.goals[0].is_reached());
}

#[test]
fn from_its_first_day_on_the_window_of_the_review_does_not_lie_ahead() {
    let rules = rules(hotel());
    let mut member = Member::enrolled("2026-01-10T00:00:00Z");
    member.stays("2026-05-01T12:00:00Z", 10);
    for (as_of, from) in [
        ("2026-12-31T23:59:59Z", Some("2027-01-01".parse().unwrap())),
        ("2027-01-01T00:00:00Z", None),
    ] {
        assert_eq!(
            at(&member, &rules, as_of).keep.unwrap().from,
            from,
            "as of {as_of}"
        );
    }
}

#[test]
fn in_a_rolling_window_the_day_before_the_next_part_leaves_is_told() {
    let mut set = TierSet {
        window: Window::RollingMonths(12),
        validity: Validity::Months(12),
        ..hotel()
    };
    set.tiers[2].qualification = asks(Combination::Any, &[(nights(), 25), (dollars(), 50_000)]);
    let rules = rules(set);
    let mut member = Member::enrolled("2026-01-10T00:00:00Z");
    member.stays("2026-03-15T12:00:00Z", 8);
    member.stays("2026-05-01T12:00:00Z", 9);
    member.counts("2026-06-01T12:00:00Z", dollars(), 12_000);
    let projection = at(&member, &rules, "2026-12-01T00:00:00Z");
    assert_eq!(
        lines(&projection.goals)[0],
        "gold Reach: 17 of 25 nights, 8 missing by 2027-03-14; \
         12000 of 50000 spend in minor units of USD, 38000 missing by 2027-05-31"
    );
    // Silver is valid until the end of May 2027, when nothing of this counts any more.
    assert_eq!(
        lines(&projection.keep),
        ["silver Keep: 0 of 10 nights, 10 missing by 2027-05-31"]
    );
    let empty = at(
        &Member::enrolled("2026-01-10T00:00:00Z"),
        &rules,
        "2026-12-01T00:00:00Z",
    );
    assert_eq!(lines(&empty.goals)[0], "silver Reach: 0 of 10 nights, 10 missing");
}

#[test]
fn in_grace_the_tier_can_be_kept_until_the_grace_ends() {
    for validity in [Validity::EndOfWindow, Validity::EndOfNextWindow] {
        let rules = rules(TierSet {
            validity,
            grace: Grace::Months(2),
            ..hotel()
        });
        let mut member = Member::enrolled("2025-12-10T00:00:00Z");
        member.stays("2026-05-01T12:00:00Z", 10);
        let year = if validity == Validity::EndOfWindow {
            2027
        } else {
            2028
        };
        member.stays(&format!("{year}-01-05T12:00:00Z"), 3);
        let projection = at(&member, &rules, &format!("{year}-01-10T00:00:00Z"));
        assert_eq!(projection.standing.decision.basis, Basis::Grace);
        let last = if year == 2028 { "2028-02-29" } else { "2027-02-28" };
        assert_eq!(
            lines(&projection.keep),
            [format!("silver Keep: 3 of 10 nights, 7 missing by {last}")]
        );
        assert_eq!(
            projection.review.unwrap().time,
            moment(&format!("{year}-03-01T00:00:00Z"))
        );
    }
}

#[test]
fn validity_that_ends_with_its_window_can_be_kept_only_by_grace() {
    let mut member = Member::enrolled("2025-12-10T00:00:00Z");
    member.stays("2026-05-01T12:00:00Z", 12);
    for (grace, keep) in [
        (Grace::None, vec![]),
        (
            Grace::Days(31),
            vec!["silver Keep from 2027-01-01: 2 of 10 nights, 8 missing by 2027-01-31".to_owned()],
        ),
    ] {
        let rules = rules(TierSet {
            validity: Validity::EndOfWindow,
            carry_over: true,
            grace,
            ..hotel()
        });
        let projection = at(&member, &rules, "2026-06-01T00:00:00Z");
        assert_eq!(lines(&projection.keep), keep, "{grace:?}");
    }
}

#[test]
fn a_lifetime_status_and_a_challenge_are_goals_too() {
    let mut set = hotel();
    set.tiers[1].lifetime = asks(Combination::All, &[(nights(), 100)]);
    set.tiers[2].lifetime = asks(Combination::All, &[(nights(), 200)]);
    let rules = rules(set);
    let mut member = Member::enrolled("2024-01-10T00:00:00Z");
    member.stays("2024-05-01T12:00:00Z", 103);
    let grant = member.grants("2028-03-01T00:00:00Z", "platinum", "2028-05-31", trial(8));
    member.stays("2028-04-01T00:00:00Z", 3);
    let projection = at(&member, &rules, "2028-04-02T00:00:00Z");
    assert_eq!(
        lines(&projection.goals),
        [
            "gold Lifetime: 106 of 200 nights, 94 missing",
            "platinum Challenge: 3 of 8 nights, 5 missing by 2028-05-31",
        ]
    );
    assert_eq!(
        projection.standing.decision.basis,
        Basis::Matched { grant, kept: false }
    );
    assert_eq!(projection.keep, None, "a trial is kept by its challenge");
    let review = projection.review.unwrap();
    assert_eq!((review.tier.as_str(), review.basis), ("silver", Basis::Lifetime));

    member.stays("2028-04-03T00:00:00Z", 5);
    let met = at(&member, &rules, "2028-04-04T00:00:00Z");
    assert_eq!(
        lines(&met.goals),
        ["gold Lifetime: 111 of 200 nights, 89 missing"]
    );
    assert_eq!(
        lines(&met.keep),
        ["platinum Keep from 2029-01-01: 0 of 60 nights, 60 missing by 2029-12-31"]
    );
}

#[test]
fn a_goal_with_several_measures_is_reached_by_all_or_by_any() {
    let goal = |combination, missing: [i64; 2]| Goal {
        tier: "gold".to_owned(),
        kind: GoalKind::Reach,
        combination,
        from: None,
        missing: [nights(), points()]
            .into_iter()
            .zip(missing)
            .map(|(measure, missing)| Missing {
                measure,
                have: 0,
                need: 1,
                missing,
                by: None,
            })
            .collect(),
    };
    for (combination, missing, reached) in [
        (Combination::All, [0, 0], true),
        (Combination::All, [0, 1], false),
        (Combination::Any, [0, 1], true),
        (Combination::Any, [1, 1], false),
    ] {
        assert_eq!(
            goal(combination, missing).is_reached(),
            reached,
            "{combination:?} {missing:?}"
        );
    }
}

#[test]
fn a_state_projects_like_the_history_unless_a_version_comes_in_between() {
    let second = TierSet {
        version: 2,
        effective: moment("2027-06-01T00:00:00Z"),
        ..hotel()
    };
    let both = Rules::new(vec![hotel(), second], jiff::tz::TimeZone::UTC, &super::known()).unwrap();
    let one = rules(hotel());
    let mut member = Member::enrolled("2026-01-10T00:00:00Z");
    member.stays("2026-05-01T12:00:00Z", 12);
    let as_of = moment("2026-06-01T00:00:00Z");
    let state = evaluate(&both, &member.history, as_of).unwrap().state;
    assert_eq!(
        project_from_state(&both, &state, as_of),
        Err(ReplayNeeded::NewVersion)
    );
    assert_eq!(
        project_from_state(&one, &state, as_of).unwrap(),
        at(&member, &one, "2026-06-01T00:00:00Z")
    );
    let review = at(&member, &both, "2026-06-01T00:00:00Z").review.unwrap();
    assert_eq!(
        review.time,
        moment("2028-01-01T00:00:00Z"),
        "the history can look beyond"
    );
    let before = state.processed - SignedDuration::from_nanos(1);
    assert_eq!(
        project_from_state(&one, &state, before),
        Err(ReplayNeeded::LateFact)
    );
}

/// The history up to a moment, and something more at another.
fn with_more(case: &Case, as_of: Timestamp, goal: &Goal, time: Timestamp, less: i64) -> History {
    let mut history = History::new(case.history.enrolled()).unwrap();
    for fact in case.history.facts() {
        if fact.time() <= as_of || matches!(fact, Fact::Return(_)) {
            history.add(fact.clone()).unwrap();
        }
    }
    for (place, missing) in goal.missing.iter().enumerate() {
        let amount = missing.missing - if place == 0 { less } else { 0 };
        if amount > 0 {
            let event = Event {
                id: Uuid::from_u128(u128::MAX - place as u128),
                time,
                measure: missing.measure.clone(),
                amount,
            };
            history.add(Fact::Event(event)).unwrap();
        }
    }
    history
}

/// The last moment of a day, as far as it lies after another.
fn end_of(days: &Days, day: Date, after: Timestamp) -> Timestamp {
    let end = days.start(day.tomorrow().unwrap()) - SignedDuration::from_nanos(1);
    end.max(after)
}

#[test]
fn what_is_missing_is_exactly_what_reaches_the_tier_until_the_day_that_is_told() {
    let (reached, kept) = (Cell::new(0_u32), Cell::new(0_u32));
    let all = [Family::Calendar, Family::Membership, Family::Months, Family::Days];
    on_cases("projections", &all, 2_500, |case, days, random| {
        let begin = case.history.enrolled().max(case.rules.versions()[0].effective);
        let seconds = (case.end.max(begin) - begin).as_secs();
        let part = i64::try_from(random.next() % 1_000).unwrap();
        let as_of = begin + SignedDuration::from_secs(seconds / 1_000 * part);
        let projection = project(&case.rules, &case.history, as_of).unwrap();
        let set = case.rules.in_force(as_of).unwrap();
        let place = |tier: &str| set.tiers.iter().position(|known| known.id == tier).unwrap();
        for goal in projection
            .goals
            .iter()
            .filter(|goal| goal.kind == GoalKind::Reach)
        {
            let last = goal.missing.iter().filter_map(|missing| missing.by).min();
            let time = last.map_or(as_of, |last| end_of(days, last, as_of));
            if case.rules.in_force(time).unwrap().version != set.version || goal.is_reached() {
                continue;
            }
            let history = with_more(case, as_of, goal, time, 0);
            let standing = tier_at(&case.rules, &history, time).unwrap();
            assert!(
                place(&standing.tier) >= place(&goal.tier),
                "{goal:?} as of {as_of}, {standing:?}"
            );
            reached.set(reached.get() + 1);
            if goal.missing.len() == 1 {
                let history = with_more(case, as_of, goal, as_of, 1);
                let standing = tier_at(&case.rules, &history, as_of).unwrap();
                let otherwise = matches!(standing.decision.basis, Basis::Lifetime | Basis::Matched { .. });
                let below = place(&standing.tier) < place(&goal.tier);
                assert!(otherwise || below, "one less: {goal:?} as of {as_of}");
            }
        }
        check_keep(case, days, &projection, as_of, &kept);
    });
    println!("{} goals reached, {} tiers kept", reached.get(), kept.get());
    assert!(
        reached.get() > 1_000 && kept.get() > 300,
        "{} and {}",
        reached.get(),
        kept.get()
    );
}

/// What is missing for keeping the tier keeps it, and the review comes out as told if nothing more comes.
fn check_keep(case: &Case, days: &Days, projection: &Projection, as_of: Timestamp, kept: &Cell<u32>) {
    let nothing = Goal {
        tier: String::new(),
        kind: GoalKind::Keep,
        combination: Combination::All,
        from: None,
        missing: Vec::new(),
    };
    let alone = with_more(case, as_of, &nothing, as_of, 0);
    if let Some(review) = &projection.review {
        let standing = tier_at(&case.rules, &alone, review.time).unwrap();
        let told = (&review.tier, review.basis, review.valid_until);
        let decision = &standing.decision;
        assert_eq!(
            (&standing.tier, decision.basis, decision.valid_until),
            told,
            "as of {as_of}"
        );
    }
    let version = case.rules.in_force(as_of).unwrap().version;
    let Some(goal) = &projection.keep else { return };
    let last = goal.missing[0].by.unwrap();
    let (time, after) = (end_of(days, last, as_of), days.start(last.tomorrow().unwrap()));
    if case.rules.in_force(after).unwrap().version != version {
        return;
    }
    let standing = tier_at(&case.rules, &with_more(case, as_of, goal, time, 0), after).unwrap();
    let set = case.rules.in_force(after).unwrap();
    let place = |tier: &str| set.tiers.iter().position(|known| known.id == tier).unwrap();
    assert!(
        place(&standing.tier) >= place(&goal.tier),
        "{goal:?} as of {as_of}, {standing:?}"
    );
    assert_ne!(standing.decision.basis, Basis::Grace, "{goal:?} as of {as_of}");
    kept.set(kept.get() + 1);
}
