//! Exact whole numbers to floating point, in one place.

/// The nearest floating-point number.
#[allow(
    clippy::cast_precision_loss,
    reason = "rounding to the nearest is what is wanted"
)]
pub(crate) const fn real(number: i64) -> f64 {
    number as f64
}

/// The nearest floating-point number.
#[allow(
    clippy::cast_precision_loss,
    reason = "rounding to the nearest is what is wanted"
)]
pub(crate) const fn real_wide(number: i128) -> f64 {
    number as f64
}
