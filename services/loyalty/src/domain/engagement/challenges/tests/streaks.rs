//! Streaks by example.

use super::*;

fn streak(period: Period, activities_per_period: i64, freezes: i64) -> Goal {
    Goal::Streak {
        period,
        activities_per_period,
        freezes,
    }
}

/// The streak at noon of a day of March 2026 after purchases at noon of other days (in New York).
fn after(goal: Goal, days: &[i64], today: i64) -> (i64, Option<CurrentStreak>) {
    let mut example = Example::new(terms(goal, vec![level(100, 1)]));
    for day in days {
        let time = format!("2026-03-{day:02}T17:00:00Z");
        example.buy(&format!("on {day}"), &time);
    }
    example.now = moment(&format!("2026-03-{today:02}T17:00:00Z"));
    (example.view().value, example.view().streak)
}

fn current(length: i64, freezes_left: i64, continue_before: &str) -> CurrentStreak {
    CurrentStreak {
        length,
        freezes_left,
        continue_before: moment(continue_before),
    }
}

#[test]
fn a_streak_without_freezes_ends_with_the_first_missed_day() {
    let goal = || streak(Period::Day, 1, 0);
    assert_eq!(after(goal(), &[], 5), (0, None));
    // The clocks go forward on 8 March: from then on days begin at four o'clock UTC.
    assert_eq!(
        after(goal(), &[5, 6, 7], 7),
        (3, Some(current(3, 0, "2026-03-09T04:00:00Z")))
    );
    assert_eq!(
        after(goal(), &[5, 6, 7], 8),
        (3, Some(current(3, 0, "2026-03-09T04:00:00Z")))
    );
    assert_eq!(after(goal(), &[5, 6, 7], 9), (3, None));
    assert_eq!(
        after(goal(), &[1, 2, 3, 5, 6], 6),
        (3, Some(current(2, 0, "2026-03-08T05:00:00Z")))
    );
}

#[test]
fn freezes_forgive_missed_days_and_the_oldest_days_leave_when_they_do_not_suffice() {
    let goal = || streak(Period::Day, 1, 1);
    assert_eq!(
        after(goal(), &[1, 3], 3),
        (2, Some(current(2, 0, "2026-03-05T05:00:00Z")))
    );
    assert_eq!(
        after(goal(), &[1, 3, 5, 6, 7], 7),
        (4, Some(current(4, 0, "2026-03-09T04:00:00Z")))
    );
    assert_eq!(
        after(goal(), &[5, 6], 7),
        (2, Some(current(2, 1, "2026-03-09T04:00:00Z")))
    );
    assert_eq!(
        after(goal(), &[5, 6], 8),
        (2, Some(current(2, 0, "2026-03-09T04:00:00Z")))
    );
    assert_eq!(after(goal(), &[5, 6], 9), (2, None));
    assert_eq!(
        after(goal(), &[1, 3, 4], 6),
        (3, Some(current(2, 0, "2026-03-07T05:00:00Z")))
    );
}

#[test]
fn a_day_is_active_with_enough_activities_and_once_only() {
    let mut example = Example::new(terms(streak(Period::Day, 2, 0), vec![level(1, 1), level(2, 2)]));
    assert_eq!(example.buy("a", "2026-03-07T17:00:00Z"), NOTHING);
    assert_eq!(example.buy("b", "2026-03-07T18:00:00Z"), [1]);
    assert_eq!(example.buy("c", "2026-03-07T19:00:00Z"), NOTHING);
    assert_eq!(example.buy("d", "2026-03-08T18:00:00Z"), NOTHING);
    assert_eq!(example.buy("e", "2026-03-08T17:00:00Z"), [2]);
    assert_eq!(example.view().reached[1], moment("2026-03-08T18:00:00Z"));
    assert_eq!(
        example.reverse("r1", "a", None),
        NOTHING,
        "two activities of the day are left"
    );
    assert_eq!(
        example.reverse("r2", "b", None),
        [-2],
        "the second day alone is a streak of one"
    );
}

#[test]
fn weeks_begin_on_monday_and_months_on_their_first() {
    let mut weeks = Example::new(terms(streak(Period::Week, 1, 0), vec![level(2, 1)]));
    weeks.buy("sunday", "2026-03-01T17:00:00Z");
    assert_eq!(weeks.buy("monday", "2026-03-02T17:00:00Z"), [1]);
    weeks.now = moment("2026-03-03T17:00:00Z");
    assert_eq!(weeks.view().streak, Some(current(2, 0, "2026-03-16T04:00:00Z")));
    let mut months = Example::new(terms(streak(Period::Month, 1, 0), vec![level(3, 1)]));
    months.buy("december", "2025-12-31T17:00:00Z");
    months.buy("february", "2026-02-28T17:00:00Z");
    assert_eq!(months.buy("january", "2026-01-01T17:00:00Z"), [1]);
    months.now = moment("2026-02-28T17:00:00Z");
    assert_eq!(months.view().streak, Some(current(3, 0, "2026-04-01T04:00:00Z")));
}

#[test]
fn what_is_not_yet_does_not_count_for_the_streak_of_today() {
    assert_eq!(
        after(streak(Period::Day, 1, 0), &[5, 6, 7], 5).1,
        Some(current(1, 0, "2026-03-07T05:00:00Z"))
    );
    assert_eq!(after(streak(Period::Day, 1, 0), &[5, 6, 7], 4).1, None);
}

#[test]
fn a_streak_can_recur_with_a_longer_period() {
    let mut recurring = terms(streak(Period::Day, 1, 0), vec![level(2, 1)]);
    recurring.recurrence = Recurrence::Each(Period::Week);
    let mut example = Example::new(recurring);
    assert_eq!(example.buy("sunday", "2026-03-08T17:00:00Z"), NOTHING);
    assert_eq!(
        example.buy("monday", "2026-03-09T17:00:00Z"),
        NOTHING,
        "another week"
    );
    assert_eq!(example.buy("tuesday", "2026-03-10T17:00:00Z"), [1]);
}
