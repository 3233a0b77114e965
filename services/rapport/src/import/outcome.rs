//! What became of an import.

use std::{fmt, path::PathBuf};

use rapport_contract::profile::v1::ImportPurchasesResponse;

/// Counts over a whole import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Rows read.
    pub rows: i64,
    /// Rows newly stored, or that would be.
    pub added: i64,
    /// Rows that were there before.
    pub known: i64,
    /// Rows refused, by this program or by the server.
    pub rejected: i64,
    /// Customers created.
    pub created_customers: i64,
    /// Where the refused rows are listed.
    pub rejects: Option<PathBuf>,
    /// Whether rows were only checked.
    pub dry_run: bool,
    /// Whether it was stopped before the end.
    pub interrupted: bool,
}

impl Outcome {
    pub(super) fn add(&mut self, part: &ImportPurchasesResponse) {
        self.added += part.added_count;
        self.known += part.known_count;
        self.rejected += part.rejected_count;
        self.created_customers += part.created_customer_count;
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let added = if self.dry_run { "would be added" } else { "added" };
        write!(
            formatter,
            "{} rows read: {} {added}, {} known before, {} refused; {} customers created",
            self.rows, self.added, self.known, self.rejected, self.created_customers
        )?;
        if let Some(rejects) = &self.rejects {
            write!(
                formatter,
                "\nthe refused rows are listed in {}",
                rejects.display()
            )?;
        }
        if self.interrupted {
            write!(
                formatter,
                "\nstopped before the end; go on with the same command and --resume"
            )?;
        }
        Ok(())
    }
}
