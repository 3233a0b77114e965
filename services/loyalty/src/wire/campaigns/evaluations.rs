//! What activities earn, and what history would have come to, as messages.

use std::collections::BTreeSet;

use rapport_contract::loyalty::v1 as wire;

use super::name;
use crate::domain::campaigns::{Awarded, Comparison, Evaluation, Explanation, Origin, Tally, Verdict};

/// What an activity earns in a program, and why.
pub(crate) fn evaluation(program: &str, evaluation: &Evaluation) -> wire::ActivityEvaluation {
    let explanations = evaluation.explanations.iter();
    wire::ActivityEvaluation {
        awards: evaluation
            .awards
            .iter()
            .map(|award| awarded(program, award))
            .collect(),
        explanations: explanations
            .map(|explanation| explained(program, explanation))
            .collect(),
    }
}

fn awarded(program: &str, award: &Awarded) -> wire::ActivityAward {
    let (campaign, campaign_version) = match &award.origin {
        Origin::Base => (String::new(), 0),
        Origin::Campaign { id, version } => (name(program, id), *version),
    };
    let lines = award.by_line.iter().map(|(line, points)| wire::AwardedLine {
        line_id: line.to_string(),
        points: *points,
    });
    wire::ActivityAward {
        campaign,
        campaign_version,
        wallet: award.wallet.clone(),
        points: award.points,
        lines: lines.collect(),
        pending_days: award.pending_days,
        expiry_months: award.expiry_months,
    }
}

fn explained(program: &str, explanation: &Explanation) -> wire::CampaignExplanation {
    let (points, reckoned_points) = match &explanation.verdict {
        Verdict::Applied {
            points, reckoning, ..
        } => (*points, reckoning.points),
        Verdict::BudgetExhausted {
            needed: Some(needed), ..
        } => (0, *needed),
        _ => (0, 0),
    };
    wire::CampaignExplanation {
        campaign: name(program, &explanation.campaign),
        version: explanation.version,
        verdict: verdict(&explanation.verdict).into(),
        explanation: explanation.verdict.to_string(),
        points,
        reckoned_points,
    }
}

fn verdict(verdict: &Verdict) -> wire::CampaignVerdict {
    match verdict {
        Verdict::Applied { .. } => wire::CampaignVerdict::Applied,
        Verdict::OtherTrigger => wire::CampaignVerdict::OtherTrigger,
        Verdict::NotLive(_) => wire::CampaignVerdict::NotLive,
        Verdict::OutsideWindow { .. } => wire::CampaignVerdict::OutsideWindow,
        Verdict::OtherCurrency { .. } => wire::CampaignVerdict::OtherCurrency,
        Verdict::BelowMinimum { .. } => wire::CampaignVerdict::BelowMinimum,
        Verdict::ConditionNotMet => wire::CampaignVerdict::ConditionNotMet,
        Verdict::NoLineCounts => wire::CampaignVerdict::NoLineCounts,
        Verdict::Nothing { .. } => wire::CampaignVerdict::Nothing,
        Verdict::Superseded { .. } => wire::CampaignVerdict::Superseded,
        Verdict::CapReached { .. } => wire::CampaignVerdict::CapReached,
        Verdict::BudgetExhausted { .. } => wire::CampaignVerdict::BudgetExhausted,
        Verdict::Faulty { .. } => wire::CampaignVerdict::Faulty,
    }
}

/// What history of a program comes to under two rules.
pub(crate) fn comparison(program: &str, comparison: &Comparison) -> wire::ReplayComparison {
    let (now, draft) = (&comparison.now.by_wallet, &comparison.draft.by_wallet);
    let wallets: BTreeSet<&String> = now.keys().chain(draft.keys()).collect();
    let wallets = wallets.into_iter().map(|wallet| wire::ReplayedWallet {
        wallet: wallet.clone(),
        now: Some(tally(now.get(wallet).copied().unwrap_or_default())),
        draft: Some(tally(draft.get(wallet).copied().unwrap_or_default())),
    });
    let campaigns = comparison.campaigns.iter().map(|of| wire::ReplayedCampaign {
        campaign: name(program, &of.campaign),
        now: Some(tally(of.now)),
        draft: Some(tally(of.draft)),
    });
    let members = comparison.members.iter().map(|of| wire::ReplayedMember {
        member: of.member.clone(),
        now_points: bounded(of.now),
        draft_points: bounded(of.draft),
    });
    wire::ReplayComparison {
        activity_count: bounded(comparison.activities.into()),
        wallets: wallets.collect(),
        campaigns: campaigns.collect(),
        affected_member_count: bounded(comparison.members_affected.into()),
        members: members.collect(),
    }
}

fn tally(tally: Tally) -> wire::ReplayTally {
    wire::ReplayTally {
        award_count: tally.awards,
        points: bounded(tally.points),
        fault_count: tally.faults,
    }
}

/// A number that is not negative, or the greatest that a message holds.
fn bounded(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
