//! List requests that are refused, as errors.

use rapport_listing::{ErrorKind, ListingError};
use rapport_status::{Error, FieldViolation, Reason};

/// The error of a list request, or of an update mask, that is refused.
pub fn refused(error: &ListingError) -> Error {
    let reason = match error.kind {
        ErrorKind::InvalidFilter => Reason::InvalidFilter,
        ErrorKind::InvalidOrderBy => Reason::InvalidOrderBy,
        ErrorKind::InvalidPageToken => Reason::InvalidPageToken,
        ErrorKind::InvalidPageSize => Reason::InvalidPageSize,
        ErrorKind::InvalidFieldMask => Reason::InvalidUpdateMask,
    };
    let place = error
        .position
        .map_or_else(String::new, |position| format!("at character {position}: "));
    let hint = error
        .hint
        .as_ref()
        .map_or_else(String::new, |hint| format!("; {hint}"));
    let violation = FieldViolation::new(error.field, format!("{place}{}{hint}", error.message));
    let refusal = Error::invalid(reason, vec![violation]);
    match error.position {
        Some(position) => refusal.with("position", position),
        None => refusal,
    }
}
