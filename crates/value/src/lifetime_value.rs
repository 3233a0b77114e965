//! What a customer's expected purchases are worth today.

use crate::purchase_model::{PurchaseModel, RepeatHistory};

/// Average number of weeks in a month, as the literature on these models rounds it.
pub const WEEKS_PER_MONTH: f64 = 4.345;

/// Horizon and discount of the lifetime value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LifetimeValueConfig {
    /// Number of months ahead.
    pub months: u32,
    /// Discount per month: 0.01 is 1 % a month.
    pub monthly_discount: f64,
}

impl Default for LifetimeValueConfig {
    /// 12 months at 1 % a month.
    fn default() -> Self {
        Self {
            months: 12,
            monthly_discount: 0.01,
        }
    }
}

/// Discounted value of the purchases that are expected of a customer over the horizon:
///
/// ```text
/// Σ k=1..months  value · (E[Y(4.345·k)] − E[Y(4.345·(k−1))]) / (1 + discount)^k
/// ```
///
/// `value_per_purchase` is what one purchase day brings, in any unit; the result is in the same one. Hand
/// in the expected spend for revenue, or spend times margin minus cost to serve for profit. Purchases of
/// a month count at its end.
pub fn lifetime_value(
    model: &PurchaseModel,
    customer: &RepeatHistory,
    value_per_purchase: f64,
    config: &LifetimeValueConfig,
) -> f64 {
    let growth = 1.0 + config.monthly_discount;
    let (mut before, mut discount, mut discounted_purchases) = (0.0, 1.0, 0.0);
    for month in 1..=config.months {
        let until = model.expected_purchases(customer, WEEKS_PER_MONTH * f64::from(month));
        discount *= growth;
        discounted_purchases += (until - before) / discount;
        before = until;
    }
    value_per_purchase * discounted_purchases
}
