//! What bounds the points of a campaign: its caps and its budget.

use super::{
    compiled::Compiled,
    evaluation::{Cap, Cut, Reckoning, Verdict},
    terms::{Caps, WhenExhausted},
    usage::Usage,
};
use crate::domain::ledger::MOST_POINTS;

/// The bounds of points with what is left of each, in the order in which they cut.
fn bounds(caps: &Caps, usage: Usage) -> impl Iterator<Item = (Cap, i64)> {
    [
        (Cap::Order, caps.order_points, 0),
        (Cap::Member, caps.member_points, usage.member_points),
        (Cap::MemberDay, caps.member_day_points, usage.member_day_points),
        (
            Cap::MemberMonth,
            caps.member_month_points,
            usage.member_month_points,
        ),
    ]
    .into_iter()
    .filter_map(|(cap, most, used)| Some((cap, most?.saturating_sub(used).max(0))))
}

fn left_of_budget(campaign: &Compiled, usage: Usage) -> Option<(i64, WhenExhausted)> {
    let budget = campaign.terms.budget?;
    let left = budget.points.saturating_sub(usage.budget_points).max(0);
    Some((left, budget.when_exhausted))
}

/// Whether the member can get anything more, and anything is left.
pub(super) fn require_room(campaign: &Compiled, usage: Usage) -> Result<(), Verdict> {
    let caps = &campaign.terms.caps;
    if caps.member_awards.is_some_and(|most| usage.member_awards >= most) {
        return Err(Verdict::CapReached {
            cap: Cap::MemberAwards,
        });
    }
    if let Some((cap, _)) = bounds(caps, usage).find(|(_, left)| *left == 0) {
        return Err(Verdict::CapReached { cap });
    }
    match left_of_budget(campaign, usage) {
        Some((0, _)) => Err(Verdict::BudgetExhausted {
            left: 0,
            needed: None,
        }),
        _ => Ok(()),
    }
}

pub(super) fn lower(points: &mut i64, most: i64, cap: Cap, cuts: &mut Vec<Cut>) {
    if *points > most {
        cuts.push(Cut {
            cap,
            from: *points,
            to: most,
        });
        *points = most;
    }
}

/// The points after caps and budget, at least 1, and what cut them.
pub(super) fn cut(
    campaign: &Compiled,
    usage: Usage,
    reckoning: &Reckoning,
) -> Result<(i64, Vec<Cut>), Verdict> {
    let (mut points, mut cuts) = (reckoning.points, Vec::new());
    lower(&mut points, MOST_POINTS, Cap::Balance, &mut cuts);
    for (cap, left) in bounds(&campaign.terms.caps, usage) {
        lower(&mut points, left, cap, &mut cuts);
    }
    match left_of_budget(campaign, usage) {
        Some((left, WhenExhausted::Skip)) if points > left => {
            return Err(Verdict::BudgetExhausted {
                left,
                needed: Some(points),
            });
        }
        Some((left, _)) => lower(&mut points, left, Cap::Budget, &mut cuts),
        None => {}
    }
    Ok((points, cuts))
}
