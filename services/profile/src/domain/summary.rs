//! Counts over all customers.

use std::collections::BTreeMap;

use rapport_value::{
    concentration::{CUSTOMARY_CUTOFFS, Concentration, concentration},
    lifecycle::Stage,
    rfm::RfmScore,
};

use super::{stage::STAGES, value::group_name};

/// What a summary needs to know of one customer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Summand {
    /// Where the customer stands; none when not valued yet.
    pub stage: Option<Stage>,
    /// The scores; none without a purchase.
    pub score: Option<RfmScore>,
    /// Purchases minus returns in minor units.
    pub monetary_minor: i64,
    /// Lifetime value in minor units; none when no model passed the fit gate.
    pub lifetime_value_minor: Option<i64>,
}

/// How many customers, and their money.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Share {
    /// How many.
    pub customers: i64,
    /// Purchases minus returns in minor units.
    pub monetary_minor: i128,
    /// Sum of the lifetime values in minor units; none when nobody has one.
    pub lifetime_value_minor: Option<i128>,
}

impl Share {
    fn add(&mut self, summand: &Summand) {
        self.customers += 1;
        self.monetary_minor += i128::from(summand.monetary_minor);
        if let Some(minor) = summand.lifetime_value_minor {
            *self.lifetime_value_minor.get_or_insert_default() += i128::from(minor);
        }
    }
}

/// Counts over all customers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Summary {
    /// By stage, in the order of the lifecycle, then those who were not valued yet; only stages that somebody is in.
    pub stages: Vec<(Option<Stage>, Share)>,
    /// By name of the RFM group.
    pub groups: Vec<(String, Share)>,
    /// By recency, frequency and monetary score: five counts each, score 1 first.
    pub histograms: [[i64; 5]; 3],
    /// How concentrated the value is; none when there is none.
    pub concentration: Option<Concentration>,
    /// Everybody.
    pub all: Share,
}

/// Counts customers.
pub(crate) fn summarize(summands: &[Summand]) -> Summary {
    let mut stages: Vec<(Option<Stage>, Share)> = STAGES
        .into_iter()
        .map(Some)
        .chain([None])
        .map(|stage| (stage, Share::default()))
        .collect();
    let mut groups: BTreeMap<String, Share> = BTreeMap::new();
    let mut histograms = [[0; 5]; 3];
    let mut all = Share::default();
    for summand in summands {
        all.add(summand);
        if let Some((_, share)) = stages.iter_mut().find(|(stage, _)| *stage == summand.stage) {
            share.add(summand);
        }
        if let Some(score) = summand.score {
            groups.entry(group_name(score)).or_default().add(summand);
            let scores = [score.recency(), score.frequency(), score.monetary()];
            for (histogram, score) in histograms.iter_mut().zip(scores) {
                // A score lies within 1 to 5.
                histogram[usize::from(score) - 1] += 1;
            }
        }
    }
    stages.retain(|(_, share)| share.customers > 0);
    let values: Vec<i64> = summands.iter().map(|summand| summand.monetary_minor).collect();
    Summary {
        stages,
        groups: groups.into_iter().collect(),
        histograms,
        concentration: concentration(&values, &CUSTOMARY_CUTOFFS),
        all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_customer_is_counted_once_in_each_table() {
        let summand = |stage, cell: Option<(u8, u8, u8)>, monetary_minor| Summand {
            stage,
            score: cell.and_then(|(r, f, m)| RfmScore::new(r, f, m)),
            monetary_minor,
            lifetime_value_minor: None,
        };
        let summary = summarize(&[
            summand(Some(Stage::Mature), Some((5, 5, 5)), 900),
            summand(Some(Stage::New), Some((5, 1, 1)), 100),
            summand(Some(Stage::Potential), None, 0),
            summand(None, None, 0),
        ]);
        assert_eq!(
            summary
                .stages
                .iter()
                .map(|(_, share)| share.customers)
                .sum::<i64>(),
            4
        );
        assert_eq!(summary.stages.last().unwrap().0, None);
        assert_eq!(
            summary.histograms,
            [[0, 0, 0, 0, 2], [1, 0, 0, 0, 1], [1, 0, 0, 0, 1]]
        );
        assert_eq!((summary.all.customers, summary.all.monetary_minor), (4, 1000));
        assert_eq!(summary.all.lifetime_value_minor, None);
        let half = summary.concentration.unwrap().points.last().copied().unwrap();
        assert!((half.value_share - 1.0).abs() < 1e-12, "{half:?}");
    }
}
