//! Tiers that were granted.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rapport_status::{Error, Result};
use rapport_storage::{Stored as _, rows::among};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _,
    PaginatorTrait as _, QueryFilter as _,
};
use uuid::Uuid;

use super::entity::tier_grant;
use crate::{
    domain::tiers::{Grant, GrantKind, KnownGrant, Withdrawal},
    store::codes::{moment, moment_or_never},
    wire,
};

/// Finds one grant.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    tenant: &str,
    member: &str,
    id: Uuid,
) -> Result<Option<KnownGrant>> {
    let row = tier_grant::Entity::find_by_id((tenant.to_owned(), member.to_owned(), id))
        .one(connection)
        .await
        .stored("read the tier grant")?;
    row.map(from_row).transpose()
}

/// The grants of members, by member.
pub(crate) async fn of_members(
    connection: &impl ConnectionTrait,
    tenant: &str,
    members: impl IntoIterator<Item = String>,
) -> Result<BTreeMap<String, Vec<KnownGrant>>> {
    let rows = tier_grant::Entity::find()
        .filter(tier_grant::Column::Tenant.eq(tenant))
        .filter(among(connection, tier_grant::Column::Member, members))
        .all(connection)
        .await
        .stored("read tier grants")?;
    let mut found: BTreeMap<String, Vec<KnownGrant>> = BTreeMap::new();
    for row in rows {
        let member = row.member.clone();
        found.entry(member).or_default().push(from_row(row)?);
    }
    Ok(found)
}

/// Number of grants of a member.
pub(crate) async fn count(connection: &impl ConnectionTrait, tenant: &str, member: &str) -> Result<u64> {
    tier_grant::Entity::find()
        .filter(tier_grant::Column::Tenant.eq(tenant))
        .filter(tier_grant::Column::Member.eq(member))
        .count(connection)
        .await
        .stored("count tier grants")
}

/// Adds a grant.
pub(crate) async fn insert(
    connection: &impl ConnectionTrait,
    tenant: &str,
    grant: &KnownGrant,
) -> Result<()> {
    tier_grant::Entity::insert(to_row(tenant, grant).into_active_model().reset_all())
        .exec_without_returning(connection)
        .await
        .stored("add the tier grant")?;
    Ok(())
}

/// Replaces a grant.
pub(crate) async fn update(
    connection: &impl ConnectionTrait,
    tenant: &str,
    grant: &KnownGrant,
) -> Result<()> {
    tier_grant::Entity::update(to_row(tenant, grant).into_active_model().reset_all())
        .exec(connection)
        .await
        .stored("change the tier grant")?;
    Ok(())
}

fn to_row(tenant: &str, known: &KnownGrant) -> tier_grant::Model {
    let (grant, withdrawal) = (&known.grant, known.withdrawal.as_ref());
    let (evidence, challenge) = match &grant.kind {
        GrantKind::Gift => (None, None),
        GrantKind::Match { evidence, challenge } => (
            Some(evidence.clone()),
            Some(wire::tiers::encode_challenge(challenge)),
        ),
    };
    tier_grant::Model {
        tenant: tenant.to_owned(),
        member: known.member.clone(),
        id: grant.id,
        tier_set: known.tier_set.clone(),
        tier: grant.tier.clone(),
        grant_time: grant.time.as_microsecond(),
        until: grant.until.to_string(),
        reason: grant.reason.clone(),
        granted_by: grant.by.clone(),
        evidence,
        challenge,
        revoke_time: withdrawal.map(|withdrawal| withdrawal.time.as_microsecond()),
        revoke_reason: withdrawal.map(|withdrawal| withdrawal.reason.clone()),
        revoked_by: withdrawal.map(|withdrawal| withdrawal.by.clone()),
    }
}

fn from_row(row: tier_grant::Model) -> Result<KnownGrant> {
    let until: Date = row.until.parse().map_err(|error| {
        Error::internal(format!(
            "the stored last day {:?} of a tier grant is no day",
            row.until
        ))
        .because(error)
    })?;
    let kind = match row.challenge {
        None => GrantKind::Gift,
        Some(challenge) => GrantKind::Match {
            evidence: row.evidence.unwrap_or_default(),
            challenge: wire::tiers::decode_challenge(&challenge)?,
        },
    };
    let withdrawal = moment_or_never(row.revoke_time)?.map(|time| Withdrawal {
        time,
        reason: row.revoke_reason.unwrap_or_default(),
        by: row.revoked_by.unwrap_or_default(),
    });
    Ok(KnownGrant {
        member: row.member,
        tier_set: row.tier_set,
        grant: Grant {
            id: row.id,
            time: moment(row.grant_time)?,
            tier: row.tier,
            until,
            kind,
            reason: row.reason,
            by: row.granted_by,
        },
        withdrawal,
    })
}
