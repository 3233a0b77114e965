//! Calendar months.

use std::{fmt, str::FromStr};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rapport_status::Error;

use crate::domain::calendar::{Period, day_of, start_of_day};

/// A calendar month, such as `2026-11`. The months of lots are their vintages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Month(i64);

impl Month {
    /// The month of a day.
    pub fn of(day: Date) -> Self {
        Self(Period::Month.number_of(day))
    }

    /// The month of a moment in a time zone.
    pub fn at(moment: Timestamp, zone: &TimeZone) -> Self {
        Self::of(day_of(moment, zone))
    }

    /// The month that comes so many later, or earlier when negative.
    #[must_use]
    pub fn plus(self, months: i64) -> Self {
        Self(self.0.saturating_add(months))
    }

    /// Months from another one to this one; negative when the other is later.
    pub fn since(self, other: Self) -> i64 {
        self.0.saturating_sub(other.0)
    }

    /// Its first day.
    pub fn first_day(self) -> Date {
        Period::Month.first_day(self.0)
    }

    /// Its first moment.
    pub fn start(self, zone: &TimeZone) -> Timestamp {
        start_of_day(self.first_day(), zone)
    }

    /// The first moment after it.
    pub fn end(self, zone: &TimeZone) -> Timestamp {
        self.plus(1).start(zone)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = self.first_day();
        write!(formatter, "{:04}-{:02}", day.year(), day.month())
    }
}

impl FromStr for Month {
    type Err = Error;

    /// Reads a month such as `2026-11`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let parts = text.split_once('-').filter(|(year, month)| {
            let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
            year.len() == 4 && month.len() == 2 && digits(year) && digits(month)
        });
        let date = parts.and_then(|(year, month)| Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok());
        date.map(Self::of).ok_or_else(|| {
            Error::invalid_field("month", format!("{text:?} is no month; write it as 2026-11"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read_and_shown_and_follow_each_other() {
        let december: Month = "2026-12".parse().unwrap();
        assert_eq!(december.to_string(), "2026-12");
        assert_eq!(december.plus(1).to_string(), "2027-01");
        assert_eq!(december.plus(-12).to_string(), "2025-12");
        assert_eq!(
            (
                december.since(december.plus(-5)),
                december.plus(-5).since(december)
            ),
            (5, -5)
        );
        for wrong in [
            "2026-13", "2026-00", "2026-1", "26-01", "2026/01", "2026-011", "+026-01", "",
        ] {
            assert!(wrong.parse::<Month>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_month_is_that_of_the_program() {
        let zone = TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap();
        let march: Month = "2026-03".parse().unwrap();
        assert_eq!(march.start(&zone), "2026-03-01T05:00:00Z".parse().unwrap());
        assert_eq!(march.end(&zone), "2026-04-01T04:00:00Z".parse().unwrap());
        assert_eq!(Month::at("2026-04-01T03:59:59Z".parse().unwrap(), &zone), march);
        assert_eq!(
            Month::at("2026-04-01T04:00:00Z".parse().unwrap(), &zone),
            march.plus(1)
        );
    }
}
