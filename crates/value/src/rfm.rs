//! Recency, frequency, monetary value: scores 1–5 for each, and the named groups.
//!
//! Scores by mid-rank compare customers with each other; fixed thresholds compare each customer with agreed
//! numbers. Both give back the thresholds in effect, as the bands of raw values that got each score.

mod group;

use std::{error::Error, fmt};

pub use group::RfmGroup;

use crate::history::RecencyFrequencyMonetary;

/// Scores of one customer, each 1 (worst) to 5 (best). Recency is already reversed: 5 bought most recently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RfmScore {
    recency: u8,
    frequency: u8,
    monetary: u8,
}

impl RfmScore {
    /// The three scores, or none if one of them is not within 1–5.
    pub fn new(recency: u8, frequency: u8, monetary: u8) -> Option<Self> {
        let valid = [recency, frequency, monetary]
            .iter()
            .all(|score| (1..=5).contains(score));
        valid.then_some(Self {
            recency,
            frequency,
            monetary,
        })
    }

    /// Recency score, 5 = bought most recently.
    pub fn recency(self) -> u8 {
        self.recency
    }

    /// Frequency score, 5 = most purchase days.
    pub fn frequency(self) -> u8 {
        self.frequency
    }

    /// Monetary score, 5 = most money.
    pub fn monetary(self) -> u8 {
        self.monetary
    }

    /// The three digits as one number: 555 is the best cell.
    pub fn cell(self) -> u16 {
        u16::from(self.recency) * 100 + u16::from(self.frequency) * 10 + u16::from(self.monetary)
    }

    /// The named group of this cell.
    pub fn group(self) -> RfmGroup {
        RfmGroup::of(self)
    }
}

impl fmt::Display for RfmScore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.cell())
    }
}

/// The raw values that got one score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Band {
    /// Smallest raw value with this score.
    pub smallest: i64,
    /// Largest raw value with this score.
    pub largest: i64,
}

/// The bands of the scores 1–5, in this order; none for a score that nobody got.
pub type Bands = [Option<Band>; 5];

/// The thresholds in effect: which raw values got which score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct EffectiveThresholds {
    /// Days since the last purchase.
    pub recency_days: Bands,
    /// Distinct purchase days.
    pub frequency: Bands,
    /// Money in minor units.
    pub monetary_minor: Bands,
}

/// The scores of all customers, in the order of the input, and the thresholds in effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RfmTable {
    /// One score per customer, in the order of the input.
    pub scores: Vec<RfmScore>,
    /// Which raw values got which score.
    pub thresholds: EffectiveThresholds,
}

/// Agreed thresholds, the same for every population. Each list belongs to the scores 5, 4, 3, 2 in this
/// order; whoever meets none of them scores 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FixedThresholds {
    /// Score 5 for a last purchase at most this many days ago, and so on; ascending.
    pub recency_days_at_most: [i32; 4],
    /// Score 5 for at least this many purchase days, and so on; descending.
    pub frequency_at_least: [u32; 4],
    /// Score 5 for at least this much money in minor units, and so on; descending.
    pub monetary_minor_at_least: [i64; 4],
}

/// Fixed thresholds contradict each other: a better score is easier to get than a worse one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThresholdOrderError {
    /// Which list is out of order: `recency_days_at_most`, `frequency_at_least` or `monetary_minor_at_least`.
    pub list: &'static str,
}

impl fmt::Display for ThresholdOrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the thresholds {} do not go from score 5 to score 2 in order",
            self.list
        )
    }
}

impl Error for ThresholdOrderError {}

/// Scores by mid-rank: min(5, 1 + ⌊5·(worse + equal/2)/n⌋), computed in integers.
///
/// `worse` counts the customers with a worse raw value (more days of recency, fewer purchase days, less
/// money), `equal` those with the same one, the customer included. Customers with the same raw value
/// therefore always share a score, and the order of the input does not matter. Takes O(n log n).
pub fn score_by_rank(customers: &[RecencyFrequencyMonetary]) -> RfmTable {
    let (recency, frequency, monetary) = raw_values(customers);
    // Fewer days are better; negating turns this into "more is better". i32 days always fit.
    let reversed: Vec<i64> = recency.iter().map(|days| -days).collect();
    assemble(
        [&recency, &frequency, &monetary],
        [&mid_rank(&reversed), &mid_rank(&frequency), &mid_rank(&monetary)],
    )
}

/// Scores by fixed thresholds.
///
/// Errors: a list of thresholds that is out of order.
pub fn score_by_thresholds(
    customers: &[RecencyFrequencyMonetary],
    thresholds: &FixedThresholds,
) -> Result<RfmTable, ThresholdOrderError> {
    let FixedThresholds {
        recency_days_at_most,
        frequency_at_least,
        monetary_minor_at_least,
    } = thresholds;
    require(recency_days_at_most.is_sorted(), "recency_days_at_most")?;
    require(frequency_at_least.iter().rev().is_sorted(), "frequency_at_least")?;
    require(
        monetary_minor_at_least.iter().rev().is_sorted(),
        "monetary_minor_at_least",
    )?;
    let (recency, frequency, monetary) = raw_values(customers);
    let by_recency = fixed(&recency, |days, score| {
        days <= i64::from(recency_days_at_most[score])
    });
    let by_frequency = fixed(&frequency, |number, score| {
        number >= i64::from(frequency_at_least[score])
    });
    let by_money = fixed(&monetary, |minor, score| minor >= monetary_minor_at_least[score]);
    Ok(assemble(
        [&recency, &frequency, &monetary],
        [&by_recency, &by_frequency, &by_money],
    ))
}

fn require(in_order: bool, list: &'static str) -> Result<(), ThresholdOrderError> {
    if in_order {
        Ok(())
    } else {
        Err(ThresholdOrderError { list })
    }
}

fn raw_values(customers: &[RecencyFrequencyMonetary]) -> (Vec<i64>, Vec<i64>, Vec<i64>) {
    (
        customers
            .iter()
            .map(|customer| i64::from(customer.recency_days))
            .collect(),
        customers
            .iter()
            .map(|customer| i64::from(customer.frequency))
            .collect(),
        customers.iter().map(|customer| customer.monetary_minor).collect(),
    )
}

fn mid_rank(values: &[i64]) -> Vec<u8> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by_key(|&position| values[position]);
    let mut scores = vec![0; values.len()];
    let mut worse = 0;
    for tied in order.chunk_by(|&left, &right| values[left] == values[right]) {
        // ⌊5·(worse + equal/2)/n⌋ with numerator and denominator doubled, so that nothing is rounded early.
        let step = 5 * (2 * worse + tied.len()) / (2 * values.len());
        let score = u8::try_from(step + 1).unwrap_or(5).min(5);
        for &position in tied {
            scores[position] = score;
        }
        worse += tied.len();
    }
    scores
}

fn fixed(values: &[i64], meets: impl Fn(i64, usize) -> bool) -> Vec<u8> {
    let score = |value| {
        let missed = (0_u8..4)
            .take_while(|&position| !meets(value, usize::from(position)))
            .count();
        5 - u8::try_from(missed).unwrap_or(4)
    };
    values.iter().map(|&value| score(value)).collect()
}

fn assemble(values: [&[i64]; 3], scores: [&[u8]; 3]) -> RfmTable {
    let [recency, frequency, monetary] = scores;
    let score = |position: usize| RfmScore {
        recency: recency[position],
        frequency: frequency[position],
        monetary: monetary[position],
    };
    RfmTable {
        scores: (0..recency.len()).map(score).collect(),
        thresholds: EffectiveThresholds {
            recency_days: bands(values[0], recency),
            frequency: bands(values[1], frequency),
            monetary_minor: bands(values[2], monetary),
        },
    }
}

fn bands(values: &[i64], scores: &[u8]) -> Bands {
    let mut bands: Bands = [None; 5];
    for (&value, &score) in values.iter().zip(scores) {
        let band = &mut bands[usize::from(score) - 1];
        let known = band.unwrap_or(Band {
            smallest: value,
            largest: value,
        });
        *band = Some(Band {
            smallest: known.smallest.min(value),
            largest: known.largest.max(value),
        });
    }
    bands
}
