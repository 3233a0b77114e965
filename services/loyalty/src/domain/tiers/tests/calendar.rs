//! Days, windows and ends of validity: leap days, short months, and clocks that are moved.

use jiff::{Timestamp, tz::TimeZone};

use super::{
    super::*,
    date,
    generator::{Days, ZONES, zone},
    moment,
};
use crate::domain::calendar::{day_of, start_of_day};

#[test]
fn calendar_years_begin_with_their_first_month() {
    for (first_month, day, start, next) in [
        (1, "2026-01-01", "2026-01-01", "2027-01-01"),
        (1, "2026-12-31", "2026-01-01", "2027-01-01"),
        (4, "2026-03-31", "2025-04-01", "2026-04-01"),
        (4, "2026-04-01", "2026-04-01", "2027-04-01"),
        (12, "2024-02-29", "2023-12-01", "2024-12-01"),
        (12, "2024-12-01", "2024-12-01", "2025-12-01"),
        (2, "2024-02-01", "2024-02-01", "2025-02-01"),
    ] {
        let span = Window::CalendarYear { first_month }.span(date(day), date("2020-06-15"));
        assert_eq!(
            span,
            Some((date(start), date(next))),
            "{day}, first month {first_month}"
        );
    }
}

#[test]
fn membership_years_begin_on_the_anniversary_and_return_to_a_leap_day() {
    for (enrolled, day, start, next) in [
        ("2023-05-31", "2023-05-31", "2023-05-31", "2024-05-31"),
        ("2023-05-31", "2024-05-30", "2023-05-31", "2024-05-31"),
        ("2023-05-31", "2024-05-31", "2024-05-31", "2025-05-31"),
        ("2024-02-29", "2024-02-29", "2024-02-29", "2025-02-28"),
        ("2024-02-29", "2025-02-27", "2024-02-29", "2025-02-28"),
        ("2024-02-29", "2025-02-28", "2025-02-28", "2026-02-28"),
        ("2024-02-29", "2028-02-28", "2027-02-28", "2028-02-29"),
        ("2024-02-29", "2028-02-29", "2028-02-29", "2029-02-28"),
    ] {
        let span = Window::MembershipYear.span(date(day), date(enrolled));
        assert_eq!(
            span,
            Some((date(start), date(next))),
            "enrolled {enrolled}, {day}"
        );
    }
}

#[test]
fn an_event_counts_for_whole_months_or_days_in_a_rolling_window() {
    for (window, day, leaves) in [
        (Window::RollingMonths(12), "2024-02-29", "2025-02-28"),
        (Window::RollingMonths(12), "2024-02-28", "2025-02-28"),
        (Window::RollingMonths(48), "2024-02-29", "2028-02-29"),
        (Window::RollingMonths(1), "2026-01-31", "2026-02-28"),
        (Window::RollingMonths(1), "2026-12-15", "2027-01-15"),
        (Window::RollingDays(1), "2026-12-31", "2027-01-01"),
        (Window::RollingDays(365), "2024-02-29", "2025-02-28"),
        (Window::RollingDays(366), "2024-02-29", "2025-03-01"),
    ] {
        assert_eq!(
            window.leave_day(date(day)),
            Some(date(leaves)),
            "{window:?} {day}"
        );
        assert_eq!(window.span(date(day), date(day)), None);
        assert!(window.is_rolling());
    }
    assert_eq!(Window::MembershipYear.leave_day(date("2026-01-01")), None);
    assert!(!Window::MembershipYear.is_rolling());
    assert!(!Window::CalendarYear { first_month: 1 }.is_rolling());
}

#[test]
fn validity_ends_with_a_window_or_a_month() {
    let year = Window::CalendarYear { first_month: 4 };
    let membership = Window::MembershipYear;
    let rolling = Window::RollingDays(90);
    for (validity, window, day, end) in [
        (Validity::EndOfWindow, year, "2026-03-31", "2026-04-01"),
        (Validity::EndOfWindow, year, "2026-04-01", "2027-04-01"),
        (Validity::EndOfNextWindow, year, "2026-03-31", "2027-04-01"),
        (Validity::EndOfNextWindow, year, "2026-04-01", "2028-04-01"),
        (Validity::EndOfWindow, membership, "2027-03-01", "2028-02-29"),
        (Validity::EndOfNextWindow, membership, "2026-03-01", "2028-02-29"),
        (Validity::Months(12), rolling, "2026-06-15", "2027-07-01"),
        (Validity::Months(12), rolling, "2026-06-30", "2027-07-01"),
        (Validity::Months(1), rolling, "2026-01-31", "2026-03-01"),
        (Validity::Months(1), rolling, "2024-01-31", "2024-03-01"),
        (Validity::Months(6), year, "2026-12-01", "2027-07-01"),
    ] {
        assert_eq!(
            validity.end(window, date(day), date("2024-02-29")),
            date(end),
            "{validity:?} {window:?} {day}"
        );
    }
}

#[test]
fn a_soft_landing_lasts_to_the_end_of_the_window_or_for_the_months_of_the_validity() {
    let year = Window::CalendarYear { first_month: 1 };
    let enrolled = date("2020-01-01");
    for (validity, day, end) in [
        (Validity::EndOfWindow, "2028-01-01", "2029-01-01"),
        (Validity::EndOfNextWindow, "2028-01-01", "2029-01-01"),
        (Validity::EndOfNextWindow, "2028-04-01", "2029-01-01"),
        (Validity::Months(12), "2028-03-01", "2029-03-01"),
        (Validity::Months(12), "2028-03-02", "2029-04-01"),
    ] {
        assert_eq!(
            validity.landing_end(year, date(day), enrolled),
            date(end),
            "{validity:?} {day}"
        );
    }
}

#[test]
fn grace_lasts_for_days_or_months() {
    for (grace, day, end) in [
        (Grace::Days(1), "2024-02-29", Some("2024-03-01")),
        (Grace::Days(30), "2028-01-01", Some("2028-01-31")),
        (Grace::Months(3), "2028-01-01", Some("2028-04-01")),
        (Grace::Months(1), "2028-01-31", Some("2028-02-29")),
        (Grace::None, "2028-01-01", None),
    ] {
        assert_eq!(grace.end(date(day)), end.map(date), "{grace:?} {day}");
    }
}

#[test]
fn a_day_begins_with_its_first_moment_also_when_midnight_does_not_exist() {
    let brazil = zone("<-03>3<-02>,M10.3.0/0,M2.3.0/0");
    // On Sunday 15 October 2017 the clocks went from 00:00 to 01:00.
    assert_eq!(
        start_of_day(date("2017-10-15"), &brazil),
        moment("2017-10-15T03:00:00Z")
    );
    assert_eq!(
        day_of(moment("2017-10-15T02:59:59.999999999Z"), &brazil),
        date("2017-10-14")
    );
    assert_eq!(
        day_of(moment("2017-10-15T03:00:00Z"), &brazil),
        date("2017-10-15")
    );
}

#[test]
fn an_hour_that_is_repeated_over_midnight_belongs_to_the_day_that_has_begun() {
    // At one minute past midnight on Sunday 2 November 2025 the clocks went back to 23:01 of the Saturday.
    let zone = zone("NST3:30NDT,M3.2.0/0:01,M11.1.0/0:01");
    let start = start_of_day(date("2025-11-02"), &zone);
    assert_eq!(start, moment("2025-11-02T02:30:00Z"));
    for (time, day) in [
        ("2025-11-02T02:29:59.999999999Z", "2025-11-01"),
        ("2025-11-02T02:30:00Z", "2025-11-02"),
        ("2025-11-02T02:31:00Z", "2025-11-02"),
        ("2025-11-02T03:30:00Z", "2025-11-02"),
        ("2025-11-03T03:30:00Z", "2025-11-03"),
    ] {
        assert_eq!(day_of(moment(time), &zone), date(day), "{time}");
    }
    assert_eq!(
        zone.to_datetime(moment("2025-11-02T02:31:00Z")).date(),
        date("2025-11-01")
    );
}

#[test]
fn days_follow_each_other_in_every_time_zone() {
    for text in ZONES {
        let zone = zone(text);
        let days = Days::new(&zone);
        let mut day = date("2018-01-02");
        while day < date("2032-01-01") {
            let start = days.start(day);
            let before = start - jiff::SignedDuration::from_nanos(1);
            assert_eq!(start_of_day(day, &zone), start, "{text}");
            assert_eq!(day_of(start, &zone), day, "{text}");
            assert_eq!(day_of(before, &zone), day.yesterday().unwrap(), "{text}");
            day = day.tomorrow().unwrap();
        }
    }
}

#[test]
fn the_ends_of_time_are_no_overflow() {
    let last = day_of(Timestamp::MAX, &TimeZone::UTC);
    let first = day_of(Timestamp::MIN, &TimeZone::UTC);
    for window in [
        Window::CalendarYear { first_month: 12 },
        Window::MembershipYear,
        Window::RollingMonths(120),
        Window::RollingDays(3_660),
    ] {
        for (day, enrolled) in [(last, first), (last, last), (first, first)] {
            let _ = window.span(day, enrolled);
            let _ = window.leave_day(day);
            assert!(Validity::Months(120).end(window, day, enrolled) >= day);
            assert!(
                Validity::EndOfNextWindow.end(window, day, enrolled) >= day,
                "{window:?} {day}"
            );
        }
    }
}
