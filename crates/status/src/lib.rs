//! What can go wrong, and the one way in which it reaches a caller.
//!
//! A [`Reason`] is a closed set: each has one [`Kind`] (and so one gRPC code) and one page in `docs/errors`. An
//! [`Error`] is a reason with its particulars. `tonic::Status` is made here and nowhere else.

pub mod call;
mod encode;
mod error;
mod reason;

pub use encode::{DOMAIN, reason_of};
pub use error::{Error, FieldViolation};
pub use reason::{Kind, Reason};

/// The result of an operation whose failure a caller is told.
pub type Result<T, E = Error> = std::result::Result<T, E>;
