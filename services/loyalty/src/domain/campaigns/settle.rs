//! Lets groups decide, and makes awards of what is left.

use std::{collections::HashMap, sync::Arc};

use super::{
    bounds::lower,
    compiled::{Compiled, Rules},
    evaluate::Subject,
    evaluation::{Awarded, Cap, Cut, Evaluation, Explanation, Origin, Reckoning, Verdict},
    reckon::spread_over,
};
use crate::domain::{ledger::MOST_POINTS, wallet::POINTS};

/// What a campaign would give by itself.
#[derive(Debug)]
pub(super) struct Offer {
    pub(super) points: i64,
    pub(super) reckoning: Reckoning,
    pub(super) cuts: Vec<Cut>,
    /// Places of the lines that count; none: all.
    pub(super) counting: Option<Vec<usize>>,
}

impl Subject<'_> {
    /// Lets groups decide, and makes awards of what is left.
    pub(super) fn settle(&self, rules: &Rules, judged: Vec<Result<Offer, Verdict>>) -> Evaluation {
        let winners = winners(rules, &judged);
        let mut evaluation = Evaluation::default();
        let mut room = HashMap::from([(POINTS, MOST_POINTS - self.base_points)]);
        if self.base_points > 0 {
            evaluation.awards.push(Awarded {
                origin: Origin::Base,
                wallet: POINTS.to_owned(),
                points: self.base_points,
                by_line: self.by_line(None, &self.base_by_line),
                pending_days: None,
                expiry_months: None,
            });
        }
        for (campaign, judged) in rules.campaigns.iter().zip(judged) {
            let winner = winners.get(campaign.terms.stacking.group.as_str());
            let verdict = match (judged, winner) {
                (Err(verdict), _) => verdict,
                (Ok(_), Some(winner)) if winner.id != campaign.id => Verdict::Superseded {
                    by: winner.id.clone(),
                },
                (Ok(offer), _) => {
                    let room = room.entry(campaign.terms.wallet.as_str()).or_insert(MOST_POINTS);
                    self.apply(campaign, offer, room, &mut evaluation.awards)
                }
            };
            evaluation.explanations.push(Explanation {
                campaign: campaign.id.clone(),
                version: campaign.version,
                verdict,
            });
        }
        evaluation
    }

    /// Makes an award of an offer, as far as the wallet has room.
    fn apply(&self, campaign: &Compiled, offer: Offer, room: &mut i64, awards: &mut Vec<Awarded>) -> Verdict {
        let Offer {
            mut points,
            reckoning,
            mut cuts,
            counting,
        } = offer;
        lower(&mut points, *room, Cap::Balance, &mut cuts);
        if points == 0 {
            return Verdict::CapReached { cap: Cap::Balance };
        }
        *room -= points;
        let terms = &campaign.terms;
        let places = self.places(counting.as_deref());
        let weights = places.iter().map(|place| self.weight(&terms.award, *place));
        let parts = spread_over(points, weights);
        awards.push(Awarded {
            origin: Origin::Campaign {
                id: campaign.id.clone(),
                version: campaign.version,
            },
            wallet: terms.wallet.clone(),
            points,
            by_line: self.by_line(counting.as_deref(), &parts),
            pending_days: terms.pending_days,
            expiry_months: terms.expiry_months,
        });
        Verdict::Applied {
            points,
            reckoning,
            cuts,
        }
    }

    fn by_line(&self, counting: Option<&[usize]>, parts: &[i64]) -> Vec<(Arc<str>, i64)> {
        let places = self.places(counting);
        let lines = places.iter().zip(parts).filter(|(_, points)| **points > 0);
        lines
            .map(|(place, points)| (Arc::clone(&self.line_ids[*place]), *points))
            .collect()
    }
}

/// The campaign of each group that gives points: of the highest priority, then of the most points, then of the first id.
fn winners<'r>(rules: &'r Rules, judged: &[Result<Offer, Verdict>]) -> HashMap<&'r str, &'r Compiled> {
    let mut best: HashMap<&str, (&Compiled, i64)> = HashMap::new();
    for (campaign, judged) in rules.campaigns.iter().zip(judged) {
        let (Ok(offer), group) = (judged, campaign.terms.stacking.group.as_str()) else {
            continue;
        };
        if group.is_empty() {
            continue;
        }
        let rank = |campaign: &Compiled, points: i64| (campaign.terms.stacking.priority, points);
        // In the order of ids, so that of equal ones the first stays.
        let kept = best
            .get(group)
            .is_some_and(|(other, points)| rank(other, *points) >= rank(campaign, offer.points));
        if !kept {
            best.insert(group, (campaign, offer.points));
        }
    }
    best.into_iter()
        .map(|(group, (campaign, _))| (group, campaign))
        .collect()
}
