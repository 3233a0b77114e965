//! Limits of amounts.

/// The largest amount of one purchase, in minor units of its currency (100 billion in a currency of cents). It keeps
/// every sum of purchases that a customer can have within 64 bits.
pub(crate) const LARGEST_AMOUNT: i64 = 10_000_000_000_000;

/// A sum of amounts as it is stored and sent; one beyond 64 bits stops at their limit.
pub(crate) fn narrowed(sum: i128) -> i64 {
    i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })
}
