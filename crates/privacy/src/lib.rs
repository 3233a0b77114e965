//! Personal data at rest: encryption with the keys of tenants, lookups by keyed hash.
//!
//! A store keeps personal values sealed: [`Privacy::keys`] gives the keys of a tenant, [`TenantKeys::seal`] turns a value
//! into what is stored, [`TenantKeys::open`] turns it back, and [`TenantKeys::hash`] makes what equal values are found
//! by. The keys of tenants are stored with the data, wrapped under a [master key](MasterKeys) that is not. In memory,
//! personal values are [`Personal`], which never shows them in a log.

mod master;
mod options;
mod personal;
mod privacy;
mod rotation;
mod seal;
mod table;
mod tables;

pub use master::{MasterKeyError, MasterKeys};
pub use options::PrivacyOptions;
pub use personal::Personal;
pub use privacy::{Privacy, TenantKeys};
pub use rotation::{
    Pass, Position, ROWS_PER_STEP, Rotated, Scope, SealedRows, ServiceKeys, Step, rotate, status,
};
pub use seal::Place;
pub use table::{Content, KeyColumn, SealedTable};
pub use tables::migrations;
