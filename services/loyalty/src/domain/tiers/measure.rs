//! What is counted for tiers.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use rapport_money::Currency;

use super::config::{Combination, Qualification};

/// Something that is counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Points credited to a tier-qualifying wallet, by the id of the wallet.
    Points(String),
    /// Money spent, in minor units of the currency.
    Spend(Currency),
    /// Number of purchases.
    Purchases,
    /// A named count, such as `nights` or `visits`.
    Count(String),
}

impl fmt::Display for Measure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Points(wallet) => write!(formatter, "points of the wallet {wallet}"),
            Self::Spend(currency) => write!(formatter, "spend in minor units of {currency}"),
            Self::Purchases => formatter.write_str("purchases"),
            Self::Count(name) => formatter.write_str(name),
        }
    }
}

/// The measures that a program offers to its tier sets. The number of purchases is always known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownMeasures {
    /// Ids of the tier-qualifying wallets.
    pub wallets: BTreeSet<String>,
    /// Currencies in which spend is recorded.
    pub currencies: BTreeSet<Currency>,
    /// Names of the counts.
    pub counts: BTreeSet<String>,
}

impl KnownMeasures {
    /// Whether the program has a measure.
    pub fn contains(&self, measure: &Measure) -> bool {
        match measure {
            Measure::Points(wallet) => self.wallets.contains(wallet),
            Measure::Spend(currency) => self.currencies.contains(currency),
            Measure::Purchases => true,
            Measure::Count(name) => self.counts.contains(name),
        }
    }
}

/// An amount of a measure, in the measure's unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// What was counted.
    pub measure: Measure,
    /// How much; at the edges of 64 bits when the exact sum lies beyond.
    pub amount: i64,
}

/// Sums by measure. A measure that is not there counts as 0; no sum of 0 is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<Measure, i128>);

impl Tally {
    /// The sum of a measure.
    pub fn exact(&self, measure: &Measure) -> i128 {
        self.0.get(measure).copied().unwrap_or_default()
    }

    /// The sum of a measure, at the edges of 64 bits when it lies beyond.
    pub fn amount(&self, measure: &Measure) -> i64 {
        saturated(self.exact(measure))
    }

    /// Adds an amount, which may be negative.
    pub fn add(&mut self, measure: &Measure, amount: i128) {
        let sum = self.exact(measure).saturating_add(amount);
        if sum == 0 {
            self.0.remove(measure);
        } else {
            self.0.insert(measure.clone(), sum);
        }
    }

    /// Adds each sum of another tally.
    pub fn add_all(&mut self, other: &Self) {
        for (measure, amount) in &other.0 {
            self.add(measure, *amount);
        }
    }

    /// Takes each sum of another tally away.
    pub fn take_all(&mut self, other: &Self) {
        for (measure, amount) in &other.0 {
            self.add(measure, -amount);
        }
    }

    /// Whether all sums are 0.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sums that are not 0, in the order of the measures.
    pub fn iter(&self) -> impl Iterator<Item = (&Measure, i128)> {
        self.0.iter().map(|(measure, amount)| (measure, *amount))
    }

    /// Whether the sums reach the thresholds of a qualification.
    pub fn meets(&self, qualification: &Qualification) -> bool {
        let mut reached = qualification
            .thresholds
            .iter()
            .map(|threshold| self.exact(&threshold.measure) >= i128::from(threshold.at_least));
        match qualification.combination {
            Combination::All => reached.all(|reached| reached),
            Combination::Any => reached.any(|reached| reached),
        }
    }

    /// The sums that a qualification asks for, in the order of its thresholds.
    pub(super) fn values(&self, qualification: Option<&Qualification>) -> Vec<Value> {
        let thresholds = qualification.map_or(&[][..], |qualification| &qualification.thresholds);
        thresholds
            .iter()
            .map(|threshold| Value {
                measure: threshold.measure.clone(),
                amount: self.amount(&threshold.measure),
            })
            .collect()
    }
}

impl FromIterator<(Measure, i128)> for Tally {
    fn from_iter<I: IntoIterator<Item = (Measure, i128)>>(sums: I) -> Self {
        let mut tally = Self::default();
        for (measure, amount) in sums {
            tally.add(&measure, amount);
        }
        tally
    }
}

/// A number at the edges of 64 bits when it lies beyond.
pub(super) fn saturated(exact: i128) -> i64 {
    i64::try_from(exact).unwrap_or(if exact < 0 { i64::MIN } else { i64::MAX })
}
