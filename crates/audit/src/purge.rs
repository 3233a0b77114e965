//! The one way in which records are removed: those older than the retention, after a statement that they will be.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rapport_clock::Clock;
use rapport_server::Timer;
use rapport_status::{Error, Result};
use rapport_storage::{
    Store, Stored as _, rows,
    trail::{
        audit_purge,
        audit_record::{Column, Entity},
    },
};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use crate::{AuditOptions, Log};

/// How often it is looked for records that are too old.
const EVERY: Duration = Duration::from_hours(1);

/// Records that one transaction removes.
const CHUNK: u64 = 5_000;

/// How much was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Purge {
    /// Tenants of which something was removed.
    pub tenants: u64,
    /// Records that were removed.
    pub records: u64,
}

/// The work that removes what is too old from the logs of a process; nothing when records are kept for ever.
pub(crate) fn timers(logs: &[Log], clock: &Clock, options: &AuditOptions) -> Vec<Timer> {
    if options.keep_days == 0 {
        return Vec::new();
    }
    let keep = SignedDuration::from_hours(24 * i64::from(options.keep_days));
    let timer = |log: &Log| {
        let (store, clock) = (log.store.clone(), clock.clone());
        Timer::new("purge the audit log", EVERY, &log.store, move || {
            let (store, clock) = (store.clone(), clock.clone());
            async move { purge_old(&store, &clock, keep).await }
        })
    };
    logs.iter().map(timer).collect()
}

async fn purge_old(store: &Store, clock: &Clock, keep: SignedDuration) -> Result<()> {
    let now = clock.now();
    let kept_from = now
        .checked_sub(keep)
        .map_err(|error| Error::internal("the retention of the audit log is too long").because(error))?;
    let purged = purge(store, kept_from, now).await?;
    if purged.records > 0 {
        tracing::info!(purged.records, purged.tenants, %kept_from, "old audit records were removed");
    }
    Ok(())
}

/// Removes the records of calls before a moment. What is about to be removed of each tenant is stated in a row of
/// `audit_purge` first, and stays stated.
pub async fn purge(store: &Store, kept_from: Timestamp, now: Timestamp) -> Result<Purge> {
    let kept_from = kept_from.as_microsecond();
    let mut purged = Purge::default();
    let mut last = String::new();
    while let Some(tenant) = next_tenant(store.read(), &last).await? {
        let records = purge_tenant(store, &tenant, kept_from, now).await?;
        purged.tenants += u64::from(records > 0);
        purged.records += records;
        last = tenant;
    }
    Ok(purged)
}

async fn purge_tenant(store: &Store, tenant: &str, kept_from: i64, now: Timestamp) -> Result<u64> {
    let mut records = 0;
    loop {
        let removed = store
            .write("purge_audit_log", |transaction| async move {
                let connection = transaction.connection();
                // The last of a chunk, by the key, so that each step removes a bounded number of rows.
                let Some(until) = last_of_chunk(connection, tenant, kept_from).await? else {
                    return transaction.abandon(0).await;
                };
                state(connection, tenant, kept_from, now).await?;
                let removed = Entity::delete_many()
                    .filter(Column::Tenant.eq(tenant))
                    .filter(Column::CallTime.lte(until))
                    .exec(connection)
                    .await
                    .stored("remove old audit records")?;
                transaction.commit(removed.rows_affected).await
            })
            .await?;
        if removed == 0 {
            return Ok(records);
        }
        records += removed;
    }
}

/// States that records of a tenant before a moment are removed, unless that is stated already.
async fn state(
    connection: &impl ConnectionTrait,
    tenant: &str,
    kept_from: i64,
    now: Timestamp,
) -> Result<()> {
    let key = (tenant.to_owned(), kept_from);
    let stated = audit_purge::Entity::find_by_id(key).one(connection).await;
    if stated.stored("read the purges of the audit log")?.is_some() {
        return Ok(());
    }
    let row = audit_purge::Model {
        tenant: tenant.to_owned(),
        kept_from,
        purged_at: now.as_microsecond(),
    };
    rows::insert::<audit_purge::Entity>(connection, "state a purge of the audit log", vec![row]).await
}

/// The moment of the last of the oldest records that are removed together; none when there is nothing to remove.
async fn last_of_chunk(
    connection: &impl ConnectionTrait,
    tenant: &str,
    kept_from: i64,
) -> Result<Option<i64>> {
    let oldest: Vec<i64> = Entity::find()
        .select_only()
        .column(Column::CallTime)
        .filter(Column::Tenant.eq(tenant))
        .filter(Column::CallTime.lt(kept_from))
        .order_by_asc(Column::CallTime)
        .limit(CHUNK)
        .into_tuple()
        .all(connection)
        .await
        .stored("find old audit records")?;
    Ok(oldest.last().copied())
}

async fn next_tenant(connection: &impl ConnectionTrait, last: &str) -> Result<Option<String>> {
    Entity::find()
        .select_only()
        .column(Column::Tenant)
        .filter(Column::Tenant.gt(last))
        .order_by_asc(Column::Tenant)
        .limit(1)
        .into_tuple()
        .one(connection)
        .await
        .stored("find tenants of the audit log")
}
