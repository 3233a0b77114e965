//! What goes wrong while an expression is evaluated.

use std::{
    error::Error,
    fmt::{self, Display, Formatter},
};

use crate::position::{Position, Span};

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The result of an operation is beyond the ints, the timestamps or the durations.
    Overflow,
    /// An int was divided by zero.
    DivisionByZero,
    /// The map has no such key.
    NoKey,
    /// The list has no element at this place.
    NoElement,
    /// The optional field has no value.
    NoValue,
    /// The string, double or int cannot be converted.
    NotConvertible,
    /// There is no time zone of this name.
    NoTimeZone,
    /// A map was made with the same key twice.
    DuplicateKey,
    /// A function of the schema refused its arguments.
    Function,
    /// The evaluation took more steps than the schema allows.
    TooManySteps,
    /// The context is of another schema than the expression.
    OtherSchema,
    /// A value has not the type that was declared: a fault of the program, not of the expression.
    Misfit,
}

impl FaultKind {
    const fn message(self) -> &'static str {
        match self {
            Self::Overflow => "the result is out of range",
            Self::DivisionByZero => "division by zero",
            Self::NoKey => "the map has no such key; ask before with `key in map`",
            Self::NoElement => "the list has no such element; ask before for its `size`",
            Self::NoValue => "the field has no value; ask before with `has(record.field)`",
            Self::NotConvertible => "the value cannot be converted",
            Self::NoTimeZone => "there is no such time zone",
            Self::DuplicateKey => "the map has this key twice",
            Self::Function => "the function refused its arguments",
            Self::TooManySteps => "the evaluation took too many steps",
            Self::OtherSchema => "the context is of another schema than the expression",
            Self::Misfit => "a value has not the declared type",
        }
    }
}

/// Why an evaluation gave no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvaluationError {
    /// What went wrong.
    pub kind: FaultKind,
    /// Where the part begins that went wrong.
    pub position: Position,
    /// The part, as it is written.
    pub part: String,
    /// The value that it went wrong with, or what a function said, when that is known.
    pub detail: Option<String>,
}

impl Display for EvaluationError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}: `{}`: {}", self.position, self.part, self.kind.message())?;
        match &self.detail {
            Some(detail) => write!(f, " ({detail})"),
            None => Ok(()),
        }
    }
}

impl Error for EvaluationError {}

/// What went wrong and where, small enough to be handed up from every operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    pub(crate) at: Span,
}

impl Fault {
    /// Whether `&&`, `||` and loops may go on after it: when another part decides, what went wrong does not matter.
    pub(crate) fn is_absorbed(self) -> bool {
        self.kind != FaultKind::TooManySteps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_fits_in_a_register_beside_what_is_evaluated() {
        assert!(size_of::<Result<bool, Fault>>() <= 8);
        assert!(size_of::<Result<&str, Fault>>() <= 16);
    }
}
