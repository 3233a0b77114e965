//! How services store: one [`Store`] a service, [`Transaction`]s with a name, migrations, request ids that are
//! remembered for ever, the group commit of hot mutations, and the gathering of hot reads.
//!
//! SQL stays portable between SQLite and PostgreSQL: placeholders are `$1`, upserts are `ON CONFLICT`, moments are
//! microseconds since the Unix epoch.

mod duties;
mod failure;
pub mod gather;
pub mod group;
pub mod listing;
mod location;
mod migrate;
mod options;
pub mod request;
pub mod rows;
pub mod statistics;
mod store;
pub mod tables;
pub mod trail;
mod transaction;
mod watch;

pub use duties::{Duties, Duty};
pub use failure::{Stored, from_database, is_unique_violation};
pub use location::Location;
pub use migrate::{MigrationList, SchemaState};
pub use options::DatabaseOptions;
pub use store::Store;
pub use transaction::{Committed, Transaction};

/// What migrations are written with.
pub use sea_orm_migration;

/// Most variables that one statement may bind: SQLite takes 32,766, PostgreSQL 65,535.
pub const MOST_VARIABLES: usize = 32_766;

/// How many rows of a number of columns one statement can write.
pub const fn rows_per_statement(columns: usize) -> usize {
    MOST_VARIABLES / columns
}
