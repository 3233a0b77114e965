//! Members as tiers need them, and the customers that may become members.

use std::collections::BTreeSet;

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

use super::entity::tier_customer;
use crate::{
    domain::member::MemberState,
    store::{
        codes::{Code as _, moment},
        entity::member,
    },
};

/// A member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TierMember {
    /// `programs/{program}/members/{member}`.
    pub(crate) name: String,
    /// `programs/{program}`.
    pub(crate) program: String,
    /// `customers/{customer}`.
    pub(crate) customer: String,
    /// When the customer was enrolled.
    pub(crate) enrol_time: Timestamp,
    /// Whether the member can earn and spend.
    pub(crate) active: bool,
}

/// Which members are meant.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Whose<'w> {
    /// Those with these names.
    Names(&'w BTreeSet<String>),
    /// All memberships of these customers.
    Customers(&'w BTreeSet<String>),
}

/// Members in the order of their names, locked until the transaction ends: two that change the same members wait for each
/// other, and never in a circle.
pub(crate) async fn lock(
    transaction: &DatabaseTransaction,
    tenant: &str,
    whose: Whose<'_>,
) -> Result<Vec<TierMember>> {
    let query = query(transaction, tenant, whose).lock_exclusive();
    let rows = query.all(transaction).await.stored("lock members")?;
    rows.into_iter().map(from_row).collect()
}

/// Members in the order of their names.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    tenant: &str,
    whose: Whose<'_>,
) -> Result<Vec<TierMember>> {
    let rows = query(connection, tenant, whose)
        .all(connection)
        .await
        .stored("read members")?;
    rows.into_iter().map(from_row).collect()
}

fn query(
    connection: &impl ConnectionTrait,
    tenant: &str,
    whose: Whose<'_>,
) -> sea_orm::Select<member::Entity> {
    let (column, wanted) = match whose {
        Whose::Names(names) => (member::Column::Name, names),
        Whose::Customers(customers) => (member::Column::Customer, customers),
    };
    member::Entity::find()
        .filter(member::Column::Tenant.eq(tenant))
        .filter(among(connection, column, wanted.iter().cloned()))
        .order_by_asc(member::Column::Name)
}

/// Names of members of a program that come after one, in their order.
pub(crate) async fn names_after(
    connection: &impl ConnectionTrait,
    tenant: &str,
    program: &str,
    after: &str,
    most: u64,
) -> Result<BTreeSet<String>> {
    // Names begin with that of the program: the key gives them in their order.
    let first = after.max(program).to_owned();
    let names: Vec<String> = member::Entity::find()
        .select_only()
        .column(member::Column::Name)
        .filter(member::Column::Tenant.eq(tenant))
        .filter(member::Column::Program.eq(program))
        .filter(member::Column::Name.gt(first))
        .order_by_asc(member::Column::Name)
        .limit(most)
        .into_tuple()
        .all(connection)
        .await
        .stored("read members of the program")?;
    Ok(names.into_iter().collect())
}

/// Locks customers until the transaction ends, whether or not anything was recorded of them before.
pub(crate) async fn lock_customers(
    transaction: &DatabaseTransaction,
    tenant: &str,
    customers: &BTreeSet<String>,
) -> Result<()> {
    if customers.is_empty() {
        return Ok(());
    }
    let rows = customers
        .iter()
        .map(|customer| tier_customer::Model {
            tenant: tenant.to_owned(),
            customer: customer.clone(),
        })
        .collect();
    let nothing = "ON CONFLICT (tenant, customer) DO NOTHING";
    upsert::<tier_customer::Entity>(transaction, "note customers", rows, nothing).await?;
    tier_customer::Entity::find()
        .filter(tier_customer::Column::Tenant.eq(tenant))
        .filter(among(
            transaction,
            tier_customer::Column::Customer,
            customers.iter().cloned(),
        ))
        .order_by_asc(tier_customer::Column::Customer)
        .lock_exclusive()
        .all(transaction)
        .await
        .stored("lock customers")?;
    Ok(())
}

fn from_row(row: member::Model) -> Result<TierMember> {
    Ok(TierMember {
        active: MemberState::known(&row.state) == Some(MemberState::Active),
        enrol_time: moment(row.enrol_time)?,
        name: row.name,
        program: row.program,
        customer: row.customer,
    })
}
