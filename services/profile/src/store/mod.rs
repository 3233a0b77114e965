//! What is stored, and how it is read and written: the only place that knows SQL.

pub(crate) mod columns;
pub(crate) mod customers;
pub(crate) mod evaluations;
mod migrations;
pub(crate) mod purchases;
pub(crate) mod stage_changes;
pub(crate) mod values;

pub(crate) use migrations::migrations;

use rapport_status::{Error, Reason};

/// Another transaction wrote the same key meanwhile: run again, a transaction sees what is there now and decides anew.
fn raced(what: &str) -> Error {
    Error::new(
        Reason::TransactionConflict,
        format!("could not {what}: another change was faster; nothing was changed. Send it again"),
    )
}
