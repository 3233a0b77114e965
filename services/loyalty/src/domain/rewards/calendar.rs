//! Days in a program's time zone, and periods of time.
//!
//! A day begins at the first moment that the zone counts to it. That is mostly midnight, but where the clock jumps over
//! midnight it is the moment of the jump, and where midnight comes twice it is the first.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use rapport_status::FieldViolation;

/// Most days of a lifetime or a deadline: a hundred years.
pub const MOST_DAYS: i32 = 36_500;

/// The day in a zone to which a moment belongs.
pub fn day(moment: Timestamp, time_zone: &TimeZone) -> Date {
    time_zone.to_datetime(moment).date()
}

/// The first moment of a day. What lies outside the calendar's range becomes its end.
pub fn start(day: Date, time_zone: &TimeZone) -> Timestamp {
    time_zone
        .to_timestamp(day.at(0, 0, 0, 0))
        .unwrap_or(if day.year() > 0 {
            Timestamp::MAX
        } else {
            Timestamp::MIN
        })
}

/// The first moment after the day that lies some days after that of a moment.
pub fn end_after_days(moment: Timestamp, days: i32, time_zone: &TimeZone) -> Timestamp {
    start(
        plus_days(day(moment, time_zone), days.saturating_add(1)),
        time_zone,
    )
}

/// The day that lies some days after another, or before it when negative; at most the last or first of the calendar.
pub fn plus_days(day: Date, days: i32) -> Date {
    day.saturating_add(SignedDuration::from_hours(24 * i64::from(days)))
}

/// From when until when something is so. An end that is not set is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    /// The first moment.
    pub from: Option<Timestamp>,
    /// The first moment after it.
    pub until: Option<Timestamp>,
}

impl Period {
    /// Whether a moment lies in the period.
    pub fn contains(&self, moment: Timestamp) -> bool {
        !self.begins_after(moment) && !self.has_ended(moment)
    }

    /// Whether the period has not begun at a moment.
    pub fn begins_after(&self, moment: Timestamp) -> bool {
        self.from.is_some_and(|from| moment < from)
    }

    /// Whether the period is over at a moment.
    pub fn has_ended(&self, moment: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= moment)
    }

    /// Reports an end that does not lie after the beginning.
    pub fn check(&self, path: &str, found: &mut Vec<FieldViolation>) {
        if let (Some(from), Some(until)) = (self.from, self.until)
            && until <= from
        {
            found.push(FieldViolation::new(
                format!("{path}.until"),
                format!("must lie after its beginning, {from}"),
            ));
        }
    }
}

/// How long something that a member received can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lifetime {
    /// For ever.
    #[default]
    Unlimited,
    /// Until the end of the day that lies this many days after that of receiving it, 0 (the same day) or more.
    Days(i32),
    /// Until a moment, whenever it was received.
    Until(Timestamp),
}

impl Lifetime {
    /// The first moment at which what was received at a moment can be used no more; none means never.
    pub fn end(self, received: Timestamp, time_zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Unlimited => None,
            Self::Days(days) => Some(end_after_days(received, days, time_zone)),
            Self::Until(until) => Some(until),
        }
    }

    /// Reports days out of range.
    pub fn check(self, path: &str, found: &mut Vec<FieldViolation>) {
        if let Self::Days(days) = self
            && !(0..=MOST_DAYS).contains(&days)
        {
            found.push(FieldViolation::new(
                format!("{path}.days"),
                format!("must be 0 (the same day) to {MOST_DAYS}"),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn new_york() -> TimeZone {
        TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap()
    }

    #[test]
    fn days_are_those_of_the_zone() {
        let zone = new_york();
        let late = moment("2026-01-16T04:59:59Z");
        assert_eq!(day(late, &zone).to_string(), "2026-01-15");
        assert_eq!(
            day(moment("2026-01-16T05:00:00Z"), &zone).to_string(),
            "2026-01-16"
        );
        assert_eq!(end_after_days(late, 0, &zone), moment("2026-01-16T05:00:00Z"));
    }

    #[test]
    fn days_are_counted_over_a_change_of_the_clock() {
        // On 8 March 2026 the clock is put forward: midnight is an hour earlier in UTC from the next day on.
        let before = moment("2026-03-07T12:00:00Z");
        assert_eq!(
            end_after_days(before, 0, &new_york()),
            moment("2026-03-08T05:00:00Z")
        );
        assert_eq!(
            end_after_days(before, 1, &new_york()),
            moment("2026-03-09T04:00:00Z")
        );
    }

    #[test]
    fn a_day_without_midnight_begins_when_the_clock_jumps_over_it() {
        // In this zone the clock jumps from 00:00 to 01:00 on the second Sunday in March.
        let zone = TimeZone::posix("XST5XDT,M3.2.0/0,M11.1.0/0").unwrap();
        let sunday = "2026-03-08".parse().unwrap();
        assert_eq!(start(sunday, &zone), moment("2026-03-08T05:00:00Z"));
    }

    #[test]
    fn a_day_with_two_midnights_begins_with_the_first() {
        // The clock is put back from 01:00 to 00:00 on the first Sunday in November.
        let zone = TimeZone::posix("XST5XDT,M3.2.0/0,M11.1.0/1").unwrap();
        let sunday = "2026-11-01".parse().unwrap();
        assert_eq!(start(sunday, &zone), moment("2026-11-01T04:00:00Z"));
    }

    #[test]
    fn days_are_counted_over_29_february() {
        let utc = TimeZone::UTC;
        assert_eq!(
            end_after_days(moment("2028-02-28T10:00:00Z"), 1, &utc),
            moment("2028-03-01T00:00:00Z")
        );
        assert_eq!(
            end_after_days(moment("2027-02-28T10:00:00Z"), 1, &utc),
            moment("2027-03-02T00:00:00Z")
        );
    }

    #[test]
    fn the_end_of_the_calendar_is_the_end() {
        assert_eq!(
            end_after_days(Timestamp::MAX, i32::MAX, &TimeZone::UTC),
            Timestamp::MAX
        );
        assert_eq!(
            start(Date::MIN, &TimeZone::fixed(jiff::tz::offset(14))),
            Timestamp::MIN
        );
    }

    #[test]
    fn a_period_contains_its_first_moment_and_not_its_end() {
        let period = Period {
            from: Some(moment("2026-01-01T00:00:00Z")),
            until: Some(moment("2026-02-01T00:00:00Z")),
        };
        for (at, inside) in [
            ("2025-12-31T23:59:59.999999Z", false),
            ("2026-01-01T00:00:00Z", true),
            ("2026-01-31T23:59:59.999999Z", true),
            ("2026-02-01T00:00:00Z", false),
        ] {
            assert_eq!(period.contains(moment(at)), inside, "{at}");
        }
        assert!(Period::default().contains(Timestamp::MIN) && Period::default().contains(Timestamp::MAX));
    }

    #[test]
    fn a_period_ends_after_it_begins() {
        let at = Some(moment("2026-01-01T00:00:00Z"));
        let later = Some(moment("2026-01-01T00:00:00.000001Z"));
        for (from, until, wrong) in [
            (at, at, 1),
            (later, at, 1),
            (at, later, 0),
            (None, at, 0),
            (at, None, 0),
        ] {
            let mut found = Vec::new();
            Period { from, until }.check("reward.published", &mut found);
            assert_eq!(found.len(), wrong, "{from:?} {until:?}");
            assert!(
                found
                    .iter()
                    .all(|violation| violation.field == "reward.published.until")
            );
        }
    }

    #[test]
    fn lifetimes_have_bounds() {
        for (days, wrong) in [(-1, 1), (0, 0), (MOST_DAYS, 0), (MOST_DAYS + 1, 1)] {
            let mut found = Vec::new();
            Lifetime::Days(days).check("reward.received", &mut found);
            assert_eq!(found.len(), wrong, "{days}");
            assert!(
                found
                    .iter()
                    .all(|violation| violation.field == "reward.received.days")
            );
        }
    }

    #[test]
    fn what_is_received_ends_as_its_lifetime_says() {
        let received = moment("2026-01-31T10:00:00Z");
        let until = moment("2026-06-01T00:00:00Z");
        for (lifetime, end) in [
            (Lifetime::Unlimited, None),
            (Lifetime::Days(0), Some(moment("2026-02-01T00:00:00Z"))),
            (Lifetime::Days(28), Some(moment("2026-03-01T00:00:00Z"))),
            (Lifetime::Until(until), Some(until)),
        ] {
            assert_eq!(lifetime.end(received, &TimeZone::UTC), end, "{lifetime:?}");
        }
    }
}
