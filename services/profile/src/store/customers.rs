//! Customers. What is known of the person is sealed in one document; name and language are found by their keyed hashes.
//!
//! Rows from before the document was sealed have its parts in columns of their own. Those are read as well, and win over
//! the document: only the version before writes them.

mod sealing;

use std::collections::BTreeMap;

use jiff::civil::Date;
use rapport_listing::{Comparison, Expression, Field, Kind, Operator, Page, Schema, Value};
use rapport_privacy::{Place, TenantKeys};
use rapport_status::{Error, FieldViolation, Reason};
use rapport_storage::{Stored as _, listing, rows};
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::NotSet, ColumnTrait as _, ConnectionTrait, EntityTrait as _,
    IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    sea_query::LockType,
};
use serde::{Deserialize, Serialize};

pub(crate) use sealing::CustomerRows;

use super::{columns, identities};
use crate::domain::{
    customer::{Customer, Profile},
    identity::Identity,
    purchase::day_of,
};

/// The table of customers.
mod customer {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "customer")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        pub display_name: String,
        pub language: String,
        pub birth_date: Option<i32>,
        pub attributes: String,
        pub create_time: i64,
        pub update_time: i64,
        pub version: i64,
        pub sealed: Option<String>,
        pub display_name_hash: Option<String>,
        pub language_hash: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Keys looked up by one statement.
const KEYS_PER_STATEMENT: usize = 1_000;

/// The fields that are compared by their keyed hashes.
const HASHED: [&str; 2] = ["display_name", "language"];

static FIELDS: [Field; 5] = [
    Field::new("display_name", Kind::Text, "display_name_hash").not_sortable(),
    Field::new("language", Kind::Text, "language_hash").not_sortable(),
    Field::new("create_time", Kind::Timestamp, "create_time"),
    Field::new("update_time", Kind::Timestamp, "update_time"),
    Field::new("name", Kind::Text, "id")
        .not_filterable()
        .not_sortable(),
];

/// What lists of customers can be filtered and ordered by.
pub(crate) static LISTED: Schema = Schema::new(&FIELDS, "name");

/// The customers with these ids, with their identities.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    keys: &TenantKeys,
    ids: &[String],
) -> Result<Vec<Customer>, Error> {
    let mut found = Vec::new();
    for ids in ids.chunks(KEYS_PER_STATEMENT) {
        let rows = customer::Entity::find()
            .filter(customer::Column::Tenant.eq(keys.tenant()))
            .filter(rows::among(connection, customer::Column::Id, ids.iter().cloned()))
            .all(connection)
            .await
            .stored("read customers")?;
        found.extend(with_identities(connection, keys, rows).await?);
    }
    Ok(found)
}

/// The customer with an id, if there is one.
pub(crate) async fn get(
    connection: &impl ConnectionTrait,
    keys: &TenantKeys,
    id: &str,
) -> Result<Option<Customer>, Error> {
    Ok(find(connection, keys, &[id.to_owned()]).await?.pop())
}

/// For what a transaction locks customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// They stay, whatever else changes of them: somebody refers to them.
    Existing,
    /// Nobody else values them meanwhile.
    Valued,
    /// Nobody else uses them at all: they are deleted.
    Deleted,
}

/// Locks those of these customers that there are until the end of the transaction, in the order of their ids, and gives
/// their ids. On a file, where transactions follow each other, they are only read.
pub(crate) async fn hold(
    connection: &impl ConnectionTrait,
    tenant: &str,
    ids: &[String],
    hold: Hold,
) -> Result<Vec<String>, Error> {
    let lock = match hold {
        Hold::Existing => LockType::KeyShare,
        Hold::Valued => LockType::NoKeyUpdate,
        Hold::Deleted => LockType::Update,
    };
    let mut found = Vec::new();
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    for ids in ids.chunks(KEYS_PER_STATEMENT) {
        let rows: Vec<String> = customer::Entity::find()
            .select_only()
            .column(customer::Column::Id)
            .filter(customer::Column::Tenant.eq(tenant))
            .filter(rows::among(connection, customer::Column::Id, ids.iter().cloned()))
            .order_by_asc(customer::Column::Id)
            .lock(lock)
            .into_tuple()
            .all(connection)
            .await
            .stored("lock customers")?;
        found.extend(rows);
    }
    // The database may have another order of texts.
    found.sort_unstable();
    Ok(found)
}

/// Which of these ids are taken.
pub(crate) async fn existing_ids(
    connection: &impl ConnectionTrait,
    tenant: &str,
    ids: &[&str],
) -> Result<Vec<String>, Error> {
    let mut existing = Vec::new();
    for ids in ids.chunks(KEYS_PER_STATEMENT) {
        let rows: Vec<String> = customer::Entity::find()
            .select_only()
            .column(customer::Column::Id)
            .filter(customer::Column::Tenant.eq(tenant))
            .filter(rows::among(
                connection,
                customer::Column::Id,
                ids.iter().map(|id| (*id).to_owned()),
            ))
            .into_tuple()
            .all(connection)
            .await
            .stored("read the ids of customers")?;
        existing.extend(rows);
    }
    Ok(existing)
}

/// Id and day of creation of these customers, or of all, ordered by id.
pub(crate) async fn create_dates(
    connection: &impl ConnectionTrait,
    tenant: &str,
    ids: Option<&[String]>,
) -> Result<Vec<(String, Date)>, Error> {
    let all = customer::Entity::find()
        .select_only()
        .columns([customer::Column::Id, customer::Column::CreateTime])
        .filter(customer::Column::Tenant.eq(tenant))
        .order_by_asc(customer::Column::Id);
    let mut rows: Vec<(String, i64)> = Vec::new();
    let queries = match ids {
        None => vec![all],
        Some(ids) => ids
            .chunks(KEYS_PER_STATEMENT)
            .map(|ids| {
                let among = rows::among(connection, customer::Column::Id, ids.iter().cloned());
                all.clone().filter(among)
            })
            .collect(),
    };
    for query in queries {
        let found: Vec<(String, i64)> = query
            .into_tuple()
            .all(connection)
            .await
            .stored("read the ids of customers")?;
        rows.extend(found);
    }
    rows.into_iter()
        .map(|(id, created)| Ok((id, day_of(columns::moment(created)?))))
        .collect()
}

/// How many customers there are.
pub(crate) async fn count(connection: &impl ConnectionTrait, tenant: &str) -> Result<u64, Error> {
    customer::Entity::find()
        .filter(customer::Column::Tenant.eq(tenant))
        .count(connection)
        .await
        .stored("count customers")
}

/// Every tenant that has customers.
pub(crate) async fn tenants(connection: &impl ConnectionTrait) -> Result<Vec<String>, Error> {
    customer::Entity::find()
        .select_only()
        .column(customer::Column::Tenant)
        .distinct()
        .order_by_asc(customer::Column::Tenant)
        .into_tuple()
        .all(connection)
        .await
        .stored("read the tenants")
}

/// A page of customers and the token of the next.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    keys: &TenantKeys,
    page: &Page,
) -> Result<(Vec<Customer>, String), Error> {
    let query = customer::Entity::find().filter(customer::Column::Tenant.eq(keys.tenant()));
    let condition = page
        .condition()
        .map(|condition| by_hash(condition, keys))
        .transpose()?;
    let rows = listing::paged_where(query, page, condition)
        .all(connection)
        .await
        .stored("list customers")?;
    let (rows, next) = page
        .complete(rows, |row| {
            let keys = page.order().keys().iter();
            keys.map(|key| listed_value(row, key.field.name)).collect()
        })
        .map_err(|error| Error::internal("could not make a page token").because(error))?;
    Ok((with_identities(connection, keys, rows).await?, next))
}

fn listed_value(row: &customer::Model, field: &str) -> Value {
    match field {
        "create_time" => Value::Timestamp(row.create_time),
        "update_time" => Value::Timestamp(row.update_time),
        _ => Value::Text(row.id.clone()),
    }
}

/// The condition with keyed hashes in place of the values that are sealed. They can only be equal or not.
fn by_hash(condition: Expression, keys: &TenantKeys) -> Result<Expression, Error> {
    let all = |parts: Vec<Expression>| -> Result<Vec<Expression>, Error> {
        parts.into_iter().map(|part| by_hash(part, keys)).collect()
    };
    Ok(match condition {
        Expression::And(parts) => Expression::And(all(parts)?),
        Expression::Or(parts) => Expression::Or(all(parts)?),
        Expression::Not(part) => Expression::Not(Box::new(by_hash(*part, keys)?)),
        Expression::Comparison(comparison) if HASHED.contains(&comparison.field.name) => {
            Expression::Comparison(hashed(&comparison, keys)?)
        }
        other @ Expression::Comparison(_) => other,
    })
}

fn hashed(comparison: &Comparison, keys: &TenantKeys) -> Result<Comparison, Error> {
    let field = comparison.field.name;
    if let (Operator::Equal | Operator::NotEqual, Value::Text(text)) =
        (comparison.operator, &comparison.value)
    {
        return Ok(Comparison {
            field: comparison.field,
            operator: comparison.operator,
            value: Value::Text(keys.hash(field, text)),
        });
    }
    let wrong = format!(
        "{field} is stored encrypted and can only be compared by = and !=; compare it with a whole value, or read the \
         customers and search there"
    );
    let violation = FieldViolation::new("filter", wrong);
    Err(Error::invalid(Reason::InvalidFilter, vec![violation]))
}

/// Writes new customers with their identities. An id or identity that somebody else took meanwhile is a conflict of
/// transactions: running again decides with what is stored then.
pub(crate) async fn insert(
    connection: &impl ConnectionTrait,
    keys: &TenantKeys,
    customers: &[Customer],
) -> Result<(), Error> {
    let mut new = customers
        .iter()
        .map(|customer| row_of(keys, customer))
        .collect::<Result<Vec<_>, _>>()?;
    // In the order of their keys: of two transactions with the same ones, one waits for the other.
    new.sort_by(|a, b| a.id.cmp(&b.id));
    rows::insert::<customer::Entity>(connection, "write customers", new).await?;
    identities::insert(connection, keys, customers).await
}

/// Writes a changed customer. False when its version is not the one before any more.
pub(crate) async fn update(
    connection: &impl ConnectionTrait,
    keys: &TenantKeys,
    customer: &Customer,
    identities_too: bool,
) -> Result<bool, Error> {
    let mut row = row_of(keys, customer)?.into_active_model().reset_all();
    row.create_time = NotSet;
    let updated = customer::Entity::update_many()
        .set(row)
        .filter(customer::Column::Tenant.eq(keys.tenant()))
        .filter(customer::Column::Id.eq(&customer.id))
        .filter(customer::Column::Version.eq(customer.version - 1))
        .exec(connection)
        .await
        .stored("write a customer")?;
    if updated.rows_affected == 0 {
        return Ok(false);
    }
    if identities_too {
        identities::delete(connection, keys.tenant(), &customer.id).await?;
        identities::insert(connection, keys, std::slice::from_ref(customer)).await?;
    }
    Ok(true)
}

/// Deletes a customer with the identities.
pub(crate) async fn delete(connection: &impl ConnectionTrait, tenant: &str, id: &str) -> Result<(), Error> {
    identities::delete(connection, tenant, id).await?;
    customer::Entity::delete_many()
        .filter(customer::Column::Tenant.eq(tenant))
        .filter(customer::Column::Id.eq(id))
        .exec(connection)
        .await
        .stored("delete a customer")?;
    Ok(())
}

async fn with_identities(
    connection: &impl ConnectionTrait,
    keys: &TenantKeys,
    rows: Vec<customer::Model>,
) -> Result<Vec<Customer>, Error> {
    let mut customers = Vec::with_capacity(rows.len());
    for rows in rows.chunks(KEYS_PER_STATEMENT) {
        let ids = rows.iter().map(|row| row.id.clone());
        let mut identities = identities::of_customers(connection, keys, ids).await?;
        for row in rows {
            let identities = identities.remove(&row.id).unwrap_or_default();
            customers.push(customer_of(keys, row, identities).await?);
        }
    }
    Ok(customers)
}

/// What is sealed of a customer. What is not known is left out, so that later parts can be added.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Document {
    #[serde(skip_serializing_if = "String::is_empty")]
    display_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    language: String,
    /// Days since 1970-01-01.
    #[serde(skip_serializing_if = "Option::is_none")]
    birth_date: Option<i32>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<String, String>,
}

/// The attributes column of a row whose attributes are sealed.
const NO_ATTRIBUTES: &str = "{}";

fn place_of<'p>(row: &'p [&'p str]) -> Place<'p> {
    Place {
        table: "customer",
        column: "sealed",
        row,
    }
}

fn row_of(keys: &TenantKeys, customer: &Customer) -> Result<customer::Model, Error> {
    let profile = &customer.profile;
    let (display_name, language) = (profile.display_name.expose(), profile.language.expose());
    let document = Document {
        display_name: display_name.clone(),
        language: language.clone(),
        birth_date: profile
            .birth_date
            .as_ref()
            .map(|date| columns::days(*date.expose())),
        attributes: profile.attributes.expose().clone(),
    };
    let written = serde_json::to_string(&document)
        .map_err(|error| Error::internal("could not write what is known of a customer").because(error))?;
    Ok(customer::Model {
        tenant: keys.tenant().to_owned(),
        id: customer.id.clone(),
        display_name: String::new(),
        language: String::new(),
        birth_date: None,
        attributes: NO_ATTRIBUTES.to_owned(),
        create_time: customer.create_time.as_microsecond(),
        update_time: customer.update_time.as_microsecond(),
        version: customer.version,
        sealed: Some(keys.seal(&place_of(&[&customer.id]), &written)?),
        display_name_hash: Some(keys.hash("display_name", display_name)),
        language_hash: Some(keys.hash("language", language)),
    })
}

async fn customer_of(
    keys: &TenantKeys,
    row: &customer::Model,
    identities: Vec<Identity>,
) -> Result<Customer, Error> {
    let mut document = match &row.sealed {
        Some(sealed) => {
            let written = keys.open(&place_of(&[&row.id]), sealed).await?;
            // The cause would show a part of the text.
            serde_json::from_str(written.expose())
                .map_err(|_| columns::unreadable("document of a customer"))?
        }
        None => Document::default(),
    };
    if !row.display_name.is_empty() {
        document.display_name.clone_from(&row.display_name);
    }
    if !row.language.is_empty() {
        document.language.clone_from(&row.language);
    }
    if row.attributes != NO_ATTRIBUTES {
        document.attributes =
            serde_json::from_str(&row.attributes).map_err(|_| columns::unreadable("list of attributes"))?;
    }
    let birth_date = row.birth_date.or(document.birth_date);
    Ok(Customer {
        id: row.id.clone(),
        profile: Profile {
            display_name: document.display_name.into(),
            identities,
            language: document.language.into(),
            birth_date: birth_date.map(|days| columns::date(days).into()),
            attributes: document.attributes.into(),
        },
        create_time: columns::moment(row.create_time)?,
        update_time: columns::moment(row.update_time)?,
        version: row.version,
    })
}
