//! What a decision changes.

use jiff::Timestamp;
use uuid::Uuid;

use super::{account::Hold, command::Note, sale::Purchase};

/// Why points moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TransactionKind {
    /// Given for a purchase or by a call.
    Earn,
    /// Spent.
    Redeem,
    /// Taken back because the purchase was returned.
    TakeBack,
    /// Corrected by hand.
    Adjust,
    /// Given because a case was resolved.
    Compensate,
    /// Expired.
    Expire,
}

/// An account of the books. The sum over all books is always nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Book {
    /// What members have.
    Member,
    /// The program's account that earned points come from.
    Issued,
    /// The program's account that compensation comes from.
    Compensated,
    /// The program's account that spent points go to.
    Redeemed,
    /// The program's account that expired points go to.
    Expired,
    /// The program's account that points taken back go to.
    TakenBack,
    /// The program's account that corrections come from or go to.
    Adjusted,
}

impl TransactionKind {
    /// The program's account that the member's is balanced against.
    pub fn book(self) -> Book {
        match self {
            Self::Earn => Book::Issued,
            Self::Redeem => Book::Redeemed,
            Self::TakeBack => Book::TakenBack,
            Self::Adjust => Book::Adjusted,
            Self::Compensate => Book::Compensated,
            Self::Expire => Book::Expired,
        }
    }
}

/// One line of a transaction in one account of the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The account.
    pub book: Book,
    /// Points: positive into the account, negative out of it.
    pub points: i64,
}

/// One movement of a member's points: permanent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// Its id; also that of the lot that it opens, if it opens one.
    pub id: Uuid,
    /// Its number within the account, from 1 without gaps.
    pub number: i64,
    /// Why points moved.
    pub kind: TransactionKind,
    /// How many: positive when the member got them, negative when the member gave them.
    pub points: i64,
    /// When the ledger took it.
    pub post_time: Timestamp,
    /// What a statement says about it.
    pub note: Note,
    /// What it did to lots, in this order.
    pub movements: Vec<Movement>,
    /// Points that could be spent after it.
    pub available_points: i64,
    /// For a take-back: points that should have been taken and were not there any more.
    pub shortfall_points: i64,
}

impl Transaction {
    /// Its lines in the books: the member's account against one of the program's. They add up to nothing.
    pub fn entries(&self) -> [Entry; 2] {
        [
            Entry {
                book: Book::Member,
                points: self.points,
            },
            Entry {
                book: self.kind.book(),
                points: -self.points,
            },
        ]
    }
}

/// What a transaction did to one lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Movement {
    /// The lot.
    pub lot: Uuid,
    /// Points: positive into the lot, negative out of it.
    pub points: i64,
    /// When the lot expires; none means never.
    pub expire_time: Option<Timestamp>,
}

/// One change of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Points moved.
    Posted(Transaction),
    /// A hold was made.
    Held(Hold),
    /// A hold was resolved; it stands here as it is afterwards.
    Resolved(Hold),
    /// A sale or return was taken note of.
    Recorded(Purchase),
}

/// What was decided: changes in their order, and what the caller is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    /// The changes, in order.
    pub changes: Vec<Change>,
    /// What the caller is told.
    pub outcome: Outcome,
}

/// What a caller is told of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The transaction that the command asked for.
    Transaction(Transaction),
    /// The hold that the command asked for or changed.
    Hold(Hold),
    /// The command is one that nobody waits for.
    Done,
}

impl Posting {
    /// The transactions, in order.
    pub fn transactions(&self) -> impl Iterator<Item = &Transaction> {
        self.changes.iter().filter_map(|change| match change {
            Change::Posted(transaction) => Some(transaction),
            _ => None,
        })
    }
}
