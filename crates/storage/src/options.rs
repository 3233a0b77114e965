//! What can be configured of a database.

use serde::{Deserialize, Serialize};

/// A PostgreSQL server that keeps the data, in place of files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseOptions {
    /// Address such as `postgres://rapport@db:5432/rapport_{service}?sslmode=verify-full&sslrootcert=/etc/ca.pem`;
    /// `{service}` stands for the name of the service, so that each has a database of its own.
    pub url: String,
    /// Connections that one process uses at most. Reads and writes that find none free wait, at most ten seconds.
    pub connections: u32,
    /// After how many milliseconds the server ends a statement. Migrations are not ended.
    pub statement_timeout_ms: u32,
    /// How many milliseconds a statement waits for a row that another transaction has locked.
    pub lock_timeout_ms: u32,
}

impl Default for DatabaseOptions {
    fn default() -> Self {
        Self {
            url: String::new(),
            connections: 16,
            statement_timeout_ms: 10_000,
            lock_timeout_ms: 5_000,
        }
    }
}
