//! What a decision changes.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    award::Attribution,
    command::Note,
    hold::Hold,
    lot::{Pending, Vintage},
    sale::Purchase,
};

/// Why points moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TransactionKind {
    /// Given for a purchase or by a call.
    Earn,
    /// Spent.
    Redeem,
    /// Taken back because the purchase or the transaction that gave them was reversed.
    TakeBack,
    /// Corrected by hand.
    Adjust,
    /// Given because a case was resolved.
    Compensate,
    /// Expired.
    Expire,
    /// Pending points can be spent from now on.
    Release,
    /// Pending points will never be spendable.
    Cancel,
    /// Spent points came back, because what they were spent on was given back.
    Refund,
    /// Given to another member.
    TransferOut,
    /// Taken from another member.
    TransferIn,
    /// The expiry of lots was moved.
    Extend,
    /// Expired points came back by decision.
    Reinstate,
    /// Points paid what the member owed.
    PayDebt,
    /// Blocked points were taken away.
    Forfeit,
}

/// An account of the books. The sum over all books is always nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Book {
    /// What members have and can spend, held points included.
    Member,
    /// What members will be able to spend.
    Pending,
    /// What members owe: never above nothing.
    Debt,
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
    /// The program's account that cancelled points go to.
    Cancelled,
    /// The program's account that points go through from one member to another.
    Transferred,
    /// The program's account that forfeited points go to.
    Forfeited,
}

impl TransactionKind {
    /// Every kind.
    pub const ALL: [Self; 15] = [
        Self::Earn,
        Self::Redeem,
        Self::TakeBack,
        Self::Adjust,
        Self::Compensate,
        Self::Expire,
        Self::Release,
        Self::Cancel,
        Self::Refund,
        Self::TransferOut,
        Self::TransferIn,
        Self::Extend,
        Self::Reinstate,
        Self::PayDebt,
        Self::Forfeit,
    ];

    /// The program's account that the member's accounts are balanced against; none when points only move between the
    /// member's own.
    pub fn book(self) -> Option<Book> {
        match self {
            Self::Earn => Some(Book::Issued),
            Self::Redeem | Self::Refund => Some(Book::Redeemed),
            Self::TakeBack => Some(Book::TakenBack),
            Self::Adjust => Some(Book::Adjusted),
            Self::Compensate => Some(Book::Compensated),
            Self::Expire | Self::Reinstate => Some(Book::Expired),
            Self::Cancel => Some(Book::Cancelled),
            Self::TransferOut | Self::TransferIn => Some(Book::Transferred),
            Self::Forfeit => Some(Book::Forfeited),
            Self::Release | Self::Extend | Self::PayDebt => None,
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

/// What a transaction does to each of a member's accounts: positive into it, negative out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amounts {
    /// To the points that can be spent, held ones included.
    pub points: i64,
    /// To the points that are pending.
    pub pending: i64,
    /// To the account of debt: negative when the member owes more.
    pub debt: i64,
}

impl Amounts {
    /// The lines in the books: the member's accounts, and what balances them in the account of the program. A line of
    /// the member's and one of the program's always stand, the others when they move something.
    pub fn entries(self, kind: TransactionKind) -> Vec<Entry> {
        let mut entries = vec![Entry {
            book: Book::Member,
            points: self.points,
        }];
        let others = [(Book::Pending, self.pending), (Book::Debt, self.debt)];
        entries.extend(
            others
                .into_iter()
                .filter(|(_, points)| *points != 0)
                .map(|(book, points)| Entry { book, points }),
        );
        entries.extend(kind.book().map(|book| Entry {
            book,
            points: -(self.points + self.pending + self.debt),
        }));
        entries
    }
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
    /// How many, by the member's accounts.
    pub amounts: Amounts,
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
    /// The transaction of the same account that it reverses, all or a part.
    pub reverses: Option<Uuid>,
    /// What its points are due to, if a rule gave them.
    pub attribution: Option<Attribution>,
}

impl Transaction {
    /// Its lines in the books. They add up to nothing.
    pub fn entries(&self) -> Vec<Entry> {
        self.amounts.entries(self.kind)
    }
}

/// What a transaction did to one lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// The lot.
    pub lot: Uuid,
    /// Points: positive into the lot, negative out of it.
    pub points: i64,
    /// When the lot expires after it; none means never.
    pub expire_time: Option<Timestamp>,
    /// What it is besides: most movements only take points out of a lot.
    pub effect: Effect,
}

/// What a movement does to a lot besides changing its points.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Effect {
    /// Nothing.
    #[default]
    None,
    /// Opens it.
    Opens {
        /// When its points were first given.
        vintage: Vintage,
        /// What its points wait for.
        pending: Option<Pending>,
    },
    /// Its points wait no longer.
    Releases,
    /// It expires at another moment than before.
    MovesExpiry,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_every_transaction_add_up_to_nothing() {
        let amounts = [
            Amounts {
                points: 5,
                ..Amounts::default()
            },
            Amounts {
                points: -5,
                debt: 5,
                ..Amounts::default()
            },
            Amounts {
                points: 5,
                pending: -5,
                ..Amounts::default()
            },
            Amounts::default(),
        ];
        for kind in TransactionKind::ALL {
            for amounts in amounts {
                let moves_within = amounts.points + amounts.pending + amounts.debt == 0;
                if kind.book().is_none() && !moves_within {
                    continue;
                }
                let entries = amounts.entries(kind);
                let sum: i64 = entries.iter().map(|entry| entry.points).sum();
                assert_eq!(sum, 0, "{kind:?} {amounts:?}: {entries:?}");
                assert_eq!(
                    entries[0],
                    Entry {
                        book: Book::Member,
                        points: amounts.points
                    }
                );
            }
        }
    }
}
