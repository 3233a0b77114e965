//! Pools of codes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use rapport_status::Result;
use rapport_storage::{
    MOST_VARIABLES, Stored as _,
    rows::{self, among},
};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::entity::{code_pool, reward_code};
use crate::{
    domain::rewards::code_pool::{Code, Counts, Pool},
    store::codes::moment,
};

/// Stands for never: so what expires first comes first on both databases.
const NEVER: i64 = i64::MAX;

/// Stored name of the state of a code that can be taken.
pub(super) const FREE: &str = "FREE";
/// Stored name of the state of a code that a redemption has.
pub(super) const TAKEN: &str = "TAKEN";
/// Stored name of the state of a code that a member has seen.
pub(super) const SHOWN: &str = "SHOWN";
/// Stored name of the state of a code that was seen and given back.
pub(super) const VOID: &str = "VOID";
/// Stored name of the state of a code that expired before it was seen.
pub(super) const EXPIRED: &str = "EXPIRED";

/// Free codes that have expired which one batch takes out of a pool.
const MOST_EXPIRED: u64 = 1_000;

/// Finds a pool, without its next codes.
pub(crate) async fn find(
    connection: &impl ConnectionTrait,
    tenant: &str,
    name: &str,
) -> Result<Option<Pool>> {
    let row = code_pool::Entity::find_by_id((tenant.to_owned(), name.to_owned()))
        .one(connection)
        .await
        .stored("read the code pool")?;
    Ok(row.map(from_row))
}

/// Locks pools by their names, in the order of names; those that are not there are left out.
pub(crate) async fn lock(
    connection: &impl ConnectionTrait,
    tenant: &str,
    names: &BTreeSet<String>,
) -> Result<BTreeMap<String, Pool>> {
    if names.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = code_pool::Entity::find()
        .filter(code_pool::Column::Tenant.eq(tenant))
        .filter(among(connection, code_pool::Column::Name, names.iter().cloned()))
        .order_by_asc(code_pool::Column::Name)
        .lock_exclusive()
        .all(connection)
        .await
        .stored("lock code pools")?;
    Ok(rows
        .into_iter()
        .map(|row| (row.name.clone(), from_row(row)))
        .collect())
}

/// Adds an empty pool, unless it is there.
pub(crate) async fn add_missing(connection: &impl ConnectionTrait, tenant: &str, name: &str) -> Result<()> {
    let empty = Pool {
        name: name.to_owned(),
        ..Pool::default()
    };
    let row = to_row(tenant, &empty).into_active_model().reset_all();
    rows::upsert::<code_pool::Entity>(
        connection,
        "add the code pool",
        vec![row],
        "ON CONFLICT DO NOTHING",
    )
    .await
    .map(drop)
}

/// Replaces a pool that is locked.
pub(crate) async fn update(connection: &impl ConnectionTrait, tenant: &str, pool: &Pool) -> Result<()> {
    let row = to_row(tenant, pool).into_active_model().reset_all();
    code_pool::Entity::update_many()
        .set(row)
        .filter(code_pool::Column::Tenant.eq(tenant))
        .filter(code_pool::Column::Name.eq(&pool.name))
        .exec(connection)
        .await
        .stored("change the code pool")?;
    Ok(())
}

/// Which of some codes a pool has or ever had.
pub(crate) async fn known_codes(
    connection: &impl ConnectionTrait,
    tenant: &str,
    pool: &str,
    codes: &[&str],
) -> Result<BTreeSet<String>> {
    let mut known = BTreeSet::new();
    for chunk in codes.chunks(MOST_VARIABLES - 2) {
        let wanted = chunk.iter().map(|code| (*code).to_owned());
        let rows: Vec<String> = reward_code::Entity::find()
            .select_only()
            .column(reward_code::Column::Code)
            .filter(reward_code::Column::Tenant.eq(tenant))
            .filter(reward_code::Column::Pool.eq(pool))
            .filter(among(connection, reward_code::Column::Code, wanted))
            .into_tuple()
            .all(connection)
            .await
            .stored("read codes")?;
        known.extend(rows);
    }
    Ok(known)
}

/// Adds free codes to a pool that is locked, after those that were imported before.
pub(crate) async fn add_codes(
    connection: &impl ConnectionTrait,
    tenant: &str,
    pool: &Pool,
    codes: Vec<(Uuid, String)>,
    expire_time: Option<Timestamp>,
) -> Result<()> {
    let numbered = (pool.counts.imported()..).zip(codes);
    let rows = numbered
        .map(|(number, (id, code))| {
            let row = reward_code::Model {
                tenant: tenant.to_owned(),
                id,
                pool: pool.name.clone(),
                code,
                number,
                expire_time: expire_time.map_or(NEVER, Timestamp::as_microsecond),
                state: FREE.to_owned(),
                redemption: None,
                place: 0,
            };
            row.into_active_model().reset_all()
        })
        .collect();
    rows::insert::<reward_code::Entity>(connection, "add codes", rows).await
}

/// Free codes of a pool that is locked: some that have expired at a moment, and the first that do not expire until another.
pub(super) async fn next_codes(
    connection: &impl ConnectionTrait,
    tenant: &str,
    pool: &str,
    (now, until, most): (Timestamp, Timestamp, u64),
) -> Result<Vec<reward_code::Model>> {
    let free = || {
        reward_code::Entity::find()
            .filter(reward_code::Column::Tenant.eq(tenant))
            .filter(reward_code::Column::Pool.eq(pool))
            .filter(sea_orm::sea_query::Expr::cust("state = 'FREE'"))
            .order_by_asc(reward_code::Column::ExpireTime)
            .order_by_asc(reward_code::Column::Number)
    };
    let mut rows = free()
        .filter(reward_code::Column::ExpireTime.lte(now.as_microsecond()))
        .limit(MOST_EXPIRED)
        .all(connection)
        .await
        .stored("read expired codes")?;
    rows.extend(
        free()
            .filter(reward_code::Column::ExpireTime.gt(until.as_microsecond()))
            .limit(most)
            .all(connection)
            .await
            .stored("read free codes")?,
    );
    Ok(rows)
}

/// The codes of redemptions in the order in which they were taken.
pub(super) async fn of_redemptions(
    connection: &impl ConnectionTrait,
    tenant: &str,
    redemptions: &[Uuid],
) -> Result<HashMap<Uuid, Vec<reward_code::Model>>> {
    let mut found: HashMap<Uuid, Vec<reward_code::Model>> = HashMap::new();
    for chunk in redemptions.chunks(MOST_VARIABLES - 1) {
        let rows = reward_code::Entity::find()
            .filter(reward_code::Column::Tenant.eq(tenant))
            .filter(reward_code::Column::Redemption.is_not_null())
            .filter(among(
                connection,
                reward_code::Column::Redemption,
                chunk.iter().copied(),
            ))
            .order_by_asc(reward_code::Column::Place)
            .all(connection)
            .await
            .stored("read codes of redemptions")?;
        for row in rows {
            found
                .entry(row.redemption.unwrap_or_default())
                .or_default()
                .push(row);
        }
    }
    Ok(found)
}

/// A code of its row.
pub(super) fn code(row: &reward_code::Model) -> Result<Code> {
    let expires = row.expire_time < NEVER;
    Ok(Code {
        id: row.id,
        expire_time: expires.then(|| moment(row.expire_time)).transpose()?,
    })
}

fn to_row(tenant: &str, pool: &Pool) -> code_pool::Model {
    code_pool::Model {
        tenant: tenant.to_owned(),
        name: pool.name.clone(),
        low_at: pool.low_at,
        low: pool.low,
        free_codes: pool.counts.free,
        taken_codes: pool.counts.taken,
        shown_codes: pool.counts.shown,
        void_codes: pool.counts.void,
        expired_codes: pool.counts.expired,
    }
}

fn from_row(row: code_pool::Model) -> Pool {
    Pool {
        name: row.name,
        low_at: row.low_at,
        counts: Counts {
            free: row.free_codes,
            taken: row.taken_codes,
            shown: row.shown_codes,
            void: row.void_codes,
            expired: row.expired_codes,
        },
        low: row.low,
        next: Vec::new(),
    }
}
