//! Sums and months, done the simplest way.

use jiff::civil::Date;

use super::super::*;

/// Sums by measure, as a list.
#[derive(Default)]
pub(super) struct Sums(Vec<(Measure, i128)>);

impl Sums {
    pub(super) fn add(&mut self, measure: &Measure, amount: i128) {
        match self.0.iter_mut().find(|(known, _)| known == measure) {
            Some((_, sum)) => *sum += amount,
            None => self.0.push((measure.clone(), amount)),
        }
    }

    pub(super) fn of(&self, measure: &Measure) -> i128 {
        let known = self.0.iter().find(|(known, _)| known == measure);
        known.map_or(0, |(_, sum)| *sum)
    }

    pub(super) fn meet(&self, asked: &Qualification) -> bool {
        let count = asked
            .thresholds
            .iter()
            .filter(|threshold| self.of(&threshold.measure) >= i128::from(threshold.at_least))
            .count();
        match asked.combination {
            Combination::All => count == asked.thresholds.len(),
            Combination::Any => count > 0,
        }
    }

    pub(super) fn values(&self, asked: &Qualification) -> Vec<Value> {
        let value = |threshold: &Threshold| Value {
            measure: threshold.measure.clone(),
            amount: i64::try_from(self.of(&threshold.measure)).unwrap(),
        };
        asked.thresholds.iter().map(value).collect()
    }
}

pub(super) fn is_leap(year: i16) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i16, month: i8) -> i8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

pub(super) fn add_months(day: Date, months: i32) -> Date {
    let mut year = day.year();
    let mut month = i32::from(day.month()) + months;
    while month > 12 {
        month -= 12;
        year += 1;
    }
    let month = i8::try_from(month).unwrap();
    Date::new(year, month, day.day().min(days_in(year, month))).unwrap()
}

pub(super) fn first_of_next_month(day: Date) -> Date {
    add_months(Date::new(day.year(), day.month(), 1).unwrap(), 1)
}
