//! The two conversions to floating point that may lose precision, each with the reason why it does no harm.

/// A number of things as a floating-point number.
#[expect(
    clippy::cast_precision_loss,
    reason = "exact up to 2^53 things, more than memory holds"
)]
pub(crate) fn count(number: usize) -> f64 {
    number as f64
}

/// A sum of money in minor units as a floating-point number.
#[expect(
    clippy::cast_precision_loss,
    reason = "the models are estimates; 53 bits are far finer than they are"
)]
pub(crate) fn amount(minor: i128) -> f64 {
    minor as f64
}
