//! New keys for old: data keys under the newest master key, values under the newest data key.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rapport_status::{Error, Reason, Result};
use rapport_storage::Stored as _;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _, Value,
    sea_query::Expr,
};

use crate::{
    Privacy, TenantKeys,
    privacy::{SEAL, number_of},
    tables::data_key,
};

/// Rows that one transaction seals anew at most.
pub const ROWS_PER_STEP: u64 = 500;

/// How many seconds a key is kept after every value was sealed under a later one. A process reads keys anew every
/// minute and a transaction lasts seconds: by then nobody has sealed under it any more, and one more pass has seen so.
const KEPT_SECONDS: i64 = 24 * 60 * 60;

/// Where a pass over a table stands: the key of the last row, without the tenant.
#[derive(Debug, Clone, PartialEq)]
pub struct Position(pub Vec<Value>);

/// One step of a pass.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Step {
    /// Where it goes on; none at the end of the table.
    pub next: Option<Position>,
    /// Rows seen.
    pub seen: u64,
    /// Rows sealed anew.
    pub sealed: u64,
    /// Rows that could not be: they stay as they are, and so do the keys.
    pub left: u64,
}

/// A table with sealed values.
#[async_trait::async_trait]
pub trait SealedRows: Send + Sync {
    /// Name of the table.
    fn table(&self) -> &'static str;

    /// Seals the next rows of a tenant, [`ROWS_PER_STEP`] at most, under the newest key, those among them that are not.
    async fn step(
        &self,
        transaction: &DatabaseTransaction,
        keys: &TenantKeys,
        after: Option<&Position>,
    ) -> Result<Step>;

    /// Tenants that have rows from before values were sealed, and perhaps no keys yet.
    async fn tenants(&self, transaction: &DatabaseTransaction) -> Result<Vec<String>>;
}

/// What a rotation is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Wrap the data keys under the newest master key; values stay as they are.
    MasterKey,
    /// The same, and seal every value under a new data key of its tenant.
    Everything,
}

/// How far a pass is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass<'p> {
    /// The tenant.
    pub tenant: &'p str,
    /// The table.
    pub table: &'static str,
    /// Rows of the table seen so far.
    pub seen: u64,
    /// Rows sealed anew so far.
    pub sealed: u64,
}

/// What a rotation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rotated {
    /// Tenants.
    pub tenants: u64,
    /// Data keys that were wrapped under the newest master key.
    pub rewrapped: u64,
    /// Data keys that were made.
    pub made: u64,
    /// Data keys that were deleted.
    pub deleted: u64,
    /// Rows sealed anew.
    pub sealed: u64,
    /// Rows that could not be.
    pub left: u64,
}

/// Rotates the keys of a store. It may be ended at any time and run again: it goes on with what is not done. Services
/// may run meanwhile.
pub async fn rotate(
    privacy: &Privacy,
    tables: &[Box<dyn SealedRows>],
    scope: Scope,
    progress: &mut (dyn FnMut(Pass<'_>) + Send),
) -> Result<Rotated> {
    let Some(duty) = privacy.store.duties().take("rotate_keys").await? else {
        return Err(Error::new(
            Reason::TransactionConflict,
            "another process rotates these keys; wait until it is done",
        ));
    };
    let mut done = Rotated {
        rewrapped: rewrap(privacy).await?,
        ..Rotated::default()
    };
    for tenant in tenants(privacy, tables).await? {
        done.tenants += 1;
        if scope == Scope::Everything {
            rotate_tenant(privacy, tables, &tenant, &mut done, progress).await?;
        }
    }
    duty.release().await;
    Ok(done)
}

/// Every tenant with keys or with rows from before values were sealed.
async fn tenants(privacy: &Privacy, tables: &[Box<dyn SealedRows>]) -> Result<BTreeSet<String>> {
    let mut tenants: BTreeSet<String> = all_keys(privacy)
        .await?
        .into_iter()
        .map(|key| key.tenant)
        .collect();
    for table in tables {
        let more = privacy
            .store
            .write("find_tenants", |transaction| async move {
                let found = table.tenants(transaction.connection()).await?;
                transaction.abandon(found).await
            })
            .await?;
        tenants.extend(more);
    }
    Ok(tenants)
}

async fn rotate_tenant(
    privacy: &Privacy,
    tables: &[Box<dyn SealedRows>],
    tenant: &str,
    done: &mut Rotated,
    progress: &mut (dyn FnMut(Pass<'_>) + Send),
) -> Result<()> {
    let had_keys = !sealing_keys(privacy, tenant).await?.is_empty();
    let mut keys = privacy.keys(tenant).await?;
    let stored = sealing_keys(privacy, tenant).await?;
    let newest = stored.last().map_or(0, |key| key.number);
    let unfinished = stored
        .iter()
        .any(|key| key.number < newest && key.retired_at.is_none());
    // A rotation that was ended is finished first; keys that were made just now are new.
    if had_keys && !unfinished {
        privacy.add(&[privacy.new_key(tenant, SEAL, newest + 1)?]).await?;
    }
    keys = keys.read_again().await?;
    done.made += u64::from(!had_keys || !unfinished);
    let left_before = done.left;
    for table in tables {
        let mut pass = Pass {
            tenant,
            table: table.table(),
            seen: 0,
            sealed: 0,
        };
        let mut position = None;
        loop {
            let (keys, after) = (&keys, position.as_ref());
            let step = privacy
                .store
                .write("seal_rows_anew", |transaction| async move {
                    let step = table.step(transaction.connection(), keys, after).await?;
                    transaction.commit(step).await
                })
                .await?;
            pass.seen += step.seen;
            pass.sealed += step.sealed;
            done.sealed += step.sealed;
            done.left += step.left;
            progress(pass);
            if step.next.is_none() {
                break;
            }
            position = step.next;
        }
    }
    if done.left == left_before {
        done.deleted += retire(privacy, tenant).await?;
    }
    Ok(())
}

/// After a pass that left nothing: marks the keys before the newest, and deletes those that were marked long ago.
async fn retire(privacy: &Privacy, tenant: &str) -> Result<u64> {
    let now = privacy.clock.now();
    let stored = sealing_keys(privacy, tenant).await?;
    let newest = stored.last().map_or(0, |key| key.number);
    let old: Vec<i32> = stored
        .iter()
        .filter(|key| key.number < newest && is_kept_long_enough(key.retired_at, now))
        .map(|key| key.number)
        .collect();
    let old = &old;
    privacy
        .store
        .write("retire_data_keys", |transaction| async move {
            let connection = transaction.connection();
            data_key::Entity::update_many()
                .col_expr(data_key::Column::RetiredAt, Expr::value(now.as_microsecond()))
                .filter(data_key::Column::Tenant.eq(tenant))
                .filter(data_key::Column::Purpose.eq(SEAL))
                .filter(data_key::Column::Number.lt(newest))
                .filter(data_key::Column::RetiredAt.is_null())
                .exec(connection)
                .await
                .stored("retire keys")?;
            let deleted = data_key::Entity::delete_many()
                .filter(data_key::Column::Tenant.eq(tenant))
                .filter(data_key::Column::Purpose.eq(SEAL))
                .filter(data_key::Column::Number.is_in(old.iter().copied()))
                .exec(connection)
                .await
                .stored("delete old keys")?;
            transaction.commit(deleted.rows_affected).await
        })
        .await
}

fn is_kept_long_enough(retired_at: Option<i64>, now: Timestamp) -> bool {
    retired_at.is_some_and(|retired| now.as_microsecond() - retired >= KEPT_SECONDS * 1_000_000)
}

/// Wraps every key that is under an older master key under the newest.
async fn rewrap(privacy: &Privacy) -> Result<u64> {
    let newest = &privacy.master.newest().id;
    let mut rewrapped = 0;
    for key in all_keys(privacy).await? {
        if key.master == *newest {
            continue;
        }
        let wrapped = &privacy.wrapped(&key, &privacy.unwrapped(&key)?)?;
        rewrapped += privacy
            .store
            .write("rewrap_data_key", |transaction| async move {
                let updated = data_key::Entity::update_many()
                    .col_expr(data_key::Column::Master, Expr::value(wrapped.master.as_str()))
                    .col_expr(data_key::Column::Wrapped, Expr::value(wrapped.wrapped.clone()))
                    .filter(data_key::Column::Tenant.eq(&wrapped.tenant))
                    .filter(data_key::Column::Purpose.eq(&wrapped.purpose))
                    .filter(data_key::Column::Number.eq(wrapped.number))
                    .exec(transaction.connection())
                    .await
                    .stored("wrap a key anew")?;
                transaction.commit(updated.rows_affected).await
            })
            .await?;
    }
    Ok(rewrapped)
}

async fn all_keys(privacy: &Privacy) -> Result<Vec<data_key::Model>> {
    data_key::Entity::find()
        .order_by_asc(data_key::Column::Tenant)
        .order_by_asc(data_key::Column::Purpose)
        .order_by_asc(data_key::Column::Number)
        .all(privacy.store.read())
        .await
        .stored("read all keys")
}

async fn sealing_keys(privacy: &Privacy, tenant: &str) -> Result<Vec<data_key::Model>> {
    data_key::Entity::find()
        .filter(data_key::Column::Tenant.eq(tenant))
        .filter(data_key::Column::Purpose.eq(SEAL))
        .order_by_asc(data_key::Column::Number)
        .all(privacy.store.read())
        .await
        .stored("read the keys of a tenant")
}

/// How the keys of a store stand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServiceKeys {
    /// Tenants that have keys.
    pub tenants: usize,
    /// Number of data keys by the master key that they are wrapped under.
    pub by_master: BTreeMap<String, usize>,
    /// Tenants whose values are not all under their newest key yet.
    pub unfinished: usize,
    /// When the oldest key that is in use was made.
    pub oldest: Option<Timestamp>,
}

/// How the keys of a store stand.
pub async fn status(privacy: &Privacy) -> Result<ServiceKeys> {
    let mut status = ServiceKeys::default();
    let mut by_tenant: BTreeMap<String, Vec<data_key::Model>> = BTreeMap::new();
    for key in all_keys(privacy).await? {
        *status.by_master.entry(key.master.clone()).or_default() += 1;
        let keys = by_tenant.entry(key.tenant.clone()).or_default();
        if key.purpose == SEAL {
            number_of(&key)?;
            keys.push(key);
        }
    }
    status.tenants = by_tenant.len();
    for keys in by_tenant.values() {
        let Some((newest, older)) = keys.split_last() else {
            continue;
        };
        status.unfinished += usize::from(older.iter().any(|key| key.retired_at.is_none()));
        let made = Timestamp::from_microsecond(newest.created_at)
            .map_err(|error| Error::internal("a stored moment is none").because(error))?;
        status.oldest = Some(status.oldest.map_or(made, |oldest| oldest.min(made)));
    }
    Ok(status)
}
