//! What can be wrong with a list request.

use std::fmt;

/// The reason of a [`ListingError`], one for each part of a request that can be refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The filter is malformed, too large, or does not fit the schema.
    InvalidFilter,
    /// The order is malformed, too long, or names a field that cannot be sorted.
    InvalidOrderBy,
    /// The page token is malformed, was changed, or belongs to another list, filter or order.
    InvalidPageToken,
    /// The page size is negative.
    InvalidPageSize,
    /// The field mask names a field that does not exist or cannot be updated.
    InvalidFieldMask,
}

impl ErrorKind {
    /// The reason in the form that error details carry, in upper snake case.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::InvalidFilter => "INVALID_FILTER",
            Self::InvalidOrderBy => "INVALID_ORDER_BY",
            Self::InvalidPageToken => "INVALID_PAGE_TOKEN",
            Self::InvalidPageSize => "INVALID_PAGE_SIZE",
            Self::InvalidFieldMask => "INVALID_FIELD_MASK",
        }
    }

    /// The name of the request field that is wrong.
    pub const fn field(self) -> &'static str {
        match self {
            Self::InvalidFilter => "filter",
            Self::InvalidOrderBy => "order_by",
            Self::InvalidPageToken => "page_token",
            Self::InvalidPageSize => "page_size",
            Self::InvalidFieldMask => "update_mask",
        }
    }
}

/// A request that the caller has to correct: always an invalid argument, never a fault of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingError {
    /// The reason.
    pub kind: ErrorKind,
    /// The request field that is wrong, as [`ErrorKind::field`].
    pub field: &'static str,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// How to correct it, when that can be said.
    pub hint: Option<String>,
    /// Where in the text of the field it is wrong: an offset in characters (not bytes), from zero.
    pub position: Option<usize>,
}

impl ListingError {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            field: kind.field(),
            message: message.into(),
            hint: None,
            position: None,
        }
    }

    pub(crate) fn at(mut self, position: usize) -> Self {
        self.position = Some(position);
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The reason in upper snake case, for error details.
    pub const fn reason(&self) -> &'static str {
        self.kind.reason()
    }
}

impl fmt::Display for ListingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.field)?;
        if let Some(position) = self.position {
            write!(formatter, " (character {position})")?;
        }
        write!(formatter, ": {}", self.message)?;
        if let Some(hint) = &self.hint {
            write!(formatter, "; {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ListingError {}

/// The values given as the position of a row do not fit the keys of the order.
///
/// This is a mistake of the service that read the row, not of its caller: answer with an internal error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyValuesError {
    /// There are more or fewer values than keys.
    #[error("the order has {expected} keys but {actual} values were given")]
    Count {
        /// The number of keys in the order.
        expected: usize,
        /// The number of values given.
        actual: usize,
    },
    /// A value is not of the kind of its key, or is a decimal that is not a number.
    #[error("the value given for the key {key} is not of its kind")]
    Kind {
        /// The name of the key.
        key: &'static str,
    },
}
