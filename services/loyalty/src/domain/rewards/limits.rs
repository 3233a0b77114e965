//! How many units of a reward a member may redeem, in all and within windows of time.
//!
//! A unit counts at the moment at which it was reserved, and no more once it was given back. A window is a day, week
//! (from Monday), month or year of the or the last n days, today included; days are those of the program's time
//! zone. What counts is kept as [`Use`]s, one per redemption, so that every window is exact whichever limits there are
//! and however they change.

use std::{collections::BTreeSet, fmt};

use jiff::{Timestamp, ToSpan as _, civil::Date, tz::TimeZone};
use rapport_status::{Error, FieldViolation};
use uuid::Uuid;

use super::{catalogue::RESOURCE_TYPE, reasons};
use crate::domain::calendar;

/// Most limits of one reward.
pub const MOST_LIMITS: usize = 8;

/// Most units that a limit can allow.
pub const MOST_LIMITED_UNITS: i64 = 10_000;

/// Most days of a rolling window: ten years, with their leap days.
pub const MOST_ROLLING_DAYS: i32 = 3_653;

/// A time within which units are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Window {
    /// From the first redemption on, for ever.
    InAll,
    /// A day.
    Day,
    /// A week, from Monday to Sunday.
    Week,
    /// A month of the calendar.
    Month,
    /// A year of the calendar.
    Year,
    /// The last so many days, today included.
    RollingDays(i32),
}

/// Most units within any window of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The kind of window.
    pub window: Window,
    /// Most units, at least 1.
    pub most: i64,
}

/// Units that a redemption has, which count from the moment at which they were reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// The redemption.
    pub redemption: Uuid,
    /// When it was reserved.
    pub time: Timestamp,
    /// Its units that were not given back, at least 1.
    pub units: i64,
}

/// What a member has redeemed of a reward.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Uses {
    /// Units reserved before those that are listed: they count only in all.
    pub units_before: i64,
    /// Redemptions that have units, from the moment on that [`needed_since`] tells.
    pub listed: Vec<Use>,
}

impl fmt::Display for Window {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InAll => formatter.write_str("in all"),
            Self::Day => formatter.write_str("per day"),
            Self::Week => formatter.write_str("per week"),
            Self::Month => formatter.write_str("per month"),
            Self::Year => formatter.write_str("per year"),
            Self::RollingDays(days) => write!(formatter, "within {days} days"),
        }
    }
}

impl Window {
    /// The first moment of the window that a moment lies in, as the last one where windows overlap; none means that it
    /// has no beginning.
    pub fn start(self, now: Timestamp, time_zone: &TimeZone) -> Option<Timestamp> {
        self.first_day(calendar::day_of(now, time_zone))
            .map(|day| calendar::start_of_day(day, time_zone))
    }

    fn first_day(self, today: Date) -> Option<Date> {
        Some(match self {
            Self::InAll => return None,
            Self::Day => today,
            Self::Week => calendar::plus_days(today, -i32::from(today.weekday().to_monday_zero_offset())),
            Self::Month => today.first_of_month(),
            Self::Year => today.first_of_year(),
            Self::RollingDays(days) => calendar::plus_days(today, 1_i32.saturating_sub(days)),
        })
    }

    /// The first moment at which units that count now may count no more, the first of them having been reserved at a
    /// moment.
    fn end(self, now: Timestamp, first: Timestamp, time_zone: &TimeZone) -> Option<Timestamp> {
        let first_day = self.first_day(calendar::day_of(now, time_zone))?;
        let day = match self {
            Self::InAll => return None,
            Self::Day => calendar::plus_days(first_day, 1),
            Self::Week => calendar::plus_days(first_day, 7),
            Self::Month => first_day.saturating_add(1.months()),
            Self::Year => first_day.saturating_add(1.years()),
            Self::RollingDays(days) => calendar::plus_days(calendar::day_of(first, time_zone), days),
        };
        Some(calendar::start_of_day(day, time_zone))
    }
}

/// From when on redemptions must be listed so that limits can be decided at a moment; none means that none must.
pub fn needed_since(limits: &[Limit], now: Timestamp, time_zone: &TimeZone) -> Option<Timestamp> {
    limits
        .iter()
        .filter_map(|limit| limit.window.start(now, time_zone))
        .min()
}

impl Uses {
    /// Units that count in a window at a moment.
    pub fn units(&self, window: Window, now: Timestamp, time_zone: &TimeZone) -> i64 {
        let counting: i64 = self
            .counting(window, now, time_zone)
            .fold(0, |sum, counted| sum.saturating_add(counted.units));
        match window {
            Window::InAll => counting.saturating_add(self.units_before),
            _ => counting,
        }
    }

    fn counting(&self, window: Window, now: Timestamp, time_zone: &TimeZone) -> impl Iterator<Item = &Use> {
        let start = window.start(now, time_zone).unwrap_or(Timestamp::MIN);
        self.listed.iter().filter(move |counted| start <= counted.time)
    }

    /// Units that can still be redeemed at a moment; none means that no limit is set.
    pub fn left(&self, limits: &[Limit], now: Timestamp, time_zone: &TimeZone) -> Option<i64> {
        let left = |limit: &Limit| (limit.most - self.units(limit.window, now, time_zone)).max(0);
        limits.iter().map(left).min()
    }

    /// Refuses units that would exceed a limit, and tells which and until when.
    pub(super) fn require(
        &self,
        limits: &[Limit],
        units: i64,
        (now, time_zone): (Timestamp, &TimeZone),
        (reward, member): (&str, &str),
    ) -> Result<(), Error> {
        for limit in limits {
            let used = self.units(limit.window, now, time_zone);
            if used.saturating_add(units) <= limit.most {
                continue;
            }
            let first = self
                .counting(limit.window, now, time_zone)
                .map(|counted| counted.time);
            let end = first
                .min()
                .and_then(|first| limit.window.end(now, first, time_zone));
            let remedy = match end {
                Some(end) if units <= limit.most => format!("redeem fewer, or again from {end} on"),
                _ => "redeem fewer, or another reward".to_owned(),
            };
            return Err(Error::about(
                reasons::REWARD_LIMIT_REACHED,
                RESOURCE_TYPE,
                reward,
                format!(
                    "{member} may redeem {} units of {reward} {}; {used} count already, so that {units} more are too \
                     many; {remedy}",
                    limit.most, limit.window
                ),
            )
            .with("limit_units", limit.most)
            .with("counted_units", used));
        }
        Ok(())
    }

    /// Counts units of a redemption, or no longer counts them when negative.
    pub(super) fn count(&mut self, redemption: Uuid, time: Timestamp, units: i64) {
        match self
            .listed
            .iter_mut()
            .find(|known| known.redemption == redemption)
        {
            Some(known) => known.units = known.units.saturating_add(units),
            None if units > 0 => self.listed.push(Use {
                redemption,
                time,
                units,
            }),
            None => self.units_before = self.units_before.saturating_add(units),
        }
        self.listed.retain(|known| known.units > 0);
    }
}

/// Reports limits out of range and kinds of windows that have two limits.
pub fn check(limits: &[Limit], path: &str, found: &mut Vec<FieldViolation>) {
    if limits.len() > MOST_LIMITS {
        found.push(FieldViolation::new(
            path,
            format!("must be at most {MOST_LIMITS} limits, not {}", limits.len()),
        ));
        return;
    }
    let mut windows = BTreeSet::new();
    for (index, limit) in limits.iter().enumerate() {
        if !(1..=MOST_LIMITED_UNITS).contains(&limit.most) {
            found.push(FieldViolation::new(
                format!("{path}[{index}].most"),
                format!("must be 1 to {MOST_LIMITED_UNITS}"),
            ));
        }
        if let Window::RollingDays(days) = limit.window
            && !(1..=MOST_ROLLING_DAYS).contains(&days)
        {
            found.push(FieldViolation::new(
                format!("{path}[{index}].window.rolling_days"),
                format!("must be 1 to {MOST_ROLLING_DAYS}"),
            ));
        }
        if !windows.insert(limit.window) {
            found.push(FieldViolation::new(
                format!("{path}[{index}].window"),
                format!("must have one limit, and there is one {} before", limit.window),
            ));
        }
    }
}
