//! What is stored: the present scores of every answer set (the facts), and the roll-ups of them.

mod codes;
pub mod customers;
mod entity;
pub mod facts;
mod migration;
pub mod rollups;

pub use codes::of_day as day_number;
pub use migration::migrations;

use rapport_status::Result;
use rapport_storage::{Store, Stored as _};
use sea_orm::{DatabaseTransaction, DbBackend, IsolationLevel, TransactionOptions, TransactionTrait as _};

/// Begins a transaction whose reads all see the same state. It is only read in; dropping it ends it.
pub async fn snapshot(store: &Store) -> Result<DatabaseTransaction> {
    let options = TransactionOptions {
        // SQLite gives every transaction a snapshot, and has no levels to choose from.
        isolation_level: match store.read().get_database_backend() {
            DbBackend::Sqlite => None,
            _ => Some(IsolationLevel::RepeatableRead),
        },
        ..TransactionOptions::default()
    };
    store
        .read()
        .begin_with_options(options)
        .await
        .stored("begin to read")
}

/// How SQLite means to carry a query out.
#[cfg(test)]
async fn plan_of<E: sea_orm::EntityTrait>(query: sea_orm::Select<E>) -> String {
    use sea_orm::{ConnectionTrait as _, QueryTrait as _, Statement};

    let folder = tempfile::tempdir().unwrap();
    let location = rapport_storage::Location::in_folder(folder.path(), "plan");
    let store = Store::open(&location).await.unwrap();
    store
        .migrate(&rapport_storage::MigrationList(migrations))
        .await
        .unwrap();
    let query = query.build(DbBackend::Sqlite);
    let explain = Statement {
        sql: format!("EXPLAIN QUERY PLAN {}", query.sql),
        ..query
    };
    let steps = store.read().query_all_raw(explain).await.unwrap();
    let steps: Vec<String> = steps
        .iter()
        .map(|step| step.try_get("", "detail").unwrap())
        .collect();
    steps.join("\n")
}
