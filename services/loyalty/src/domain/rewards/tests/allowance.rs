//! Limits per member.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::*;
use crate::domain::rewards::{
    limits::{self, Limit, MOST_LIMITED_UNITS, MOST_LIMITS, MOST_ROLLING_DAYS, Use, Window, needed_since},
    reasons,
};

const WINDOWS: [Window; 7] = [
    Window::InAll,
    Window::Day,
    Window::Week,
    Window::Month,
    Window::Year,
    Window::RollingDays(1),
    Window::RollingDays(10),
];

fn limit(window: Window, most: i64) -> Limit {
    Limit { window, most }
}

fn used(id: u128, time: &str, units: i64) -> Use {
    Use {
        redemption: Uuid::from_u128(id),
        time: moment(time),
        units,
    }
}

fn found(limits: &[Limit]) -> Vec<String> {
    let mut found = Vec::new();
    limits::check(limits, "limits", &mut found);
    found.into_iter().map(|violation| violation.field).collect()
}

/// Whether a day is in the window that ends with another, which is no earlier: obviously right.
pub(super) fn same_window(window: Window, earlier: Date, today: Date) -> bool {
    let week = |day: Date| (day.iso_week_date().year(), day.iso_week_date().week());
    match window {
        Window::InAll => true,
        Window::Day => earlier == today,
        Window::Week => week(earlier) == week(today),
        Window::Month => (earlier.year(), earlier.month()) == (today.year(), today.month()),
        Window::Year => earlier.year() == today.year(),
        Window::RollingDays(days) => earlier.until(today).unwrap().get_days() < days,
    }
}

#[test]
fn units_count_in_the_windows_that_the_calendar_says() {
    let mut random = Random::announced("units_count_in_the_windows");
    let zone = new_york();
    for round in 0..2_000 {
        let now =
            moment("2026-01-01T00:00:00Z") + SignedDuration::from_secs(random.between(0, 3 * 366 * 86_400));
        let spread = *random.pick(&[86_400, 10 * 86_400, 400 * 86_400]);
        let listed: Vec<_> = (0..random.between(0, 8))
            .map(|id| Use {
                redemption: Uuid::from_u128(u128::try_from(id).unwrap()),
                time: now - SignedDuration::from_secs(random.between(0, spread)),
                units: random.between(1, 5),
            })
            .collect();
        let uses = Uses {
            units_before: random.between(0, 3),
            listed: listed.clone(),
        };
        let today = zone.to_datetime(now).date();
        for window in WINDOWS {
            let counted = listed
                .iter()
                .filter(|used| same_window(window, zone.to_datetime(used.time).date(), today));
            let before = if window == Window::InAll {
                uses.units_before
            } else {
                0
            };
            let expected = before + counted.map(|used| used.units).sum::<i64>();
            assert_eq!(
                uses.units(window, now, &zone),
                expected,
                "round {round}: {window} at {now}, {listed:?}"
            );
        }
    }
}

#[test]
fn windows_begin_at_the_first_moment_of_a_day_of_the_zone() {
    let zone = new_york();
    // Sunday, the day on which the clock is put forward at two in the morning.
    let now = moment("2026-03-08T20:00:00Z");
    for (window, start) in [
        (Window::Day, "2026-03-08T05:00:00Z"),
        (Window::Week, "2026-03-02T05:00:00Z"),
        (Window::Month, "2026-03-01T05:00:00Z"),
        (Window::Year, "2026-01-01T05:00:00Z"),
        (Window::RollingDays(1), "2026-03-08T05:00:00Z"),
        (Window::RollingDays(2), "2026-03-07T05:00:00Z"),
    ] {
        assert_eq!(window.start(now, &zone), Some(moment(start)), "{window}");
    }
    assert_eq!(Window::InAll.start(now, &zone), None);
    assert_eq!(
        Window::Month.start(moment("2026-04-01T03:59:59Z"), &zone),
        Some(moment("2026-03-01T05:00:00Z"))
    );
    assert_eq!(
        Window::Month.start(moment("2026-04-01T04:00:00Z"), &zone),
        Some(moment("2026-04-01T04:00:00Z"))
    );
}

#[test]
fn a_unit_counts_from_the_first_moment_of_a_window() {
    let zone = new_york();
    let now = moment("2026-03-31T20:00:00Z");
    for (time, units) in [("2026-03-01T05:00:00Z", 1), ("2026-03-01T04:59:59.999999Z", 0)] {
        let uses = Uses {
            units_before: 0,
            listed: vec![used(1, time, 1)],
        };
        assert_eq!(uses.units(Window::Month, now, &zone), units, "{time}");
    }
}

#[test]
fn what_must_be_listed_begins_with_the_longest_window() {
    let (zone, now) = (new_york(), moment("2026-03-08T20:00:00Z"));
    let windows = |windows: &[Window]| windows.iter().map(|window| limit(*window, 1)).collect::<Vec<_>>();
    assert_eq!(needed_since(&[], now, &zone), None);
    assert_eq!(needed_since(&windows(&[Window::InAll]), now, &zone), None);
    assert_eq!(
        needed_since(
            &windows(&[Window::InAll, Window::Day, Window::Month, Window::Week]),
            now,
            &zone
        ),
        Some(moment("2026-03-01T05:00:00Z"))
    );
}

#[test]
fn the_least_of_what_limits_leave_is_left() {
    let (zone, now) = (new_york(), moment("2026-03-08T20:00:00Z"));
    let uses = Uses {
        units_before: 4,
        listed: vec![
            used(1, "2026-03-08T19:00:00Z", 2),
            used(2, "2026-03-03T19:00:00Z", 1),
        ],
    };
    let left = |limits: &[Limit]| uses.left(limits, now, &zone);
    assert_eq!(left(&[]), None);
    assert_eq!(left(&[limit(Window::InAll, 10)]), Some(3));
    assert_eq!(left(&[limit(Window::InAll, 10), limit(Window::Day, 3)]), Some(1));
    assert_eq!(left(&[limit(Window::Week, 2)]), Some(0), "never negative");
}

#[test]
fn a_limit_is_reached_and_not_exceeded() {
    let mut terms = terms(Kind::Physical);
    terms.limits = vec![limit(Window::InAll, 9), limit(Window::Month, 3)];
    let mut example = Example::new(terms);
    example.member.uses.listed = vec![used(1, "2026-01-02T15:00:00Z", 1)];
    assert!(example.decide(reserve(2)).is_ok());
    let error = example.refuse(reserve(3));
    assert_eq!(error.reason(), reasons::REWARD_LIMIT_REACHED);
    assert_eq!(
        error.message(),
        "programs/p/members/m may redeem 3 units of programs/p/rewards/r per month; 1 count already, so that 3 more \
         are too many; redeem fewer, or again from 2026-02-01T05:00:00Z on"
    );
    assert_eq!(
        error.metadata(),
        [("limit_units", "3".to_owned()), ("counted_units", "1".to_owned())]
    );
    example.member.uses.units_before = 7;
    let error = example.refuse(reserve(2));
    assert!(error.message().contains("in all; 8 count already"), "{error}");
    assert!(
        error.message().ends_with("redeem fewer, or another reward"),
        "{error}"
    );
    assert!(example.decide(reserve(1)).is_ok());
}

#[test]
fn the_error_tells_when_units_may_count_no_more() {
    let zone = new_york();
    let now = moment("2026-03-04T20:00:00Z");
    let uses = Uses {
        units_before: 0,
        listed: vec![
            used(1, "2026-03-04T06:00:00Z", 1),
            used(2, "2026-03-04T19:00:00Z", 1),
        ],
    };
    for (window, end) in [
        (Window::Day, Some("2026-03-05T05:00:00Z")),
        (Window::Week, Some("2026-03-09T04:00:00Z")),
        (Window::Month, Some("2026-04-01T04:00:00Z")),
        (Window::Year, Some("2027-01-01T05:00:00Z")),
        (Window::RollingDays(10), Some("2026-03-14T04:00:00Z")),
        (Window::InAll, None),
    ] {
        let error = |units| {
            uses.require(&[limit(window, 2)], units, (now, &zone), ("r", "m"))
                .unwrap_err()
                .message()
                .to_owned()
        };
        let again = end.map_or("or another reward".to_owned(), |end| {
            format!("or again from {end} on")
        });
        assert!(error(1).ends_with(&again), "{window}: {}", error(1));
        assert!(error(2).ends_with(&again), "{window}: {}", error(2));
        // More than the limit can be had in no window.
        assert!(error(3).ends_with("or another reward"), "{window}: {}", error(3));
    }
}

#[test]
fn units_that_are_given_back_no_longer_count() {
    let mut uses = Uses::default();
    let (id, time) = (Uuid::from_u128(1), moment("2026-01-02T15:00:00Z"));
    uses.count(id, time, 3);
    uses.count(id, time, -1);
    assert_eq!(uses.listed, [used(1, "2026-01-02T15:00:00Z", 2)]);
    uses.count(id, time, -2);
    assert_eq!(uses.listed, []);
    uses.units_before = 5;
    uses.count(Uuid::from_u128(2), time, -2);
    assert_eq!((uses.units_before, uses.listed.len()), (3, 0));
}

#[test]
fn limits_have_bounds_and_one_number_for_each_window() {
    assert_eq!(found(&[limit(Window::Day, 0)]), ["limits[0].most"]);
    assert_eq!(
        found(&[limit(Window::Day, MOST_LIMITED_UNITS + 1)]),
        ["limits[0].most"]
    );
    assert_eq!(
        found(&[limit(Window::Day, 1), limit(Window::Week, MOST_LIMITED_UNITS)]),
        Vec::<String>::new()
    );
    assert_eq!(
        found(&[limit(Window::Day, 1), limit(Window::Day, 2)]),
        ["limits[1].window"]
    );
    for (days, fine) in [
        (0, false),
        (1, true),
        (MOST_ROLLING_DAYS, true),
        (MOST_ROLLING_DAYS + 1, false),
    ] {
        let wrong = found(&[limit(Window::RollingDays(days), 1)]);
        assert_eq!(wrong.is_empty(), fine, "{days}: {wrong:?}");
        assert!(wrong.iter().all(|field| field == "limits[0].window.rolling_days"));
    }
    let rolling = |count: i32| {
        (1..=count)
            .map(|days| limit(Window::RollingDays(days), 1))
            .collect::<Vec<_>>()
    };
    let most = i32::try_from(MOST_LIMITS).unwrap();
    assert_eq!(found(&rolling(most)), Vec::<String>::new());
    assert_eq!(found(&rolling(most + 1)), ["limits"]);
    let names: BTreeSet<String> = WINDOWS.iter().map(ToString::to_string).collect();
    assert_eq!(names.len(), WINDOWS.len(), "every window has a name of its own");
}
