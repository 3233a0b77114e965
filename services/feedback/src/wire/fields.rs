//! Reads the fields of a request, and collects everything that is wrong with them.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use rapport_contract::{instant, name::Pattern};
use rapport_status::{Error, FieldViolation, Reason, Result};

/// What is wrong with the fields of a request, found so far.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    violations: Vec<FieldViolation>,
}

impl Fields {
    /// Notes that a field breaks a rule.
    pub(crate) fn refuse(&mut self, field: impl Into<String>, description: impl Into<String>) {
        self.violations.push(FieldViolation::new(field, description));
    }

    /// Reads a text of a length in characters.
    pub(crate) fn text(&mut self, field: &str, text: String, length: RangeInclusive<usize>) -> String {
        let characters = text.chars().count();
        if !length.contains(&characters) {
            let (least, most) = (length.start(), length.end());
            self.refuse(
                field,
                format!("has {characters} characters; {least} to {most} are taken"),
            );
        }
        text
    }

    /// Reads the name of another resource, or the empty text when there is none.
    pub(crate) fn optional_reference(&mut self, field: &str, pattern: Pattern, name: String) -> String {
        if name.is_empty() {
            return name;
        }
        self.reference(field, pattern, name)
    }

    /// Reads the name of another resource.
    pub(crate) fn reference(&mut self, field: &str, pattern: Pattern, name: String) -> String {
        if pattern.parse::<1>(&name).is_none() {
            self.refuse(field, format!("must have the form {}", pattern.as_str()));
        }
        name
    }

    /// Reads a moment, if there is one.
    pub(crate) fn moment(
        &mut self,
        field: &str,
        moment: Option<prost_types::Timestamp>,
    ) -> Option<Timestamp> {
        match instant::from_wire(&moment?) {
            Ok(moment) => Some(moment),
            Err(description) => {
                self.refuse(field, description);
                None
            }
        }
    }

    /// Gives what was read, unless something was wrong with it.
    pub(crate) fn finish<T>(self, read: T) -> Result<T> {
        if self.violations.is_empty() {
            return Ok(read);
        }
        Err(Error::invalid(Reason::InvalidFields, self.violations))
    }
}
