//! Refusing with everything that is wrong at once.

use rapport_status::{Error, FieldViolation, Reason, Result};

/// Refuses for a reason when there are violations, with all of them.
pub(crate) fn refuse(reason: Reason, violations: Vec<FieldViolation>) -> Result<()> {
    if violations.is_empty() {
        return Ok(());
    }
    Err(Error::invalid(reason, violations))
}
