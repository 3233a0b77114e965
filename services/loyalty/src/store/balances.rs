//! Balances of members for whom nothing is due, in the wallet that every program has: the row of the member has the sums,
//! and the same statement adds when they expire. It reads many members as well as one.

use jiff::Timestamp;
use rapport_status::{Error, Result};
use rapport_storage::{Store, Stored as _, gather::Lookup, rows::List};
use sea_orm::{FromQueryResult, Statement};

use super::codes::moment;
use crate::domain::ledger::{Balance, Expiration, MOST_EXPIRATIONS};

/// Whose balance is asked for, and of when.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// The tenant.
    pub(crate) tenant: String,
    /// The member.
    pub(crate) member: String,
    /// The moment.
    pub(crate) now: Timestamp,
}

/// Reads balances. Finds none when there is no such member, or when something is due, so that the sums in the row are
/// not those of the moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SettledBalances;

#[async_trait::async_trait]
impl Lookup for SettledBalances {
    type Key = Wanted;
    type Found = Option<Balance>;

    fn name(&self) -> &'static str {
        "read_balances"
    }

    async fn find(&self, store: &Store, wanted: &[Wanted]) -> Result<Vec<Option<Balance>>> {
        let connection = store.read();
        let places = (0_i64..).zip(wanted);
        let list = List::of(
            connection,
            places.map(|(place, wanted)| {
                [
                    wanted.tenant.as_str().into(),
                    wanted.member.as_str().into(),
                    place.into(),
                ]
            }),
        );
        let statement = Statement::from_sql_and_values(store.backend(), sql(&list.sql), list.values);
        let rows = Row::find_by_statement(statement)
            .all(connection)
            .await
            .stored("read balances")?;
        balances(wanted, &rows)
    }
}

/// For each place in a list of members: the sums, with the points that expire, by moment, the next first. A row for each
/// moment, and one without a moment when nothing expires.
fn sql(list: &str) -> String {
    format!(
        "SELECT place, available, reserved, blocked, pending, debt, due_time, expire_time, points FROM ( \
         SELECT v.column3 AS place, member.available_points AS available, member.reserved_points AS reserved, \
         member.blocked_points AS blocked, member.pending_points AS pending, member.debt_points AS debt, \
         member.due_time AS due_time, lot.expire_time AS expire_time, \
         CAST(SUM(lot.remaining - lot.reserved) AS BIGINT) AS points, \
         ROW_NUMBER() OVER (PARTITION BY v.column3 ORDER BY lot.expire_time) AS number \
         FROM ({list}) AS v \
         JOIN member ON member.tenant = v.column1 AND member.name = v.column2 \
         LEFT JOIN lot ON lot.tenant = member.tenant AND lot.account = member.account \
         AND lot.remaining > 0 AND lot.remaining > lot.reserved AND lot.expire_time IS NOT NULL AND NOT lot.pending \
         GROUP BY v.column3, member.available_points, member.reserved_points, member.blocked_points, \
         member.pending_points, member.debt_points, member.due_time, lot.expire_time \
         ) AS expiring WHERE number <= {MOST_EXPIRATIONS} ORDER BY place, expire_time"
    )
}

#[derive(Debug, FromQueryResult)]
struct Row {
    place: i64,
    available: i64,
    reserved: i64,
    blocked: i64,
    pending: i64,
    debt: i64,
    due_time: Option<i64>,
    expire_time: Option<i64>,
    points: Option<i64>,
}

/// Puts the rows of each member together, which follow each other.
fn balances(wanted: &[Wanted], rows: &[Row]) -> Result<Vec<Option<Balance>>> {
    let mut balances = vec![None; wanted.len()];
    for rows in rows.chunk_by(|one, next| one.place == next.place) {
        let Some(first) = rows.first() else { continue };
        let place = usize::try_from(first.place).ok();
        let (Some(wanted), Some(balance)) = (
            place.and_then(|place| wanted.get(place)),
            place.and_then(|place| balances.get_mut(place)),
        ) else {
            return Err(Error::internal(
                "the store told a balance that nobody has asked for",
            ));
        };
        *balance = settled(first, rows, wanted.now)?;
    }
    Ok(balances)
}

fn settled(member: &Row, rows: &[Row], now: Timestamp) -> Result<Option<Balance>> {
    let is_due = member
        .due_time
        .is_some_and(|due_time| due_time <= now.as_microsecond());
    if is_due {
        return Ok(None);
    }
    Ok(Some(Balance {
        available: member.available,
        reserved: member.reserved,
        blocked: member.blocked,
        pending: member.pending,
        debt: member.debt,
        expirations: rows.iter().filter_map(expiration).collect::<Result<_>>()?,
    }))
}

fn expiration(row: &Row) -> Option<Result<Expiration>> {
    let (micros, points) = row.expire_time.zip(row.points)?;
    Some(moment(micros).map(|expire_time| Expiration { expire_time, points }))
}
