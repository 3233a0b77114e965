//! Tier sets and their versions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rapport_listing::{Field, Kind, Page, Schema, Value};
use rapport_status::{Error, Result};
use rapport_storage::{Stored as _, listing::paged, rows::among};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, sea_query::Expr,
};

use super::entity::{tier_set, tier_set_version};
use crate::{
    domain::tiers::{KnownTierSet, TierSet},
    store::codes::moment,
    wire,
};

static FIELDS: [Field; 3] = [
    Field::new("create_time", Kind::Timestamp, "create_time"),
    Field::new("update_time", Kind::Timestamp, "update_time"),
    Field::new("name", Kind::Text, "name")
        .not_filterable()
        .not_sortable(),
];

/// What lists of tier sets can be filtered and sorted by.
pub(crate) static SCHEMA: Schema = Schema::new(&FIELDS, "name");

/// Finds one tier set.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    tenant: &str,
    name: &str,
) -> Result<Option<KnownTierSet>> {
    let row = tier_set::Entity::find_by_id((tenant.to_owned(), name.to_owned()))
        .one(connection)
        .await
        .stored("read the tier set")?;
    let found = complete(connection, tenant, row.into_iter().collect()).await?;
    Ok(found.into_iter().next())
}

/// The tier sets of programs, by program, in the order of their names.
pub(crate) async fn of_programs(
    connection: &impl ConnectionTrait,
    tenant: &str,
    programs: impl IntoIterator<Item = String>,
) -> Result<BTreeMap<String, Vec<KnownTierSet>>> {
    let rows = tier_set::Entity::find()
        .filter(tier_set::Column::Tenant.eq(tenant))
        .filter(among(connection, tier_set::Column::Program, programs))
        .order_by_asc(tier_set::Column::Name)
        .all(connection)
        .await
        .stored("read tier sets")?;
    let programs: Vec<String> = rows.iter().map(|row| row.program.clone()).collect();
    let sets = complete(connection, tenant, rows).await?;
    let mut found: BTreeMap<String, Vec<KnownTierSet>> = BTreeMap::new();
    for (program, set) in programs.into_iter().zip(sets) {
        found.entry(program).or_default().push(set);
    }
    Ok(found)
}

/// Whether a tenant has any tier set.
pub(crate) async fn any(connection: &impl ConnectionTrait, tenant: &str) -> Result<bool> {
    let found = tier_set::Entity::find()
        .filter(tier_set::Column::Tenant.eq(tenant))
        .limit(1)
        .one(connection)
        .await
        .stored("look for tier sets")?;
    Ok(found.is_some())
}

/// Number of tier sets of a program.
pub(crate) async fn count(connection: &impl ConnectionTrait, tenant: &str, program: &str) -> Result<u64> {
    tier_set::Entity::find()
        .filter(tier_set::Column::Tenant.eq(tenant))
        .filter(tier_set::Column::Program.eq(program))
        .count(connection)
        .await
        .stored("count tier sets")
}

/// A page of the tier sets of a program, with the token of the next.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    tenant: &str,
    program: &str,
    page: &Page,
) -> Result<(Vec<KnownTierSet>, String)> {
    let query = tier_set::Entity::find()
        .filter(tier_set::Column::Tenant.eq(tenant))
        .filter(tier_set::Column::Program.eq(program));
    let rows = paged(query, page)
        .all(connection)
        .await
        .stored("list tier sets")?;
    let (rows, next) = page
        .complete(rows, |row| {
            page.order()
                .keys()
                .iter()
                .map(|key| value(row, key.field.name))
                .collect()
        })
        .map_err(|error| Error::internal("the page of tier sets cannot be told").because(error))?;
    Ok((complete(connection, tenant, rows).await?, next))
}

fn value(row: &tier_set::Model, field: &str) -> Value {
    match field {
        "create_time" => Value::Timestamp(row.create_time),
        "update_time" => Value::Timestamp(row.update_time),
        _ => Value::Text(row.name.clone()),
    }
}

/// Rows with their versions, in the order of the rows.
async fn complete(
    connection: &impl ConnectionTrait,
    tenant: &str,
    rows: Vec<tier_set::Model>,
) -> Result<Vec<KnownTierSet>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let names = rows.iter().map(|row| row.name.clone());
    let versions = tier_set_version::Entity::find()
        .filter(tier_set_version::Column::Tenant.eq(tenant))
        .filter(among(connection, tier_set_version::Column::TierSet, names))
        .order_by_asc(tier_set_version::Column::Number)
        .all(connection)
        .await
        .stored("read versions of tier sets")?;
    let mut by_set: BTreeMap<String, Vec<TierSet>> = BTreeMap::new();
    for row in versions {
        let version = version_from_row(&row)?;
        by_set.entry(row.tier_set).or_default().push(version);
    }
    rows.into_iter()
        .map(|row| {
            Ok(KnownTierSet {
                versions: by_set.remove(&row.name).unwrap_or_default(),
                name: row.name,
                create_time: moment(row.create_time)?,
                update_time: moment(row.update_time)?,
                revision: row.revision,
            })
        })
        .collect()
}

fn version_from_row(row: &tier_set_version::Model) -> Result<TierSet> {
    let id = row.tier_set.rsplit('/').next().unwrap_or_default();
    let number =
        u32::try_from(row.number).map_err(|_| Error::internal("a stored tier set has no such version"))?;
    wire::tiers::decode(&row.content, id, number, moment(row.effective_time)?)
}

/// Adds a tier set with its first version. Its members are to be evaluated from a moment on.
pub(crate) async fn insert(
    connection: &impl ConnectionTrait,
    tenant: &str,
    program: &str,
    set: &KnownTierSet,
    recompute: Timestamp,
) -> Result<()> {
    let row = tier_set::Model {
        tenant: tenant.to_owned(),
        name: set.name.clone(),
        program: program.to_owned(),
        create_time: set.create_time.as_microsecond(),
        update_time: set.update_time.as_microsecond(),
        revision: set.revision,
        recompute_time: Some(recompute.as_microsecond()),
        recomputed_member: String::new(),
    };
    tier_set::Entity::insert(row.into_active_model().reset_all())
        .exec_without_returning(connection)
        .await
        .stored("add the tier set")?;
    insert_latest(connection, tenant, set).await
}

/// Adds the latest version of a tier set that still has the revision before. Tells whether it had. Its members are to be
/// evaluated anew from a moment on.
pub(crate) async fn add_version(
    connection: &impl ConnectionTrait,
    tenant: &str,
    set: &KnownTierSet,
    recompute: Timestamp,
) -> Result<bool> {
    let updated = tier_set::Entity::update_many()
        .col_expr(
            tier_set::Column::UpdateTime,
            Expr::value(set.update_time.as_microsecond()),
        )
        .col_expr(tier_set::Column::Revision, Expr::value(set.revision))
        .col_expr(
            tier_set::Column::RecomputeTime,
            Expr::value(recompute.as_microsecond()),
        )
        .col_expr(tier_set::Column::RecomputedMember, Expr::value(""))
        .filter(tier_set::Column::Tenant.eq(tenant))
        .filter(tier_set::Column::Name.eq(&set.name))
        .filter(tier_set::Column::Revision.eq(set.revision - 1))
        .exec(connection)
        .await
        .stored("change the tier set")?;
    if updated.rows_affected != 1 {
        return Ok(false);
    }
    insert_latest(connection, tenant, set).await?;
    Ok(true)
}

async fn insert_latest(connection: &impl ConnectionTrait, tenant: &str, set: &KnownTierSet) -> Result<()> {
    let Some(latest) = set.versions.last() else {
        return Err(Error::internal("a tier set has no version"));
    };
    let row = tier_set_version::Model {
        tenant: tenant.to_owned(),
        tier_set: set.name.clone(),
        number: i32::try_from(latest.version).unwrap_or(i32::MAX),
        effective_time: latest.effective.as_microsecond(),
        content: wire::tiers::encode(latest),
    };
    tier_set_version::Entity::insert(row.into_active_model().reset_all())
        .exec_without_returning(connection)
        .await
        .stored("add the version of the tier set")?;
    Ok(())
}

/// A tier set whose members are to be evaluated.
#[derive(Debug, Clone)]
pub(crate) struct Recompute {
    /// The tenant.
    pub(crate) tenant: String,
    /// The tier set.
    pub(crate) name: String,
    /// Its program.
    pub(crate) program: String,
    /// The revision by which they are evaluated.
    pub(crate) revision: i64,
    /// The last member who was.
    pub(crate) after: String,
}

/// Tier sets whose members are to be evaluated by now, over all tenants, those that wait longest first.
pub(crate) async fn to_recompute(
    connection: &impl ConnectionTrait,
    now: Timestamp,
    most: u64,
) -> Result<Vec<Recompute>> {
    let rows = tier_set::Entity::find()
        .filter(tier_set::Column::RecomputeTime.lte(now.as_microsecond()))
        .order_by_asc(tier_set::Column::RecomputeTime)
        .order_by_asc(tier_set::Column::Name)
        .limit(most)
        .all(connection)
        .await
        .stored("look for tier sets to recompute")?;
    Ok(rows
        .into_iter()
        .map(|row| Recompute {
            tenant: row.tenant,
            name: row.name,
            program: row.program,
            revision: row.revision,
            after: row.recomputed_member,
        })
        .collect())
}

/// Notes how far the members of a tier set are evaluated: through a member, or all when none is given. Nothing when the
/// tier set was changed meanwhile: then all are evaluated anew.
pub(crate) async fn recomputed(
    connection: &impl ConnectionTrait,
    of: &Recompute,
    through: Option<&str>,
) -> Result<()> {
    let update = tier_set::Entity::update_many()
        .filter(tier_set::Column::Tenant.eq(&of.tenant))
        .filter(tier_set::Column::Name.eq(&of.name))
        .filter(tier_set::Column::Revision.eq(of.revision));
    let update = match through {
        Some(member) => update.col_expr(tier_set::Column::RecomputedMember, Expr::value(member)),
        None => update.col_expr(tier_set::Column::RecomputeTime, Expr::value(None::<i64>)),
    };
    update.exec(connection).await.stored("note what was recomputed")?;
    Ok(())
}
