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
    let violation = FieldViolation::new(error.field, error.to_string());
    let refusal = Error::invalid(reason, vec![violation]);
    match error.position {
        Some(position) => refusal.with("position", position),
        None => refusal,
    }
}
