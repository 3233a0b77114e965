//! Statements: the movements of a member's points.

use std::collections::HashMap;

use rapport_listing::{Field, Kind, Page, Schema, Value};
use rapport_status::{Error, Result};
use rapport_storage::{MOST_VARIABLES, Stored as _, listing::paged, rows::among};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::{
    accounts::{pending, vintage},
    attributions,
    codes::{Code as _, MOVES_EXPIRY, RELEASES, moment, moment_or_never},
    entity::{ledger_transaction, lot, lot_movement, member, wallet_account},
};
use crate::domain::{
    ledger::{Amounts, Effect, Lot, Movement, Note, Transaction, TransactionKind},
    wallet::{AccountKey, POINTS},
};

const KINDS: &[&str] = &[
    "EARN",
    "REDEEM",
    "TAKE_BACK",
    "ADJUST",
    "COMPENSATE",
    "EXPIRE",
    "RELEASE",
    "CANCEL",
    "REFUND",
    "TRANSFER_OUT",
    "TRANSFER_IN",
    "EXTEND",
    "REINSTATE",
    "PAY_DEBT",
    "FORFEIT",
];

static FIELDS: [Field; 3] = [
    Field::new("kind", Kind::Enumeration(KINDS), "kind").not_sortable(),
    Field::new("post_time", Kind::Timestamp, "post_time"),
    Field::new("number", Kind::Integer, "number")
        .not_filterable()
        .not_sortable(),
];

/// What statements can be filtered and sorted by.
pub(crate) static SCHEMA: Schema = Schema::new(&FIELDS, "number");

/// What the ledger's tables know an account by; none when the member never had points in the wallet.
pub(crate) async fn account_of(
    connection: &impl ConnectionTrait,
    tenant: &str,
    account: &AccountKey,
) -> Result<Option<Uuid>> {
    if account.wallet == POINTS {
        let row = member::Entity::find_by_id((tenant.to_owned(), account.member.clone()))
            .one(connection)
            .await
            .stored("read the member")?;
        return Ok(row.map(|row| row.account));
    }
    let key = (tenant.to_owned(), account.member.clone(), account.wallet.clone());
    let row = wallet_account::Entity::find_by_id(key)
        .one(connection)
        .await
        .stored("read the account")?;
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

/// The ids of the transactions that opened lots, by their numbers.
pub(crate) async fn openings(
    connection: &impl ConnectionTrait,
    tenant: &str,
    account: Uuid,
    lots: &[Lot],
) -> Result<HashMap<i64, Uuid>> {
    let mut openings = HashMap::new();
    for chunk in lots.chunks(MOST_VARIABLES - 2) {
        let numbers = chunk.iter().map(|lot| lot.number);
        let rows: Vec<(i64, Uuid)> = ledger_transaction::Entity::find()
            .select_only()
            .column(ledger_transaction::Column::Number)
            .column(ledger_transaction::Column::Id)
            .filter(ledger_transaction::Column::Tenant.eq(tenant))
            .filter(ledger_transaction::Column::Account.eq(account))
            .filter(among(connection, ledger_transaction::Column::Number, numbers))
            .into_tuple()
            .all(connection)
            .await
            .stored("read transactions")?;
        openings.extend(rows);
    }
    Ok(openings)
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
    let ids: Vec<Uuid> = rows.iter().map(|row| row.lot).collect();
    let lots = lots(connection, tenant, account, &ids).await?;
    let mut movements: HashMap<i64, Vec<Movement>> = HashMap::new();
    for row in rows {
        let lot = lots.get(&row.lot);
        movements
            .entry(row.number)
            .or_default()
            .push(movement(&row, lot)?);
    }
    Ok(movements)
}

/// A movement. A statement tells when its lot expires now, except for a movement that moved the expiry.
fn movement(row: &lot_movement::Model, lot: Option<&lot::Model>) -> Result<Movement> {
    let opened = lot.filter(|lot| lot.number == row.number);
    let moved = row.effect.as_deref() == Some(MOVES_EXPIRY);
    let expire_time = if moved {
        row.expire_time
    } else {
        lot.and_then(|lot| lot.expire_time)
    };
    let effect = match (opened, row.effect.as_deref()) {
        (Some(lot), _) => Effect::Opens {
            vintage: vintage(lot)?,
            pending: pending(lot)?,
        },
        (None, Some(MOVES_EXPIRY)) => Effect::MovesExpiry,
        (None, Some(RELEASES)) => Effect::Releases,
        (None, _) => Effect::None,
    };
    Ok(Movement {
        lot: row.lot,
        points: row.points,
        expire_time: moment_or_never(expire_time)?,
        effect,
    })
}

async fn lots(
    connection: &impl ConnectionTrait,
    tenant: &str,
    account: Uuid,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, lot::Model>> {
    let mut lots = HashMap::new();
    for chunk in ids.chunks(MOST_VARIABLES - 2) {
        let rows = lot::Entity::find()
            .filter(lot::Column::Tenant.eq(tenant))
            .filter(lot::Column::Account.eq(account))
            .filter(among(connection, lot::Column::Id, chunk.iter().copied()))
            .all(connection)
            .await
            .stored("read lots")?;
        lots.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    Ok(lots)
}

fn from_row(row: ledger_transaction::Model, movements: Vec<Movement>) -> Result<Transaction> {
    Ok(Transaction {
        id: row.id,
        number: row.number,
        kind: TransactionKind::read(&row.kind)?,
        amounts: Amounts {
            points: row.points,
            pending: row.pending_points,
            debt: row.debt_points,
        },
        post_time: moment(row.post_time)?,
        note: Note {
            reason: row.reason,
            cause: row.cause,
        },
        movements,
        available_points: row.available_points,
        shortfall_points: row.shortfall_points,
        reverses: row.reverses,
        attribution: row.attribution.as_deref().map(attributions::read).transpose()?,
    })
}
