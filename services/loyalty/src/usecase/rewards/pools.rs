//! Sets up code pools and fills them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rapport_clock::Clock;
use rapport_events::outbox;
use rapport_status::{Error, Result};
use rapport_storage::Store;
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::program_of;
use crate::{
    domain::rewards::code_pool::{self, Change, Pool, RefusedLine, RunsLow, read_batch},
    store::rewards::pools,
    wire::rewards as wire,
};

/// Reads a pool.
pub(crate) async fn get(store: &Store, tenant: &str, name: &str) -> Result<Pool> {
    let found = pools::find(store.read(), tenant, name).await?;
    found.ok_or_else(|| code_pool::not_found(name))
}

/// Sets when notice is given that a pool runs low; makes the pool if it is not there.
pub(crate) async fn set_low_at(
    store: &Store,
    clock: &Clock,
    tenant: &str,
    (program, name): (&str, &str),
    low_at: Option<i64>,
) -> Result<Pool> {
    store
        .write("update_code_pool", |transaction| async move {
            let connection = transaction.connection();
            program_of(connection, tenant, program).await?;
            pools::add_missing(connection, tenant, name).await?;
            let mut pool = locked(connection, tenant, name).await?;
            let notice = pool.set_low_at(low_at);
            pools::update(connection, tenant, &pool).await?;
            tell(connection, clock, tenant, notice).await?;
            transaction.commit(pool).await
        })
        .await
}

/// What became of a batch of codes.
#[derive(Debug, Clone)]
pub(crate) struct Imported {
    /// How many were added.
    pub(crate) added: usize,
    /// Lines that were not.
    pub(crate) refused: Vec<RefusedLine>,
    /// The pool after it.
    pub(crate) pool: Pool,
}

/// Adds codes, one a line, to a pool; makes the pool if it is not there.
pub(crate) async fn import(
    store: &Store,
    clock: &Clock,
    tenant: &str,
    (program, name): (&str, &str),
    text: &str,
    expire_time: Option<Timestamp>,
) -> Result<Imported> {
    let now = clock.now();
    if let Some(expire_time) = expire_time.filter(|expire_time| *expire_time <= now) {
        return Err(Error::invalid_field(
            "expire_time",
            format!("must be in the future, not {expire_time}; it is {now} now"),
        ));
    }
    // What is wrong with the batch by itself is found before anything is locked.
    let candidates = read_batch(text, &|_| false)?;
    let candidates: Vec<&str> = candidates.codes.iter().map(String::as_str).collect();
    let candidates = candidates.as_slice();
    store
        .write("import_codes", |transaction| async move {
            let connection = transaction.connection();
            program_of(connection, tenant, program).await?;
            pools::add_missing(connection, tenant, name).await?;
            let mut pool = locked(connection, tenant, name).await?;
            let known = pools::known_codes(connection, tenant, name, candidates).await?;
            let batch = read_batch(text, &|code| known.contains(code))?;
            let codes: Vec<_> = batch
                .codes
                .into_iter()
                .map(|code| (clock.new_id(), code))
                .collect();
            let added = codes.len();
            pools::add_codes(connection, tenant, &pool, codes, expire_time).await?;
            let notice = pool.apply(&Change::Added(i64::try_from(added).unwrap_or(i64::MAX)));
            pools::update(connection, tenant, &pool).await?;
            tell(connection, clock, tenant, notice).await?;
            let imported = Imported {
                added,
                refused: batch.refused,
                pool,
            };
            transaction.commit(imported).await
        })
        .await
}

async fn locked(connection: &impl ConnectionTrait, tenant: &str, name: &str) -> Result<Pool> {
    let names = BTreeSet::from([name.to_owned()]);
    let mut found = pools::lock(connection, tenant, &names).await?;
    found.remove(name).ok_or_else(|| code_pool::not_found(name))
}

async fn tell(
    transaction: &DatabaseTransaction,
    clock: &Clock,
    tenant: &str,
    notice: Option<RunsLow>,
) -> Result<()> {
    let events = notice.iter().map(|notice| {
        let message = wire::runs_low(notice, clock.now());
        outbox::event(clock, tenant, &notice.pool, &message)
    });
    outbox::append(transaction, events.collect()).await
}
