//! Where members stand in tier sets.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use rapport_status::Result;
use rapport_storage::{
    Stored as _,
    rows::{among, upsert},
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};

use super::{entity::tier_standing, state};
use crate::{domain::tiers::Kept, store::codes::moment_or_never};

/// Member and tier set.
pub(crate) type Place = (String, String);

/// A standing that is to be written.
#[derive(Debug)]
pub(crate) struct NewStanding {
    /// The member and the tier set.
    pub(crate) place: Place,
    /// When it must be looked at again; none when nothing changes by itself.
    pub(crate) due: Option<Timestamp>,
    /// What is kept.
    pub(crate) kept: Kept,
}

/// The standings of members, by member and tier set.
pub(crate) async fn of_members(
    connection: &impl ConnectionTrait,
    tenant: &str,
    members: impl IntoIterator<Item = String>,
) -> Result<HashMap<Place, Kept>> {
    let rows = tier_standing::Entity::find()
        .filter(tier_standing::Column::Tenant.eq(tenant))
        .filter(among(connection, tier_standing::Column::Member, members))
        .all(connection)
        .await
        .stored("read tier standings")?;
    let mut found = HashMap::new();
    for row in rows {
        let kept = Kept {
            rules: row.rules,
            state: state::decode(&row.state)?,
            later: moment_or_never(row.later_time)?,
        };
        found.insert((row.member, row.tier_set), kept);
    }
    Ok(found)
}

/// Writes standings, each in the place of the one before.
pub(crate) async fn write(
    transaction: &DatabaseTransaction,
    tenant: &str,
    mut standings: Vec<NewStanding>,
) -> Result<()> {
    standings.sort_by(|a, b| a.place.cmp(&b.place));
    let rows = standings
        .into_iter()
        .map(|new| {
            let state = &new.kept.state;
            tier_standing::Model {
                tenant: tenant.to_owned(),
                member: new.place.0,
                tier_set: new.place.1,
                tier: state.current.tier.clone(),
                since: state.since.as_microsecond(),
                valid_until: state.current.valid_until.map(Timestamp::as_microsecond),
                due_time: new.due.map(Timestamp::as_microsecond),
                later_time: new.kept.later.map(Timestamp::as_microsecond),
                state: state::encode(state),
                rules: new.kept.rules,
            }
        })
        .collect();
    let in_its_place = "ON CONFLICT (tenant, member, tier_set) DO UPDATE SET tier = excluded.tier, since = excluded.since, \
                        valid_until = excluded.valid_until, due_time = excluded.due_time, \
                        later_time = excluded.later_time, rules = excluded.rules, state = excluded.state";
    upsert::<tier_standing::Entity>(transaction, "write tier standings", rows, in_its_place)
        .await
        .map(drop)
}

/// Members of whom something is due, over all tenants, those that wait longest first, with their tenants.
pub(crate) async fn due(
    connection: &impl ConnectionTrait,
    now: Timestamp,
    most: u64,
) -> Result<Vec<(String, String)>> {
    tier_standing::Entity::find()
        .select_only()
        .column(tier_standing::Column::Tenant)
        .column(tier_standing::Column::Member)
        .filter(tier_standing::Column::DueTime.lte(now.as_microsecond()))
        .order_by_asc(tier_standing::Column::DueTime)
        .limit(most)
        .into_tuple()
        .all(connection)
        .await
        .stored("look for due tier standings")
}

/// The members among some who have a standing that is due.
pub(crate) fn names(due: &[(String, String)], tenant: &str) -> BTreeSet<String> {
    due.iter()
        .filter(|(of, _)| of == tenant)
        .map(|(_, member)| member.clone())
        .collect()
}
