//! Customer effort.

use crate::error::MeasureError;
use crate::interval::{Confidence, Interval};
use crate::mean::Mean;
use crate::real::{real, real_wide};
use crate::tally::Tally;

/// The customer effort score (CES): answers from 1 to 7 to "it was easy to …", where 7 is the easiest (the second
/// version of the question; answers to the first, where a high score is much effort, have to be turned around).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effort {
    /// The number of answers, at least one.
    pub n: i64,
    /// The mean answer, from 1 to 7.
    pub mean: f64,
    /// The sample standard deviation, as in [`Mean`]; `None` for a single answer.
    pub standard_deviation: Option<f64>,
    /// The interval of the mean, as in [`Mean`]; `None` for a single answer.
    pub interval: Option<Interval>,
    /// The share of answers of 5, 6 and 7, from 0 to 1.
    pub top_three_share: f64,
    /// The share of answers of 6 and 7 less the share of answers of 1, 2 and 3, from −1 to 1.
    pub net_easy: f64,
}

impl Effort {
    /// The effort score of a tally; `None` when it is empty.
    ///
    /// The error is [`MeasureError::OffScale`] when it holds answers that are not from 1 to 7.
    pub fn of(tally: &Tally, confidence: Confidence) -> Result<Option<Self>, MeasureError> {
        tally.check_scale(1, 7)?;
        let Some(Mean {
            n,
            mean,
            standard_deviation,
            interval,
        }) = Mean::of(tally, confidence)
        else {
            return Ok(None);
        };
        let net_easy = i128::from(tally.count(6..=7)) - i128::from(tally.count(1..=3));
        Ok(Some(Self {
            n,
            mean,
            standard_deviation,
            interval,
            top_three_share: real(tally.count(5..=7)) / real(n),
            net_easy: real_wide(net_easy) / real(n),
        }))
    }
}
