//! Where surveys, answers and cases are kept: the only place that knows SQL. Every query has the tenant.

pub(crate) mod answer_sets;
pub(crate) mod cases;
mod entity;
mod migration;
pub(crate) mod open_cases;
pub(crate) mod surveys;

use jiff::Timestamp;
use rapport_listing::KeyValuesError;
use rapport_privacy::{Content, KeyColumn, SealedRows, SealedTable};
use rapport_status::{Error, Reason, Result};

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

/// An update that met another revision than the one that was read: another transaction was faster, and this one is run
/// again.
fn updated(rows: u64) -> Result<()> {
    if rows == 1 {
        return Ok(());
    }
    Err(Error::new(
        Reason::TransactionConflict,
        "other changes were in the way; nothing was changed. Send it again",
    ))
}

/// The tables with personal data. Their rows are sealed under the places that their primary keys make.
pub(crate) fn sealed_tables() -> Vec<Box<dyn SealedRows>> {
    vec![
        Box::new(SealedTable {
            table: "answer",
            key: &[KeyColumn::Text("answer_set"), KeyColumn::Integer("position")],
            columns: &["text"],
            content: Content::Text,
        }),
        Box::new(SealedTable {
            table: "feedback_case",
            key: &[KeyColumn::Text("name")],
            columns: &["subject", "resolution"],
            content: Content::Text,
        }),
        Box::new(SealedTable {
            table: "feedback_case_event",
            key: &[KeyColumn::Text("case_name"), KeyColumn::Integer("revision")],
            columns: &["note"],
            content: Content::Text,
        }),
        // The answers that requests had, with all that was answered.
        Box::new(SealedTable {
            table: "request",
            key: &[KeyColumn::Text("method"), KeyColumn::Text("request_id")],
            columns: &["answer"],
            content: Content::Bytes,
        }),
    ]
}
