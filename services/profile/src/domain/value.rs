//! What one customer is worth and where the customer stands.

use jiff::civil::Date;
use rapport_money::Money;
use rapport_value::{lifecycle::Stage, rfm::RfmScore};

/// RFM, value and lifecycle stage of one customer as of a date.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CustomerValue {
    /// The id of the customer.
    pub customer: String,
    /// The date as of which everything here holds.
    pub as_of: Date,
    /// The purchases stored up to this number, and no others, are in the figures.
    pub sequence: i64,
    /// Days from the last purchase to the date; none without a purchase.
    pub recency_days: Option<i32>,
    /// Number of distinct days with a purchase.
    pub frequency: i32,
    /// Purchases minus returns.
    pub monetary: Money,
    /// Scores among all customers with a purchase.
    pub score: Option<RfmScore>,
    /// Where the customer stands.
    pub stage: Stage,
    /// Since when.
    pub stage_since: Date,
    /// Why, in plain English.
    pub stage_reason: String,
    /// What the models expect; none when they did not pass the fit gate, or without a purchase.
    pub forecast: Option<Forecast>,
}

/// What the models expect of a customer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Forecast {
    /// Probability of at least one purchase within the next 365 days.
    pub repurchase_probability: f64,
    /// Expected number of purchase days within the next 365 days.
    pub expected_purchases: f64,
    /// Expected value of a purchase day.
    pub expected_spend: Money,
    /// Discounted value over the next 12 months.
    pub lifetime_value: Money,
}

impl CustomerValue {
    /// Name of the RFM group; empty without a purchase.
    pub(crate) fn rfm_group(&self) -> String {
        self.score.map(group_name).unwrap_or_default()
    }
}

/// The name of the RFM group of scores, such as `potential_loyalist`.
pub(crate) fn group_name(score: RfmScore) -> String {
    score.group().to_string().replace(' ', "_")
}
