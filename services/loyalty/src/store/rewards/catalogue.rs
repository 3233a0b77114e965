//! The catalogue, with every version of its terms.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rapport_listing::{Field, Kind as FieldKind, Page, Schema, Value};
use rapport_status::{Error, Result};
use rapport_storage::{Stored as _, listing::paged, rows::among};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, ExprTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::entity::{reward, reward_version};
use crate::{
    domain::rewards::{
        catalogue::Reward,
        stock::Stock,
        terms::{Kind, Terms},
    },
    store::codes::moment,
    wire::rewards as wire,
};

const KINDS: &[&str] = &["PHYSICAL", "CODE", "VOUCHER", "DONATION", "PRIVILEGE"];

static FIELDS: [Field; 5] = [
    Field::new("category", FieldKind::Text, "category"),
    Field::new("kind", FieldKind::Enumeration(KINDS), "kind").not_sortable(),
    Field::new("create_time", FieldKind::Timestamp, "create_time"),
    Field::new("update_time", FieldKind::Timestamp, "update_time"),
    Field::new("name", FieldKind::Text, "name")
        .not_filterable()
        .not_sortable(),
];

/// What lists of rewards can be filtered and sorted by.
pub(crate) static SCHEMA: Schema = Schema::new(&FIELDS, "name");

/// Finds one reward.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    tenant: &str,
    name: &str,
) -> Result<Option<Reward>> {
    let row = reward::Entity::find_by_id((tenant.to_owned(), name.to_owned()))
        .one(connection)
        .await
        .stored("read the reward")?;
    row.map(from_row).transpose()
}

/// Locks rewards by their names, in the order of names; those that are not there are left out.
pub(crate) async fn lock(
    connection: &impl ConnectionTrait,
    tenant: &str,
    names: &BTreeSet<String>,
) -> Result<BTreeMap<String, Reward>> {
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = reward::Entity::find()
        .filter(reward::Column::Tenant.eq(tenant))
        .filter(among(connection, reward::Column::Name, names.iter().cloned()))
        .order_by_asc(reward::Column::Name)
        .lock_exclusive()
        .all(connection)
        .await
        .stored("lock rewards")?;
    rows.into_iter()
        .map(|row| Ok((row.name.clone(), from_row(row)?)))
        .collect()
}

/// The terms that a reward had in a version.
pub(crate) async fn version(
    connection: &impl ConnectionTrait,
    tenant: &str,
    name: &str,
    version: i64,
) -> Result<Option<(Terms, Timestamp)>> {
    let row = reward_version::Entity::find_by_id((tenant.to_owned(), name.to_owned(), version))
        .one(connection)
        .await
        .stored("read the version of the reward")?;
    row.map(|row| Ok((wire::terms(&row.terms)?, moment(row.create_time)?)))
        .transpose()
}

/// The terms of versions of rewards, by name and version.
pub(super) async fn versions(
    connection: &impl ConnectionTrait,
    tenant: &str,
    wanted: &BTreeSet<(String, i64)>,
) -> Result<BTreeMap<(String, i64), Terms>> {
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    let names: BTreeSet<String> = wanted.iter().map(|(name, _)| name.clone()).collect();
    let versions: BTreeSet<i64> = wanted.iter().map(|(_, version)| *version).collect();
    let rows = reward_version::Entity::find()
        .filter(reward_version::Column::Tenant.eq(tenant))
        .filter(among(connection, reward_version::Column::Reward, names))
        .filter(among(connection, reward_version::Column::Version, versions))
        .all(connection)
        .await
        .stored("read versions of rewards")?;
    rows.into_iter()
        .map(|row| Ok(((row.reward, row.version), wire::terms(&row.terms)?)))
        .filter(|read: &Result<_>| read.as_ref().map_or(true, |(key, _)| wanted.contains(key)))
        .collect()
}

/// A page of the rewards of a program, with the token of the next. With a moment, only those that members see at it.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    tenant: &str,
    program: &str,
    published_at: Option<Timestamp>,
    page: &Page,
) -> Result<(Vec<Reward>, String)> {
    let mut published = Condition::all();
    if let Some(moment) = published_at.map(Timestamp::as_microsecond) {
        let (from, until) = (reward::Column::PublishedFrom, reward::Column::PublishedUntil);
        published = published
            .add(from.is_null().or(from.lte(moment)))
            .add(until.is_null().or(until.gt(moment)));
    }
    let query = reward::Entity::find()
        .filter(reward::Column::Tenant.eq(tenant))
        .filter(reward::Column::Program.eq(program))
        .filter(published);
    let rows = paged(query, page).all(connection).await.stored("list rewards")?;
    let (rows, next) = page
        .complete(rows, |row| {
            page.order()
                .keys()
                .iter()
                .map(|key| value(row, key.field.name))
                .collect()
        })
        .map_err(|error| Error::internal("the page of rewards cannot be told").because(error))?;
    let rewards = rows.into_iter().map(from_row).collect::<Result<_>>()?;
    Ok((rewards, next))
}

fn value(row: &reward::Model, field: &str) -> Value {
    match field {
        "category" => Value::Text(row.category.clone()),
        "create_time" => Value::Timestamp(row.create_time),
        "update_time" => Value::Timestamp(row.update_time),
        _ => Value::Text(row.name.clone()),
    }
}

/// Adds a reward with its first version.
pub(crate) async fn insert(
    connection: &impl ConnectionTrait,
    tenant: &str,
    program: &str,
    reward: &Reward,
) -> Result<()> {
    let row = to_row(tenant, program, reward).into_active_model().reset_all();
    reward::Entity::insert(row)
        .exec_without_returning(connection)
        .await
        .stored("add the reward")?;
    insert_version(connection, tenant, reward).await
}

/// Replaces a reward that is locked and had this version before.
pub(crate) async fn update(
    connection: &impl ConnectionTrait,
    tenant: &str,
    program: &str,
    reward: &Reward,
    version_before: i64,
) -> Result<()> {
    let row = to_row(tenant, program, reward).into_active_model().reset_all();
    reward::Entity::update_many()
        .set(row)
        .filter(reward::Column::Tenant.eq(tenant))
        .filter(reward::Column::Name.eq(&reward.name))
        .exec(connection)
        .await
        .stored("change the reward")?;
    if reward.version == version_before {
        return Ok(());
    }
    insert_version(connection, tenant, reward).await
}

async fn insert_version(connection: &impl ConnectionTrait, tenant: &str, reward: &Reward) -> Result<()> {
    let row = reward_version::Model {
        tenant: tenant.to_owned(),
        reward: reward.name.clone(),
        version: reward.version,
        terms: wire::stored_terms(&reward.terms),
        create_time: reward.update_time.as_microsecond(),
    };
    reward_version::Entity::insert(row.into_active_model().reset_all())
        .exec_without_returning(connection)
        .await
        .stored("add the version of the reward")?;
    Ok(())
}

fn to_row(tenant: &str, program: &str, reward: &Reward) -> reward::Model {
    let terms = &reward.terms;
    let kind = match terms.kind {
        Kind::Physical => "PHYSICAL",
        Kind::DigitalCode { .. } => "CODE",
        Kind::Voucher(_) => "VOUCHER",
        Kind::Donation { .. } => "DONATION",
        Kind::Privilege { .. } => "PRIVILEGE",
    };
    reward::Model {
        tenant: tenant.to_owned(),
        name: reward.name.clone(),
        program: program.to_owned(),
        category: terms.category.clone(),
        kind: kind.to_owned(),
        published_from: terms.published.from.map(Timestamp::as_microsecond),
        published_until: terms.published.until.map(Timestamp::as_microsecond),
        version: reward.version,
        total_units: reward.stock.total(),
        taken_units: reward.stock.taken(),
        terms: wire::stored_terms(terms),
        create_time: reward.create_time.as_microsecond(),
        update_time: reward.update_time.as_microsecond(),
    }
}

fn from_row(row: reward::Model) -> Result<Reward> {
    Ok(Reward {
        name: row.name,
        terms: wire::terms(&row.terms)?,
        version: row.version,
        stock: Stock::stored(row.total_units, row.taken_units),
        create_time: moment(row.create_time)?,
        update_time: moment(row.update_time)?,
    })
}
