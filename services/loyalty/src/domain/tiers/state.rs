//! The snapshot from which tiers are carried on.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{Timestamp, civil::Date};
use uuid::Uuid;

use super::{
    config::{Qualification, TierSet, Window},
    measure::{Measure, Tally, Value},
    standing::Change,
};

/// Everything that matters for what comes after a moment, without the history before it. Its size does not grow with
/// the history: with a rolling window there is one entry for each day in the window, otherwise a handful of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Number of the version in force.
    pub version: u32,
    /// When the member was enrolled.
    pub enrolled: Timestamp,
    /// The last moment at which something happened or was due. Facts after it are applied without a replay.
    pub processed: Timestamp,
    /// What counts at present.
    pub collected: Collected,
    /// Sums over the whole history.
    pub whole_history: Tally,
    /// Ids of the tiers whose thresholds are met at present.
    pub met: BTreeSet<String>,
    /// Tiers that were reached and are valid.
    pub awards: Vec<Award>,
    /// The tier whose validity is over and that is kept for a while.
    pub grace: Option<GracePeriod>,
    /// The tier that is had for ever.
    pub lifetime: Option<LifetimeStatus>,
    /// Gifts and matches that hold.
    pub grants: Vec<HeldGrant>,
    /// The latest change.
    pub current: Change,
    /// Since when the member has the present tier.
    pub since: Timestamp,
}

/// What counts at present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Collected {
    /// In a window with a beginning and an end.
    Fixed {
        /// First day of the window.
        start: Date,
        /// First day of the next window.
        next: Date,
        /// What was earned within the window.
        earned: Tally,
        /// What was carried over from the window before.
        carried: Tally,
    },
    /// In a window that moves on from day to day.
    Rolling {
        /// What counts in all.
        total: Tally,
        /// What leaves, by the first day on which it does not count any more.
        leaving: BTreeMap<Date, Tally>,
    },
}

/// A tier that was reached and is valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Award {
    /// Id of the tier.
    pub tier: String,
    /// How it was reached.
    pub source: AwardSource,
    /// The first day on which it is not valid any more.
    pub ends: Date,
    /// Number of the version that decided.
    pub version: u32,
    /// What was counted.
    pub values: Vec<Value>,
}

/// How a tier was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AwardSource {
    /// By its thresholds.
    Qualified,
    /// By the challenge of a match, which has this id.
    Matched(Uuid),
    /// By falling from the tier above.
    SoftLanding,
}

/// A tier whose validity is over and that is kept for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GracePeriod {
    /// Id of the tier.
    pub tier: String,
    /// The first day after the period.
    pub ends: Date,
    /// Number of the version that decided.
    pub version: u32,
    /// What was counted at the review.
    pub values: Vec<Value>,
}

/// A tier that is had for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifetimeStatus {
    /// Id of the tier.
    pub tier: String,
    /// Number of the version that decided.
    pub version: u32,
    /// What was counted.
    pub values: Vec<Value>,
}

/// A gift or match that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldGrant {
    /// The grant.
    pub id: Uuid,
    /// Id of the tier.
    pub tier: String,
    /// The moment from which it was granted.
    pub granted: Timestamp,
    /// The first day on which it does not hold any more.
    pub ends: Date,
    /// Number of the version in force when it began.
    pub version: u32,
    /// What was asked for and what was reached, if it is a match.
    pub trial: Option<Trial>,
}

/// The trial of a match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// What must be reached.
    pub challenge: Qualification,
    /// What was counted since the grant.
    pub reached: Tally,
    /// Whether the challenge was met.
    pub met: bool,
}

impl Collected {
    /// Nothing yet, on a day.
    pub(super) fn nothing(window: Window, day: Date, enrolled: Date) -> Self {
        match window.span(day, enrolled) {
            Some((start, next)) => Self::Fixed {
                start,
                next,
                earned: Tally::default(),
                carried: Tally::default(),
            },
            None => Self::Rolling {
                total: Tally::default(),
                leaving: BTreeMap::new(),
            },
        }
    }

    /// Counts an event of a day that is not after today.
    pub(super) fn collect(
        &mut self,
        window: Window,
        today: Date,
        day: Date,
        measure: &Measure,
        amount: i128,
    ) {
        match self {
            Self::Fixed { start, earned, .. } => {
                if day >= *start {
                    earned.add(measure, amount);
                }
            }
            Self::Rolling { total, leaving } => {
                if let Some(leave) = window.leave_day(day).filter(|leave| *leave > today) {
                    total.add(measure, amount);
                    leaving.entry(leave).or_default().add(measure, amount);
                }
            }
        }
    }

    /// The sums that count for qualifications.
    pub fn totals(&self) -> Tally {
        match self {
            Self::Fixed { earned, carried, .. } => {
                let mut totals = earned.clone();
                totals.add_all(carried);
                totals
            }
            Self::Rolling { total, .. } => total.clone(),
        }
    }

    /// The next day on which what counts changes by time alone.
    pub(super) fn due(&self) -> Option<Date> {
        match self {
            Self::Fixed {
                next,
                earned,
                carried,
                ..
            } => (!earned.is_empty() || !carried.is_empty()).then_some(*next),
            Self::Rolling { leaving, .. } => leaving.keys().next().copied(),
        }
    }

    /// Lets go what does not count any more on a day, in a rolling window.
    pub(super) fn leave(&mut self, day: Date) {
        if let Self::Rolling { total, leaving } = self {
            while let Some(first) = leaving.first_entry()
                && *first.key() <= day
            {
                total.take_all(&first.remove());
            }
        }
    }
}

impl State {
    /// The place of the highest tier that was reached or is kept by grace; 0 without one.
    pub(super) fn reached(&self, set: &TierSet) -> usize {
        let awards = self.awards.iter().map(|award| &award.tier);
        let grace = self.grace.iter().map(|grace| &grace.tier);
        awards
            .chain(grace)
            .map(|tier| set.place(tier))
            .max()
            .unwrap_or_default()
    }

    /// The first day on which that tier is not kept any more; none when it is the base tier.
    pub(super) fn reached_until(&self, set: &TierSet) -> Option<Date> {
        let place = self.reached(set);
        let awards = self.awards.iter().map(|award| (&award.tier, award.ends));
        let grace = self.grace.iter().map(|grace| (&grace.tier, grace.ends));
        awards
            .chain(grace)
            .filter(|(tier, _)| set.place(tier) == place)
            .map(|(_, ends)| ends)
            .max()
    }

    /// Adds an award, or prolongs the one of the same tier and source.
    pub(super) fn award(&mut self, award: Award) {
        let same = |known: &Award| known.tier == award.tier && known.source == award.source;
        if let Some(known) = self.awards.iter().position(same) {
            if self.awards[known].ends >= award.ends {
                return;
            }
            self.awards.remove(known);
        }
        self.awards.push(award);
    }
}
