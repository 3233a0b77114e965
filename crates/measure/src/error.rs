//! What can be wrong with the input of a measure.

/// Why a tally or a measure is refused.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum MeasureError {
    /// More answers were subtracted than had been added.
    #[error("more answers were subtracted than the tally holds")]
    Underflow,
    /// A number no longer fits into 64 bits.
    #[error("the tally exceeds 64 bits")]
    Overflow,
    /// The parts of a tally contradict each other: no set of answers has them.
    #[error("no set of answers has these counts, number, sum and sum of squares")]
    Inconsistent,
    /// The tally holds answers outside the scale of the measure.
    #[error("the tally holds answers outside the scale from {minimum} to {maximum}")]
    OffScale {
        /// The smallest answer of the scale.
        minimum: i64,
        /// The largest answer of the scale.
        maximum: i64,
    },
    /// A scale needs a minimum below its maximum.
    #[error("the scale from {minimum} to {maximum} has no length")]
    Scale {
        /// The minimum given.
        minimum: i64,
        /// The maximum given.
        maximum: i64,
    },
    /// A confidence level lies strictly between 0 and 1.
    #[error("the confidence level {level} is not between 0 and 1")]
    Confidence {
        /// The level given.
        level: f64,
    },
    /// A part is negative or larger than its whole.
    #[error("{part} of {whole} is not a share")]
    Share {
        /// The part given.
        part: i64,
        /// The whole given.
        whole: i64,
    },
}
