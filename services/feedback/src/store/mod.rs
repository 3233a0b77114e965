//! Where surveys, answers and cases are kept: the only place that knows SQL. Every query has the tenant.

pub(crate) mod answer_sets;
pub(crate) mod cases;
mod entity;
mod migration;
pub(crate) mod open_cases;
pub(crate) mod surveys;

use jiff::Timestamp;
use rapport_listing::KeyValuesError;
use rapport_status::{Error, Reason, Result};
use rapport_storage::{from_database, is_unique_violation};
use sea_orm::DbErr;

pub(crate) use migration::migrations;

/// A stored moment. What is stored was a moment when it was written.
fn moment(micros: i64) -> Result<Timestamp> {
    Timestamp::from_microsecond(micros)
        .map_err(|error| Error::internal("a stored moment is none").because(error))
}

/// What is said of a stored word that no version of this program wrote.
fn unknown_word(column: &str, word: &str) -> Error {
    Error::internal(format!("the stored {column} {word:?} is not known"))
}

/// What is said when a page token cannot be made from a row.
fn no_token(error: KeyValuesError) -> Error {
    Error::internal("a page token cannot be made").because(error)
}

/// An insert that met a row of the same key: another transaction was faster, and this one is run again.
fn inserted<T>(result: Result<T, DbErr>, what: &str) -> Result<T> {
    result.map_err(|error| {
        if is_unique_violation(&error) {
            faster().because(error)
        } else {
            from_database(what, error)
        }
    })
}

/// An update that met another revision than the one that was read: another transaction was faster.
fn updated(rows: u64) -> Result<()> {
    if rows == 1 { Ok(()) } else { Err(faster()) }
}

fn faster() -> Error {
    Error::new(
        Reason::TransactionConflict,
        "other changes were in the way; nothing was changed. Send it again",
    )
}
