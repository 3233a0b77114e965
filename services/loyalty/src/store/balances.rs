//! Balances of members for whom nothing is due: the row of the member has the sums, and one statement adds when they
//! expire.

use jiff::Timestamp;
use rapport_status::Result;
use rapport_storage::Stored as _;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};

use super::codes::moment;
use crate::domain::ledger::{Balance, Expiration, MOST_EXPIRATIONS};

/// The member with the points that expire, by moment, the next first: a row for each moment, and one without a moment
/// when nothing expires. Text and plan of the statement do not depend on the member.
const SETTLED: &str = "SELECT member.available_points AS available, member.reserved_points AS reserved, \
                       member.due_time AS due_time, lot.expire_time AS expire_time, \
                       CAST(SUM(lot.remaining - lot.reserved) AS BIGINT) AS points \
                       FROM member LEFT JOIN lot ON lot.tenant = member.tenant AND lot.account = member.account \
                       AND lot.remaining > 0 AND lot.remaining > lot.reserved AND lot.expire_time IS NOT NULL \
                       WHERE member.tenant = $1 AND member.name = $2 \
                       GROUP BY member.available_points, member.reserved_points, member.due_time, lot.expire_time \
                       ORDER BY lot.expire_time LIMIT $3";

#[derive(Debug, FromQueryResult)]
struct Row {
    available: i64,
    reserved: i64,
    due_time: Option<i64>,
    expire_time: Option<i64>,
    points: Option<i64>,
}

/// The balance of a member at a moment; none when there is no such member, or when something is due, so that the sums in
/// the row are not those of the moment.
pub(crate) async fn settled(
    connection: &impl ConnectionTrait,
    tenant: &str,
    member: &str,
    now: Timestamp,
) -> Result<Option<Balance>> {
    let values = [
        Value::from(tenant),
        Value::from(member),
        Value::from(i64::try_from(MOST_EXPIRATIONS).unwrap_or(i64::MAX)),
    ];
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), SETTLED, values);
    let rows = Row::find_by_statement(statement)
        .all(connection)
        .await
        .stored("read the balance")?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    if first
        .due_time
        .is_some_and(|due_time| due_time <= now.as_microsecond())
    {
        return Ok(None);
    }
    Ok(Some(Balance {
        available: first.available,
        reserved: first.reserved,
        expirations: rows.iter().filter_map(expiration).collect::<Result<_>>()?,
    }))
}

fn expiration(row: &Row) -> Option<Result<Expiration>> {
    let (micros, points) = row.expire_time.zip(row.points)?;
    Some(moment(micros).map(|expire_time| Expiration { expire_time, points }))
}
