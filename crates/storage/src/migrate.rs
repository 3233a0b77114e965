//! Migrations: which a store has, and which it lacks.

use rapport_status::{Error, Reason, Result};
use sea_orm::{
    DatabaseConnection, DbErr, EntityTrait as _,
    sqlx::{self, ConnectOptions as _, Connection as _, postgres::PgConnectOptions},
};
use sea_orm_migration::{MigrationTrait, MigratorTraitSelf, SchemaManager, seaql_migrations};

use crate::{failure::Stored as _, location::connect_to_server};

/// The migrations of one service, the oldest first.
#[derive(Debug, Clone, Copy)]
pub struct MigrationList(pub fn() -> Vec<Box<dyn MigrationTrait>>);

/// How a schema stands against the migrations that the program knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaState {
    /// Nothing is there yet.
    Empty,
    /// It is what the program expects.
    Current,
    /// These migrations have to be applied.
    Pending(Vec<String>),
    /// A newer program has applied these; this one must not touch the data.
    Newer(Vec<String>),
}

impl MigratorTraitSelf for MigrationList {
    fn migrations(&self) -> Vec<Box<dyn MigrationTrait>> {
        (self.0)()
    }
}

impl MigrationList {
    /// How a database stands against this list.
    pub async fn state(&self, database: &DatabaseConnection) -> Result<SchemaState> {
        let known: Vec<String> = self
            .migrations()
            .iter()
            .map(|migration| migration.name().to_owned())
            .collect();
        let applied = applied(database).await.stored("read the list of migrations")?;
        let newer: Vec<String> = applied
            .iter()
            .filter(|name| !known.contains(name))
            .cloned()
            .collect();
        if !newer.is_empty() {
            return Ok(SchemaState::Newer(newer));
        }
        if applied.is_empty() {
            return Ok(SchemaState::Empty);
        }
        let pending: Vec<String> = known.into_iter().filter(|name| !applied.contains(name)).collect();
        Ok(if pending.is_empty() {
            SchemaState::Current
        } else {
            SchemaState::Pending(pending)
        })
    }

    /// Applies what is missing.
    pub async fn apply(&self, database: &DatabaseConnection) -> Result<()> {
        match self.state(database).await? {
            SchemaState::Current => Ok(()),
            SchemaState::Newer(names) => Err(newer(&names)),
            SchemaState::Empty | SchemaState::Pending(_) => {
                self.up(database, None).await.stored("apply the migrations")
            }
        }
    }
}

/// Names of the migrations that were applied. Reads only: a store that nothing was applied to stays untouched.
async fn applied(database: &DatabaseConnection) -> Result<Vec<String>, DbErr> {
    if !SchemaManager::new(database).has_table("seaql_migrations").await? {
        return Ok(Vec::new());
    }
    let rows = seaql_migrations::Entity::find().all(database).await?;
    Ok(rows.into_iter().map(|row| row.version).collect())
}

/// What is said of data that a newer program wrote.
pub(crate) fn newer(names: &[String]) -> Error {
    Error::new(
        Reason::StorageUnavailable,
        format!(
            "the data were written by a newer version of Rapport (it has applied {}); use that version, or another \
             data folder. Nothing was changed",
            names.join(", ")
        ),
    )
}

/// Connections that migrations use.
const MIGRATING: u32 = 2;

/// Applies migrations to a server's database: one process at a time, however many begin, and without a limit of time.
pub(crate) async fn alone(address: PgConnectOptions, migrations: &MigrationList) -> Result<()> {
    // A later setting of the same name wins.
    let patient = address.options([("statement_timeout", "0"), ("lock_timeout", "0")]);
    let mut guard = patient.connect().await.map_err(not_reached)?;
    sqlx::query("SELECT pg_advisory_lock(hashtextextended(current_schema() || ' migrate', 0))")
        .execute(&mut guard)
        .await
        .map_err(not_reached)?;
    let database = connect_to_server(patient, MIGRATING);
    let outcome = migrations.apply(&database).await;
    database.close().await.stored("close the store")?;
    // The lock ends with its session.
    guard.close().await.map_err(not_reached)?;
    outcome
}

fn not_reached(error: sqlx::Error) -> Error {
    Error::new(
        Reason::StorageUnavailable,
        format!("the database cannot be reached: {error}; check its address, and that it is running"),
    )
    .because(error)
}
