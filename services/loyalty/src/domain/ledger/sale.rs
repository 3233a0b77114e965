//! Sales and their returns, as far as points depend on them.

use rapport_money::Currency;
use uuid::Uuid;

/// Names a sale. Returns in another currency belong to another key: no share of the sale can be reckoned from them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SaleKey {
    /// The system that it comes from.
    pub source: String,
    /// Its id in that system.
    pub source_id: String,
    /// The currency of its amount.
    pub currency: Currency,
}

/// What is known of a sale. Returns can be known before the sale itself is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// Which sale.
    pub key: SaleKey,
    /// Its amount in minor units; none while only returns of it are known.
    pub amount_minor: Option<i64>,
    /// Points that it earned.
    pub earned_points: i64,
    /// The lot that they went into, if it earned any.
    pub lot: Option<Uuid>,
    /// What was given back so far, in minor units.
    pub returned_minor: i128,
    /// Points that were to be taken back so far: those taken and those that were not there any more.
    pub claimed_points: i64,
}

/// Whether a purchase is a sale or the return of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PurchaseKind {
    /// The customer bought.
    Sale,
    /// The customer gave back.
    Return,
}

/// A sale or return with what it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// The sale, or the one that is returned.
    pub sale: SaleKey,
    /// The purchase's own id in the sale's source.
    pub source_id: String,
    /// Sale or return.
    pub kind: PurchaseKind,
    /// Its amount in minor units.
    pub amount_minor: i64,
    /// Points that it earned.
    pub earned_points: i64,
    /// The lot that they went into, if it earned any.
    pub lot: Option<Uuid>,
    /// Points that it had to take back.
    pub claimed_points: i64,
}

impl Sale {
    /// A sale of which nothing is known.
    pub fn unknown(key: SaleKey) -> Self {
        Self {
            key,
            amount_minor: None,
            earned_points: 0,
            lot: None,
            returned_minor: 0,
            claimed_points: 0,
        }
    }

    /// What is known after another purchase of it.
    #[must_use]
    pub fn after(mut self, purchase: &Purchase) -> Self {
        match purchase.kind {
            PurchaseKind::Sale => {
                self.amount_minor = Some(purchase.amount_minor);
                self.earned_points = purchase.earned_points;
                self.lot = purchase.lot;
            }
            PurchaseKind::Return => self.returned_minor += i128::from(purchase.amount_minor),
        }
        self.claimed_points += purchase.claimed_points;
        self
    }

    /// Points that are still to be taken back: ⌊earned · returned so far ÷ amount⌋ less what was claimed before. Because
    /// the share is taken of all returns together, several partial returns take what one return of their sum takes.
    /// Nothing while the sale itself is not known; more than the amount cannot be returned.
    pub fn due_points(&self) -> i64 {
        let Some(amount) = self.amount_minor.map(i128::from).filter(|amount| *amount > 0) else {
            return 0;
        };
        let returned = self.returned_minor.clamp(0, amount);
        // At most the points earned, so that it fits; the product of two 63-bit numbers fits into 128 bits.
        let share =
            i64::try_from(i128::from(self.earned_points) * returned / amount).unwrap_or(self.earned_points);
        (share - self.claimed_points).max(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sale(earned: i64, amount: i64) -> Sale {
        Sale {
            amount_minor: Some(amount),
            earned_points: earned,
            ..Sale::unknown(SaleKey {
                source: "pos".to_owned(),
                source_id: "1".to_owned(),
                currency: Currency::USD,
            })
        }
    }

    #[test]
    fn partial_returns_take_exactly_what_one_return_of_their_sum_takes() {
        let mut sale = sale(10, 3);
        let mut taken = Vec::new();
        for _ in 0..3 {
            sale.returned_minor += 1;
            let due = sale.due_points();
            sale.claimed_points += due;
            taken.push(due);
        }
        assert_eq!(taken, [3, 3, 4]);
    }

    #[test]
    fn more_than_was_earned_is_never_taken_back() {
        let mut sale = sale(i64::MAX, i64::MAX);
        sale.returned_minor = i128::from(i64::MAX) * 5;
        assert_eq!(sale.due_points(), i64::MAX);
        sale.claimed_points = i64::MAX;
        assert_eq!(sale.due_points(), 0);
    }

    #[test]
    fn a_return_of_a_sale_that_is_not_known_or_was_free_takes_nothing() {
        let mut free = sale(0, 0);
        free.returned_minor = 5;
        assert_eq!(free.due_points(), 0);
        let mut unknown = Sale::unknown(free.key.clone());
        unknown.returned_minor = 5;
        assert_eq!(unknown.due_points(), 0);
    }
}
