//! The scores of an answer set, and what they count for.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::metric::Metric;

/// The dimension whose scale questions make up the satisfaction index.
pub const INDEX_DIMENSION: &str = "satisfaction";

/// Thousandths of a point: the index is kept in them, so that its sums and squares stay exact.
pub const INDEX_UNITS_PER_POINT: i64 = 1_000;

/// The highest point that a scale can have.
pub const HIGHEST_POINT: u8 = 10;

/// Least common multiple of the lengths of all scales (1 to 9 steps): brings their scores to one denominator.
const COMMON_STEPS: i64 = 2_520;

/// How a score is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Satisfaction, 1 to 5.
    Satisfaction,
    /// Recommendation, 0 to 10.
    Recommendation,
    /// Ease, 1 to 7.
    Effort,
    /// A scale from 1 to a number of points.
    Likert {
        /// The highest point, 2 to 10.
        points: u8,
    },
}

impl Scale {
    /// A scale of this metric. None for the index, which has no scale, and for a Likert scale of less than 2 or more
    /// than 10 points. The points of the other scales are fixed.
    pub fn of(metric: Metric, points: u8) -> Option<Self> {
        match metric {
            Metric::Csat => Some(Self::Satisfaction),
            Metric::Nps => Some(Self::Recommendation),
            Metric::Ces => Some(Self::Effort),
            Metric::Likert => (2..=HIGHEST_POINT)
                .contains(&points)
                .then_some(Self::Likert { points }),
            Metric::Index => None,
        }
    }

    /// The metric that scores of this scale count for.
    pub const fn metric(self) -> Metric {
        match self {
            Self::Satisfaction => Metric::Csat,
            Self::Recommendation => Metric::Nps,
            Self::Effort => Metric::Ces,
            Self::Likert { .. } => Metric::Likert,
        }
    }

    /// The lowest score.
    pub const fn lowest(self) -> u8 {
        match self {
            Self::Recommendation => 0,
            Self::Satisfaction | Self::Effort | Self::Likert { .. } => 1,
        }
    }

    /// The highest score.
    pub const fn highest(self) -> u8 {
        match self {
            Self::Satisfaction => 5,
            Self::Recommendation => HIGHEST_POINT,
            Self::Effort => 7,
            Self::Likert { points } => points,
        }
    }
}

/// An answer that is a score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// Id of the question.
    pub question: String,
    /// How to read the value.
    pub scale: Scale,
    /// The value, on the scale.
    pub value: u8,
    /// What the question is about.
    pub dimension: String,
    /// The touchpoint; empty when there is none.
    pub touchpoint: String,
}

/// The present scores of an answer set, with what they are broken down by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerSet {
    /// Id of the survey.
    pub survey: String,
    /// The version of the survey.
    pub survey_version: i32,
    /// Id of the customer; none when anonymous.
    pub customer: Option<String>,
    /// When the answers were given.
    pub answered_at: Timestamp,
    /// Where; empty when not known.
    pub location: String,
    /// How they came; empty when not known.
    pub channel: String,
    /// The scores.
    pub scores: Vec<Score>,
}

/// What an answer set says of its customer. Kept beside its scores, so that these need not be read for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Digest {
    /// The satisfaction index, in thousandths of a point.
    pub index: Option<i64>,
    /// The last answer to a recommendation question.
    pub nps: Option<u8>,
    /// The last answer to a satisfaction question.
    pub csat: Option<u8>,
}

/// A state of an answer set: a later one replaces every earlier one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Id of the answer set.
    pub answer_set: String,
    /// Number of the revision: 1 when submitted, one more with each correction and with the deletion.
    pub number: i32,
    /// Its scores; none when it was deleted.
    pub content: Option<AnswerSet>,
}

impl Revision {
    /// Whether this state takes the place of another of the same answer set: only a later one does.
    pub const fn replaces(&self, present: &Self) -> bool {
        self.number > present.number
    }
}

/// The latest state of each answer set, by its id. Of two with one number the first stays, as it would if they came
/// one after the other.
pub fn latest_of_each(revisions: Vec<Revision>) -> BTreeMap<String, Revision> {
    let mut latest: BTreeMap<String, Revision> = BTreeMap::new();
    for revision in revisions {
        match latest.get(&revision.answer_set) {
            Some(present) if !revision.replaces(present) => {}
            _ => {
                latest.insert(revision.answer_set.clone(), revision);
            }
        }
    }
    latest
}

impl AnswerSet {
    /// The day of the answers, in universal time.
    pub fn day(&self) -> Date {
        TimeZone::UTC.to_datetime(self.answered_at).date()
    }

    /// What it says of its customer.
    pub fn digest(&self) -> Digest {
        let last = |metric| {
            let scores = self.scores.iter().rev();
            scores
                .filter(|score| score.scale.metric() == metric)
                .map(|score| score.value)
                .next()
        };
        Digest {
            index: self.index(),
            nps: last(Metric::Nps),
            csat: last(Metric::Csat),
        }
    }

    /// The satisfaction index, in thousandths of a point: the mean of (score − 1) / (points − 1) · 100 over the scale
    /// questions of the dimension `satisfaction`, rounded half up. None when there is no such answer.
    pub fn index(&self) -> Option<i64> {
        let mut answers = 0_i64;
        let mut steps = 0_i64;
        for score in &self.scores {
            if let Scale::Likert { points } = score.scale
                && score.dimension == INDEX_DIMENSION
            {
                answers += 1;
                steps += i64::from(score.value.saturating_sub(1)) * (COMMON_STEPS / i64::from(points - 1));
            }
        }
        if answers == 0 {
            return None;
        }
        let numerator = steps * 100 * INDEX_UNITS_PER_POINT;
        let denominator = answers * COMMON_STEPS;
        Some((2 * numerator + denominator) / (2 * denominator))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Value, points and dimension of scale answers.
    type Scores = &'static [(u8, u8, &'static str)];

    fn answer_set(scores: Scores) -> AnswerSet {
        let scores = scores.iter().map(|(value, points, dimension)| Score {
            question: "q".to_owned(),
            scale: Scale::Likert { points: *points },
            value: *value,
            dimension: (*dimension).to_owned(),
            touchpoint: String::new(),
        });
        AnswerSet {
            survey: "hotel".to_owned(),
            survey_version: 1,
            customer: None,
            answered_at: "1969-12-31T23:59:59.999999Z".parse().unwrap(),
            location: String::new(),
            channel: String::new(),
            scores: scores.collect(),
        }
    }

    #[test]
    fn the_index_is_the_mean_of_the_scale_answers_of_satisfaction_alone() {
        let cases: [(Scores, Option<i64>); 6] = [
            (&[], None),
            (&[(5, 5, "price")], None),
            (&[(1, 5, "satisfaction")], Some(0)),
            (&[(10, 10, "satisfaction"), (1, 10, "price")], Some(100_000)),
            // (3/4 + 2/6) / 2 · 100 = 54.1666…
            (&[(4, 5, "satisfaction"), (3, 7, "satisfaction")], Some(54_167)),
            // (1/9 + 1/8 + 0) / 3 · 100 = 7.87037…
            (
                &[
                    (2, 10, "satisfaction"),
                    (2, 9, "satisfaction"),
                    (1, 2, "satisfaction"),
                ],
                Some(7_870),
            ),
        ];
        for (scores, index) in cases {
            assert_eq!(answer_set(scores).index(), index, "{scores:?}");
        }
    }

    #[test]
    fn the_common_steps_are_divided_by_every_scale_without_remainder() {
        for points in 2..=HIGHEST_POINT {
            assert_eq!(COMMON_STEPS % i64::from(points - 1), 0, "{points} points");
        }
    }

    #[test]
    fn the_day_is_that_of_universal_time_also_before_1970() {
        assert_eq!(answer_set(&[]).day().to_string(), "1969-12-31");
    }
}
