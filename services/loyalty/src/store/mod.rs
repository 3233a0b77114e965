//! Where the ledger is kept: the only place that knows tables and SQL.

pub(crate) mod accounts;
mod attributions;
pub(crate) mod audits;
pub(crate) mod balances;
mod codes;
#[allow(
    unreachable_pub,
    reason = "what the derives write is public, and so must be what it names"
)]
mod entity;
pub(crate) mod lots;
pub(crate) mod members;
mod migrations;
pub(crate) mod postings;
pub(crate) mod programs;
pub(crate) mod rewards;
pub(crate) mod statements;
pub(crate) mod summaries;
pub(crate) mod tiers;
pub(crate) mod wallets;

use rapport_status::Result;
use rapport_storage::{Store, Stored as _, sea_orm_migration::MigrationTrait, tables};
use sea_orm::{AccessMode, DatabaseTransaction, DbBackend, IsolationLevel, TransactionTrait as _};

/// The migrations of the service's store, the oldest first.
pub fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    let mut all = tables::migrations();
    all.extend(migrations::own());
    all
}

/// A view of the store as of one moment, for reads of more than one statement. It ends when it is dropped.
pub(crate) async fn snapshot(store: &Store) -> Result<DatabaseTransaction> {
    let connection = store.read();
    // SQLite shows one moment to every transaction; PostgreSQL has to be asked for it.
    let begun = match connection.get_database_backend() {
        DbBackend::Postgres => {
            let (level, mode) = (IsolationLevel::RepeatableRead, AccessMode::ReadOnly);
            connection.begin_with_config(Some(level), Some(mode)).await
        }
        _ => connection.begin().await,
    };
    begun.stored("begin to read")
}
