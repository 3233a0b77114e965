//! What a database says went wrong, as an error of ours: the one table of codes.

use std::{error::Error as _, time::Duration};

use rapport_status::{Error, Reason};
use sea_orm::{DbErr, RuntimeErr, SqlErr, SqlxError};

/// Gives a failed database call the name of what it was for.
pub trait Stored<T> {
    /// Turns a database failure into an error; `what` completes "could not …", such as `read the customer`.
    fn stored(self, what: &str) -> Result<T, Error>;
}

impl<T> Stored<T> for Result<T, DbErr> {
    fn stored(self, what: &str) -> Result<T, Error> {
        self.map_err(|error| from_database(what, error))
    }
}

/// Whether a statement failed because a row with this key exists.
pub fn is_unique_violation(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

/// Turns a database failure into an error; `what` completes "could not …".
pub fn from_database(what: &str, error: DbErr) -> Error {
    let reason = match &error {
        DbErr::ConnectionAcquire(_) => Reason::StorageUnavailable,
        DbErr::Conn(RuntimeErr::SqlxError(cause))
        | DbErr::Exec(RuntimeErr::SqlxError(cause))
        | DbErr::Query(RuntimeErr::SqlxError(cause)) => of_driver(cause),
        _ => Reason::InternalError,
    };
    let said = match reason {
        Reason::StorageFull => {
            "the storage has no room left; nothing was changed. Free space where the data are, then send it again"
        }
        Reason::StorageReadOnly => {
            "the storage can only be read; nothing was changed. Make the data folder writable, then send it again"
        }
        Reason::StorageUnavailable => {
            "the storage is busy or cannot be reached; nothing was changed. Send it again"
        }
        Reason::TransactionConflict => "other changes were in the way; nothing was changed. Send it again",
        _ => return Error::internal(format!("could not {what}")).because(error),
    };
    tracing::warn!(error = %error, source = error.source().map(tracing::field::display), "could not {what}");
    Error::new(reason, said)
        .retry_after(Duration::from_millis(500))
        .because(error)
}

fn of_driver(error: &SqlxError) -> Reason {
    match error {
        SqlxError::Database(database) => database
            .code()
            .map_or(Reason::InternalError, |code| of_code(&code)),
        SqlxError::Io(_) | SqlxError::PoolTimedOut | SqlxError::PoolClosed | SqlxError::WorkerCrashed => {
            Reason::StorageUnavailable
        }
        _ => Reason::InternalError,
    }
}

/// PostgreSQL gives five characters (SQLSTATE), SQLite a number whose low byte is the primary code.
fn of_code(code: &str) -> Reason {
    if code.len() == 5 {
        return match code {
            // Serialisation, deadlock, lock not to be had in time, or a key that another transaction has written meanwhile:
            // run again, a transaction sees what is there now and decides anew.
            "40001" | "40P01" | "55P03" | "23505" => Reason::TransactionConflict,
            "53100" => Reason::StorageFull,
            "25006" => Reason::StorageReadOnly,
            "57P01" | "57P02" | "57P03" | "57P05" | "53300" | "57014" | "25P03" => Reason::StorageUnavailable,
            other if other.starts_with("08") => Reason::StorageUnavailable,
            _ => Reason::InternalError,
        };
    }
    let Ok(code) = code.parse::<u32>() else {
        return Reason::InternalError;
    };
    match (code, code & 0xff) {
        // A unique or primary key; or another writer.
        (2067 | 1555, _) | (_, 5 | 6) => Reason::TransactionConflict,
        (_, 8) => Reason::StorageReadOnly,
        (_, 13) => Reason::StorageFull,
        // An input or output error, or a file that cannot be opened: the disk is in trouble, the request is not.
        (_, 10 | 14) => Reason::StorageUnavailable,
        _ => Reason::InternalError,
    }
}
