//! When points expire.

use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use rapport_status::FieldViolation;

use super::{
    calendar::{day_of, end_of_day},
    wallet::Activities,
};

/// Longest time from earning to expiry, in months.
pub const LONGEST_LIFETIME_MONTHS: i32 = 120;

/// Most days of the year on which points of a wallet expire.
pub const MOST_FIXED_DAYS: usize = 12;

/// When the points of a wallet expire. Days are those of the program's time zone; points expire when the last day is over.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Expiry {
    /// Never.
    #[default]
    Never,
    /// A time after each was given.
    Rolling {
        /// After so many months, 1 to [`LONGEST_LIFETIME_MONTHS`] …
        months: i32,
        /// … at the end of this.
        rounding: Rounding,
    },
    /// On the same days of each year, all that were given some time before.
    FixedDays {
        /// The days.
        days: Vec<DayOfYear>,
        /// Months that points last at least, 0 to [`LONGEST_LIFETIME_MONTHS`].
        at_least_months: i32,
    },
    /// A time after the member was last active: every activity moves the expiry of all points of the wallet.
    Sliding {
        /// After so many months, 1 to [`LONGEST_LIFETIME_MONTHS`].
        months: i32,
        /// What counts as activity.
        activities: Activities,
    },
}

/// To the end of what a lifetime is rounded up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Rounding {
    /// The day.
    #[default]
    Day,
    /// The calendar month.
    Month,
    /// The calendar quarter.
    Quarter,
    /// The calendar year.
    Year,
}

/// A day that every year has; 29 February is 28 February in other years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DayOfYear {
    /// 1 to 12.
    pub month: i8,
    /// 1 to 31, as the month has them.
    pub day: i8,
}

impl DayOfYear {
    fn exists(self) -> bool {
        // A leap year has them all.
        Date::new(2024, self.month, self.day).is_ok()
    }

    fn in_year(self, year: i16) -> Option<Date> {
        Date::new(year, self.month, self.day)
            .or_else(|_| Date::new(year, self.month, self.day - 1))
            .ok()
    }
}

impl Expiry {
    /// Points expire so many months after they were given, at the end of the day; 0 means never.
    pub fn after_months(months: i32) -> Self {
        match months {
            0 => Self::Never,
            months => Self::Rolling {
                months,
                rounding: Rounding::Day,
            },
        }
    }

    /// Everything that breaks a rule; `field` is the name of this one.
    pub fn check(&self, field: &str) -> Vec<FieldViolation> {
        let mut found = Vec::new();
        let mut refuse = |name: &str, what: String| {
            found.push(FieldViolation::new(format!("{field}.{name}"), what));
        };
        let within = |least: i32, months: i32| (least..=LONGEST_LIFETIME_MONTHS).contains(&months);
        match self {
            Self::Rolling { months, .. } if !within(1, *months) => {
                refuse(
                    "rolling.months",
                    format!("must be 1 to {LONGEST_LIFETIME_MONTHS}"),
                );
            }
            Self::Sliding { months, activities } => {
                if !within(1, *months) {
                    refuse(
                        "sliding.months",
                        format!("must be 1 to {LONGEST_LIFETIME_MONTHS}"),
                    );
                }
                if *activities == Activities::default() {
                    refuse("sliding.activities", "must name at least one activity".to_owned());
                }
            }
            Self::Never | Self::Rolling { .. } => {}
            Self::FixedDays {
                days,
                at_least_months,
            } => {
                if !(1..=MOST_FIXED_DAYS).contains(&days.len()) {
                    refuse(
                        "fixed_days.days",
                        format!("must name 1 to {MOST_FIXED_DAYS} days"),
                    );
                }
                for (index, day) in days.iter().enumerate().filter(|(_, day)| !day.exists()) {
                    refuse(
                        &format!("fixed_days.days[{index}]"),
                        format!("no year has a day {} in month {}", day.day, day.month),
                    );
                }
                if !within(0, *at_least_months) {
                    refuse(
                        "fixed_days.at_least_months",
                        format!("must be 0 to {LONGEST_LIFETIME_MONTHS}"),
                    );
                }
            }
        }
        found
    }

    /// The moment at which points given at a moment expire; none means never.
    ///
    /// A day that a month does not have becomes its last: given on 31 August with 6 months, points expire at the end of
    /// 28 or 29 February.
    pub fn expire_time(&self, given: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let day = day_of(given, zone);
        let last_day = match self {
            Self::Never => return None,
            Self::Rolling { months, rounding } => rounding.last_day(day.saturating_add(months.months())),
            Self::Sliding { months, .. } => day.saturating_add(months.months()),
            Self::FixedDays {
                days,
                at_least_months,
            } => next_fixed_day(days, day.saturating_add(at_least_months.months())),
        };
        Some(end_of_day(last_day, zone))
    }

    /// For sliding expiry: what counts as activity, and when points expire after an activity at a moment.
    pub fn sliding(&self, now: Timestamp, zone: &TimeZone) -> Option<(Activities, Timestamp)> {
        match self {
            Self::Sliding { activities, .. } => Some((*activities, self.expire_time(now, zone)?)),
            Self::Never | Self::Rolling { .. } | Self::FixedDays { .. } => None,
        }
    }
}

impl Rounding {
    fn last_day(self, day: Date) -> Date {
        match self {
            Self::Day => day,
            Self::Month => day.last_of_month(),
            Self::Quarter => {
                let months_left = (3 - day.month() % 3) % 3;
                day.first_of_month()
                    .saturating_add(i64::from(months_left).months())
                    .last_of_month()
            }
            Self::Year => day.last_of_year(),
        }
    }
}

/// The first of the fixed days that is not before a day.
fn next_fixed_day(days: &[DayOfYear], earliest: Date) -> Date {
    let years = [earliest.year(), earliest.year().saturating_add(1)];
    let candidates = years
        .into_iter()
        .flat_map(|year| days.iter().filter_map(move |day| day.in_year(year)));
    candidates
        .filter(|day| *day >= earliest)
        .min()
        .unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn rolling(months: i32, rounding: Rounding) -> Expiry {
        Expiry::Rolling { months, rounding }
    }

    fn fixed(days: &[(i8, i8)], at_least_months: i32) -> Expiry {
        let days = days.iter().map(|&(month, day)| DayOfYear { month, day });
        Expiry::FixedDays {
            days: days.collect(),
            at_least_months,
        }
    }

    #[test]
    fn points_expire_at_the_end_of_the_day_that_lies_the_lifetime_later() {
        for (given, months, expires) in [
            ("2026-01-15T10:00:00Z", 12, "2027-01-16T00:00:00Z"),
            ("2026-08-31T23:59:59Z", 6, "2027-03-01T00:00:00Z"),
            ("2027-08-31T00:00:00Z", 6, "2028-03-01T00:00:00Z"),
            ("2024-02-29T12:00:00Z", 12, "2025-03-01T00:00:00Z"),
            ("2024-02-29T12:00:00Z", 48, "2028-03-01T00:00:00Z"),
            ("2026-12-31T00:00:00Z", 120, "2037-01-01T00:00:00Z"),
        ] {
            assert_eq!(
                Expiry::after_months(months).expire_time(moment(given), &TimeZone::UTC),
                Some(moment(expires)),
                "given {given}, {months} months"
            );
        }
    }

    #[test]
    fn a_lifetime_is_rounded_up_to_the_end_of_its_month_quarter_or_year() {
        for (given, rounding, expires) in [
            ("2026-01-15T10:00:00Z", Rounding::Month, "2026-04-01T00:00:00Z"),
            ("2026-01-15T10:00:00Z", Rounding::Quarter, "2026-04-01T00:00:00Z"),
            ("2026-02-01T10:00:00Z", Rounding::Quarter, "2026-07-01T00:00:00Z"),
            ("2026-03-31T10:00:00Z", Rounding::Quarter, "2026-07-01T00:00:00Z"),
            ("2026-10-31T10:00:00Z", Rounding::Quarter, "2027-01-01T00:00:00Z"),
            ("2026-11-30T10:00:00Z", Rounding::Quarter, "2027-04-01T00:00:00Z"),
            ("2026-12-15T10:00:00Z", Rounding::Year, "2028-01-01T00:00:00Z"),
            ("2027-12-15T10:00:00Z", Rounding::Month, "2028-03-01T00:00:00Z"),
        ] {
            assert_eq!(
                rolling(2, rounding).expire_time(moment(given), &TimeZone::UTC),
                Some(moment(expires)),
                "given {given}, 2 months, {rounding:?}"
            );
        }
    }

    #[test]
    fn on_fixed_days_all_expires_that_has_lasted_long_enough() {
        for (given, days, at_least, expires) in [
            ("2026-01-15T10:00:00Z", &[(3, 31)][..], 0, "2026-04-01T00:00:00Z"),
            ("2026-03-31T23:00:00Z", &[(3, 31)], 0, "2026-04-01T00:00:00Z"),
            ("2026-04-01T00:00:00Z", &[(3, 31)], 0, "2027-04-01T00:00:00Z"),
            ("2026-01-15T10:00:00Z", &[(3, 31)], 3, "2027-04-01T00:00:00Z"),
            (
                "2026-01-15T10:00:00Z",
                &[(12, 31), (6, 30)],
                0,
                "2026-07-01T00:00:00Z",
            ),
            ("2026-01-15T10:00:00Z", &[(2, 29)], 0, "2026-03-01T00:00:00Z"),
            ("2027-03-15T10:00:00Z", &[(2, 29)], 0, "2028-03-01T00:00:00Z"),
        ] {
            assert_eq!(
                fixed(days, at_least).expire_time(moment(given), &TimeZone::UTC),
                Some(moment(expires)),
                "given {given}, {days:?}, at least {at_least} months"
            );
        }
    }

    #[test]
    fn days_are_those_of_the_time_zone() {
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap();
        let given = moment("2026-01-15T17:00:00Z");
        assert_eq!(
            Expiry::after_months(1).expire_time(given, &shanghai),
            Some(moment("2026-02-16T16:00:00Z")),
            "it is the 16th there already"
        );
        // On 8 March 2026 the day in New York has 23 hours.
        let new_york = TimeZone::get("America/New_York").unwrap();
        assert_eq!(
            Expiry::after_months(1).expire_time(moment("2026-02-08T12:00:00Z"), &new_york),
            Some(moment("2026-03-09T04:00:00Z"))
        );
    }

    #[test]
    fn without_an_end_points_never_expire_and_the_end_of_time_is_no_overflow() {
        assert_eq!(
            Expiry::Never.expire_time(moment("2026-01-15T10:00:00Z"), &TimeZone::UTC),
            None
        );
        for expiry in [rolling(120, Rounding::Year), fixed(&[(1, 1)], 120)] {
            assert_eq!(
                expiry.expire_time(Timestamp::MAX, &TimeZone::UTC),
                Some(Timestamp::MAX),
                "{expiry:?}"
            );
        }
    }

    #[test]
    fn what_is_wrong_about_an_expiry_is_named() {
        let sliding = |months, earning| Expiry::Sliding {
            months,
            activities: Activities {
                earning,
                redeeming: false,
            },
        };
        for (expiry, fields) in [
            (rolling(0, Rounding::Day), &["expiry.rolling.months"][..]),
            (rolling(1, Rounding::Day), &[]),
            (rolling(120, Rounding::Day), &[]),
            (rolling(121, Rounding::Day), &["expiry.rolling.months"]),
            (sliding(12, true), &[]),
            (sliding(12, false), &["expiry.sliding.activities"]),
            (sliding(0, true), &["expiry.sliding.months"]),
            (
                sliding(0, false),
                &["expiry.sliding.months", "expiry.sliding.activities"],
            ),
            (fixed(&[], 0), &["expiry.fixed_days.days"]),
            (fixed(&[(1, 1); 12], 0), &[]),
            (fixed(&[(1, 1); 13], 0), &["expiry.fixed_days.days"]),
            (
                fixed(&[(1, 1), (2, 30)], 121),
                &["expiry.fixed_days.days[1]", "expiry.fixed_days.at_least_months"],
            ),
            (fixed(&[(2, 29)], -1), &["expiry.fixed_days.at_least_months"]),
            (Expiry::Never, &[]),
        ] {
            let found: Vec<String> = expiry
                .check("expiry")
                .into_iter()
                .map(|found| found.field)
                .collect();
            assert_eq!(found, fields, "{expiry:?}");
        }
    }
}
