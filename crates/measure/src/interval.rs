//! Confidence levels and intervals.

use crate::distribution;
use crate::error::MeasureError;

/// A two-sided confidence level, strictly between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Confidence {
    level: f64,
}

impl Confidence {
    /// A level, such as 0.95. The error is [`MeasureError::Confidence`].
    pub fn new(level: f64) -> Result<Self, MeasureError> {
        // The rest must be a share as well, which rules out levels that cannot be told from 0 or 1.
        let rest = 1.0 - level;
        let valid = 0.0 < level && 0.0 < rest && rest < 1.0;
        if valid {
            Ok(Self { level })
        } else {
            Err(MeasureError::Confidence { level })
        }
    }

    /// The level.
    pub const fn level(self) -> f64 {
        self.level
    }

    /// The probability of one tail, (1 − level) / 2.
    pub(crate) fn tail(self) -> f64 {
        0.5 * (1.0 - self.level)
    }

    /// The quantile of the standard normal distribution that leaves one tail above it (1.96 for 0.95).
    pub(crate) fn normal(self) -> f64 {
        -distribution::normal_inverse(self.tail())
    }

    /// The quantile of Student's t distribution that leaves one tail above it.
    pub(crate) fn student(self, degrees_of_freedom: f64) -> f64 {
        distribution::student_inverse(self.tail(), degrees_of_freedom)
    }
}

impl Default for Confidence {
    /// The level 0.95.
    fn default() -> Self {
        Self { level: 0.95 }
    }
}

/// A closed interval, in the unit of the measure it belongs to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower limit.
    pub low: f64,
    /// The upper limit, not below the lower one.
    pub high: f64,
}

impl Interval {
    /// The interval from `centre − half_width` to `centre + half_width`.
    pub(crate) fn around(centre: f64, half_width: f64) -> Self {
        Self {
            low: centre - half_width,
            high: centre + half_width,
        }
    }

    /// The part of the interval within the range of possible values.
    pub(crate) fn within(self, minimum: f64, maximum: f64) -> Self {
        Self {
            low: self.low.clamp(minimum, maximum),
            high: self.high.clamp(minimum, maximum),
        }
    }

    /// Whether the value lies in the interval, its limits included.
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}
