//! A transaction that can be reversed: in part, and more than once, until nothing is left of it.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::posting::{Amounts, Transaction, TransactionKind};

/// A transaction that can be reversed, and what was reversed of it so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversible {
    /// Its id.
    pub id: Uuid,
    /// What it did.
    pub kind: TransactionKind,
    /// What it did to lots, in its order: positive into them, negative out of them.
    pub movements: Vec<(Uuid, i64)>,
    /// What was given back to lots so far.
    pub returned: BTreeMap<Uuid, i64>,
    /// Points that were reversed so far: given back, taken back, owed or let go.
    pub reversed: i64,
    /// Whether a sale earned it: then it is reversed by the return of the sale, and by nothing else.
    pub is_of_sale: bool,
    /// Whether it reverses another one itself.
    pub is_reversal: bool,
}

impl Reversible {
    /// Points that it moved.
    pub fn points(&self) -> i64 {
        self.movements.iter().map(|(_, points)| points).sum::<i64>().abs()
    }

    /// Points that are left to be reversed.
    pub fn left(&self) -> i64 {
        self.points() - self.reversed
    }

    /// Takes note of a transaction that reverses it.
    pub(super) fn note(&mut self, transaction: &Transaction) {
        let Amounts {
            points,
            pending,
            debt,
        } = transaction.amounts;
        self.reversed += (points + pending + debt).abs() + transaction.shortfall_points;
        for movement in &transaction.movements {
            *self.returned.entry(movement.lot).or_default() += movement.points;
        }
    }
}
