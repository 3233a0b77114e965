//! A version of a tier set: what its owner decides.

use jiff::Timestamp;
use rapport_money::Currency;

use super::{benefits::Benefit, measure::Measure, titles::Titles};

/// One version of a tier set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TierSet {
    /// Id of the set, the same in all its versions, such as `nights`.
    pub id: String,
    /// Number of this version, from 1; later versions have higher numbers.
    pub version: u32,
    /// The moment from which this version is in force, until the next one is.
    pub effective: Timestamp,
    /// The tiers from the lowest to the highest. The first is the base tier, which everybody has.
    pub tiers: Vec<Tier>,
    /// Over which time qualifying events are counted.
    pub window: Window,
    /// How long a tier is kept that was reached.
    pub validity: Validity,
    /// How long a tier is kept when the review finds it not met.
    pub grace: Grace,
    /// How far a member falls at the review, or after the grace period.
    pub landing: Landing,
    /// Whether the excess over the thresholds of the highest tier met in a window counts in the next window as well.
    /// What was carried over once is not carried on, so that each event counts in at most two windows.
    pub carry_over: bool,
}

/// A tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tier {
    /// Id within the set, such as `gold`. The same tier has the same id in all versions.
    pub id: String,
    /// Name that members see, by language.
    pub titles: Titles,
    /// Its place: higher ranks are better.
    pub rank: i32,
    /// What must be reached within the window. None for the base tier, and for tiers that are had by grant or for life
    /// only (by invitation).
    pub qualification: Option<Qualification>,
    /// What must be reached over the whole history to have the tier for ever; none when it cannot be had for ever.
    pub lifetime: Option<Qualification>,
    /// Whether the benefits of the next lower tier hold as well, as far as this tier has none of the same id.
    pub inherits: bool,
    /// Its benefits and privileges.
    pub benefits: Vec<Benefit>,
}

/// One or several thresholds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Qualification {
    /// Whether one threshold is enough.
    pub combination: Combination,
    /// The thresholds, each of another measure.
    pub thresholds: Vec<Threshold>,
}

/// How thresholds go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Combination {
    /// All must be reached.
    All,
    /// One of them is enough.
    Any,
}

/// How much of a measure is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threshold {
    /// What is counted.
    pub measure: Measure,
    /// How much of it is enough, in the measure's unit; at least 1.
    pub at_least: i64,
}

/// Over which time qualifying events are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// A year that begins with the first day of a month: 1 for January to 12.
    CalendarYear {
        /// The month.
        first_month: i8,
    },
    /// The year that begins with the enrolment day and its anniversaries. Who enrolled on 29 February has the
    /// anniversary on the 28th in other years.
    MembershipYear,
    /// An event counts from its day until the day before the same day so many months later (the last day of that
    /// month, if it is shorter).
    RollingMonths(i32),
    /// An event counts on its day and the following ones, so many days in all.
    RollingDays(i32),
}

impl Window {
    /// Whether it is one that moves on from day to day.
    pub fn is_rolling(self) -> bool {
        matches!(self, Self::RollingMonths(_) | Self::RollingDays(_))
    }
}

/// How long a tier is kept that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// To the end of the window in which it was reached. Not with rolling windows.
    EndOfWindow,
    /// To the end of the window after the one in which it was reached. Not with rolling windows.
    EndOfNextWindow,
    /// To the end of the month that lies so many months after the day on which it was reached.
    Months(i32),
}

/// How long a tier is kept after its validity, while its thresholds can still be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grace {
    /// Not at all.
    None,
    /// So many days.
    Days(i32),
    /// So many months: until the day before the same day of the later month.
    Months(i32),
}

/// How far a member falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landing {
    /// To the highest tier that was really qualified for.
    Qualified,
    /// At most one tier (leaving out those by invitation). The tier below is then kept to the end of the window in which
    /// the fall happens; when validity is counted in months, for that many months.
    OneTier,
}

impl Qualification {
    /// The currencies that its thresholds ask for.
    pub fn currencies(&self) -> impl Iterator<Item = Currency> + '_ {
        self.thresholds
            .iter()
            .filter_map(|threshold| match threshold.measure {
                Measure::Spend(currency) => Some(currency),
                _ => None,
            })
    }
}

impl TierSet {
    /// The tier of an id.
    pub fn tier(&self, id: &str) -> Option<&Tier> {
        self.tiers.iter().find(|tier| tier.id == id)
    }

    /// The place of a tier in the list; 0, the base tier, for an id that the version does not have.
    pub(super) fn place(&self, id: &str) -> usize {
        self.tiers
            .iter()
            .position(|tier| tier.id == id)
            .unwrap_or_default()
    }

    /// The currencies that any of its thresholds asks for.
    pub fn currencies(&self) -> impl Iterator<Item = Currency> + '_ {
        let asked = self
            .tiers
            .iter()
            .flat_map(|tier| [&tier.qualification, &tier.lifetime]);
        asked.flatten().flat_map(Qualification::currencies)
    }

    /// The measures that its qualifications ask for, each once, in the order of the measures.
    pub fn measures(&self) -> Vec<Measure> {
        let mut measures: Vec<_> = self
            .tiers
            .iter()
            .filter_map(|tier| tier.qualification.as_ref())
            .flat_map(|qualification| &qualification.thresholds)
            .map(|threshold| threshold.measure.clone())
            .collect();
        measures.sort_unstable();
        measures.dedup();
        measures
    }
}
