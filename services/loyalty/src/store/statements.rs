//! Statements: the movements of a member's points.

use std::collections::HashMap;

use rapport_listing::{Field, Kind, Page, Schema, Value};
use rapport_status::{Error, Result};
use rapport_storage::{MOST_VARIABLES, Stored as _, listing::paged, rows::among};
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use uuid::Uuid;

use super::{
    codes::{Code as _, moment, moment_or_never},
    entity::{ledger_transaction, lot, lot_movement, member},
};
use crate::domain::ledger::{Movement, Note, Transaction, TransactionKind};

const KINDS: &[&str] = &["EARN", "REDEEM", "TAKE_BACK", "ADJUST", "COMPENSATE", "EXPIRE"];

static FIELDS: [Field; 3] = [
    Field::new("kind", Kind::Enumeration(KINDS), "kind").not_sortable(),
    Field::new("post_time", Kind::Timestamp, "post_time"),
    Field::new("number", Kind::Integer, "number")
        .not_filterable()
        .not_sortable(),
];

/// What statements can be filtered and sorted by.
pub(crate) static SCHEMA: Schema = Schema::new(&FIELDS, "number");

/// What the ledger's tables know a member by; none when there is no such member.
pub(crate) async fn account_of(
    connection: &impl ConnectionTrait,
    tenant: &str,
    name: &str,
) -> Result<Option<Uuid>> {
    let row = member::Entity::find_by_id((tenant.to_owned(), name.to_owned()))
        .one(connection)
        .await
        .stored("read the member")?;
    Ok(row.map(|row| row.account))
}

/// A page of a statement, each transaction with its lot movements, with the token of the next.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    tenant: &str,
    account: Uuid,
    page: &Page,
) -> Result<(Vec<Transaction>, String)> {
    let query = ledger_transaction::Entity::find()
        .filter(ledger_transaction::Column::Tenant.eq(tenant))
        .filter(ledger_transaction::Column::Account.eq(account));
    let rows = paged(query, page)
        .all(connection)
        .await
        .stored("list transactions")?;
    let (rows, next) = page
        .complete(rows, |row| {
            page.order()
                .keys()
                .iter()
                .map(|key| value(row, key.field.name))
                .collect()
        })
        .map_err(|error| Error::internal("the page of transactions cannot be told").because(error))?;
    let numbers: Vec<i64> = rows.iter().map(|row| row.number).collect();
    let mut movements = movements(connection, tenant, account, &numbers).await?;
    let transactions = rows
        .into_iter()
        .map(|row| {
            let movements = movements.remove(&row.number).unwrap_or_default();
            from_row(row, movements)
        })
        .collect::<Result<_>>()?;
    Ok((transactions, next))
}

fn value(row: &ledger_transaction::Model, field: &str) -> Value {
    match field {
        "post_time" => Value::Timestamp(row.post_time),
        _ => Value::Integer(row.number),
    }
}

/// The movements of transactions, in order, with the expiry of their lots.
async fn movements(
    connection: &impl ConnectionTrait,
    tenant: &str,
    account: Uuid,
    numbers: &[i64],
) -> Result<HashMap<i64, Vec<Movement>>> {
    let rows = lot_movement::Entity::find()
        .filter(lot_movement::Column::Tenant.eq(tenant))
        .filter(lot_movement::Column::Account.eq(account))
        .filter(among(
            connection,
            lot_movement::Column::Number,
            numbers.iter().copied(),
        ))
        .order_by_asc(lot_movement::Column::Number)
        .order_by_asc(lot_movement::Column::Position)
        .all(connection)
        .await
        .stored("read lot movements")?;
    let lots: Vec<Uuid> = rows.iter().map(|row| row.lot).collect();
    let expiries = expiries(connection, tenant, account, &lots).await?;
    let mut movements: HashMap<i64, Vec<Movement>> = HashMap::new();
    for row in rows {
        movements.entry(row.number).or_default().push(Movement {
            lot: row.lot,
            points: row.points,
            expire_time: moment_or_never(expiries.get(&row.lot).copied().flatten())?,
        });
    }
    Ok(movements)
}

async fn expiries(
    connection: &impl ConnectionTrait,
    tenant: &str,
    account: Uuid,
    lots: &[Uuid],
) -> Result<HashMap<Uuid, Option<i64>>> {
    let mut expiries = HashMap::new();
    for chunk in lots.chunks(MOST_VARIABLES - 2) {
        let rows = lot::Entity::find()
            .filter(lot::Column::Tenant.eq(tenant))
            .filter(lot::Column::Account.eq(account))
            .filter(among(connection, lot::Column::Id, chunk.iter().copied()))
            .all(connection)
            .await
            .stored("read lots")?;
        expiries.extend(rows.into_iter().map(|row| (row.id, row.expire_time)));
    }
    Ok(expiries)
}

fn from_row(row: ledger_transaction::Model, movements: Vec<Movement>) -> Result<Transaction> {
    Ok(Transaction {
        id: row.id,
        number: row.number,
        kind: TransactionKind::read(&row.kind)?,
        points: row.points,
        post_time: moment(row.post_time)?,
        note: Note {
            reason: row.reason,
            cause: row.cause,
        },
        movements,
        available_points: row.available_points,
        shortfall_points: row.shortfall_points,
    })
}
