//! The points ledger of one member: double entry, with lots that expire and holds that keep points for an order.
//!
//! [`decide`] is the only place where points move. It looks at an [`Account`] and a [`Command`] and gives a [`Posting`]:
//! a list of [`Change`]s, which [`Account::apply`] carries out in memory and the store writes down. What holds after
//! every posting:
//!
//! - the entries of each transaction add up to nothing;
//! - each lot has `0 ≤ reserved ≤ remaining ≤ original`, and what is reserved is what open holds keep;
//! - the movements of a transaction add up to its points;
//! - a hold is resolved once;
//! - a balance stays between 0 and [`MOST_POINTS`].

mod account;
mod command;
mod decide;
mod draft;
mod posting;
mod sale;
#[cfg(test)]
mod tests;

pub use account::{
    Account, Allocation, Balance, Elsewhere, Expiration, Hold, HoldState, Lot, MOST_EXPIRATIONS,
};
pub use command::{Command, Note};
pub use decide::{as_of, decide};
pub use posting::{Book, Change, Entry, Movement, Outcome, Posting, Transaction, TransactionKind};
pub use sale::{Purchase, PurchaseKind, Sale, SaleKey};

use rapport_status::{Error, Reason};

/// Type of holds in errors.
pub const HOLD_RESOURCE_TYPE: &str = "rapport.example/Hold";

/// Most points that a balance can hold, available and reserved together. Sums of a thousand such balances still fit
/// into 64 bits, and every number of points is exact as a double-precision number, which is what JSON clients have.
pub const MOST_POINTS: i64 = 9_000_000_000_000_000;

/// The error that a number of points leaves the range that it can have.
pub fn out_of_range(message: impl Into<String>) -> Error {
    Error::new(Reason::PointsOutOfRange, message)
}

/// The error that a hold is not there.
pub fn hold_not_found(name: &str) -> Error {
    Error::about(
        Reason::HoldNotFound,
        HOLD_RESOURCE_TYPE,
        name,
        format!("there is no hold {name}; take the name that ReservePoints answered"),
    )
}
