//! Where members stand, in the messages of the contract.

use rapport_contract::{
    instant,
    loyalty::v1::{self as wire, TierBasis, TierGoalKind, TierMovement},
    name,
};
use uuid::Uuid;

use super::tiers::{benefit, combination, measure, number, qualification};
use crate::domain::tiers::{
    Basis, Change, Goal, GoalKind, GrantKind, KnownGrant, Movement, Projection, Rules, Value, Words,
    benefits_now, multiplier_percent,
};

/// Where a member stands in a tier set, and what lies ahead.
pub(crate) fn member_tier(
    member: &str,
    tier_set: &str,
    rules: &Rules,
    projection: &Projection,
    words: Words<'_>,
    read_time: jiff::Timestamp,
) -> wire::MemberTier {
    let standing = &projection.standing;
    let benefits = benefits_now(rules, standing, read_time);
    let percent = multiplier_percent(&benefits);
    wire::MemberTier {
        tier_set: tier_set.to_owned(),
        version: number(standing.version),
        tier: standing.tier.clone(),
        title: words.title(&standing.tier).to_owned(),
        since_time: Some(instant::to_wire(standing.since)),
        decision: Some(tier_change(member, &standing.decision)),
        progress: amounts(&standing.progress),
        goals: projection.goals.iter().map(|ahead| goal(ahead, words)).collect(),
        keep: projection.keep.as_ref().map(|ahead| goal(ahead, words)),
        outlook: projection.review.as_ref().map(|review| wire::TierOutlook {
            time: Some(instant::to_wire(review.time)),
            tier: review.tier.clone(),
            basis: basis(review.basis).0.into(),
            valid_until_time: review.valid_until.map(instant::to_wire),
            text: words.outlook(review, rules),
        }),
        benefits: benefits.into_iter().map(benefit).collect(),
        multiplier_percent: i32::try_from(percent).unwrap_or(i32::MAX),
    }
}

fn amounts(values: &[Value]) -> Vec<wire::TierAmount> {
    let amounts = values.iter().map(|value| wire::TierAmount {
        measure: Some(measure(&value.measure)),
        amount: value.amount,
    });
    amounts.collect()
}

fn goal(goal: &Goal, words: Words<'_>) -> wire::TierGoal {
    let missing = goal.missing.iter().map(|missing| wire::TierMissing {
        measure: Some(measure(&missing.measure)),
        have: missing.have,
        need: missing.need,
        missing: missing.missing,
        by_date: missing.by.map(instant::date_to_wire),
    });
    wire::TierGoal {
        tier: goal.tier.clone(),
        kind: match goal.kind {
            GoalKind::Reach => TierGoalKind::Reach,
            GoalKind::Keep => TierGoalKind::Keep,
            GoalKind::Lifetime => TierGoalKind::Lifetime,
            GoalKind::Challenge => TierGoalKind::Challenge,
        }
        .into(),
        combination: combination(goal.combination).into(),
        from_date: goal.from.map(instant::date_to_wire),
        missing: missing.collect(),
        reached: goal.is_reached(),
        text: words.goal(goal),
    }
}

/// Why a member has a tier, and the grant that it is had by.
pub(crate) fn basis(basis: Basis) -> (TierBasis, Option<Uuid>) {
    match basis {
        Basis::Base => (TierBasis::Base, None),
        Basis::Grace => (TierBasis::Grace, None),
        Basis::Gifted { grant } => (TierBasis::Gifted, Some(grant)),
        Basis::Matched { grant, kept: false } => (TierBasis::MatchedOnTrial, Some(grant)),
        Basis::Matched { grant, kept: true } => (TierBasis::Matched, Some(grant)),
        Basis::SoftLanding => (TierBasis::SoftLanding, None),
        Basis::Qualified => (TierBasis::Qualified, None),
        Basis::Lifetime => (TierBasis::Lifetime, None),
    }
}

/// A change of a member's tier.
pub(crate) fn tier_change(member: &str, change: &Change) -> wire::TierChange {
    let (basis, grant) = basis(change.basis);
    wire::TierChange {
        change_time: Some(instant::to_wire(change.time)),
        tier: change.tier.clone(),
        basis: basis.into(),
        movement: match change.movement {
            Movement::Start => TierMovement::Start,
            Movement::Up => TierMovement::Up,
            Movement::Down => TierMovement::Down,
            Movement::Stay => TierMovement::Stay,
        }
        .into(),
        valid_until_time: change.valid_until.map(instant::to_wire),
        version: number(change.version),
        amounts: amounts(&change.values),
        grant: grant.map(|id| grant_name(member, id)).unwrap_or_default(),
    }
}

fn grant_name(member: &str, id: Uuid) -> String {
    match name::MEMBER.parse(member) {
        Some([program, member]) => name::TIER_GRANT.format([program, member, &id.to_string()]),
        None => String::new(),
    }
}

/// A grant.
pub(crate) fn tier_grant(known: &KnownGrant) -> wire::TierGrant {
    let (grant, withdrawal) = (&known.grant, known.withdrawal.as_ref());
    wire::TierGrant {
        name: grant_name(&known.member, grant.id),
        tier_set: known.tier_set.clone(),
        tier: grant.tier.clone(),
        grant_time: Some(instant::to_wire(grant.time)),
        until_date: Some(instant::date_to_wire(grant.until)),
        status_match: match &grant.kind {
            GrantKind::Gift => None,
            GrantKind::Match { evidence, challenge } => Some(wire::TierMatch {
                evidence: evidence.clone(),
                challenge: Some(qualification(challenge)),
            }),
        },
        reason: grant.reason.clone(),
        granted_by: grant.by.clone(),
        revoke_time: withdrawal.map(|withdrawal| instant::to_wire(withdrawal.time)),
        revoke_reason: withdrawal
            .map(|withdrawal| withdrawal.reason.clone())
            .unwrap_or_default(),
        revoked_by: withdrawal
            .map(|withdrawal| withdrawal.by.clone())
            .unwrap_or_default(),
    }
}
