//! Settings of the gate.

use std::ops::RangeInclusive;

use crate::purchase_model::PurchaseFamily;

/// Settings of the gate, with the reasons for the defaults.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GateConfig {
    /// Which purchase model is fitted. Default BG/NBD, the one with the most published experience.
    pub family: PurchaseFamily,
    /// Share of the span that is held out, clamped to 0.05–0.5. Default one third: long enough to see repeat
    /// purchases, short enough to leave most of the history to the fit.
    pub holdout_share: f64,
    /// Days needed from the first purchase of all to the as-of day. Default 84 (twelve weeks).
    pub minimum_span_days: i32,
    /// Customers needed in the calibration period. Default 100: with fewer, four parameters are guesswork.
    pub minimum_customers: usize,
    /// Of these, customers needed with a repeat purchase. Default 30: only they tell about the pace.
    pub minimum_repeaters: usize,
    /// Repeat purchase days needed in the hold-out period. Default 30: with fewer, chance alone makes a
    /// relative error of more than 18 % likely.
    pub minimum_holdout_purchases: u32,
    /// Smallest and largest acceptable value of r, a and b. Default 0.001 and 1000. A shape below means
    /// that practically nobody is like the mean; one above that practically everybody is the same, or that
    /// nobody ever leaves: then the likelihood is flat and the value is an accident of the search.
    pub shape_bounds: (f64, f64),
    /// Smallest and largest acceptable α in weeks. Default 0.001 and 100,000. The mean time between two
    /// purchases is α/r weeks, so α is bounded less tightly than the shapes.
    pub alpha_bounds: (f64, f64),
    /// Largest acceptable relative error of the sum of purchases in the hold-out period. Default 0.25: a
    /// season or a campaign moves sales by that much, and the model knows of neither.
    pub largest_aggregate_error: f64,
    /// Largest acceptable ratio of the model's mean absolute error per customer to the naive one. Default 1: the
    /// model must not be worse than going on at the past rate.
    pub largest_error_ratio: f64,
    /// Recency rule: a customer is active while the last purchase is at most this many days ago. Default 180.
    pub recency_active_days: i32,
}

impl Default for GateConfig {
    fn default() -> Self {
        Self {
            family: PurchaseFamily::BgNbd,
            holdout_share: 1.0 / 3.0,
            minimum_span_days: 84,
            minimum_customers: 100,
            minimum_repeaters: 30,
            minimum_holdout_purchases: 30,
            shape_bounds: (1e-3, 1e3),
            alpha_bounds: (1e-3, 1e5),
            largest_aggregate_error: 0.25,
            largest_error_ratio: 1.0,
            recency_active_days: 180,
        }
    }
}

impl GateConfig {
    /// The bounds of a parameter by its name in [`crate::purchase_model::PurchaseParameters::named`].
    pub fn parameter_bounds(&self, parameter: &str) -> RangeInclusive<f64> {
        let (smallest, largest) = if parameter == "alpha" {
            self.alpha_bounds
        } else {
            self.shape_bounds
        };
        smallest..=largest
    }
}
