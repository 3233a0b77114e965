//! What is stored, and how it is read and written: the only place that knows SQL.

pub(crate) mod columns;
pub(crate) mod counters;
pub(crate) mod customers;
pub(crate) mod evaluations;
pub(crate) mod identities;
mod migrations;
pub(crate) mod purchases;
pub(crate) mod stage_changes;
pub(crate) mod values;

pub(crate) use migrations::migrations;

use rapport_privacy::SealedRows;
use rapport_status::{Error, Reason};

/// The tables with personal data.
pub(crate) fn sealed_tables() -> Vec<Box<dyn SealedRows>> {
    vec![
        Box::new(customers::CustomerRows),
        Box::new(identities::IdentityRows),
    ]
}

/// Another transaction changed meanwhile what this one rests on: run again, it sees what is there now and decides anew.
pub(crate) fn raced(what: &str) -> Error {
    Error::new(
        Reason::TransactionConflict,
        format!("could not {what}: another change was faster; nothing was changed. Send it again"),
    )
}
