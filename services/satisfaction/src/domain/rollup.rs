//! Roll-ups: what a group of observations adds up to, and how it changes with an answer set.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{
    answer_set::{AnswerSet, HIGHEST_POINT},
    metric::Metric,
};

/// Number of scores that are counted one by one: 0 to 10.
pub const SCORES: usize = HIGHEST_POINT as usize + 1;

/// What is observed together. The order is that of the table, so that changes are written in one order everywhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The metric.
    pub metric: Metric,
    /// The day of the answers, in universal time.
    pub day: Date,
    /// Id of the survey.
    pub survey: String,
    /// Id of the question; empty for the index.
    pub question: String,
    /// The touchpoint; empty for the index and where there is none.
    pub touchpoint: String,
    /// The location; empty where there is none.
    pub location: String,
}

/// What observations add up to, exactly: whole numbers, so that adding and subtracting in any order cancel out. Also
/// holds a difference of two such sums, whose parts may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// Number of observations.
    pub count: i64,
    /// Sum of the observed values: of the scores, or of indexes in thousandths of a point.
    pub sum: i64,
    /// Sum of their squares.
    pub squares: i64,
    /// Number of observations of each score, 0 first; all zero for the index.
    pub by_score: [i64; SCORES],
}

impl Sums {
    /// One score.
    fn of_score(value: u8) -> Self {
        let mut sums = Self::of_value(i64::from(value));
        if let Some(count) = sums.by_score.get_mut(usize::from(value)) {
            *count = 1;
        }
        sums
    }

    /// One value that is not counted by score.
    const fn of_value(value: i64) -> Self {
        Self {
            count: 1,
            sum: value,
            squares: value * value,
            by_score: [0; SCORES],
        }
    }

    /// Whether nothing was observed.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    fn add(&mut self, other: &Self, times: i64) {
        self.count += times * other.count;
        self.sum += times * other.sum;
        self.squares += times * other.squares;
        for (count, more) in self.by_score.iter_mut().zip(other.by_score) {
            *count += times * more;
        }
    }
}

/// Roll-ups of some answer sets, or a change of roll-ups. Never holds a zero.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rollups(BTreeMap<Key, Sums>);

impl Rollups {
    /// Adds what an answer set counts for.
    pub fn add(&mut self, answer_set: &AnswerSet) {
        self.count(answer_set, 1);
    }

    /// Takes away what an answer set counts for.
    pub fn subtract(&mut self, answer_set: &AnswerSet) {
        self.count(answer_set, -1);
    }

    /// The roll-ups, in the order of their keys.
    pub const fn by_key(&self) -> &BTreeMap<Key, Sums> {
        &self.0
    }

    /// Gives a roll-up away.
    pub fn take(&mut self, key: &Key) -> Option<Sums> {
        self.0.remove(key)
    }

    fn count(&mut self, answer_set: &AnswerSet, times: i64) {
        let key = |metric, question: &str, touchpoint: &str| Key {
            metric,
            day: answer_set.day(),
            survey: answer_set.survey.clone(),
            question: question.to_owned(),
            touchpoint: touchpoint.to_owned(),
            location: answer_set.location.clone(),
        };
        for score in &answer_set.scores {
            let key = key(score.scale.metric(), &score.question, &score.touchpoint);
            self.change(&key, &Sums::of_score(score.value), times);
        }
        if let Some(index) = answer_set.index() {
            self.change(&key(Metric::Index, "", ""), &Sums::of_value(index), times);
        }
    }

    fn change(&mut self, key: &Key, by: &Sums, times: i64) {
        let sums = self.0.entry(key.clone()).or_default();
        sums.add(by, times);
        if sums.is_zero() {
            self.0.remove(key);
        }
    }
}
