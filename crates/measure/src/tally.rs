//! Exact tallies of answers.

use std::ops::RangeInclusive;

use crate::error::MeasureError;

/// The scores that are counted one by one.
const COUNTED: RangeInclusive<i64> = 0..=10;
const SCORES: usize = 11;

/// What a row of a roll-up holds of a set of answers: exact whole numbers, so that an answer that is corrected or
/// erased is subtracted without a trace, and parts of any size merge to the same whole in any order.
///
/// Answers are whole numbers of any size. Those of 0 to 10 are counted one by one, which covers every scale of a
/// questionnaire; others (an amount, a number of seconds) enter the number, the sum and the sum of squares only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Tally {
    counts: [i64; SCORES],
    n: i64,
    sum: i64,
    sum_of_squares: i64,
}

impl Tally {
    /// The tally of these answers. The error is [`MeasureError::Overflow`].
    pub fn of(answers: impl IntoIterator<Item = i64>) -> Result<Self, MeasureError> {
        let mut tally = Self::default();
        for answer in answers {
            tally.add_value(answer)?;
        }
        Ok(tally)
    }

    /// The tally of answers that are all from 0 to 10: `counts[s]` answers of the score `s`.
    ///
    /// The errors are [`MeasureError::Inconsistent`] for a negative count and [`MeasureError::Overflow`].
    pub fn from_counts(counts: [i64; SCORES]) -> Result<Self, MeasureError> {
        let (n, sum, sum_of_squares) = moments(&counts).ok_or(MeasureError::Overflow)?;
        Self::from_parts(counts, n, sum, sum_of_squares)
    }

    /// The tally with these parts, as they were stored: the counts of the scores 0 to 10, the number of all answers,
    /// their sum and the sum of their squares.
    ///
    /// The error is [`MeasureError::Inconsistent`] when no set of answers has these parts.
    pub fn from_parts(
        counts: [i64; SCORES],
        n: i64,
        sum: i64,
        sum_of_squares: i64,
    ) -> Result<Self, MeasureError> {
        let tally = Self {
            counts,
            n,
            sum,
            sum_of_squares,
        };
        if tally.is_possible() {
            Ok(tally)
        } else {
            Err(MeasureError::Inconsistent)
        }
    }

    /// The number of answers of each score from 0 to 10.
    pub const fn counts(&self) -> &[i64; SCORES] {
        &self.counts
    }

    /// The number of all answers.
    pub const fn n(&self) -> i64 {
        self.n
    }

    /// The sum of all answers.
    pub const fn sum(&self) -> i64 {
        self.sum
    }

    /// The sum of the squares of all answers.
    pub const fn sum_of_squares(&self) -> i64 {
        self.sum_of_squares
    }

    /// Adds one answer. The error is [`MeasureError::Overflow`]; the tally is then as before.
    pub fn add_value(&mut self, answer: i64) -> Result<(), MeasureError> {
        *self = self.plus(&single(answer)?).ok_or(MeasureError::Overflow)?;
        Ok(())
    }

    /// Subtracts one answer that was added before.
    ///
    /// The error is [`MeasureError::Underflow`] when the tally cannot hold this answer; the tally is then as before.
    /// That is certain to be found for answers of 0 to 10; for others only a contradiction in the sums shows it.
    pub fn subtract_value(&mut self, answer: i64) -> Result<(), MeasureError> {
        self.subtract_tally(&single(answer)?)
    }

    /// Adds all answers of another tally. The error is [`MeasureError::Overflow`]; the tally is then as before.
    pub fn add_tally(&mut self, other: &Self) -> Result<(), MeasureError> {
        *self = self.plus(other).ok_or(MeasureError::Overflow)?;
        Ok(())
    }

    /// Subtracts all answers of another tally, with the error of [`subtract_value`](Self::subtract_value).
    pub fn subtract_tally(&mut self, other: &Self) -> Result<(), MeasureError> {
        let difference = self
            .minus(other)
            .filter(Self::is_possible)
            .ok_or(MeasureError::Underflow)?;
        *self = difference;
        Ok(())
    }

    /// The number of answers from `minimum` to `maximum`, both within 0 to 10.
    pub(crate) fn count(&self, scores: RangeInclusive<i64>) -> i64 {
        // A tally holds no more than i64::MAX answers, so that the sum of its counts cannot overflow.
        (0..)
            .zip(self.counts)
            .filter(|(score, _)| scores.contains(score))
            .map(|(_, count)| count)
            .sum()
    }

    /// Checks that all answers lie on a scale, as far as the tally can tell: exactly when the scale lies within 0 to
    /// 10, by the counts and the mean when it is larger.
    pub(crate) fn check_scale(&self, minimum: i64, maximum: i64) -> Result<(), MeasureError> {
        let counted = self.count(COUNTED);
        let others = self.n - counted;
        let only_counted = COUNTED.contains(&minimum) && COUNTED.contains(&maximum);
        let n = i128::from(self.n);
        let mean_fits = (n * i128::from(minimum)..=n * i128::from(maximum)).contains(&i128::from(self.sum));
        if self.count(minimum..=maximum) == counted && (others == 0 || !only_counted) && mean_fits {
            Ok(())
        } else {
            Err(MeasureError::OffScale { minimum, maximum })
        }
    }

    fn plus(&self, other: &Self) -> Option<Self> {
        let mut counts = self.counts;
        for (count, more) in counts.iter_mut().zip(other.counts) {
            *count = count.checked_add(more)?;
        }
        Some(Self {
            counts,
            n: self.n.checked_add(other.n)?,
            sum: self.sum.checked_add(other.sum)?,
            sum_of_squares: self.sum_of_squares.checked_add(other.sum_of_squares)?,
        })
    }

    fn minus(&self, other: &Self) -> Option<Self> {
        let mut counts = self.counts;
        for (count, less) in counts.iter_mut().zip(other.counts) {
            *count = count.checked_sub(less)?;
        }
        Some(Self {
            counts,
            n: self.n.checked_sub(other.n)?,
            sum: self.sum.checked_sub(other.sum)?,
            sum_of_squares: self.sum_of_squares.checked_sub(other.sum_of_squares)?,
        })
    }

    /// Whether the parts do not contradict each other. Answers that are not counted one by one leave a remainder of
    /// the number, the sum and the sum of squares, for which (Σx)² ≤ n·Σx² holds.
    fn is_possible(&self) -> bool {
        let Some((n, sum, sum_of_squares)) = moments(&self.counts) else {
            return false;
        };
        let (Some(n), Some(sum), Some(sum_of_squares)) = (
            self.n.checked_sub(n),
            self.sum.checked_sub(sum),
            self.sum_of_squares.checked_sub(sum_of_squares),
        ) else {
            return false;
        };
        self.counts.iter().all(|count| *count >= 0)
            && n >= 0
            && sum_of_squares >= 0
            && i128::from(sum) * i128::from(sum) <= i128::from(n) * i128::from(sum_of_squares)
            && (n > 0 || sum_of_squares == 0)
    }
}

/// The tally of one answer.
fn single(answer: i64) -> Result<Tally, MeasureError> {
    let mut counts = [0; SCORES];
    if let Some(count) = usize::try_from(answer)
        .ok()
        .and_then(|score| counts.get_mut(score))
    {
        *count = 1;
    }
    let sum_of_squares = answer.checked_mul(answer).ok_or(MeasureError::Overflow)?;
    Ok(Tally {
        counts,
        n: 1,
        sum: answer,
        sum_of_squares,
    })
}

/// Number, sum and sum of squares of counted answers; `None` beyond 64 bits.
fn moments(counts: &[i64; SCORES]) -> Option<(i64, i64, i64)> {
    (0..).zip(counts).try_fold(
        (0_i64, 0_i64, 0_i64),
        |(n, sum, sum_of_squares), (score, count)| {
            let part = count.checked_mul(score)?;
            Some((
                n.checked_add(*count)?,
                sum.checked_add(part)?,
                sum_of_squares.checked_add(part.checked_mul(score)?)?,
            ))
        },
    )
}
