//! Runs of active periods.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::terms::Rules;
use crate::domain::calendar::{Period, day_of};

/// The runs of active periods in a history that is told in the order of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Streak {
    period: Period,
    activities_per_period: i64,
    freezes: i64,
    /// Activities by period.
    counts: BTreeMap<i64, i64>,
    /// Numbers of the active periods, ascending.
    active: Vec<i64>,
    /// Where in `active` the run begins that ends with its last.
    begin: usize,
    /// Active periods in the longest run so far.
    longest: usize,
}

/// A streak that goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CurrentStreak {
    /// Active periods in it.
    pub length: i64,
    /// Missed periods that it can still forgive.
    pub freezes_left: i64,
    /// It goes on if the next active period is reached before this moment.
    pub continue_before: Timestamp,
}

impl Streak {
    pub(super) fn new(period: Period, activities_per_period: i64, freezes: i64) -> Self {
        Self {
            period,
            activities_per_period,
            freezes,
            counts: BTreeMap::new(),
            active: Vec::new(),
            begin: 0,
            longest: 0,
        }
    }

    /// Takes the next activity.
    pub(super) fn push(&mut self, moment: Timestamp, rules: &Rules<'_>) {
        let number = self.period.number_of(day_of(moment, rules.zone));
        let count = self.counts.entry(number).or_default();
        *count += 1;
        if *count != self.activities_per_period {
            return;
        }
        self.active.push(number);
        while missed_before(number, &self.active[self.begin..]) > self.freezes {
            self.begin += 1;
        }
        self.longest = self.longest.max(self.active.len() - self.begin);
    }

    /// Active periods in the longest run.
    pub(super) fn longest(&self) -> i64 {
        number_of(self.longest)
    }

    /// The streak that goes on at a moment; none when there is none. The period of the moment is not over: it may be
    /// active yet, and does not count as missed.
    pub(super) fn current(&self, now: Timestamp, rules: &Rules<'_>) -> Option<CurrentStreak> {
        let present = self.period.number_of(day_of(now, rules.zone));
        let until_now = &self.active[..self.active.partition_point(|number| *number <= present)];
        let last = *until_now.last()?;
        let runs = (0..until_now.len()).map(|begin| &until_now[begin..]);
        let run = { runs }.find(|run| missed_before(present, run) <= self.freezes)?;
        let last_chance = last + 1 + self.freezes - missed_before(last, run);
        Some(CurrentStreak {
            length: number_of(run.len()),
            freezes_left: self.freezes - missed_before(present, run),
            continue_before: self.period.end(last_chance, rules.zone),
        })
    }
}

/// Periods that a run of active ones misses from its beginning up to a period, that period itself not included.
fn missed_before(period: i64, run: &[i64]) -> i64 {
    let met = run.partition_point(|number| *number < period);
    run.first().map_or(0, |first| period - first - number_of(met))
}

fn number_of(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
