//! Sums over a program's ledger, reckoned by the database.

use std::collections::HashMap;

use jiff::Timestamp;
use rapport_status::Result;
use rapport_storage::Stored as _;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};

use super::codes::Code as _;
use crate::domain::{
    ledger::Book,
    summary::{Sums, VintageSums},
    wallet::POINTS,
};

/// Sums of the entries of the program's accounts. Sums of whole numbers are whole, whichever type the database takes
/// for them.
const BOOKS: &str = "SELECT book AS name, CAST(SUM(points) AS BIGINT) AS points \
                     FROM ledger_entry WHERE tenant = $1 AND program = $2 AND {of_wallet} GROUP BY book";

/// Lots by month, with the points in them that have expired and are not booked yet.
const VINTAGES: &str = "SELECT vintage AS name, CAST(SUM(original) AS BIGINT) AS original, \
                        CAST(SUM(remaining) AS BIGINT) AS remaining, \
                        CAST(SUM(CASE WHEN expire_time <= $3 THEN remaining - reserved ELSE 0 END) AS BIGINT) AS expired \
                        FROM lot WHERE tenant = $1 AND program = $2 AND {of_wallet} \
                        GROUP BY vintage ORDER BY vintage";

/// Points of expired lots that holds keep whose time is over: they have expired too.
const TIMED_OUT: &str = "SELECT lot.vintage AS name, CAST(SUM(hold_allocation.points) AS BIGINT) AS points FROM hold \
                         JOIN hold_allocation ON hold_allocation.tenant = hold.tenant \
                         AND hold_allocation.account = hold.account AND hold_allocation.hold = hold.id \
                         JOIN lot ON lot.tenant = hold_allocation.tenant AND lot.account = hold_allocation.account \
                         AND lot.id = hold_allocation.lot \
                         WHERE hold.tenant = $1 AND hold.program = $2 AND hold.state = 'OPEN' \
                         AND hold.expire_time <= $3 AND lot.expire_time <= $3 AND {of_wallet} GROUP BY lot.vintage";

const MEMBERS: &str =
    "SELECT 'members' AS name, COUNT(*) AS points FROM member WHERE tenant = $1 AND program = $2";

/// The condition that rows of a table belong to accounts in a wallet, whose id is the last value. Those of the wallet that
/// every program has are all that belong to no other.
fn of_wallet(table: &str, wallet: &str, value: usize) -> String {
    let others = format!(
        "(SELECT wallet_account.account FROM wallet_account WHERE wallet_account.tenant = $1 \
         AND wallet_account.wallet = ${value})"
    );
    if wallet == POINTS {
        // Named too, so that both forms have the same values.
        format!(
            "NOT EXISTS (SELECT 1 FROM wallet_account WHERE wallet_account.tenant = {table}.tenant \
             AND wallet_account.account = {table}.account) AND ${value} <> ''"
        )
    } else {
        format!("{table}.account IN {others}")
    }
}

#[derive(Debug, FromQueryResult)]
struct NamedSum {
    name: String,
    points: i64,
}

#[derive(Debug, FromQueryResult)]
struct VintageRow {
    name: String,
    original: i64,
    remaining: i64,
    expired: i64,
}

/// The sums of a wallet of a program as of a moment.
pub(crate) async fn sums(
    connection: &impl ConnectionTrait,
    tenant: &str,
    program: &str,
    wallet: &str,
    now: Timestamp,
) -> Result<Sums> {
    let scope = || vec![Value::from(tenant), Value::from(program)];
    let scope_at = || {
        let mut values = scope();
        values.extend([Value::from(now.as_microsecond()), Value::from(wallet)]);
        values
    };
    let mut scope_of_wallet = scope();
    scope_of_wallet.push(Value::from(wallet));
    let books = BOOKS.replace("{of_wallet}", &of_wallet("ledger_entry", wallet, 3));
    let books: Vec<NamedSum> = all(connection, &books, scope_of_wallet).await?;
    let vintages = VINTAGES.replace("{of_wallet}", &of_wallet("lot", wallet, 4));
    let vintages: Vec<VintageRow> = all(connection, &vintages, scope_at()).await?;
    let timed_out = TIMED_OUT.replace("{of_wallet}", &of_wallet("lot", wallet, 4));
    let timed_out: Vec<NamedSum> = all(connection, &timed_out, scope_at()).await?;
    let members: Vec<NamedSum> = all(connection, MEMBERS, scope()).await?;
    let timed_out: HashMap<String, i64> = timed_out.into_iter().map(|sum| (sum.name, sum.points)).collect();
    Ok(Sums {
        member_count: members.first().map_or(0, |sum| sum.points),
        books: books
            .into_iter()
            .filter_map(|sum| Some((Book::known(&sum.name)?, sum.points)))
            .collect(),
        vintages: vintages
            .into_iter()
            .map(|row| VintageSums {
                expired: row.expired + timed_out.get(&row.name).copied().unwrap_or_default(),
                month: row.name,
                original: row.original,
                remaining: row.remaining,
            })
            .collect(),
    })
}

async fn all<Row: FromQueryResult>(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: Vec<Value>,
) -> Result<Vec<Row>> {
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    Row::find_by_statement(statement)
        .all(connection)
        .await
        .stored("sum the ledger")
}
