//! Free texts.

use rapport_status::FieldViolation;

/// Refuses the character that databases cannot hold.
pub(crate) fn refuse_nul(field: impl Into<String>, text: &str, violations: &mut Vec<FieldViolation>) {
    if text.contains('\0') {
        violations.push(FieldViolation::new(
            field,
            "contains the character U+0000, which cannot be stored; remove it",
        ));
    }
}
