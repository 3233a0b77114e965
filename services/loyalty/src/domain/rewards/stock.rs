//! How many units of a reward there are.

use rapport_status::Error;

use super::{catalogue::RESOURCE_TYPE, reasons};

/// Most units that a stock can have.
pub const MOST_STOCK: i64 = 1_000_000_000_000;

/// The stock of one reward. What is taken is what is reserved, confirmed, or handed over and was not put back; it never
/// exceeds the total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stock {
    total: Option<i64>,
    taken: i64,
}

impl Stock {
    /// As many units as are asked for.
    pub fn unlimited() -> Self {
        Self::default()
    }

    /// A stock of so many units, none of them taken.
    pub fn of(total: i64) -> Result<Self, Error> {
        Self::unlimited().with_total(Some(total))
    }

    /// A stock as the store has it.
    pub fn stored(total: Option<i64>, taken: i64) -> Self {
        Self { total, taken }
    }

    /// All units, taken or not; none means that there is no end of them.
    pub fn total(&self) -> Option<i64> {
        self.total
    }

    /// Units that redemptions have.
    pub fn taken(&self) -> i64 {
        self.taken
    }

    /// Units that are left; none means that there is no end of them.
    pub fn left(&self) -> Option<i64> {
        self.total.map(|total| total - self.taken)
    }

    /// The stock with another total, which must not be less than what is taken already.
    pub fn with_total(self, total: Option<i64>) -> Result<Self, Error> {
        if let Some(total) = total
            && !(self.taken..=MOST_STOCK).contains(&total)
        {
            return Err(Error::invalid_field(
                "stock.total",
                format!(
                    "must be {} to {MOST_STOCK}: {} units are taken already, and a stock is never negative",
                    self.taken, self.taken
                ),
            ));
        }
        Ok(Self { total, ..self })
    }

    /// The stock with so many units more, or fewer when negative. Refused without a stock, and when fewer are left than
    /// are taken away.
    pub fn restocked(self, units: i64, reward: &str) -> Result<Self, Error> {
        let Some(total) = self.total else {
            return Err(Error::about(
                reasons::REWARD_NOT_AVAILABLE,
                RESOURCE_TYPE,
                reward,
                format!(
                    "{reward} has no stock: there is no end of its units; set a stock with UpdateReward first"
                ),
            ));
        };
        let after = total.saturating_add(units);
        if after < self.taken {
            let left = total - self.taken;
            return Err(Error::about(
                reasons::REWARD_OUT_OF_STOCK,
                RESOURCE_TYPE,
                reward,
                format!("{reward} has {left} units left, so that {units} cannot be added; take fewer away"),
            )
            .with("units_left", left));
        }
        self.with_total(Some(after))
    }

    /// The stock after some units were taken.
    pub(super) fn take(self, units: i64, reward: &str) -> Result<Self, Error> {
        let left = self.left().unwrap_or(MOST_STOCK.saturating_sub(self.taken));
        if units > left {
            return Err(Error::about(
                reasons::REWARD_OUT_OF_STOCK,
                RESOURCE_TYPE,
                reward,
                format!("{reward} has {left} units left, not {units}; redeem fewer, or another reward"),
            )
            .with("units_left", left)
            .with("units_wanted", units));
        }
        Ok(self.changed(units))
    }

    /// The stock after units were taken, or given back when negative.
    #[must_use]
    pub(super) fn changed(self, units: i64) -> Self {
        Self {
            taken: self.taken.saturating_add(units),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_unit_can_be_taken_and_none_after_it() {
        let stock = Stock::of(3).unwrap();
        let stock = stock.take(2, "r").unwrap();
        assert_eq!((stock.left(), stock.taken()), (Some(1), 2));
        let error = stock.take(2, "programs/p/rewards/mug").unwrap_err();
        assert_eq!(error.reason(), reasons::REWARD_OUT_OF_STOCK);
        assert_eq!(
            error.message(),
            "programs/p/rewards/mug has 1 units left, not 2; redeem fewer, or another reward"
        );
        let stock = stock.take(1, "r").unwrap();
        assert_eq!(stock.left(), Some(0));
        assert!(stock.take(1, "r").is_err());
        assert_eq!(stock.changed(-1).left(), Some(1));
    }

    #[test]
    fn a_stock_without_a_total_counts_what_is_taken() {
        let stock = Stock::unlimited().take(5, "r").unwrap();
        assert_eq!((stock.total(), stock.left(), stock.taken()), (None, None, 5));
        assert!(Stock::stored(None, MOST_STOCK).take(1, "r").is_err());
        assert!(Stock::stored(None, MOST_STOCK - 1).take(1, "r").is_ok());
    }

    #[test]
    fn the_total_is_never_less_than_what_is_taken() {
        let stock = Stock::stored(Some(10), 4);
        assert_eq!(stock.with_total(Some(4)).unwrap().left(), Some(0));
        assert_eq!(stock.with_total(None).unwrap().left(), None);
        assert_eq!(
            stock.with_total(Some(MOST_STOCK)).unwrap().total(),
            Some(MOST_STOCK)
        );
        for wrong in [3, -1, MOST_STOCK + 1] {
            let error = stock.with_total(Some(wrong)).unwrap_err();
            assert_eq!(error.violations()[0].field, "stock.total", "{wrong}");
        }
    }
}
