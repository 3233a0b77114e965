//! Grants tiers, and takes grants back.

use std::collections::BTreeSet;

use jiff::civil::Date;
use prost::Message as _;
use rapport_clock::Clock;
use rapport_contract::loyalty::v1::TierGrant;
use rapport_status::{Error, FieldViolation, Reason, Result};
use rapport_storage::{
    Store,
    request::{KnownRequests, RequestKey, store_answers},
};
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::standings::{Concerned, bring_up_to_date, vanished};
use crate::{
    domain::{
        calendar::day_of,
        member,
        tiers::{self, Fact, Grant, GrantKind, KnownGrant, KnownTierSet, MOST_GRANTS, Withdrawal},
    },
    store::{
        programs,
        tiers::{
            grants,
            members::{self, TierMember, Whose},
        },
    },
    wire::member_tiers::tier_grant,
};

/// A wish to grant a tier.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    /// `programs/{program}/members/{member}`.
    pub(crate) member: String,
    /// `programs/{program}/tierSets/{tier_set}`.
    pub(crate) tier_set: String,
    /// Id of the tier.
    pub(crate) tier: String,
    /// The last day on which it holds.
    pub(crate) until: Date,
    /// Gift or match.
    pub(crate) kind: GrantKind,
    /// Why.
    pub(crate) reason: String,
    /// Who grants it.
    pub(crate) by: String,
}

/// Grants a tier from now on. The same request again gets the first answer.
pub(crate) async fn grant(
    store: &Store,
    clock: &Clock,
    tenant: &str,
    request: &RequestKey,
    wish: &Wish,
) -> Result<Vec<u8>> {
    store
        .write("grant_tier", |transaction| async move {
            let connection = transaction.connection();
            let member = locked(connection, tenant, &wish.member).await?;
            // Read when the lock is held: whoever did the same request before has stored the answer.
            let known = KnownRequests::load(connection, &[request]).await?;
            if let Some(answer) = known.answer(request)? {
                let answer = answer.to_vec();
                return transaction.abandon(answer).await;
            }
            let member = member.ok_or_else(|| member::not_found(&wish.member))?;
            if !member.active {
                return Err(not_active(&member.name));
            }
            let granted = decide(connection, clock, tenant, &member, wish).await?;
            grants::insert(connection, tenant, &granted).await?;
            let concerned = vec![Concerned::without_news(member, true)];
            bring_up_to_date(connection, clock, tenant, concerned).await?;
            let answer = tier_grant(&granted).encode_to_vec();
            store_answers(connection, vec![(request.clone(), answer.clone())], clock.now()).await?;
            transaction.commit(answer).await
        })
        .await
}

async fn locked(transaction: &DatabaseTransaction, tenant: &str, name: &str) -> Result<Option<TierMember>> {
    let names = BTreeSet::from([name.to_owned()]);
    let locked = members::lock(transaction, tenant, Whose::Names(&names)).await?;
    Ok(locked.into_iter().next())
}

fn not_active(name: &str) -> Error {
    Error::about(
        Reason::MemberNotActive,
        member::RESOURCE_TYPE,
        name,
        format!("{name} is closed: no tier is granted any more"),
    )
}

/// The grant that is wished for; refused when there can be none.
async fn decide(
    transaction: &DatabaseTransaction,
    clock: &Clock,
    tenant: &str,
    member: &TierMember,
    wish: &Wish,
) -> Result<KnownGrant> {
    let set = super::sets::find(transaction, tenant, &wish.tier_set).await?;
    let program = programs::find(transaction, tenant, &member.program).await?;
    let program = program.ok_or_else(|| vanished(&member.program))?;
    if grants::count(transaction, tenant, &member.name).await? >= MOST_GRANTS as u64 {
        return Err(Error::invalid_field(
            "member",
            format!("has {MOST_GRANTS} grants, the most that a member can have"),
        ));
    }
    // After the lock, so that the grants of a member have the order of their times.
    let now = clock.now();
    let mut found = tier_violations(&set, wish, now);
    if wish.until < day_of(now, &program.zone) {
        found.push(FieldViolation::new(
            "until_date",
            "must not be over in the program's time zone: it is the last day on which the tier holds",
        ));
    }
    if let GrantKind::Match { challenge, .. } = &wish.kind {
        let known = tiers::known_measures(&program, &set.versions);
        let known = tiers::KnownMeasures {
            currencies: challenge.currencies().collect(),
            ..known
        };
        found.extend(challenge.violations_among("status_match.challenge", &known));
    }
    let grant = Grant {
        id: clock.new_id(),
        time: now,
        tier: wish.tier.clone(),
        until: wish.until,
        kind: wish.kind.clone(),
        reason: wish.reason.clone(),
        by: wish.by.clone(),
    };
    if found.is_empty() {
        found = request_paths(Fact::Grant(grant.clone()).check());
    }
    if !found.is_empty() {
        return Err(Error::invalid(Reason::InvalidFields, found));
    }
    Ok(KnownGrant {
        member: member.name.clone(),
        tier_set: wish.tier_set.clone(),
        grant,
        withdrawal: None,
    })
}

fn tier_violations(set: &KnownTierSet, wish: &Wish, now: jiff::Timestamp) -> Vec<FieldViolation> {
    let begun = set.in_force(now).filter(|version| version.effective <= now);
    let Some(version) = begun else {
        let wrong = FieldViolation::new(
            "tier_set_id",
            "must be of a tier set that has begun; its first version lies ahead",
        );
        return vec![wrong];
    };
    if version.tiers.iter().skip(1).any(|tier| tier.id == wish.tier) {
        return Vec::new();
    }
    let above_base: Vec<&str> = version
        .tiers
        .iter()
        .skip(1)
        .map(|tier| tier.id.as_str())
        .collect();
    vec![FieldViolation::new(
        "tier",
        format!("must be a tier above the base tier: {}", above_base.join(", ")),
    )]
}

/// Violations of a fact as those of the request.
fn request_paths(found: Vec<FieldViolation>) -> Vec<FieldViolation> {
    let renamed = found.into_iter().map(|violation| {
        let field = match violation.field.as_str() {
            "fact.until" => "until_date".to_owned(),
            "fact.reason" => "reason".to_owned(),
            "fact.evidence" => "status_match.evidence".to_owned(),
            other => other.replacen("fact.", "", 1),
        };
        FieldViolation::new(field, violation.description)
    });
    renamed.collect()
}

/// Reads a grant.
pub(crate) async fn get(
    store: &Store,
    tenant: &str,
    name: &str,
    member: &str,
    id: Uuid,
) -> Result<TierGrant> {
    let found = grants::find(store.read(), tenant, member, id).await?;
    let found = found.ok_or_else(|| tiers::grant_not_found(name))?;
    Ok(tier_grant(&found))
}

/// A wish to take a grant back.
#[derive(Debug, Clone)]
pub(crate) struct Revocation {
    /// `programs/{program}/members/{member}/tierGrants/{tier_grant}`.
    pub(crate) name: String,
    /// `programs/{program}/members/{member}`.
    pub(crate) member: String,
    /// The grant.
    pub(crate) id: Uuid,
    /// Why.
    pub(crate) reason: String,
    /// Who takes it back.
    pub(crate) by: String,
}

/// Takes a grant back from now on. A grant that was revoked before stays as it is.
pub(crate) async fn revoke(
    store: &Store,
    clock: &Clock,
    tenant: &str,
    wish: &Revocation,
) -> Result<TierGrant> {
    store
        .write("revoke_tier_grant", |transaction| async move {
            let connection = transaction.connection();
            // Futures of the store are large, and so would be those of all callers.
            let member = Box::pin(locked(connection, tenant, &wish.member)).await?;
            let found = Box::pin(grants::find(connection, tenant, &wish.member, wish.id)).await?;
            let (Some(member), Some(mut known)) = (member, found) else {
                return Err(tiers::grant_not_found(&wish.name));
            };
            if known.withdrawal.is_some() {
                return transaction.abandon(tier_grant(&known)).await;
            }
            known.withdrawal = Some(Withdrawal {
                time: clock.now(),
                reason: wish.reason.clone(),
                by: wish.by.clone(),
            });
            let violations: Vec<FieldViolation> = known.facts().flat_map(|fact| fact.check()).collect();
            if !violations.is_empty() {
                return Err(Error::invalid(Reason::InvalidFields, request_paths(violations)));
            }
            Box::pin(grants::update(connection, tenant, &known)).await?;
            let concerned = vec![Concerned::without_news(member, true)];
            bring_up_to_date(connection, clock, tenant, concerned).await?;
            transaction.commit(tier_grant(&known)).await
        })
        .await
}
