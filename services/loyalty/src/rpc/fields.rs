//! Reads fields of requests, and keeps what is wrong with them until all are read.

use jiff::Timestamp;
use rapport_contract::instant;
use rapport_status::{Error, FieldViolation, Reason, Result};

/// What is wrong with a request.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<FieldViolation>);

impl Fields {
    /// Adds a violation.
    pub(super) fn refuse(&mut self, field: impl Into<String>, description: impl Into<String>) {
        self.0.push(FieldViolation::new(field, description));
    }

    /// A text without the character U+0000, which not every storage can keep.
    pub(super) fn text(&mut self, field: &str, text: String) -> String {
        if text.contains('\0') {
            self.refuse(field, "must not contain the character U+0000");
        }
        text
    }

    /// A moment that may be absent.
    pub(super) fn moment(
        &mut self,
        field: &str,
        moment: Option<&prost_types::Timestamp>,
    ) -> Option<Timestamp> {
        match instant::from_wire(moment?) {
            Ok(moment) => Some(moment),
            Err(wrong) => {
                self.refuse(field, wrong);
                None
            }
        }
    }

    /// Refuses when something is wrong, with all of it.
    pub(super) fn check(self) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Error::invalid(Reason::InvalidFields, self.0))
    }
}
