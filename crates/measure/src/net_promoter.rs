//! The net promoter score.

use crate::error::MeasureError;
use crate::interval::{Confidence, Interval};
use crate::real::{real, real_wide};
use crate::tally::Tally;

/// The points of a score of one: the score is given from −100 to 100.
const POINTS: f64 = 100.0;
/// What the adjusted interval adds to promoters and to detractors.
const ADDED_TO_ENDS: f64 = 0.75;
/// What the adjusted interval adds to all answers.
const ADDED_TO_ALL: f64 = 3.0;

/// The net promoter score of answers from 0 to 10 to "how likely is it that you would recommend us?" (Reichheld
/// 2003): the share of promoters (9, 10) less the share of detractors (0 to 6).
///
/// Scores, errors, margins and limits are in points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NetPromoter {
    /// Answers of 9 and 10.
    pub promoters: i64,
    /// Answers of 7 and 8.
    pub passives: i64,
    /// Answers of 0 to 6.
    pub detractors: i64,
    /// All answers, at least one.
    pub n: i64,
    /// The score, from −100 to 100.
    pub score: f64,
    /// The variance of one answer scored −1, 0 or 1 (not in points): p₊ + p₋ − (p₊ − p₋)².
    pub variance: f64,
    /// The standard error of the score, 100·√(variance / n). It is zero when all answers are in one group, which
    /// says little when they are few: then `adjusted` is to be preferred.
    pub standard_error: f64,
    /// Half the width of the Wald interval before it is cut: z times the standard error.
    pub margin_of_error: f64,
    /// The Wald interval, score ± margin, cut to −100 … 100.
    pub interval: Interval,
    /// The adjusted Wald interval, the better one for small numbers.
    pub adjusted: AdjustedNetPromoter,
}

/// The adjusted Wald interval of a net promoter score: three answers are added, ¾ to promoters, ¾ to detractors and
/// 1½ to passives (a triangle), before the Wald interval is taken.
///
/// It covers best of those compared in B. Rocks, "Interval Estimation for the 'Net Promoter Score'", The American
/// Statistician 70 (2016) 365–372, where it is the adjustment (3, T). In points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdjustedNetPromoter {
    /// The score with the added answers: the centre of the interval, not a replacement of the score.
    pub score: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// The interval, cut to −100 … 100.
    pub interval: Interval,
}

impl NetPromoter {
    /// The score of a tally; `None` when it is empty.
    ///
    /// The error is [`MeasureError::OffScale`] when it holds answers that are not from 0 to 10.
    pub fn of(tally: &Tally, confidence: Confidence) -> Result<Option<Self>, MeasureError> {
        tally.check_scale(0, 10)?;
        let n = tally.n();
        if n == 0 {
            return Ok(None);
        }
        let (promoters, detractors) = (tally.count(9..=10), tally.count(0..=6));
        let quantile = confidence.normal();
        let wide = i128::from;
        let net = wide(promoters) - wide(detractors);
        // Whole numbers until the last step: nothing cancels.
        let variance =
            real_wide(wide(n) * (wide(promoters) + wide(detractors)) - net * net) / real(n).powi(2);
        let score = POINTS * real_wide(net) / real(n);
        let standard_error = POINTS * (variance / real(n)).sqrt();
        let margin_of_error = quantile * standard_error;
        Ok(Some(Self {
            promoters,
            passives: n - promoters - detractors,
            detractors,
            n,
            score,
            variance,
            standard_error,
            margin_of_error,
            interval: Interval::around(score, margin_of_error).within(-POINTS, POINTS),
            adjusted: adjusted(real(promoters), real(detractors), real(n), quantile),
        }))
    }
}

fn adjusted(promoters: f64, detractors: f64, n: f64, quantile: f64) -> AdjustedNetPromoter {
    let n = n + ADDED_TO_ALL;
    let (promoters, detractors) = (promoters + ADDED_TO_ENDS, detractors + ADDED_TO_ENDS);
    let score = (promoters - detractors) / n;
    let variance = (promoters + detractors) / n - score * score;
    let standard_error = POINTS * (variance / n).sqrt();
    AdjustedNetPromoter {
        score: POINTS * score,
        standard_error,
        interval: Interval::around(POINTS * score, quantile * standard_error).within(-POINTS, POINTS),
    }
}
