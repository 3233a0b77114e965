//! When points expire.

use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, Time},
    tz::Offset,
};

/// The moment at which points posted at a moment expire: the end of the day (UTC) that lies the program's lifetime in
/// months later. A day that the month does not have becomes its last: posted on 31 August with 6 months, points expire
/// at the end of 28 or 29 February. `None` when the lifetime is 0: such points never expire.
pub fn expire_time(posted: Timestamp, lifetime_months: i32) -> Option<Timestamp> {
    if lifetime_months <= 0 {
        return None;
    }
    let day = Offset::UTC.to_datetime(posted).date();
    let last_day = day.saturating_add(lifetime_months.months());
    Some(end_of_day(last_day))
}

/// The first moment after a day (UTC).
fn end_of_day(day: Date) -> Timestamp {
    day.tomorrow()
        .and_then(|next| Offset::UTC.to_timestamp(next.to_datetime(Time::midnight())))
        .unwrap_or(Timestamp::MAX)
}

/// The calendar month (UTC) of a moment, such as `2026-11`: the vintage of the lots opened in it.
pub fn vintage(posted: Timestamp) -> String {
    let day = Offset::UTC.to_datetime(posted).date();
    format!("{:04}-{:02}", day.year(), day.month())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn points_expire_at_the_end_of_the_day_that_lies_the_lifetime_later() {
        for (posted, months, expires) in [
            ("2026-01-15T10:00:00Z", 12, "2027-01-16T00:00:00Z"),
            ("2026-08-31T23:59:59Z", 6, "2027-03-01T00:00:00Z"),
            ("2027-08-31T00:00:00Z", 6, "2028-03-01T00:00:00Z"),
            ("2024-02-29T12:00:00Z", 12, "2025-03-01T00:00:00Z"),
            ("2024-02-29T12:00:00Z", 48, "2028-03-01T00:00:00Z"),
            ("2026-12-31T00:00:00Z", 120, "2037-01-01T00:00:00Z"),
        ] {
            assert_eq!(
                expire_time(moment(posted), months),
                Some(moment(expires)),
                "posted {posted}, {months} months"
            );
        }
    }

    #[test]
    fn without_a_lifetime_points_never_expire() {
        assert_eq!(expire_time(moment("2026-01-15T10:00:00Z"), 0), None);
    }

    #[test]
    fn the_end_of_time_is_no_overflow() {
        assert_eq!(expire_time(Timestamp::MAX, 120), Some(Timestamp::MAX));
    }

    #[test]
    fn a_vintage_is_a_month_of_universal_time() {
        assert_eq!(vintage(moment("2026-11-30T23:30:00-02:00")), "2026-12");
    }
}
