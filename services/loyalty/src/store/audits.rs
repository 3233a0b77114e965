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
    accounts::{account_of, hold_from_rows, lot_from_row},
    codes::{Code as _, MOVES_EXPIRY, RELEASES, moment_or_never},
    entity::{
        hold, hold_allocation, ledger_entry, ledger_transaction, lot, lot_movement, member, wallet_account,
    },
};
use crate::domain::{
    audit::{EntryRow, MovementEffect, MovementRow, Record, Sums, TransactionRow},
    ledger::{Allocation, Amounts, Book, Lot, TransactionKind},
    wallet::POINTS,
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

/// The records of some members.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// Name of the last member.
    pub(crate) last: String,
    /// How many members.
    pub(crate) members: u64,
    /// The records of their accounts.
    pub(crate) records: Vec<Record>,
}

/// The records of the members whose names come after one; as many as are read together. None: there are no more.
pub(crate) async fn records(
    connection: &impl ConnectionTrait,
    tenant: &str,
    after: &str,
) -> Result<Option<Chunk>> {
    let members = members_after(connection, tenant, after).await?;
    let Some(last) = members.last().map(|row| row.name.clone()) else {
        return Ok(None);
    };
    let names: Vec<&str> = members.iter().map(|row| row.name.as_str()).collect();
    let wallets = wallet_accounts_of(connection, tenant, &names).await?;
    let count = members.len() as u64;
    let accounts: Vec<wallet_account::Model> = members.iter().map(account_of).chain(wallets).collect();
    let ids: Vec<Uuid> = accounts.iter().map(|row| row.account).collect();
    let mut transactions = transactions_of(connection, tenant, &ids).await?;
    let mut entries = entries_of(connection, tenant, &ids).await?;
    let mut movements = movements_of(connection, tenant, &ids).await?;
    let mut lots = lots_of(connection, tenant, &ids).await?;
    let mut holds = holds_of(connection, tenant, &ids).await?;
    let records = accounts
        .into_iter()
        .map(|row| {
            Ok(Record {
                name: called(&row),
                account: row.account,
                transaction_count: row.transaction_count,
                chain: (row.chain_number, row.chain),
                sums: Sums {
                    available: row.available_points,
                    reserved: row.reserved_points,
                    blocked: row.blocked_points,
                    pending: row.pending_points,
                    debt: row.debt_points,
                },
                due_time: moment_or_never(row.due_time)?,
                transactions: transactions.remove(&row.account).unwrap_or_default(),
                entries: entries.remove(&row.account).unwrap_or_default(),
                movements: movements.remove(&row.account).unwrap_or_default(),
                lots: lots.remove(&row.account).unwrap_or_default(),
                holds: holds.remove(&row.account).unwrap_or_default(),
                member: row.member,
                wallet: row.wallet,
            })
        })
        .collect::<Result<_>>()?;
    Ok(Some(Chunk {
        last,
        members: count,
        records,
    }))
}

/// What an account is called in what is found.
fn called(row: &wallet_account::Model) -> String {
    if row.wallet == POINTS {
        row.member.clone()
    } else {
        format!("{}, wallet {}", row.member, row.wallet)
    }
}

async fn members_after(
    connection: &impl ConnectionTrait,
    tenant: &str,
    after: &str,
) -> Result<Vec<member::Model>> {
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
    Ok(members)
}

async fn wallet_accounts_of(
    connection: &impl ConnectionTrait,
    tenant: &str,
    members: &[&str],
) -> Result<Vec<wallet_account::Model>> {
    wallet_account::Entity::find()
        .filter(wallet_account::Column::Tenant.eq(tenant))
        .filter(among(
            connection,
            wallet_account::Column::Member,
            members.iter().map(|member| (*member).to_owned()),
        ))
        .all(connection)
        .await
        .stored("read accounts of wallets")
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
             LEFT JOIN wallet_account ON wallet_account.tenant = {table}.tenant \
             AND wallet_account.account = {table}.account \
             WHERE {table}.tenant = $1 AND member.name IS NULL AND wallet_account.member IS NULL \
             GROUP BY {table}.account LIMIT {MOST_STRAYS}"
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
            kind_name: row.kind,
            post_time: row.post_time,
            reason: row.reason,
            hash: row.hash,
            amounts: Amounts {
                points: row.points,
                pending: row.pending_points,
                debt: row.debt_points,
            },
            cause: row.cause,
            available_points: row.available_points,
            shortfall_points: row.shortfall_points,
            reverses: row.reverses,
            attribution: row.attribution,
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
        .order_by_asc(lot_movement::Column::Number)
        .order_by_asc(lot_movement::Column::Position)
        .all(connection)
        .await
        .stored("read lot movements")?;
    let mut movements: HashMap<Uuid, Vec<MovementRow>> = HashMap::new();
    for row in rows {
        let effect = match row.effect.as_deref() {
            Some(RELEASES) => MovementEffect::Releases,
            Some(MOVES_EXPIRY) => MovementEffect::MovesExpiry,
            _ => MovementEffect::None,
        };
        movements.entry(row.account).or_default().push(MovementRow {
            number: row.number,
            lot: row.lot,
            points: row.points,
            effect,
            effect_name: row.effect,
            expire_time: row.expire_time,
        });
    }
    Ok(movements)
}

async fn lots_of(
    connection: &impl ConnectionTrait,
    tenant: &str,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Lot>>> {
    let rows = lot::Entity::find()
        .filter(lot::Column::Tenant.eq(tenant))
        .filter(among(connection, lot::Column::Account, ids.iter().copied()))
        .order_by_asc(lot::Column::Number)
        .all(connection)
        .await
        .stored("read lots")?;
    let mut lots: HashMap<Uuid, Vec<Lot>> = HashMap::new();
    for row in rows {
        lots.entry(row.account).or_default().push(lot_from_row(&row)?);
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
