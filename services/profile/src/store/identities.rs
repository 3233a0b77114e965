//! Identities: found by the keyed hash of their value, which stands in its place; the value itself is sealed beside it.
//!
//! Rows from before values were sealed have the value where the hash is now, and nothing beside it.

use std::collections::{BTreeMap, HashMap, HashSet};

use rapport_privacy::{Place, Position, ROWS_PER_STEP, SealedRows, Step, TenantKeys};
use rapport_status::Error;
use rapport_storage::{Stored as _, rows};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Value,
    sea_query::{Expr, ExprTrait as _, LockType},
};

use super::columns;
use crate::domain::{
    customer::Customer,
    identity::{Identity, IdentityKey},
};

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
        pub sealed_value: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Keys looked up by one statement.
const KEYS_PER_STATEMENT: usize = 2_000;

/// In which form an identity is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// By its hash.
    Sealed,
    /// By its value, from before values were sealed.
    Unsealed,
}

/// Who owns which of these identities.
///
/// Values are sent to the database only if it has some that are not sealed: a server may write down what it is asked.
pub(crate) async fn owners(
    connection: &impl ConnectionTrait,
    keys: &TenantKeys,
    wanted: &[&IdentityKey],
) -> Result<Vec<(IdentityKey, String)>, Error> {
    let hashes = wanted.iter().map(|key| (hash(keys, key), *key)).collect();
    let mut owners = owners_in(connection, keys, Form::Sealed, hashes).await?;
    let found: HashSet<&IdentityKey> = owners.iter().map(|(key, _)| key).collect();
    let values: Vec<(String, &IdentityKey)> = wanted
        .iter()
        .filter(|key| !found.contains(*key))
        .map(|key| (key.value().to_owned(), *key))
        .collect();
    if !values.is_empty() && has_unsealed(connection, keys.tenant()).await? {
        owners.extend(owners_in(connection, keys, Form::Unsealed, values).await?);
    }
    Ok(owners)
}

/// Who owns which of these identities, of those that are stored in a form; each with what it is found by.
async fn owners_in(
    connection: &impl ConnectionTrait,
    keys: &TenantKeys,
    form: Form,
    wanted: Vec<(String, &IdentityKey)>,
) -> Result<Vec<(IdentityKey, String)>, Error> {
    let mut by_system: BTreeMap<(&'static str, &str), Vec<(String, &IdentityKey)>> = BTreeMap::new();
    for (value, key) in wanted {
        by_system
            .entry((columns::identity_kind_word(key.kind()), key.system()))
            .or_default()
            .push((value, key));
    }
    let mut owners = Vec::new();
    for ((kind, system), wanted) in by_system {
        for wanted in wanted.chunks(KEYS_PER_STATEMENT) {
            let by_value: HashMap<&str, &IdentityKey> =
                wanted.iter().map(|(value, key)| (value.as_str(), *key)).collect();
            let values = by_value.keys().map(|value| (*value).to_owned());
            let rows = identity::Entity::find()
                .filter(identity::Column::Tenant.eq(keys.tenant()))
                .filter(identity::Column::Kind.eq(kind))
                .filter(identity::Column::System.eq(system))
                .filter(rows::among(connection, identity::Column::Value, values))
                .all(connection)
                .await
                .stored("read the owners of identities")?;
            for row in rows {
                if row.sealed_value.is_some() == (form == Form::Sealed) {
                    let found = by_value.get(row.value.as_str());
                    owners.extend(found.map(|key| ((*key).clone(), row.customer)));
                }
            }
        }
    }
    Ok(owners)
}

/// Whether a tenant has identities from before values were sealed.
async fn has_unsealed(connection: &impl ConnectionTrait, tenant: &str) -> Result<bool, Error> {
    let one: Option<String> = identity::Entity::find()
        .select_only()
        .column(identity::Column::Customer)
        .filter(identity::Column::Tenant.eq(tenant))
        .filter(identity::Column::SealedValue.is_null())
        .limit(1)
        .into_tuple()
        .one(connection)
        .await
        .stored("look for identities that are not sealed")?;
    Ok(one.is_some())
}

/// The identities of these customers, in their order.
pub(crate) async fn of_customers(
    connection: &impl ConnectionTrait,
    keys: &TenantKeys,
    customers: impl IntoIterator<Item = String>,
) -> Result<HashMap<String, Vec<Identity>>, Error> {
    let found = identity::Entity::find()
        .filter(identity::Column::Tenant.eq(keys.tenant()))
        .filter(rows::among(connection, identity::Column::Customer, customers))
        .order_by_asc(identity::Column::Customer)
        .order_by_asc(identity::Column::Position)
        .all(connection)
        .await
        .stored("read identities")?;
    let mut identities: HashMap<String, Vec<Identity>> = HashMap::new();
    for row in found {
        let identity = Identity {
            key: opened(keys, &row).await?,
            verified: row.verified,
        };
        identities.entry(row.customer).or_default().push(identity);
    }
    Ok(identities)
}

/// Writes the identities of customers.
pub(crate) async fn insert(
    connection: &impl ConnectionTrait,
    keys: &TenantKeys,
    customers: &[Customer],
) -> Result<(), Error> {
    let mut new = Vec::new();
    for customer in customers {
        for (position, identity) in (0..).zip(&customer.profile.identities) {
            new.push(row_of(keys, &customer.id, position, identity)?);
        }
    }
    // In the order of their keys: of two transactions with the same ones, one waits for the other.
    new.sort_by(|a, b| place(a).cmp(&place(b)));
    rows::insert::<identity::Entity>(connection, "write identities", new).await
}

fn place(row: &identity::Model) -> (&str, &str, &str) {
    (&row.kind, &row.system, &row.value)
}

/// Deletes the identities of a customer.
pub(crate) async fn delete(connection: &impl ConnectionTrait, tenant: &str, id: &str) -> Result<(), Error> {
    identity::Entity::delete_many()
        .filter(identity::Column::Tenant.eq(tenant))
        .filter(identity::Column::Customer.eq(id))
        .exec(connection)
        .await
        .stored("delete identities")?;
    Ok(())
}

fn row_of(
    keys: &TenantKeys,
    customer: &str,
    position: i32,
    identity: &Identity,
) -> Result<identity::Model, Error> {
    let key = &identity.key;
    let kind = columns::identity_kind_word(key.kind());
    let value = hash(keys, key);
    let sealed = keys.seal(&place_of(&[kind, key.system(), &value]), key.value())?;
    Ok(identity::Model {
        tenant: keys.tenant().to_owned(),
        kind: kind.to_owned(),
        system: key.system().to_owned(),
        value,
        customer: customer.to_owned(),
        verified: identity.verified,
        position,
        sealed_value: Some(sealed),
    })
}

async fn opened(keys: &TenantKeys, row: &identity::Model) -> Result<IdentityKey, Error> {
    let kind = columns::identity_kind(&row.kind)?;
    let value = match &row.sealed_value {
        Some(sealed) => {
            keys.open(&place_of(&[&row.kind, &row.system, &row.value]), sealed)
                .await?
        }
        None => row.value.clone().into(),
    };
    Ok(IdentityKey::stored(kind, row.system.clone(), value))
}

/// What an identity is found by. Kinds and systems are kept apart.
fn hash(keys: &TenantKeys, key: &IdentityKey) -> String {
    let kind = format!(
        "identity {} {}",
        columns::identity_kind_word(key.kind()),
        key.system()
    );
    keys.hash(&kind, key.value())
}

fn place_of<'p>(row: &'p [&'p str]) -> Place<'p> {
    Place {
        table: "identity",
        column: "sealed_value",
        row,
    }
}

/// The identities, for the rotation of keys.
#[derive(Debug)]
pub(crate) struct IdentityRows;

#[async_trait::async_trait]
impl SealedRows for IdentityRows {
    fn table(&self) -> &'static str {
        "identity"
    }

    async fn step(
        &self,
        transaction: &DatabaseTransaction,
        keys: &TenantKeys,
        after: Option<&Position>,
    ) -> Result<Step, Error> {
        let mut query = identity::Entity::find().filter(identity::Column::Tenant.eq(keys.tenant()));
        if let Some(Position(position)) = after {
            let columns = [
                identity::Column::Kind,
                identity::Column::System,
                identity::Column::Value,
            ];
            let columns = columns.map(Expr::col);
            let position = position.iter().cloned().map(Expr::val);
            query = query.filter(Expr::tuple(columns).gt(Expr::tuple(position)));
        }
        let rows = query
            .order_by_asc(identity::Column::Kind)
            .order_by_asc(identity::Column::System)
            .order_by_asc(identity::Column::Value)
            .limit(ROWS_PER_STEP)
            .lock(LockType::Update)
            .all(transaction)
            .await
            .stored("read identities")?;
        let mut step = Step::default();
        for row in rows {
            step.seen += 1;
            match seal_anew(transaction, keys, &row).await? {
                Sealed::Was => {}
                Sealed::Now => step.sealed += 1,
                Sealed::Not => step.left += 1,
            }
            if step.seen == ROWS_PER_STEP {
                let position = [row.kind, row.system, row.value];
                step.next = Some(Position(position.map(Value::from).to_vec()));
            }
        }
        Ok(step)
    }

    async fn tenants(&self, transaction: &DatabaseTransaction) -> Result<Vec<String>, Error> {
        identity::Entity::find()
            .select_only()
            .column(identity::Column::Tenant)
            .distinct()
            .into_tuple()
            .all(transaction)
            .await
            .stored("read the tenants of identities")
    }
}

/// Whether a row is sealed under the newest key.
enum Sealed {
    Was,
    Now,
    Not,
}

async fn seal_anew(
    connection: &impl ConnectionTrait,
    keys: &TenantKeys,
    row: &identity::Model,
) -> Result<Sealed, Error> {
    if row
        .sealed_value
        .as_ref()
        .is_some_and(|sealed| keys.is_current(sealed))
    {
        return Ok(Sealed::Was);
    }
    let key = match opened(keys, row).await {
        Ok(key) => key,
        Err(error) => {
            tracing::warn!(
                customer = row.customer,
                error = error.chain(),
                "an identity stays as it is"
            );
            return Ok(Sealed::Not);
        }
    };
    let identity = Identity {
        key,
        verified: row.verified,
    };
    let new = row_of(keys, &row.customer, row.position, &identity)?;
    if new.value != row.value && is_there(connection, &new).await? {
        tracing::warn!(
            customer = row.customer,
            "an identity stays as it is: another customer was given the same one by the version before"
        );
        return Ok(Sealed::Not);
    }
    identity::Entity::update_many()
        .set(identity::ActiveModel {
            value: Set(new.value),
            sealed_value: Set(new.sealed_value),
            ..Default::default()
        })
        .filter(identity::Column::Tenant.eq(&row.tenant))
        .filter(identity::Column::Kind.eq(&row.kind))
        .filter(identity::Column::System.eq(&row.system))
        .filter(identity::Column::Value.eq(&row.value))
        .exec(connection)
        .await
        .stored("seal an identity anew")?;
    Ok(Sealed::Now)
}

async fn is_there(connection: &impl ConnectionTrait, row: &identity::Model) -> Result<bool, Error> {
    let key = (
        row.tenant.clone(),
        row.kind.clone(),
        row.system.clone(),
        row.value.clone(),
    );
    let found = identity::Entity::find_by_id(key)
        .one(connection)
        .await
        .stored("look for an identity")?;
    Ok(found.is_some())
}
