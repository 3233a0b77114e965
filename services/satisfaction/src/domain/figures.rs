//! The figures of a group of answers, read from what they add up to.

use rapport_measure::{
    Confidence, Effort, Index, Interval, Mean, MeasureError, NetPromoter, ProportionInterval, Scale, Tally,
    satisfaction_share,
};

use super::{
    answer_set::INDEX_UNITS_PER_POINT,
    metric::Metric,
    rollup::{SCORES, Sums},
};

/// What a metric says of a group of answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Number of answers (of answer sets for the index), at least 1.
    pub answer_count: i64,
    /// The metric, in its own unit.
    pub value: f64,
    /// Its interval; none where it is not defined.
    pub interval: Option<Interval>,
    /// Standard deviation of the answers (n − 1); none for CSAT and NPS and with fewer than two answers.
    pub standard_deviation: Option<f64>,
    /// Share of answers at the top, 0 to 1: 4–5 (CSAT), 9–10 (NPS), 5–7 (CES).
    pub top_share: Option<f64>,
    /// Share of answers at the bottom, 0 to 1: 1–2 (CSAT), 0–6 (NPS), 1–3 (CES).
    pub bottom_share: Option<f64>,
    /// Number of answers of each score, 0 first; none for the index.
    pub score_counts: Option<[i64; SCORES]>,
}

impl Figures {
    /// The figures of a group; none when it has no answers.
    ///
    /// CSAT is in percent with the Wilson interval, NPS in points with the Wald interval, CES and the Likert mean are
    /// in points of their scale and the index from 0 to 100, these three with the interval of Student's t. The
    /// formulas are those of `rapport_measure`. A group of Likert answers on scales of different length has the mean
    /// of the scores as they are.
    ///
    /// An error means that no set of answers adds up to this.
    pub fn of(metric: Metric, sums: &Sums, confidence: Confidence) -> Result<Option<Self>, MeasureError> {
        let tally = Tally::from_parts(sums.by_score, sums.count, sums.sum, sums.squares)?;
        match metric {
            Metric::Csat => of_csat(&tally, confidence),
            Metric::Nps => of_nps(&tally, confidence),
            Metric::Ces => of_ces(&tally, confidence),
            Metric::Likert => Ok(of_likert(&tally, confidence)),
            Metric::Index => of_index(&tally, confidence),
        }
    }
}

fn of_csat(tally: &Tally, confidence: Confidence) -> Result<Option<Figures>, MeasureError> {
    const PERCENT: f64 = 100.0;
    let share = satisfaction_share(tally, confidence, ProportionInterval::Wilson)?;
    Ok(share.map(|top| Figures {
        answer_count: tally.n(),
        value: PERCENT * top.share,
        interval: Some(Interval {
            low: PERCENT * top.interval.low,
            high: PERCENT * top.interval.high,
        }),
        standard_deviation: None,
        top_share: Some(top.share),
        bottom_share: Some(share_of(tally, 1..=2)),
        score_counts: Some(*tally.counts()),
    }))
}

fn of_nps(tally: &Tally, confidence: Confidence) -> Result<Option<Figures>, MeasureError> {
    Ok(NetPromoter::of(tally, confidence)?.map(|nps| Figures {
        answer_count: nps.n,
        value: nps.score,
        interval: Some(nps.interval),
        standard_deviation: None,
        top_share: Some(share_of(tally, 9..=10)),
        bottom_share: Some(share_of(tally, 0..=6)),
        score_counts: Some(*tally.counts()),
    }))
}

fn of_ces(tally: &Tally, confidence: Confidence) -> Result<Option<Figures>, MeasureError> {
    Ok(Effort::of(tally, confidence)?.map(|effort| Figures {
        answer_count: effort.n,
        value: effort.mean,
        interval: effort.interval,
        standard_deviation: effort.standard_deviation,
        top_share: Some(effort.top_three_share),
        bottom_share: Some(share_of(tally, 1..=3)),
        score_counts: Some(*tally.counts()),
    }))
}

fn of_likert(tally: &Tally, confidence: Confidence) -> Option<Figures> {
    Mean::of(tally, confidence).map(|mean| Figures {
        answer_count: mean.n,
        value: mean.mean,
        interval: mean.interval,
        standard_deviation: mean.standard_deviation,
        top_share: None,
        bottom_share: None,
        score_counts: Some(*tally.counts()),
    })
}

fn of_index(tally: &Tally, confidence: Confidence) -> Result<Option<Figures>, MeasureError> {
    let scale = Scale::new(0, 100 * INDEX_UNITS_PER_POINT)?;
    Ok(Index::of(tally, scale, confidence)?.map(|index| Figures {
        answer_count: index.n,
        value: index.score,
        interval: index.interval,
        standard_deviation: index.standard_deviation,
        top_share: None,
        bottom_share: None,
        score_counts: None,
    }))
}

/// The share of answers with these scores, 0 to 1, of a tally that has answers.
#[allow(clippy::cast_precision_loss, reason = "numbers of answers stay far below 2⁵³")]
fn share_of(tally: &Tally, scores: std::ops::RangeInclusive<usize>) -> f64 {
    let answers: i64 = tally.counts()[scores].iter().sum();
    answers as f64 / tally.n() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(scores: &[i64]) -> Sums {
        let mut sums = Sums::default();
        for score in scores {
            sums.count += 1;
            sums.sum += score;
            sums.squares += score * score;
            sums.by_score[usize::try_from(*score).unwrap()] += 1;
        }
        sums
    }

    fn figures(metric: Metric, scores: &[i64]) -> Figures {
        Figures::of(metric, &sums(scores), Confidence::default())
            .unwrap()
            .unwrap()
    }

    #[test]
    fn shares_are_fractions_of_the_scores_that_the_contract_names() {
        let csat = figures(Metric::Csat, &[1, 2, 3, 4, 5]);
        assert_eq!(
            (csat.value, csat.top_share, csat.bottom_share),
            (40.0, Some(0.4), Some(0.4))
        );
        let nps = figures(Metric::Nps, &[0, 6, 7, 9]);
        assert_eq!(
            (nps.value, nps.top_share, nps.bottom_share),
            (-25.0, Some(0.25), Some(0.5))
        );
        let ces = figures(Metric::Ces, &[3, 4, 5, 7]);
        assert_eq!(
            (ces.value, ces.top_share, ces.bottom_share),
            (4.75, Some(0.5), Some(0.25))
        );
    }

    #[test]
    fn one_answer_has_no_t_interval_and_no_deviation() {
        for metric in [Metric::Ces, Metric::Likert] {
            let one = figures(metric, &[5]);
            assert_eq!(
                (one.value, one.interval, one.standard_deviation),
                (5.0, None, None),
                "{metric}"
            );
        }
        let index = Sums {
            count: 1,
            sum: 62_500,
            squares: 62_500 * 62_500,
            ..Sums::default()
        };
        let index = Figures::of(Metric::Index, &index, Confidence::default())
            .unwrap()
            .unwrap();
        assert_eq!(
            (index.value, index.interval, index.score_counts),
            (62.5, None, None)
        );
    }

    #[test]
    fn no_answers_have_no_figures() {
        for metric in Metric::ALL {
            let none = Figures::of(metric, &Sums::default(), Confidence::default()).unwrap();
            assert_eq!(none, None, "{metric}");
        }
    }

    #[test]
    fn sums_that_no_answers_have_are_an_error() {
        let broken = Sums {
            count: 3,
            ..sums(&[4, 5])
        };
        assert!(Figures::of(Metric::Csat, &broken, Confidence::default()).is_err());
    }
}
