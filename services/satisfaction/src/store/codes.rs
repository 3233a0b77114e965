//! How values of the domain are written in columns.

use jiff::civil::{Date, date};
use rapport_status::{Error, Result};

use crate::domain::metric::Metric;

/// The day 0 of stored days.
const EPOCH: Date = date(1970, 1, 1);

/// The number under which a metric is stored. Never changes.
pub(super) const fn of_metric(metric: Metric) -> i16 {
    match metric {
        Metric::Csat => 1,
        Metric::Nps => 2,
        Metric::Ces => 3,
        Metric::Likert => 4,
        Metric::Index => 5,
    }
}

/// The metric that is stored under a number.
pub(super) fn to_metric(code: i16) -> Result<Metric> {
    Metric::ALL
        .into_iter()
        .find(|metric| of_metric(*metric) == code)
        .ok_or_else(|| Error::internal(format!("a stored row has the unknown metric {code}")))
}

/// A date as days since the Unix epoch.
pub fn of_day(day: Date) -> i32 {
    i32::try_from(day.duration_since(EPOCH).as_hours() / 24).unwrap_or(i32::MAX)
}

/// The date that is so many days after the Unix epoch.
pub(super) fn to_day(days: i32) -> Result<Date> {
    EPOCH
        .checked_add(jiff::SignedDuration::from_hours(i64::from(days) * 24))
        .map_err(|error| Error::internal(format!("a stored row has the day {days}")).because(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_and_days_are_read_as_they_were_written() {
        for metric in Metric::ALL {
            assert_eq!(to_metric(of_metric(metric)).unwrap(), metric);
        }
        for day in [
            date(1, 1, 1),
            date(1969, 12, 31),
            EPOCH,
            date(2026, 2, 28),
            date(9999, 12, 31),
        ] {
            assert_eq!(to_day(of_day(day)).unwrap(), day);
        }
        assert_eq!(of_day(date(1970, 1, 2)), 1);
        assert_eq!(of_day(date(1969, 12, 31)), -1);
    }
}
