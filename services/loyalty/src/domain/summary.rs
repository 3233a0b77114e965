//! The sums over a program's ledger that finance reads.

use std::collections::HashMap;

use super::ledger::Book;

/// Sums as the store has them, with what is not booked yet told apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sums {
    /// Members, active and closed.
    pub member_count: i64,
    /// Points in each account of the books.
    pub books: HashMap<Book, i64>,
    /// Lots by the month in which they were opened, the oldest first.
    pub vintages: Vec<VintageSums>,
}

/// Sums over the lots of one month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VintageSums {
    /// The month, `2026-11`.
    pub month: String,
    /// Points at first.
    pub original: i64,
    /// Points left, as booked.
    pub remaining: i64,
    /// Of those left: points that have expired and are not booked yet.
    pub expired: i64,
}

impl VintageSums {
    /// Points that members still have.
    pub fn outstanding(&self) -> i64 {
        self.remaining - self.expired
    }
}

impl Sums {
    /// Points that came out of one of the program's accounts.
    pub fn given(&self, book: Book) -> i64 {
        -self.taken(book)
    }

    /// Points that went into one of the program's accounts.
    pub fn taken(&self, book: Book) -> i64 {
        self.books.get(&book).copied().unwrap_or_default()
    }

    /// Points expired, booked or not.
    pub fn expired(&self) -> i64 {
        let waiting: i64 = self.vintages.iter().map(|vintage| vintage.expired).sum();
        self.taken(Book::Expired) + waiting
    }

    /// Points that members still have, held ones included: what the business owes.
    pub fn outstanding(&self) -> i64 {
        self.vintages.iter().map(VintageSums::outstanding).sum()
    }
}
