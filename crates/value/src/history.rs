//! A customer's purchases, reduced to the numbers that the scores and models use.
//!
//! Rules that all reductions share:
//!
//! - Rows after the as-of day are ignored, so a reduction can be repeated later with the same result.
//! - A row with a negative amount is a return. It lowers the money but is never a purchase day.
//! - A row with the amount zero is a purchase (a voucher, a free item): the customer did act.
//! - Several rows on one day are one purchase day.
//! - The order of the rows does not matter.

use std::collections::BTreeMap;

use crate::{Day, convert, purchase_model::RepeatHistory};

/// One row of a customer's purchase history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Purchase {
    /// The day of the purchase or return.
    pub day: Day,
    /// Amount in minor units; negative for a return.
    pub amount_minor: i64,
    /// Units bought; negative for a return.
    pub quantity: i32,
}

/// Recency, frequency and monetary value of one customer as of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecencyFrequencyMonetary {
    /// Days from the last purchase day to the as-of day, 0 or more.
    pub recency_days: i32,
    /// Number of distinct purchase days, 1 or more.
    pub frequency: u32,
    /// Sum of all amounts in minor units, returns subtracted. Stops at the ends of `i64`.
    pub monetary_minor: i64,
    /// Sum of all quantities, returns subtracted.
    pub units: i64,
}

/// What the purchase and spend models need to know of one customer: the calibration summary.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CalibrationSummary {
    /// Repeat purchase days and their timing in weeks.
    pub repeat: RepeatHistory,
    /// Mean value of a repeat purchase day in minor units, 0 without repeat purchase days. The value of a
    /// day is the sum of that day's amounts, returns on the same day included. (z̄ in the literature.)
    pub mean_repeat_minor: f64,
}

/// Recency, frequency and monetary value as of a day; none without a purchase on or before it.
pub fn recency_frequency_monetary(purchases: &[Purchase], as_of: Day) -> Option<RecencyFrequencyMonetary> {
    let days = purchase_days(purchases, as_of);
    let last = *days.last()?;
    let known = purchases.iter().filter(|purchase| purchase.day <= as_of);
    let (mut sum, mut units) = (0_i128, 0_i64);
    for purchase in known {
        sum += i128::from(purchase.amount_minor);
        units = units.saturating_add(i64::from(purchase.quantity));
    }
    Some(RecencyFrequencyMonetary {
        recency_days: as_of.days_since(last),
        frequency: u32::try_from(days.len()).unwrap_or(u32::MAX),
        monetary_minor: saturating_minor(sum),
        units,
    })
}

/// The calibration summary as of a day; none without a purchase on or before it.
///
/// With purchase days d₀ < d₁ < … < dₓ: x repeat purchase days, `t_x` = (dₓ − d₀)/7 weeks, T = (as of − d₀)/7
/// weeks, and z̄ = the mean over d₁ … dₓ of each day's summed amounts.
///
/// Source: Fader, Hardie, Lee (2005), "Counting your customers the easy way", Marketing Science 24(2); the
/// reduction of the raw CDNOW file is the one of Bruce Hardie's note 026.
pub fn calibration_summary(purchases: &[Purchase], as_of: Day) -> Option<CalibrationSummary> {
    let mut amounts: BTreeMap<Day, (bool, i128)> = BTreeMap::new();
    for purchase in purchases.iter().filter(|purchase| purchase.day <= as_of) {
        let (bought, sum) = amounts.entry(purchase.day).or_default();
        *bought |= is_purchase(purchase);
        *sum += i128::from(purchase.amount_minor);
    }
    let mut days = amounts
        .iter()
        .filter(|(_, (bought, _))| *bought)
        .map(|(day, (_, sum))| (*day, *sum));
    let (first, _) = days.next()?;
    let (mut repeats, mut last, mut repeat_sum) = (0_u32, first, 0_i128);
    for (day, sum) in days {
        repeats = repeats.saturating_add(1);
        last = day;
        repeat_sum += sum;
    }
    let mean_repeat_minor = if repeats == 0 {
        0.0
    } else {
        convert::amount(repeat_sum) / f64::from(repeats)
    };
    let repeat = RepeatHistory {
        repeats,
        last_repeat_weeks: last.weeks_since(first),
        observed_weeks: as_of.weeks_since(first),
    };
    Some(CalibrationSummary {
        repeat,
        mean_repeat_minor,
    })
}

/// The distinct purchase days on or before a day, ascending.
pub fn purchase_days(purchases: &[Purchase], as_of: Day) -> Vec<Day> {
    let mut days: Vec<Day> = purchases
        .iter()
        .filter(|purchase| purchase.day <= as_of && is_purchase(purchase))
        .map(|purchase| purchase.day)
        .collect();
    days.sort_unstable();
    days.dedup();
    days
}

fn is_purchase(purchase: &Purchase) -> bool {
    purchase.amount_minor >= 0
}

fn saturating_minor(sum: i128) -> i64 {
    i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })
}
