//! Customers and their identities.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use rapport_listing::{Field, Kind, Page, Schema, Value};
use rapport_status::Error;
use rapport_storage::{Stored as _, is_unique_violation, listing, rows_per_statement};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, Condition, ConnectionTrait, DbErr, EntityTrait as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::columns;
use crate::domain::{
    customer::{Customer, Profile},
    identity::{Identity, IdentityKey},
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
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The table of identities: its key is what makes an identity belong to one customer only.
mod identity {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "identity")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub kind: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub system: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub value: String,
        pub customer: String,
        pub verified: bool,
        pub position: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

const CUSTOMER_COLUMNS: usize = 9;
const IDENTITY_COLUMNS: usize = 7;
/// Keys looked up by one statement.
const KEYS_PER_STATEMENT: usize = 1_000;

static FIELDS: [Field; 5] = [
    Field::new("display_name", Kind::Text, "display_name"),
    Field::new("language", Kind::Text, "language").not_sortable(),
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
    tenant: &str,
    ids: &[String],
) -> Result<Vec<Customer>, Error> {
    let mut found = Vec::new();
    for ids in ids.chunks(KEYS_PER_STATEMENT) {
        let rows = customer::Entity::find()
            .filter(customer::Column::Tenant.eq(tenant))
            .filter(customer::Column::Id.is_in(ids))
            .all(connection)
            .await
            .stored("read customers")?;
        found.extend(with_identities(connection, tenant, rows).await?);
    }
    Ok(found)
}

/// The customer with an id, if there is one.
pub(crate) async fn get(
    connection: &impl ConnectionTrait,
    tenant: &str,
    id: &str,
) -> Result<Option<Customer>, Error> {
    Ok(find(connection, tenant, &[id.to_owned()]).await?.pop())
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
            .filter(customer::Column::Id.is_in(ids.iter().copied()))
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
            .map(|ids| all.clone().filter(customer::Column::Id.is_in(ids)))
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

/// Who owns which of these identities.
pub(crate) async fn owners(
    connection: &impl ConnectionTrait,
    tenant: &str,
    keys: &[&IdentityKey],
) -> Result<Vec<(IdentityKey, String)>, Error> {
    let mut by_system: BTreeMap<(&'static str, &str), Vec<&str>> = BTreeMap::new();
    for key in keys {
        by_system
            .entry((columns::identity_kind_word(key.kind()), key.system()))
            .or_default()
            .push(key.value());
    }
    let mut owners = Vec::new();
    for ((kind, system), values) in by_system {
        for values in values.chunks(KEYS_PER_STATEMENT) {
            let rows = identity::Entity::find()
                .filter(identity::Column::Tenant.eq(tenant))
                .filter(identity::Column::Kind.eq(kind))
                .filter(identity::Column::System.eq(system))
                .filter(identity::Column::Value.is_in(values.iter().copied()))
                .all(connection)
                .await
                .stored("read the owners of identities")?;
            for row in rows {
                let owner = row.customer.clone();
                owners.push((identity_of(row)?.key, owner));
            }
        }
    }
    Ok(owners)
}

/// A page of customers and the token of the next.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    tenant: &str,
    page: &Page,
) -> Result<(Vec<Customer>, String), Error> {
    let query = customer::Entity::find().filter(customer::Column::Tenant.eq(tenant));
    let rows = listing::paged(query, page)
        .all(connection)
        .await
        .stored("list customers")?;
    let (rows, next) = page
        .complete(rows, |row| {
            let keys = page.order().keys().iter();
            keys.map(|key| listed_value(row, key.field.name)).collect()
        })
        .map_err(|error| Error::internal("could not make a page token").because(error))?;
    Ok((with_identities(connection, tenant, rows).await?, next))
}

fn listed_value(row: &customer::Model, field: &str) -> Value {
    match field {
        "display_name" => Value::Text(row.display_name.clone()),
        "create_time" => Value::Timestamp(row.create_time),
        "update_time" => Value::Timestamp(row.update_time),
        _ => Value::Text(row.id.clone()),
    }
}

/// Writes new customers with their identities. An id or identity that somebody else took meanwhile is a conflict of
/// transactions: running again decides with what is stored then.
pub(crate) async fn insert(
    connection: &impl ConnectionTrait,
    tenant: &str,
    customers: &[Customer],
) -> Result<(), Error> {
    for chunk in customers.chunks(rows_per_statement(CUSTOMER_COLUMNS)) {
        let rows = chunk
            .iter()
            .map(|customer| row_of(tenant, customer))
            .collect::<Result<Vec<_>, _>>()?;
        let written = customer::Entity::insert_many(rows)
            .exec_without_returning(connection)
            .await;
        unless_taken(written, "write customers")?;
    }
    let identities: Vec<_> = customers
        .iter()
        .flat_map(|customer| identity_rows(tenant, customer))
        .collect();
    insert_identities(connection, identities).await
}

/// Writes a changed customer. False when its version is not the one before any more.
pub(crate) async fn update(
    connection: &impl ConnectionTrait,
    tenant: &str,
    customer: &Customer,
    identities_too: bool,
) -> Result<bool, Error> {
    let mut row = row_of(tenant, customer)?;
    row.create_time = sea_orm::ActiveValue::NotSet;
    let updated = customer::Entity::update_many()
        .set(row)
        .filter(customer::Column::Tenant.eq(tenant))
        .filter(customer::Column::Id.eq(&customer.id))
        .filter(customer::Column::Version.eq(customer.version - 1))
        .exec(connection)
        .await
        .stored("write a customer")?;
    if updated.rows_affected == 0 {
        return Ok(false);
    }
    if identities_too {
        delete_identities(connection, tenant, &customer.id).await?;
        insert_identities(connection, identity_rows(tenant, customer)).await?;
    }
    Ok(true)
}

/// Deletes a customer with the identities.
pub(crate) async fn delete(connection: &impl ConnectionTrait, tenant: &str, id: &str) -> Result<(), Error> {
    delete_identities(connection, tenant, id).await?;
    customer::Entity::delete_many()
        .filter(customer::Column::Tenant.eq(tenant))
        .filter(customer::Column::Id.eq(id))
        .exec(connection)
        .await
        .stored("delete a customer")?;
    Ok(())
}

async fn delete_identities(connection: &impl ConnectionTrait, tenant: &str, id: &str) -> Result<(), Error> {
    identity::Entity::delete_many()
        .filter(identity::Column::Tenant.eq(tenant))
        .filter(identity::Column::Customer.eq(id))
        .exec(connection)
        .await
        .stored("delete identities")?;
    Ok(())
}

async fn insert_identities(
    connection: &impl ConnectionTrait,
    rows: Vec<identity::ActiveModel>,
) -> Result<(), Error> {
    for chunk in rows.chunks(rows_per_statement(IDENTITY_COLUMNS)) {
        let written = identity::Entity::insert_many(chunk.to_vec())
            .exec_without_returning(connection)
            .await;
        unless_taken(written, "write identities")?;
    }
    Ok(())
}

fn unless_taken<T>(written: Result<T, DbErr>, what: &str) -> Result<(), Error> {
    match written {
        Ok(_) => Ok(()),
        Err(error) if is_unique_violation(&error) => Err(super::raced(what).because(error)),
        Err(error) => Err(rapport_storage::from_database(what, error)),
    }
}

async fn with_identities(
    connection: &impl ConnectionTrait,
    tenant: &str,
    rows: Vec<customer::Model>,
) -> Result<Vec<Customer>, Error> {
    let mut identities: HashMap<String, Vec<Identity>> = HashMap::new();
    for rows in rows.chunks(KEYS_PER_STATEMENT) {
        let found = identity::Entity::find()
            .filter(
                Condition::all()
                    .add(identity::Column::Tenant.eq(tenant))
                    .add(identity::Column::Customer.is_in(rows.iter().map(|row| row.id.as_str()))),
            )
            .order_by_asc(identity::Column::Customer)
            .order_by_asc(identity::Column::Position)
            .all(connection)
            .await
            .stored("read identities")?;
        for row in found {
            let owner = row.customer.clone();
            identities.entry(owner).or_default().push(identity_of(row)?);
        }
    }
    rows.into_iter()
        .map(|row| {
            let identities = identities.remove(&row.id).unwrap_or_default();
            customer_of(row, identities)
        })
        .collect()
}

fn row_of(tenant: &str, customer: &Customer) -> Result<customer::ActiveModel, Error> {
    let profile = &customer.profile;
    let attributes = serde_json::to_string(&profile.attributes)
        .map_err(|error| Error::internal("could not write attributes").because(error))?;
    Ok(customer::ActiveModel {
        tenant: Set(tenant.to_owned()),
        id: Set(customer.id.clone()),
        display_name: Set(profile.display_name.clone()),
        language: Set(profile.language.clone()),
        birth_date: Set(profile.birth_date.map(columns::days)),
        attributes: Set(attributes),
        create_time: Set(customer.create_time.as_microsecond()),
        update_time: Set(customer.update_time.as_microsecond()),
        version: Set(customer.version),
    })
}

fn customer_of(row: customer::Model, identities: Vec<Identity>) -> Result<Customer, Error> {
    let attributes = serde_json::from_str(&row.attributes)
        .map_err(|error| columns::unreadable("list of attributes").because(error))?;
    Ok(Customer {
        id: row.id,
        profile: Profile {
            display_name: row.display_name,
            identities,
            language: row.language,
            birth_date: row.birth_date.map(columns::date),
            attributes,
        },
        create_time: columns::moment(row.create_time)?,
        update_time: columns::moment(row.update_time)?,
        version: row.version,
    })
}

fn identity_rows(tenant: &str, customer: &Customer) -> Vec<identity::ActiveModel> {
    let numbered = (0..).zip(&customer.profile.identities);
    numbered
        .map(|(position, identity)| identity::ActiveModel {
            tenant: Set(tenant.to_owned()),
            kind: Set(columns::identity_kind_word(identity.key.kind()).to_owned()),
            system: Set(identity.key.system().to_owned()),
            value: Set(identity.key.value().to_owned()),
            customer: Set(customer.id.clone()),
            verified: Set(identity.verified),
            position: Set(position),
        })
        .collect()
}

fn identity_of(row: identity::Model) -> Result<Identity, Error> {
    let kind = columns::identity_kind(&row.kind)?;
    Ok(Identity {
        key: IdentityKey::stored(kind, row.system, row.value),
        verified: row.verified,
    })
}
