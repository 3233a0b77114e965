//! Everything that is stored about members' points, for its recomputation.

use std::collections::HashMap;

use rapport_status::Result;
use rapport_storage::{Stored as _, rows::among};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, FromQueryResult, QueryFilter as _, QueryOrder as _,
    QuerySelect as _, Statement, Value,
};
use uuid::Uuid;

use super::{
    accounts::hold_from_rows,
    codes::{Code as _, moment_or_never},
    entity::{hold, hold_allocation, ledger_entry, ledger_transaction, lot, lot_movement, member},
};
use crate::domain::{
    audit::{EntryRow, LotRow, MovementRow, Record, TransactionRow},
    ledger::{Allocation, Book, TransactionKind},
};

/// Members of one chunk at most.
const MOST_MEMBERS: u64 = 200;

/// Transactions of one chunk, unless a single member has more.
const MOST_TRANSACTIONS: i64 = 20_000;

/// Rows of no member that are reported of each table.
const MOST_STRAYS: u64 = 20;

/// The tables of the ledger that rows of no member can be in.
const TABLES: [&str; 6] = [
    "ledger_transaction",
    "ledger_entry",
    "lot_movement",
    "lot",
    "hold",
    "hold_allocation",
];

/// The records of the members whose names come after one; as many as are read together. None: there are no more.
pub(crate) async fn records(
    connection: &impl ConnectionTrait,
    tenant: &str,
    after: &str,
) -> Result<Vec<Record>> {
    let rows = member::Entity::find()
        .filter(member::Column::Tenant.eq(tenant))
        .filter(member::Column::Name.gt(after))
        .order_by_asc(member::Column::Name)
        .limit(MOST_MEMBERS)
        .all(connection)
        .await
        .stored("read members")?;
    let mut transactions = 0_i64;
    let mut members = Vec::new();
    for row in rows {
        transactions = transactions.saturating_add(row.transaction_count.max(0));
        if transactions > MOST_TRANSACTIONS && !members.is_empty() {
            break;
        }
        members.push(row);
    }
    let ids: Vec<Uuid> = members.iter().map(|row| row.account).collect();
    let mut transactions = transactions_of(connection, tenant, &ids).await?;
    let mut entries = entries_of(connection, tenant, &ids).await?;
    let mut movements = movements_of(connection, tenant, &ids).await?;
    let mut lots = lots_of(connection, tenant, &ids).await?;
    let mut holds = holds_of(connection, tenant, &ids).await?;
    members
        .into_iter()
        .map(|row| {
            Ok(Record {
                transaction_count: row.transaction_count,
                available_points: row.available_points,
                reserved_points: row.reserved_points,
                due_time: moment_or_never(row.due_time)?,
                transactions: transactions.remove(&row.account).unwrap_or_default(),
                entries: entries.remove(&row.account).unwrap_or_default(),
                movements: movements.remove(&row.account).unwrap_or_default(),
                lots: lots.remove(&row.account).unwrap_or_default(),
                holds: holds.remove(&row.account).unwrap_or_default(),
                name: row.name,
            })
        })
        .collect()
}

/// Rows of no member, in plain English.
pub(crate) async fn strays(connection: &impl ConnectionTrait, tenant: &str) -> Result<Vec<String>> {
    #[derive(FromQueryResult)]
    struct Stray {
        account: Uuid,
        found: i64,
    }
    let mut strays = Vec::new();
    for table in TABLES {
        let sql = format!(
            "SELECT {table}.account AS account, COUNT(*) AS found FROM {table} \
             LEFT JOIN member ON member.tenant = {table}.tenant AND member.account = {table}.account \
             WHERE {table}.tenant = $1 AND member.name IS NULL GROUP BY {table}.account LIMIT {MOST_STRAYS}"
        );
        let statement =
            Statement::from_sql_and_values(connection.get_database_backend(), sql, [Value::from(tenant)]);
        let rows = Stray::find_by_statement(statement)
            .all(connection)
            .await
            .stored("look for rows of no member")?;
        strays.extend(rows.into_iter().map(|stray| {
            format!(
                "table {table}: {} rows of account {}, which no member has",
                stray.found, stray.account
            )
        }));
    }
    Ok(strays)
}

/// Rows by the account that they belong to.
fn by_account<Row, Kept>(rows: Vec<Row>, split: impl Fn(Row) -> (Uuid, Kept)) -> HashMap<Uuid, Vec<Kept>> {
    let mut grouped: HashMap<Uuid, Vec<Kept>> = HashMap::new();
    for row in rows {
        let (account, kept) = split(row);
        grouped.entry(account).or_default().push(kept);
    }
    grouped
}

async fn transactions_of(
    connection: &impl ConnectionTrait,
    tenant: &str,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<TransactionRow>>> {
    let rows = ledger_transaction::Entity::find()
        .filter(ledger_transaction::Column::Tenant.eq(tenant))
        .filter(among(
            connection,
            ledger_transaction::Column::Account,
            ids.iter().copied(),
        ))
        .order_by_asc(ledger_transaction::Column::Number)
        .all(connection)
        .await
        .stored("read transactions")?;
    Ok(by_account(rows, |row| {
        let kept = TransactionRow {
            id: row.id,
            number: row.number,
            kind: TransactionKind::known(&row.kind),
            points: row.points,
            cause: row.cause,
            available_points: row.available_points,
        };
        (row.account, kept)
    }))
}

async fn entries_of(
    connection: &impl ConnectionTrait,
    tenant: &str,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<EntryRow>>> {
    let rows = ledger_entry::Entity::find()
        .filter(ledger_entry::Column::Tenant.eq(tenant))
        .filter(among(
            connection,
            ledger_entry::Column::Account,
            ids.iter().copied(),
        ))
        .all(connection)
        .await
        .stored("read entries")?;
    Ok(by_account(rows, |row| {
        let kept = EntryRow {
            number: row.number,
            book: Book::known(&row.book),
            points: row.points,
        };
        (row.account, kept)
    }))
}

async fn movements_of(
    connection: &impl ConnectionTrait,
    tenant: &str,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<MovementRow>>> {
    let rows = lot_movement::Entity::find()
        .filter(lot_movement::Column::Tenant.eq(tenant))
        .filter(among(
            connection,
            lot_movement::Column::Account,
            ids.iter().copied(),
        ))
        .all(connection)
        .await
        .stored("read lot movements")?;
    Ok(by_account(rows, |row| {
        let kept = MovementRow {
            number: row.number,
            lot: row.lot,
            points: row.points,
        };
        (row.account, kept)
    }))
}

async fn lots_of(
    connection: &impl ConnectionTrait,
    tenant: &str,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<LotRow>>> {
    let rows = lot::Entity::find()
        .filter(lot::Column::Tenant.eq(tenant))
        .filter(among(connection, lot::Column::Account, ids.iter().copied()))
        .order_by_asc(lot::Column::Number)
        .all(connection)
        .await
        .stored("read lots")?;
    let mut lots: HashMap<Uuid, Vec<LotRow>> = HashMap::new();
    for row in rows {
        lots.entry(row.account).or_default().push(LotRow {
            id: row.id,
            number: row.number,
            original: row.original,
            remaining: row.remaining,
            reserved: row.reserved,
            expire_time: moment_or_never(row.expire_time)?,
        });
    }
    Ok(lots)
}

async fn holds_of(
    connection: &impl ConnectionTrait,
    tenant: &str,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<crate::domain::ledger::Hold>>> {
    let allocations = hold_allocation::Entity::find()
        .filter(hold_allocation::Column::Tenant.eq(tenant))
        .filter(among(
            connection,
            hold_allocation::Column::Account,
            ids.iter().copied(),
        ))
        .order_by_asc(hold_allocation::Column::Position)
        .all(connection)
        .await
        .stored("read allocations")?;
    let mut allocations = by_account(allocations, |row| {
        let kept = Allocation {
            lot: row.lot,
            points: row.points,
        };
        (row.hold, kept)
    });
    let rows = hold::Entity::find()
        .filter(hold::Column::Tenant.eq(tenant))
        .filter(among(connection, hold::Column::Account, ids.iter().copied()))
        .order_by_asc(hold::Column::Id)
        .all(connection)
        .await
        .stored("read holds")?;
    let mut holds: HashMap<Uuid, Vec<_>> = HashMap::new();
    for row in rows {
        let allocations = allocations.remove(&row.id).unwrap_or_default();
        holds
            .entry(row.account)
            .or_default()
            .push(hold_from_rows(row, allocations)?);
    }
    Ok(holds)
}
