//! Why a model could not be fitted, or cannot exist with the given parameters.

use std::{error::Error, fmt};

/// Why a fit gave no model.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum FitError {
    /// There are fewer usable customers than the fit needs.
    TooFewCustomers {
        /// Usable customers that the fit needs.
        needed: usize,
        /// Usable customers that were given.
        found: usize,
    },
    /// No customer bought on a second day, so nothing can be learnt about repeat purchase.
    NoRepeatPurchases,
    /// One customer's summary contradicts itself (negative time, last purchase after the end, not a number).
    InvalidCustomer {
        /// Position of the customer in the input, from 0.
        index: usize,
    },
    /// The likelihood has its maximum at, or runs away towards, a value that no population has.
    Degenerate {
        /// Name of the parameter in the published model.
        parameter: &'static str,
        /// Where it ended.
        value: f64,
    },
    /// The search ended before the gradient vanished.
    NotConverged {
        /// Largest absolute element of the gradient of the mean log-likelihood in log parameters.
        gradient: f64,
    },
}

impl fmt::Display for FitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewCustomers { needed, found } => {
                write!(f, "the fit needs {needed} usable customers and found {found}")
            }
            Self::NoRepeatPurchases => write!(f, "no customer bought on a second day"),
            Self::InvalidCustomer { index } => {
                write!(
                    f,
                    "the summary of the customer at position {index} contradicts itself"
                )
            }
            Self::Degenerate { parameter, value } => {
                write!(
                    f,
                    "parameter {parameter} ran to {value:e}, which no population has"
                )
            }
            Self::NotConverged { gradient } => {
                write!(
                    f,
                    "the search for the maximum stopped with a gradient of {gradient:e}"
                )
            }
        }
    }
}

impl Error for FitError {}

/// A parameter lies outside the range in which its model is defined.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterError {
    /// Name of the parameter in the published model.
    pub parameter: &'static str,
    /// The value that was given.
    pub value: f64,
    /// The parameter must be finite and greater than this.
    pub greater_than: f64,
}

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            parameter,
            value,
            greater_than,
        } = self;
        write!(
            f,
            "parameter {parameter} is {value}; it must be finite and greater than {greater_than}"
        )
    }
}

impl Error for ParameterError {}

/// Accepts `value` when it is finite and greater than `greater_than`.
pub(crate) fn require_greater(
    parameter: &'static str,
    value: f64,
    greater_than: f64,
) -> Result<(), ParameterError> {
    if value.is_finite() && value > greater_than {
        Ok(())
    } else {
        Err(ParameterError {
            parameter,
            value,
            greater_than,
        })
    }
}
