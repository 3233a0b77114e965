//! What is stored about an account, as it is recomputed.

use jiff::Timestamp;
use uuid::Uuid;

use crate::domain::ledger::{Amounts, Book, Hold, Lot, TransactionKind};

/// Everything that is stored about one member's points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What the account is called in what is found: the member, and the wallet unless it is the one that every program
    /// has.
    pub name: String,
    /// `programs/{program}/members/{member}`.
    pub member: String,
    /// Id of the wallet.
    pub wallet: String,
    /// What the ledger's tables know the account by.
    pub account: Uuid,
    /// Number of the last transaction, as the account's row has it.
    pub transaction_count: i64,
    /// The end of the chain as the account's row has it: the number of a transaction, and its link.
    pub chain: (i64, Option<Vec<u8>>),
    /// The sums, as the account's row has them.
    pub sums: Sums,
    /// When something is due, as the account's row has it.
    pub due_time: Option<Timestamp>,
    /// The transactions, by number.
    pub transactions: Vec<TransactionRow>,
    /// The entries of all transactions.
    pub entries: Vec<EntryRow>,
    /// The lot movements of all transactions, by number and position.
    pub movements: Vec<MovementRow>,
    /// The lots, exhausted ones included.
    pub lots: Vec<Lot>,
    /// The holds, resolved ones included.
    pub holds: Vec<Hold>,
}

/// The sums of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// Points that can be spent.
    pub available: i64,
    /// Points that reservations keep.
    pub reserved: i64,
    /// Points that are blocked.
    pub blocked: i64,
    /// Points that are pending.
    pub pending: i64,
    /// Points that the member owes.
    pub debt: i64,
}

/// A stored transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionRow {
    /// Its id.
    pub id: Uuid,
    /// Its number.
    pub number: i64,
    /// The stored name of its kind.
    pub kind_name: String,
    /// Why points moved; none when the stored name means nothing.
    pub kind: Option<TransactionKind>,
    /// How many, by the member's accounts.
    pub amounts: Amounts,
    /// When the ledger took it, in microseconds since the Unix epoch.
    pub post_time: i64,
    /// Why, in words.
    pub reason: String,
    /// What caused it.
    pub cause: String,
    /// Points that could be spent after it.
    pub available_points: i64,
    /// For a take-back: points that were not there any more.
    pub shortfall_points: i64,
    /// The transaction that it reverses.
    pub reverses: Option<Uuid>,
    /// What its points are due to, as it is stored.
    pub attribution: Option<String>,
    /// Its link in the chain of the account; none when a program has written it that knows no chain.
    pub hash: Option<Vec<u8>>,
}

impl TransactionRow {
    /// What it did to all the member's accounts together, in 128 bits.
    pub(super) fn sum(&self) -> i128 {
        let Amounts {
            points,
            pending,
            debt,
        } = self.amounts;
        i128::from(points) + i128::from(pending) + i128::from(debt)
    }
}

/// A stored entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryRow {
    /// Number of its transaction.
    pub number: i64,
    /// The account of the books; none when the stored value means nothing.
    pub book: Option<Book>,
    /// Points into the account.
    pub points: i64,
}

/// A stored movement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovementRow {
    /// Number of its transaction.
    pub number: i64,
    /// The lot.
    pub lot: Uuid,
    /// Points into the lot.
    pub points: i64,
    /// What it did besides.
    pub effect: MovementEffect,
    /// The stored name of that.
    pub effect_name: Option<String>,
    /// The stored moment of expiry, in microseconds since the Unix epoch.
    pub expire_time: Option<i64>,
}

/// What a stored movement did to its lot besides changing its points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MovementEffect {
    /// Nothing, or it opened the lot.
    None,
    /// Its points wait no longer.
    Releases,
    /// It expires at another moment than before.
    MovesExpiry,
}
