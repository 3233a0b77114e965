//! Sales and their returns, as far as points depend on them.

use std::collections::BTreeMap;

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
    /// The lots that they went into.
    pub lots: Vec<Uuid>,
    /// Its lines, as far as they are known.
    pub lines: Vec<PurchaseLine>,
    /// What was given back of each line so far, in minor units, by the id of the line.
    pub returned_lines: BTreeMap<String, i128>,
    /// What was given back so far without saying of which line, in minor units.
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
    /// The lots that they went into.
    pub lots: Vec<Uuid>,
    /// Its lines; of a return, those of the sale that are given back, all or a part.
    pub lines: Vec<PurchaseLine>,
    /// Points that it had to take back.
    pub claimed_points: i64,
}

/// A line of a purchase with what it earned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchaseLine {
    /// Its id within the sale.
    pub id: String,
    /// What it cost, or what is given back of it, in minor units, not negative.
    pub amount_minor: i64,
    /// Points that it earned.
    pub earned_points: i64,
}

impl Sale {
    /// A sale of which nothing is known.
    pub fn unknown(key: SaleKey) -> Self {
        Self {
            key,
            amount_minor: None,
            earned_points: 0,
            lots: Vec::new(),
            lines: Vec::new(),
            returned_lines: BTreeMap::new(),
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
                self.lots.clone_from(&purchase.lots);
                self.lines.clone_from(&purchase.lines);
            }
            PurchaseKind::Return if purchase.lines.is_empty() => {
                self.returned_minor += i128::from(purchase.amount_minor);
            }
            PurchaseKind::Return => {
                for line in &purchase.lines {
                    *self.returned_lines.entry(line.id.clone()).or_default() += i128::from(line.amount_minor);
                }
            }
        }
        self.claimed_points += purchase.claimed_points;
        self
    }

    /// Points that are still to be taken back, less what was claimed before; nothing while the sale itself is not known.
    ///
    /// Of each line that is given back: ⌊its points · returned so far ÷ its amount⌋, a line that cost nothing wholly. Of
    /// what is given back without saying of which line, or of a line that the sale does not have:
    /// ⌊the other points · returned so far ÷ the other amount⌋. More than was sold cannot be returned. Because the share is
    /// taken of all returns together, several partial returns take what one return of their sum takes.
    pub fn due_points(&self) -> i64 {
        let Some(amount) = self.amount_minor.map(i128::from) else {
            return 0;
        };
        let (mut share, mut returned_of_lines) = (0, 0);
        let mut without_line = self.returned_minor.max(0);
        for (id, returned) in &self.returned_lines {
            match self.lines.iter().find(|line| line.id == *id) {
                None => without_line += returned,
                Some(line) => {
                    let returned = (*returned).clamp(0, i128::from(line.amount_minor));
                    share += part_of(line.earned_points.into(), returned, line.amount_minor.into());
                    returned_of_lines += returned;
                }
            }
        }
        let others = (amount - returned_of_lines).max(0);
        if without_line > 0 && amount > 0 {
            let points = i128::from(self.earned_points) - share;
            share += part_of(points, without_line.min(others), others);
        }
        // Never more than was earned, so that it fits.
        let share = share.min(self.earned_points.into());
        (i64::try_from(share).unwrap_or(self.earned_points) - self.claimed_points).max(0)
    }
}

/// The share of points that belongs to a part of an amount, rounded down; of nothing it is all. The product of two 63-bit
/// numbers fits into 128 bits.
fn part_of(points: i128, part: i128, whole: i128) -> i128 {
    if whole == 0 { points } else { points * part / whole }
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

    /// A sale of 100 with 12 points for two lines of 60 and 30, of which 10 are in no line.
    fn sale_with_lines() -> Sale {
        let line = |id: &str, amount_minor, earned_points| PurchaseLine {
            id: id.to_owned(),
            amount_minor,
            earned_points,
        };
        Sale {
            lines: vec![line("a", 60, 7), line("b", 30, 5), line("gift", 0, 0)],
            ..sale(12, 100)
        }
    }

    fn with_returns(mut sale: Sale, lines: &[(&str, i128)], without_line: i128) -> Sale {
        sale.returned_lines = lines
            .iter()
            .map(|(id, minor)| ((*id).to_owned(), *minor))
            .collect();
        sale.returned_minor = without_line;
        sale
    }

    #[test]
    fn a_returned_line_takes_back_what_that_line_earned() {
        for (lines, without_line, due) in [
            (&[("b", 30)][..], 0, 5),
            (&[("b", 15)], 0, 2),
            (&[("a", 60), ("b", 30)], 0, 12),
            // More than the line cost gives no more than the line earned.
            (&[("b", 1_000)], 0, 5),
            // The rest of 7 points belongs to the other 70.
            (&[("b", 30)], 35, 5 + 3),
            (&[("b", 30)], 70, 12),
            (&[("b", 30)], 1_000, 12),
            // A line that the sale does not have is a return without a line.
            (&[("x", 50)], 0, 6),
            (&[], 50, 6),
        ] {
            let sale = with_returns(sale_with_lines(), lines, without_line);
            assert_eq!(sale.due_points(), due, "{lines:?} and {without_line}");
        }
    }

    #[test]
    fn a_line_that_cost_nothing_gives_its_points_back_wholly() {
        let mut sale = sale_with_lines();
        sale.earned_points = 15;
        sale.lines[2].earned_points = 3;
        assert_eq!(with_returns(sale, &[("gift", 0)], 0).due_points(), 3);
    }

    #[test]
    fn what_is_due_never_shrinks_when_more_is_returned_and_ends_with_all() {
        let mut random = rapport_testkit::Random::announced("returns");
        for _ in 0..2_000 {
            let mut lines: Vec<PurchaseLine> = (0..random.below(4))
                .map(|number| PurchaseLine {
                    id: number.to_string(),
                    amount_minor: random.between(0, 200),
                    earned_points: random.between(0, 40),
                })
                .collect();
            let in_lines: i64 = lines.iter().map(|line| line.amount_minor).sum();
            let mut sale = sale(
                lines.iter().map(|line| line.earned_points).sum(),
                in_lines + random.between(0, 50),
            );
            if lines.is_empty() {
                sale.earned_points = random.between(0, 40);
            }
            sale.lines = lines.clone();
            let mut before = 0;
            while !lines.is_empty() {
                let line = lines.remove(random.below(lines.len()));
                let first = random.between(0, line.amount_minor);
                for part in [first, line.amount_minor - first] {
                    *sale.returned_lines.entry(line.id.clone()).or_default() += i128::from(part);
                    let due = sale.due_points();
                    assert!(due >= before, "{due} after {before}: {sale:?}");
                    before = due;
                }
            }
            assert!(sale.lines.is_empty() || before == sale.earned_points, "{sale:?}");
        }
    }
}
