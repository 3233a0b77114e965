//! How satisfied one customer is.

use jiff::Timestamp;

use super::answer_set::INDEX_UNITS_PER_POINT;

/// What the answer sets of a customer add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerAnswers {
    /// Number of answer sets, at least 1.
    pub answer_sets: i64,
    /// Number of answer sets that have an index.
    pub indexes: i64,
    /// Sum of the indexes, in thousandths of a point.
    pub index_sum: i64,
    /// The latest answer to a recommendation question.
    pub latest_nps: Option<i32>,
    /// The latest answer to a satisfaction question.
    pub latest_csat: Option<i32>,
    /// When the latest answers were given.
    pub latest_at: Timestamp,
}

impl CustomerAnswers {
    /// Mean of the index over the answer sets that have one, 0 to 100.
    #[allow(clippy::cast_precision_loss, reason = "sums of an index stay far below 2⁵³")]
    pub fn index(&self) -> Option<f64> {
        (self.indexes > 0).then(|| self.index_sum as f64 / (self.indexes * INDEX_UNITS_PER_POINT) as f64)
    }
}
