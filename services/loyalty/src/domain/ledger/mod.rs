//! The points ledger of one member in one wallet: double entry, with lots that are released and expire, holds that keep
//! points, and debt.
//!
//! [`decide`] is the only place where points move. It looks at an [`Account`] and a [`Command`] and gives a [`Posting`]:
//! a list of [`Change`]s, which [`Account::apply`] carries out in memory and the store writes down. What holds after
//! every posting:
//!
//! - the entries of each transaction add up to nothing;
//! - each lot has `0 ≤ reserved ≤ remaining ≤ original`, and what is reserved is what open holds keep;
//! - the movements of a transaction add up to its points, spendable and pending together;
//! - a hold is resolved once;
//! - of a transaction no more is reversed than it moved;
//! - a balance stays between 0 and [`MOST_POINTS`], and while a member owes points, none can be spent.

mod account;
mod award;
pub mod chain;
mod command;
mod decide;
mod draft;
mod hold;
mod lot;
mod posting;
mod reversible;
mod sale;
#[cfg(test)]
mod tests;

pub use account::{Account, Balance, DebtPolicy, Elsewhere, Expiration, MOST_EXPIRATIONS, Rules, Slide};
pub use award::{Attribution, Award, LinePoints};
pub use command::{Command, Note, Part, PendingChoice, Returned, Sold};
pub use decide::{as_of, decide};
pub use hold::{Allocation, Hold, HoldKind, HoldState, NEVER, not_found as hold_not_found};
pub use lot::{BurnOrder, Lot, NotAMonth, Pending, Vintage};
pub use posting::{
    Amounts, Book, Change, Effect, Entry, Movement, Outcome, Posting, Transaction, TransactionKind,
};
pub use reversible::Reversible;
pub use sale::{Purchase, PurchaseKind, PurchaseLine, Sale, SaleKey};

use rapport_status::{Error, Reason};
use uuid::Uuid;

use super::wallet::POINTS;

/// Type of holds in errors.
pub const HOLD_RESOURCE_TYPE: &str = "rapport.example/Hold";

/// Type of transactions in errors.
pub const TRANSACTION_RESOURCE_TYPE: &str = "rapport.example/Transaction";

/// Most points that a balance can hold, available and reserved together. Sums of a thousand such balances still fit
/// into 64 bits, and every number of points is exact as a double-precision number, which is what JSON clients have.
pub const MOST_POINTS: i64 = 9_000_000_000_000_000;

/// The error that a number of points leaves the range that it can have.
pub fn out_of_range(message: impl Into<String>) -> Error {
    Error::new(Reason::PointsOutOfRange, message)
}

/// The name of something that belongs to a member's account in a wallet, such as a hold. The wallet that every program has
/// is not named.
pub fn resource_name(member: &str, wallet: &str, collection: &str, id: Uuid) -> String {
    if wallet == POINTS {
        format!("{member}/{collection}/{id}")
    } else {
        format!("{member}/{collection}/{wallet}.{id}")
    }
}

/// The error that a transaction is not there.
pub fn transaction_not_found(name: &str) -> Error {
    Error::about(
        Reason::TransactionNotFound,
        TRANSACTION_RESOURCE_TYPE,
        name,
        format!("there is no transaction {name}; ListTransactions shows those that there are"),
    )
}
