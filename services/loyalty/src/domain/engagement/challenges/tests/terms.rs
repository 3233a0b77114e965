//! What is wrong with terms.

use super::*;

fn fields(terms: &Terms) -> Vec<String> {
    terms
        .check()
        .into_iter()
        .map(|violation| violation.field)
        .collect()
}

#[test]
fn all_violations_are_told_at_once_with_their_fields() {
    let mut wrong = terms(
        Goal::Streak {
            period: Period::Week,
            activities_per_period: 0,
            freezes: 367,
        },
        vec![level(0, 0), level(0, 1)],
    );
    wrong.title = " ".to_owned();
    wrong.filter.kinds = names(&[""]);
    wrong.filter.locations = (0..=MOST_NAMES).map(|number| number.to_string()).collect();
    wrong.filter.minimum_minor = Some(0);
    wrong.recurrence = Recurrence::Each(Period::Month);
    wrong.start_time = Some(moment("2026-03-01T00:00:00Z"));
    wrong.end_time = wrong.start_time;
    assert_eq!(
        fields(&wrong),
        [
            "challenge.title",
            "challenge.filter.kinds",
            "challenge.filter.locations",
            "challenge.filter.minimum_minor",
            "challenge.goal.streak.activities_per_period",
            "challenge.goal.streak.freezes",
            "challenge.recurrence",
            "challenge.end_time",
            "challenge.levels[0].target",
            "challenge.levels[0].rewards[0].points",
            "challenge.levels[1].target",
        ]
    );
}

#[test]
fn each_level_asks_for_more_than_the_one_before() {
    for (targets, wrong) in [
        (vec![1, 2, LARGEST_TARGET], vec![]),
        (vec![2, 2], vec!["challenge.levels[1].target"]),
        (vec![LARGEST_TARGET + 1], vec!["challenge.levels[0].target"]),
        (vec![], vec!["challenge.levels"]),
        ((1..=10).collect(), vec![]),
        ((1..=11).collect(), vec!["challenge.levels"]),
    ] {
        let levels = targets.iter().map(|target| level(*target, 1)).collect();
        assert_eq!(fields(&terms(Goal::Count, levels)), wrong, "{targets:?}");
    }
}

#[test]
fn steps_are_some_and_not_too_many_and_levels_ask_for_no_more_than_there_are() {
    for (steps, target, wrong) in [
        (1, 1, vec![]),
        (MOST_STEPS, 20, vec![]),
        (0, 1, vec!["challenge.goal.steps", "challenge.levels[0].target"]),
        (MOST_STEPS + 1, 1, vec!["challenge.goal.steps"]),
        (2, 3, vec!["challenge.levels[0].target"]),
    ] {
        let goal = Goal::Steps {
            steps: vec![Filter::default(); steps],
        };
        assert_eq!(
            fields(&terms(goal, vec![level(target, 1)])),
            wrong,
            "{steps} steps"
        );
    }
    let step = Filter {
        minimum_minor: Some(0),
        ..Filter::default()
    };
    let goal = Goal::Steps { steps: vec![step] };
    assert_eq!(
        fields(&terms(goal, vec![level(1, 1)])),
        ["challenge.goal.steps[0].minimum_minor"]
    );
}

#[test]
fn only_streaks_of_days_recur_and_only_with_longer_periods() {
    let (day, week, month) = (Period::Day, Period::Week, Period::Month);
    for (period, each, allowed) in [
        (day, Recurrence::Each(week), true),
        (day, Recurrence::Each(month), true),
        (day, Recurrence::Each(day), false),
        (week, Recurrence::Each(month), false),
        (week, Recurrence::Each(week), false),
        (month, Recurrence::Once, true),
    ] {
        let goal = Goal::Streak {
            period,
            activities_per_period: 1,
            freezes: 0,
        };
        let mut terms = terms(goal, vec![level(1, 1)]);
        terms.recurrence = each;
        assert_eq!(fields(&terms).is_empty(), allowed, "{period:?} in {each:?}");
    }
}

#[test]
fn the_limits_themselves_are_allowed() {
    let goal = Goal::Streak {
        period: Period::Day,
        activities_per_period: 1_000,
        freezes: MOST_FREEZES,
    };
    let mut widest = terms(goal, vec![level(1, 1)]);
    widest.filter.categories = (0..MOST_NAMES).map(|number| number.to_string()).collect();
    widest.filter.minimum_minor = Some(LARGEST_AMOUNT);
    widest.start_time = Some(moment("2026-03-01T00:00:00Z"));
    widest.end_time = Some(moment("2026-03-01T00:00:00.000000001Z"));
    assert_eq!(fields(&widest), Vec::<String>::new());
}
