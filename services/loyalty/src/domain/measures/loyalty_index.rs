//! One number for a member's loyalty, from 0 to 100, with its parts.
//!
//! Loyalty shows in what customers do and in what they think (A. Dick, K. Basu, "Customer loyalty: toward an integrated
//! conceptual framework", Journal of the Academy of Marketing Science 22, 1994, 99–113), so the index takes both. Each part
//! is brought to 0 … 1 by a formula that is stated at [`Part`], and the index is their weighted mean times 100 (simple
//! additive weighting: C. Hwang, K. Yoon, "Multiple Attribute Decision Making", 1981). The weights are published with it.
//!
//! A part that is not known is left out, and the weights of the others are raised to 100 in proportion; the index says so.
//! With less than half of the weight known there is no index.

use std::fmt;

use rapport_status::Error;

use super::real;

/// Weight in per cent of the parts that must be known for an index.
pub const LEAST_KNOWN_WEIGHT: i64 = 50;

/// Weights in per cent add up to this.
const ALL_WEIGHT: i64 = 100;

/// A part of the index. Its formula gives 0 … 1, and is cut off at these limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// (purchase days in the last 12 months − 1) ÷ 4: full with five.
    RepeatPurchase,
    /// Months with a purchase or visit ÷ months observed, of the last 12.
    Retention,
    /// The last answer to "how likely would you recommend us", 0 to 10, ÷ 10.
    Recommendation,
    /// Percentile of customer lifetime value ÷ 100.
    LifetimeValue,
    /// Friends whose referral was rewarded ÷ 3: full with three.
    Referral,
    /// Spend of the last 12 months ÷ (that + spend of the 12 months before): ½ means unchanged.
    ConsumptionGrowth,
    /// (the last answer to "would you stay if a competitor offered the same for less", 1 to 5, − 1) ÷ 4.
    Resistance,
    /// Pieces of feedback in the last 12 months that led to something ÷ 4: full with four.
    UsefulFeedback,
}

impl Part {
    /// All parts, in the order in which the index lists them.
    pub const ALL: [Self; 8] = [
        Self::RepeatPurchase,
        Self::Retention,
        Self::Recommendation,
        Self::LifetimeValue,
        Self::Referral,
        Self::ConsumptionGrowth,
        Self::Resistance,
        Self::UsefulFeedback,
    ];

    /// The weight in per cent that is used unless a program sets its own.
    pub fn default_weight(self) -> i64 {
        match self {
            Self::RepeatPurchase | Self::Retention => 20,
            Self::Recommendation | Self::LifetimeValue => 15,
            Self::Referral | Self::ConsumptionGrowth => 10,
            Self::Resistance | Self::UsefulFeedback => 5,
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::RepeatPurchase => "repeat purchase",
            Self::Retention => "retention",
            Self::Recommendation => "recommendation",
            Self::LifetimeValue => "lifetime value",
            Self::Referral => "referral",
            Self::ConsumptionGrowth => "consumption growth",
            Self::Resistance => "resistance to competitors",
            Self::UsefulFeedback => "useful feedback",
        })
    }
}

/// The weights of the parts in per cent. They add up to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weights([i64; Part::ALL.len()]);

impl Default for Weights {
    fn default() -> Self {
        Self(Part::ALL.map(Part::default_weight))
    }
}

impl Weights {
    /// Weights in the order of [`Part::ALL`]. Refused unless each is 0 to 100 and they add up to 100.
    pub fn new(weights: [i64; Part::ALL.len()]) -> Result<Self, Error> {
        for (part, weight) in Part::ALL.into_iter().zip(weights) {
            if !(0..=ALL_WEIGHT).contains(&weight) {
                let description =
                    format!("must be 0 to {ALL_WEIGHT} per cent each; that of {part} is {weight}");
                return Err(Error::invalid_field("weights", description));
            }
        }
        let sum: i64 = weights.iter().sum();
        if sum != ALL_WEIGHT {
            let description = format!("must add up to {ALL_WEIGHT} per cent; they add up to {sum}");
            return Err(Error::invalid_field("weights", description));
        }
        Ok(Self(weights))
    }
}

/// What is known of a member. What is not known is none.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Observations {
    /// Days with a purchase in the last 12 months.
    pub purchase_days: Option<i64>,
    /// Months with a purchase or visit, and months observed (up to 12, fewer for those who enrolled later).
    pub active_months: Option<(i64, i64)>,
    /// The last answer on recommending, 0 to 10.
    pub recommendation: Option<i64>,
    /// Percentile of customer lifetime value among the program's members, 0 to 100.
    pub lifetime_value_percentile: Option<f64>,
    /// Friends whose referral was rewarded.
    pub rewarded_referrals: Option<i64>,
    /// Spend of the last 12 months and of the 12 months before, net of returns, in minor units of one currency.
    pub spend: Option<(i64, i64)>,
    /// The last answer on staying against a competitor's offer, 1 to 5.
    pub resistance: Option<i64>,
    /// Pieces of feedback in the last 12 months that led to something.
    pub useful_feedback: Option<i64>,
}

impl Observations {
    /// The parts as far as they are known, each from 0 to 1, in the order of [`Part::ALL`].
    fn parts(&self) -> [Option<f64>; Part::ALL.len()] {
        let share = |part: i64, whole: i64| (whole > 0).then(|| real(part) / real(whole));
        let parts = [
            self.purchase_days.map(|days| (real(days) - 1.0) / 4.0),
            self.active_months
                .and_then(|(active, observed)| share(active, observed)),
            self.recommendation.map(|answer| real(answer) / 10.0),
            self.lifetime_value_percentile
                .filter(|percentile| percentile.is_finite())
                .map(|percentile| percentile / 100.0),
            self.rewarded_referrals.map(|friends| real(friends) / 3.0),
            self.spend.and_then(|(now, before)| {
                let (now, before) = (now.max(0), before.max(0));
                share(now, now.saturating_add(before))
            }),
            self.resistance.map(|answer| (real(answer) - 1.0) / 4.0),
            self.useful_feedback.map(|pieces| real(pieces) / 4.0),
        ];
        parts.map(|part| part.map(|value| value.clamp(0.0, 1.0)))
    }
}

/// A part of an index.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PartScore {
    /// Which.
    pub part: Part,
    /// From 0 to 1; none when it is not known.
    pub value: Option<f64>,
    /// Its published weight, in per cent.
    pub weight: i64,
    /// Its weight here, as a fraction: 0 when it is not known, raised when others are not.
    pub weight_here: f64,
}

/// A member's loyalty.
#[derive(Debug, Clone, PartialEq)]
pub struct LoyaltyIndex {
    /// From 0 to 100; none when too little is known.
    pub score: Option<f64>,
    /// The parts, in the order of [`Part::ALL`].
    pub parts: Vec<PartScore>,
    /// What is missing and what was done about it, in words; none when everything is known.
    pub remark: Option<String>,
}

/// The loyalty index of a member.
pub fn loyalty_index(observations: &Observations, weights: &Weights) -> LoyaltyIndex {
    let values = observations.parts();
    let known = || {
        values
            .iter()
            .zip(weights.0)
            .filter_map(|(value, weight)| Some(((*value)?, weight)))
    };
    let known_weight: i64 = known().map(|(_, weight)| weight).sum();
    let enough = known_weight >= LEAST_KNOWN_WEIGHT;
    let sum: f64 = known().map(|(value, weight)| value * real(weight)).sum();
    let parts = Part::ALL
        .into_iter()
        .zip(values)
        .zip(weights.0)
        .map(|((part, value), weight)| PartScore {
            part,
            value,
            weight,
            weight_here: if value.is_some() && enough {
                real(weight) / real(known_weight)
            } else {
                0.0
            },
        });
    let parts: Vec<PartScore> = parts.collect();
    let missing: Vec<String> = parts
        .iter()
        .filter(|part| part.value.is_none())
        .map(|part| part.part.to_string())
        .collect();
    LoyaltyIndex {
        score: enough.then(|| 100.0 * sum / real(known_weight)),
        parts,
        remark: (!missing.is_empty()).then(|| remark(&missing.join(", "), known_weight, enough)),
    }
}

fn remark(missing: &str, known_weight: i64, enough: bool) -> String {
    if enough {
        format!(
            "not known: {missing}; the other weights, {known_weight} per cent, were raised to {ALL_WEIGHT} in proportion"
        )
    } else {
        format!(
            "not known: {missing}; {known_weight} per cent of the weight are known, and {LEAST_KNOWN_WEIGHT} are needed for an index"
        )
    }
}

/// The loyalty of a segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SegmentIndex {
    /// Members with an index.
    pub members: i64,
    /// Members of whom too little is known.
    pub unknown: i64,
    /// Mean of the indices; none without any.
    pub mean: Option<f64>,
}

/// The loyalty of a segment: the mean of its members' indices.
pub fn segment_index<'a>(indices: impl IntoIterator<Item = &'a LoyaltyIndex>) -> SegmentIndex {
    let (mut members, mut unknown, mut sum) = (0, 0, 0.0);
    for index in indices {
        match index.score {
            Some(score) => {
                members += 1;
                sum += score;
            }
            None => unknown += 1,
        }
    }
    SegmentIndex {
        members,
        unknown,
        mean: (members > 0).then(|| sum / real(members)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rapport_testkit::Random;

    fn near(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-9
    }

    /// An observation that each formula makes 1, ½ and 0 of.
    fn all(
        purchase_days: i64,
        active: i64,
        percentile: f64,
        spend: (i64, i64),
        others: [i64; 4],
    ) -> Observations {
        Observations {
            purchase_days: Some(purchase_days),
            active_months: Some((active, 12)),
            recommendation: Some(others[0]),
            lifetime_value_percentile: Some(percentile),
            rewarded_referrals: Some(others[1]),
            spend: Some(spend),
            resistance: Some(others[2]),
            useful_feedback: Some(others[3]),
        }
    }

    #[test]
    fn each_formula_gives_what_it_says_and_is_cut_off_at_its_limits() {
        for (observations, expected) in [
            (all(5, 12, 100.0, (7, 0), [10, 3, 5, 4]), [1.0; 8]),
            (all(1, 0, 0.0, (0, 7), [0, 0, 1, 0]), [0.0; 8]),
            (all(99, 13, 101.0, (7, -5), [11, 9, 9, 9]), [1.0; 8]),
            (all(0, -1, -1.0, (-5, 7), [-1, -1, 0, -1]), [0.0; 8]),
            (
                all(2, 3, 40.0, (3, 2), [7, 1, 4, 3]),
                [0.25, 0.25, 0.7, 0.4, 1.0 / 3.0, 0.6, 0.75, 0.75],
            ),
        ] {
            let index = loyalty_index(&observations, &Weights::default());
            for (part, expected) in index.parts.iter().zip(expected) {
                assert!(
                    near(part.value.unwrap(), expected),
                    "{part:?} should be {expected}: {observations:?}"
                );
            }
            assert_eq!(index.remark, None);
        }
    }

    #[test]
    fn what_cannot_be_divided_is_not_known() {
        let observations = Observations {
            active_months: Some((0, 0)),
            spend: Some((0, 0)),
            lifetime_value_percentile: Some(f64::NAN),
            ..Observations::default()
        };
        let index = loyalty_index(&observations, &Weights::default());
        assert!(index.parts.iter().all(|part| part.value.is_none()), "{index:?}");
        assert_eq!(index.score, None);
    }

    #[test]
    fn missing_parts_leave_their_weight_to_the_others_and_the_index_says_so() {
        let half = Observations {
            purchase_days: Some(5),
            active_months: Some((6, 12)),
            rewarded_referrals: Some(0),
            ..Observations::default()
        };
        let index = loyalty_index(&half, &Weights::default());
        // 20 · 1 + 20 · ½ + 10 · 0 of 50.
        assert!(near(index.score.unwrap(), 60.0), "{index:?}");
        let here: Vec<f64> = index.parts.iter().map(|part| part.weight_here).collect();
        assert_eq!(here, [0.4, 0.4, 0.0, 0.0, 0.2, 0.0, 0.0, 0.0]);
        assert!(
            index
                .remark
                .unwrap()
                .contains("the other weights, 50 per cent, were raised to 100")
        );
        let less = Observations {
            rewarded_referrals: None,
            useful_feedback: Some(1),
            ..half
        };
        let index = loyalty_index(&less, &Weights::default());
        assert_eq!(index.score, None);
        assert!(
            index.parts.iter().all(|part| part.weight_here == 0.0),
            "{index:?}"
        );
        assert!(
            index
                .remark
                .unwrap()
                .contains("45 per cent of the weight are known, and 50 are needed")
        );
    }

    #[test]
    fn weights_are_per_cent_and_add_up() {
        assert_eq!(
            Weights::new(Part::ALL.map(Part::default_weight)).unwrap(),
            Weights::default()
        );
        assert!(Weights::new([100, 0, 0, 0, 0, 0, 0, 0]).is_ok());
        for wrong in [
            [99, 0, 0, 0, 0, 0, 0, 0],
            [101, 0, 0, 0, 0, 0, 0, 0],
            [101, -1, 0, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(
                Weights::new(wrong).unwrap_err().violations()[0].field,
                "weights",
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn random_indices_are_weighted_means_between_0_and_100() {
        let mut random = Random::announced("loyalty index");
        for history in 0..20_000 {
            let mut some = |low: i64, high: i64| (!random.one_in(3)).then(|| random.between(low, high));
            let observations = Observations {
                purchase_days: some(0, 9),
                active_months: some(0, 12).map(|active| (active, 12)),
                recommendation: some(0, 10),
                lifetime_value_percentile: some(0, 100).map(real),
                rewarded_referrals: some(0, 5),
                spend: some(0, 1_000).map(|now| (now, 500)),
                resistance: some(1, 5),
                useful_feedback: some(0, 6),
            };
            let index = loyalty_index(&observations, &Weights::default());
            let (mut sum, mut weight) = (0.0, 0);
            for part in &index.parts {
                if let Some(value) = part.value {
                    sum += value * real(part.weight);
                    weight += part.weight;
                }
            }
            match index.score {
                Some(score) => {
                    assert!(
                        weight >= 50 && near(score, 100.0 * sum / real(weight)),
                        "history {history}: {index:?}"
                    );
                    assert!((0.0..=100.0).contains(&score), "history {history}: {index:?}");
                    let here: f64 = index.parts.iter().map(|part| part.weight_here).sum();
                    assert!(near(here, 1.0), "history {history}: {index:?}");
                }
                None => assert!(weight < 50, "history {history}: {index:?}"),
            }
        }
    }

    #[test]
    fn a_segment_is_the_mean_of_those_who_are_known() {
        let of = |recommendation: i64| {
            let observations = Observations {
                recommendation: Some(recommendation),
                ..Observations::default()
            };
            loyalty_index(&observations, &Weights::new([0, 0, 100, 0, 0, 0, 0, 0]).unwrap())
        };
        let unknown = loyalty_index(&Observations::default(), &Weights::default());
        let segment = segment_index([&of(10), &of(5), &unknown]);
        assert_eq!(
            (segment.members, segment.unknown, segment.mean),
            (2, 1, Some(75.0))
        );
        assert_eq!(segment_index([]).mean, None);
    }
}
