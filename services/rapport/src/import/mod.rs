//! Imports of files: read row by row in bounded memory, sent in parts that are acknowledged one by one, so that an
//! import can be stopped and resumed.

mod columns;
mod lines;
mod outcome;
mod resume;
mod row;
mod send;

use std::path::{Path, PathBuf};

pub use columns::{Columns, CustomerColumn};
pub use outcome::Outcome;
use rapport_money::Currency;

use rapport_process::Failure;

use crate::client::Clients;

/// How a file of purchases is to be read and sent.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which column holds which field.
    pub columns: Columns,
    /// What the customer column holds.
    pub customer: CustomerColumn,
    /// The system that the purchases come from.
    pub source: String,
    /// Currency of the amounts when there is no currency column.
    pub currency: Option<Currency>,
    /// Whether customers who are not known are created.
    pub create_customers: bool,
    /// Whether rows are only checked.
    pub dry_run: bool,
    /// Whether to go on after the last row that was stored.
    pub resume: bool,
    /// Where bad rows are written.
    pub rejects: PathBuf,
}

/// Imports purchases from a CSV file, with a progress bar. Ctrl-C stops it after the part under way.
pub async fn purchases(clients: &Clients, file: &Path, options: &Options) -> Result<Outcome, Failure> {
    send::file(clients, file, options).await
}
