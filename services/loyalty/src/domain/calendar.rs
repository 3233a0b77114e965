//! Days, weeks and months of a program's time zone.
//!
//! A day begins at the first moment that the zone counts to it. That is mostly midnight, but where the clocks jump over
//! midnight it is the moment of the jump, and where midnight comes twice it is the first.

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};

/// The day from which days are numbered, a Thursday.
const EPOCH: Date = Date::constant(1970, 1, 1);

/// Days from the Monday before the epoch to the epoch.
const EPOCH_IN_ITS_WEEK: i64 = 3;

/// More days than there are between any two dates.
const MOST_DAYS: i64 = 8_000_000;

const DAYS_IN_WEEK: i64 = 7;
const MONTHS_IN_YEAR: i64 = 12;

/// A kind of period. Periods of a kind follow each other without gaps and are numbered by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Period {
    /// A calendar day; with a change of the clocks it has 23 or 25 hours.
    Day,
    /// Monday to Sunday (ISO 8601).
    Week,
    /// A calendar month.
    Month,
}

impl Period {
    /// The number of the period that a day lies in: that of the next period is one more.
    pub fn number_of(self, day: Date) -> i64 {
        let days = day.duration_since(EPOCH).as_hours() / 24;
        match self {
            Self::Day => days,
            Self::Week => (days + EPOCH_IN_ITS_WEEK).div_euclid(DAYS_IN_WEEK),
            Self::Month => i64::from(day.year()) * MONTHS_IN_YEAR + i64::from(day.month()) - 1,
        }
    }

    /// The first day of the period with a number; the last day there is when the number is beyond it.
    pub fn first_day(self, number: i64) -> Date {
        let from_epoch = |days: i64| {
            let hours = days.clamp(-MOST_DAYS, MOST_DAYS) * 24;
            EPOCH.saturating_add(SignedDuration::from_hours(hours))
        };
        match self {
            Self::Day => from_epoch(number),
            Self::Week => from_epoch(
                number
                    .saturating_mul(DAYS_IN_WEEK)
                    .saturating_sub(EPOCH_IN_ITS_WEEK),
            ),
            Self::Month => {
                let year = i16::try_from(number.div_euclid(MONTHS_IN_YEAR));
                let month = i8::try_from(number.rem_euclid(MONTHS_IN_YEAR) + 1);
                match (year, month) {
                    (Ok(year), Ok(month)) => Date::new(year, month, 1).unwrap_or(Date::MAX),
                    _ => Date::MAX,
                }
            }
        }
    }

    /// The first moment after the period with a number.
    pub fn end(self, number: i64, zone: &TimeZone) -> Timestamp {
        start_of_day(self.first_day(number.saturating_add(1)), zone)
    }
}

/// The day of a moment: the last one that has begun. Where clocks are set back over midnight, the repeated hour belongs to
/// the day that has already begun, so that a later moment never has an earlier day.
pub fn day_of(moment: Timestamp, zone: &TimeZone) -> Date {
    let day = zone.to_datetime(moment).date();
    let next = tomorrow(day);
    if start_of_day(next, zone) <= moment {
        next
    } else if start_of_day(day, zone) > moment {
        yesterday(day)
    } else {
        day
    }
}

/// The first moment of a day. What lies outside the range of moments becomes its end.
pub fn start_of_day(day: Date, zone: &TimeZone) -> Timestamp {
    let beyond = if day.year() > 0 {
        Timestamp::MAX
    } else {
        Timestamp::MIN
    };
    zone.to_timestamp(day.to_datetime(Time::midnight()))
        .unwrap_or(beyond)
}

/// The first moment after a day.
pub fn end_of_day(day: Date, zone: &TimeZone) -> Timestamp {
    day.tomorrow()
        .map_or(Timestamp::MAX, |next| start_of_day(next, zone))
}

/// The first moment after the day that lies some days after a moment's: "within 30 days" counts whole days, and the
/// day of the moment itself is not one of them.
pub fn end_of_days_after(moment: Timestamp, days: i32, zone: &TimeZone) -> Timestamp {
    end_of_day(plus_days(day_of(moment, zone), days), zone)
}

/// The day that lies some days after another, or before it when negative; at most the last or first of the calendar.
pub fn plus_days(day: Date, days: i32) -> Date {
    day.saturating_add(SignedDuration::from_hours(24 * i64::from(days)))
}

/// The day after, or the last one there is.
pub fn tomorrow(day: Date) -> Date {
    day.tomorrow().unwrap_or(Date::MAX)
}

/// The day before, or the first one there is.
pub fn yesterday(day: Date) -> Date {
    day.yesterday().unwrap_or(Date::MIN)
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
    fn periods_are_numbered_without_gaps_and_begin_on_their_first_day() {
        for (period, day, first) in [
            (Period::Day, "2028-02-29", "2028-02-29"),
            (Period::Week, "2026-11-29", "2026-11-23"),
            (Period::Week, "2026-11-30", "2026-11-30"),
            (Period::Week, "1970-01-01", "1969-12-29"),
            (Period::Week, "1969-12-28", "1969-12-22"),
            (Period::Month, "2028-02-29", "2028-02-01"),
            (Period::Month, "2026-12-31", "2026-12-01"),
            (Period::Month, "2027-01-01", "2027-01-01"),
        ] {
            let number = period.number_of(day.parse().unwrap());
            let begins = period.first_day(number);
            assert_eq!(begins, first.parse::<Date>().unwrap(), "{period:?} of {day}");
            assert_eq!(period.number_of(begins), number, "{period:?} of {day}");
            assert_eq!(
                period.number_of(begins.yesterday().unwrap()),
                number - 1,
                "{period:?} before {day}"
            );
            let next = period.first_day(number + 1);
            assert_eq!(period.number_of(next), number + 1, "{period:?} after {day}");
            assert_eq!(
                period.end(number, &TimeZone::UTC),
                start_of_day(next, &TimeZone::UTC),
                "{period:?} of {day}"
            );
        }
        assert_eq!(Period::Day.number_of(EPOCH), 0);
    }

    #[test]
    fn the_day_of_a_moment_is_that_of_the_program() {
        let late_evening = moment("2026-03-02T03:00:00Z");
        assert_eq!(day_of(late_evening, &new_york()).to_string(), "2026-03-01");
        assert_eq!(day_of(late_evening, &TimeZone::UTC).to_string(), "2026-03-02");
    }

    #[test]
    fn days_are_counted_whole_across_a_change_of_the_clocks() {
        // On 8 March 2026 the clocks of New York go forward: the day has 23 hours.
        let posted = moment("2026-03-07T17:00:00Z");
        assert_eq!(
            end_of_days_after(posted, 0, &new_york()),
            moment("2026-03-08T05:00:00Z")
        );
        assert_eq!(
            end_of_days_after(posted, 1, &new_york()),
            moment("2026-03-09T04:00:00Z")
        );
        assert_eq!(
            Period::Week.end(Period::Week.number_of(day_of(posted, &new_york())), &new_york()),
            moment("2026-03-09T04:00:00Z")
        );
    }

    #[test]
    fn a_day_without_midnight_begins_when_its_clocks_do() {
        // Clocks that go forward at midnight of the second Sunday in March.
        let zone = TimeZone::posix("AAA5BBB,M3.2.0/0,M11.1.0/0").unwrap();
        let day = "2026-03-08".parse().unwrap();
        assert_eq!(start_of_day(day, &zone), moment("2026-03-08T05:00:00Z"));
        assert_eq!(day_of(start_of_day(day, &zone), &zone), day);
    }

    #[test]
    fn the_end_of_time_is_no_overflow() {
        assert_eq!(Period::Month.first_day(i64::MAX), Date::MAX);
        assert_eq!(Period::Day.first_day(i64::MAX / 2), Date::MAX);
        assert_eq!(
            end_of_days_after(Timestamp::MAX, 3650, &TimeZone::UTC),
            Timestamp::MAX
        );
    }

    #[test]
    fn a_day_with_two_midnights_begins_with_the_first() {
        // The clock is put back from 01:00 to 00:00 on the first Sunday in November.
        let zone = TimeZone::posix("XST5XDT,M3.2.0/0,M11.1.0/1").unwrap();
        let sunday = "2026-11-01".parse().unwrap();
        assert_eq!(start_of_day(sunday, &zone), moment("2026-11-01T04:00:00Z"));
    }

    #[test]
    fn days_are_counted_over_29_february() {
        let utc = TimeZone::UTC;
        assert_eq!(
            end_of_days_after(moment("2028-02-28T10:00:00Z"), 1, &utc),
            moment("2028-03-01T00:00:00Z")
        );
        assert_eq!(
            end_of_days_after(moment("2027-02-28T10:00:00Z"), 1, &utc),
            moment("2027-03-02T00:00:00Z")
        );
    }

    #[test]
    fn the_end_of_the_calendar_is_the_end() {
        assert_eq!(
            end_of_days_after(Timestamp::MAX, i32::MAX, &TimeZone::UTC),
            Timestamp::MAX
        );
        assert_eq!(
            start_of_day(Date::MIN, &TimeZone::fixed(jiff::tz::offset(14))),
            Timestamp::MIN
        );
    }
}
