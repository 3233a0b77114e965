//! Means of answers, as they are and standardised.

use crate::error::MeasureError;
use crate::interval::{Confidence, Interval};
use crate::real::{real, real_wide};
use crate::tally::Tally;

/// The mean of answers on a Likert or any other scale, in the unit of the answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
    /// The number of answers, at least one.
    pub n: i64,
    /// The mean, Σx / n.
    pub mean: f64,
    /// The sample standard deviation, √(Σ(x − mean)² / (n − 1)); `None` for a single answer.
    pub standard_deviation: Option<f64>,
    /// The interval of Student's t with n − 1 degrees of freedom, mean ± t·standard deviation/√n, not cut to the
    /// scale; `None` for a single answer.
    pub interval: Option<Interval>,
}

impl Mean {
    /// The mean of a tally; `None` when it is empty.
    pub fn of(tally: &Tally, confidence: Confidence) -> Option<Self> {
        let n = tally.n();
        if n == 0 {
            return None;
        }
        let mean = real(tally.sum()) / real(n);
        let standard_deviation = (n > 1).then(|| {
            let wide = i128::from;
            // n·Σx² − (Σx)² in whole numbers: the subtraction that usually loses digits loses none. Both products
            // of two numbers of 64 bits fit into 128.
            let deviation = wide(n) * wide(tally.sum_of_squares()) - wide(tally.sum()) * wide(tally.sum());
            (real_wide(deviation) / (real(n) * real(n - 1))).sqrt()
        });
        let interval = standard_deviation.map(|deviation| {
            Interval::around(mean, confidence.student(real(n - 1)) * deviation / real(n).sqrt())
        });
        Some(Self {
            n,
            mean,
            standard_deviation,
            interval,
        })
    }
}

/// A scale of answers, from its minimum to its maximum, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scale {
    minimum: i64,
    maximum: i64,
}

impl Scale {
    /// A scale. The error is [`MeasureError::Scale`] unless `minimum < maximum`.
    pub const fn new(minimum: i64, maximum: i64) -> Result<Self, MeasureError> {
        if minimum < maximum {
            Ok(Self { minimum, maximum })
        } else {
            Err(MeasureError::Scale { minimum, maximum })
        }
    }

    /// The smallest answer.
    pub const fn minimum(self) -> i64 {
        self.minimum
    }

    /// The largest answer.
    pub const fn maximum(self) -> i64 {
        self.maximum
    }
}

/// The mean of answers on a declared scale, standardised to 0–100: (mean − minimum) / (maximum − minimum) · 100.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Index {
    /// The number of answers, at least one.
    pub n: i64,
    /// The index, from 0 to 100.
    pub score: f64,
    /// The sample standard deviation of the standardised answers, from 0 to 71; `None` for a single answer.
    pub standard_deviation: Option<f64>,
    /// The interval of the mean, standardised and cut to 0 … 100; `None` for a single answer.
    pub interval: Option<Interval>,
}

impl Index {
    /// The index of a tally; `None` when it is empty.
    ///
    /// The error is [`MeasureError::OffScale`] when the tally holds answers outside the scale. That is certain to be
    /// found when the scale lies within 0 to 10; on other scales answers beyond 10 and below 0 are not counted one
    /// by one, and only counts and the mean are checked.
    pub fn of(tally: &Tally, scale: Scale, confidence: Confidence) -> Result<Option<Self>, MeasureError> {
        let Scale { minimum, maximum } = scale;
        tally.check_scale(minimum, maximum)?;
        let Some(mean) = Mean::of(tally, confidence) else {
            return Ok(None);
        };
        let length = real_wide(i128::from(maximum) - i128::from(minimum));
        let standardise = |value: f64| 100.0 * ((value - real(minimum)) / length);
        Ok(Some(Self {
            n: mean.n,
            score: standardise(mean.mean).clamp(0.0, 100.0),
            standard_deviation: mean
                .standard_deviation
                .map(|deviation| 100.0 * (deviation / length)),
            interval: mean.interval.map(|Interval { low, high }| {
                Interval {
                    low: standardise(low),
                    high: standardise(high),
                }
                .within(0.0, 100.0)
            }),
        }))
    }
}
