//! Members.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rapport_listing::{Field, Kind, Page, Schema, Value};
use rapport_status::{Error, Result};
use rapport_storage::{
    MOST_VARIABLES, Stored as _,
    listing::paged,
    rows::{self, among},
};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait as _, ExprTrait as _,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, sea_query::Expr,
};
use uuid::Uuid;

use super::{
    codes::{Code as _, moment},
    entity::{member, wallet_account},
};
use crate::domain::{
    member::{Member, MemberState},
    wallet::AccountKey,
};

static FIELDS: [Field; 5] = [
    Field::new("customer", Kind::Text, "customer").not_sortable(),
    Field::new("state", Kind::Enumeration(&["ACTIVE", "CLOSED"]), "state").not_sortable(),
    Field::new("available_points", Kind::Integer, "available_points"),
    Field::new("enrol_time", Kind::Timestamp, "enrol_time"),
    Field::new("name", Kind::Text, "name")
        .not_filterable()
        .not_sortable(),
];

/// What lists of members can be filtered and sorted by.
pub(crate) static SCHEMA: Schema = Schema::new(&FIELDS, "name");

/// A new member and the identifier of the account.
#[derive(Debug, Clone)]
pub(crate) struct NewMember {
    /// `programs/{program}`.
    pub(crate) program: String,
    /// The member.
    pub(crate) member: Member,
    /// What the ledger's tables know the member by.
    pub(crate) account: Uuid,
}

/// Finds one member.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    tenant: &str,
    name: &str,
) -> Result<Option<Member>> {
    let row = member::Entity::find_by_id((tenant.to_owned(), name.to_owned()))
        .one(connection)
        .await
        .stored("read the member")?;
    row.map(from_row).transpose()
}

/// Finds one member for whom nothing is due at a moment: then the points in the row are those of the moment.
pub(crate) async fn find_settled(
    connection: &impl ConnectionTrait,
    tenant: &str,
    name: &str,
    now: Timestamp,
) -> Result<Option<Member>> {
    let row = member::Entity::find_by_id((tenant.to_owned(), name.to_owned()))
        .one(connection)
        .await
        .stored("read the member")?;
    row.filter(|row| {
        row.due_time
            .is_none_or(|due_time| due_time > now.as_microsecond())
    })
    .map(from_row)
    .transpose()
}

/// Members of a program that have one of these names or customers.
pub(crate) async fn find_any(
    connection: &impl ConnectionTrait,
    tenant: &str,
    program: &str,
    names: &[&str],
    customers: &[&str],
) -> Result<Vec<Member>> {
    let mut found = Vec::new();
    for (column, wanted) in [
        (member::Column::Name, names),
        (member::Column::Customer, customers),
    ] {
        for chunk in wanted.chunks(MOST_VARIABLES - 2) {
            let rows = member::Entity::find()
                .filter(member::Column::Tenant.eq(tenant))
                .filter(member::Column::Program.eq(program))
                .filter(among(
                    connection,
                    column,
                    chunk.iter().map(|wanted| (*wanted).to_owned()),
                ))
                .all(connection)
                .await
                .stored("look for members")?;
            found.extend(rows);
        }
    }
    found.into_iter().map(from_row).collect()
}

/// A customer's place in a program.
#[derive(Debug, Clone)]
pub(crate) struct Membership {
    /// `customers/{customer}`.
    pub(crate) customer: String,
    /// `programs/{program}/members/{member}`.
    pub(crate) name: String,
    /// Whether the member can earn and spend.
    pub(crate) active: bool,
}

/// All memberships of customers, locked until the transaction ends: see [`lock`](super::accounts::lock).
pub(crate) async fn lock_of_customers(
    transaction: &DatabaseTransaction,
    tenant: &str,
    customers: &BTreeSet<String>,
) -> Result<Vec<Membership>> {
    let mut found = Vec::new();
    let customers: Vec<&String> = customers.iter().collect();
    for chunk in customers.chunks(MOST_VARIABLES - 1) {
        let customers = chunk.iter().map(|customer| (*customer).clone());
        let rows = member::Entity::find()
            .filter(member::Column::Tenant.eq(tenant))
            .filter(among(transaction, member::Column::Customer, customers))
            .order_by_asc(member::Column::Name)
            .lock_exclusive()
            .all(transaction)
            .await
            .stored("lock the memberships of customers")?;
        found.extend(rows.into_iter().map(|row| Membership {
            active: MemberState::known(&row.state) == Some(MemberState::Active),
            customer: row.customer,
            name: row.name,
        }));
    }
    Ok(found)
}

/// Adds members.
pub(crate) async fn insert(
    transaction: &DatabaseTransaction,
    tenant: &str,
    members: &[&NewMember],
) -> Result<()> {
    let rows = members
        .iter()
        .map(|new| member::Model {
            tenant: tenant.to_owned(),
            name: new.member.name.clone(),
            program: new.program.clone(),
            customer: new.member.customer.clone(),
            account: new.account,
            state: new.member.state.code().to_owned(),
            enrol_time: new.member.enrol_time.as_microsecond(),
            available_points: 0,
            reserved_points: 0,
            transaction_count: 0,
            version: 1,
            due_time: None,
            pending_points: 0,
            blocked_points: 0,
            debt_points: 0,
            chain: None,
            chain_number: 0,
        })
        .collect();
    rows::insert::<member::Entity>(transaction, "add members", rows).await
}

/// Closes every membership of a customer.
pub(crate) async fn close(connection: &impl ConnectionTrait, tenant: &str, customer: &str) -> Result<()> {
    member::Entity::update_many()
        .col_expr(member::Column::State, Expr::value(MemberState::Closed.code()))
        .col_expr(member::Column::Version, Expr::col(member::Column::Version).add(1))
        .filter(member::Column::Tenant.eq(tenant))
        .filter(member::Column::Customer.eq(customer))
        .filter(member::Column::State.eq(MemberState::Active.code()))
        .exec(connection)
        .await
        .stored("close memberships")?;
    Ok(())
}

/// A page of members, of one program or of all, with the token of the next.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    tenant: &str,
    program: Option<&str>,
    page: &Page,
) -> Result<(Vec<Member>, String)> {
    let of_program = program.map(|program| member::Column::Program.eq(program));
    let query = member::Entity::find()
        .filter(member::Column::Tenant.eq(tenant))
        .filter(Condition::all().add_option(of_program));
    let rows = paged(query, page).all(connection).await.stored("list members")?;
    let (rows, next) = page
        .complete(rows, |row| {
            page.order()
                .keys()
                .iter()
                .map(|key| value(row, key.field.name))
                .collect()
        })
        .map_err(|error| Error::internal("the page of members cannot be told").because(error))?;
    let members = rows.into_iter().map(from_row).collect::<Result<_>>()?;
    Ok((members, next))
}

fn value(row: &member::Model, field: &str) -> Value {
    match field {
        "available_points" => Value::Integer(row.available_points),
        "enrol_time" => Value::Timestamp(row.enrol_time),
        _ => Value::Text(row.name.clone()),
    }
}

/// Number of members of a tenant.
pub(crate) async fn count(connection: &impl ConnectionTrait, tenant: &str) -> Result<u64> {
    member::Entity::find()
        .filter(member::Column::Tenant.eq(tenant))
        .count(connection)
        .await
        .stored("count members")
}

/// Accounts for which something is to be booked, over all tenants, those that wait longest first, with their tenants.
pub(crate) async fn due(
    connection: &impl ConnectionTrait,
    now: Timestamp,
    most: u64,
) -> Result<Vec<(String, AccountKey)>> {
    let members: Vec<(String, String)> = member::Entity::find()
        .select_only()
        .column(member::Column::Tenant)
        .column(member::Column::Name)
        .filter(member::Column::DueTime.lte(now.as_microsecond()))
        .order_by_asc(member::Column::DueTime)
        .limit(most)
        .into_tuple()
        .all(connection)
        .await
        .stored("look for due members")?;
    let wallets: Vec<(String, String, String)> = wallet_account::Entity::find()
        .select_only()
        .column(wallet_account::Column::Tenant)
        .column(wallet_account::Column::Member)
        .column(wallet_account::Column::Wallet)
        .filter(wallet_account::Column::DueTime.lte(now.as_microsecond()))
        .order_by_asc(wallet_account::Column::DueTime)
        .limit(most)
        .into_tuple()
        .all(connection)
        .await
        .stored("look for due accounts")?;
    let of_points = members
        .into_iter()
        .map(|(tenant, member)| (tenant, AccountKey::of_points(member)));
    let of_wallets = wallets
        .into_iter()
        .map(|(tenant, member, wallet)| (tenant, AccountKey { member, wallet }));
    Ok(of_points.chain(of_wallets).collect())
}

fn from_row(row: member::Model) -> Result<Member> {
    Ok(Member {
        state: MemberState::read(&row.state)?,
        enrol_time: moment(row.enrol_time)?,
        name: row.name,
        customer: row.customer,
        available_points: row.available_points,
        reserved_points: row.reserved_points,
    })
}
