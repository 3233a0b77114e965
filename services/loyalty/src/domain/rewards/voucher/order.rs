//! An order that a voucher is shown for.

use rapport_money::Currency;
use rapport_status::Error;

/// Most lines of an order.
pub const MOST_LINES: usize = 1_000;

/// An order, before any discount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The currency of its amounts.
    pub currency: Currency,
    /// What is bought.
    pub lines: Vec<OrderLine>,
    /// `programs/{program}/members/{member}` of who buys, if the till knows.
    pub member: Option<String>,
}

/// So many units of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderLine {
    /// Id of the thing.
    pub item: String,
    /// Id of its category.
    pub category: String,
    /// What a unit costs, in minor units, 0 or more.
    pub unit_minor: i64,
    /// How many units, 0 or more.
    pub units: i64,
}

impl Order {
    /// The sum of all its lines in minor units.
    pub fn total(&self) -> Result<i64, Error> {
        self.amount(self.lines.iter())
    }

    /// The sum of some of its lines in minor units. Refuses an order of too many lines, negative numbers, or a sum
    /// that is out of range.
    pub(super) fn amount<'o>(&self, lines: impl Iterator<Item = &'o OrderLine>) -> Result<i64, Error> {
        if self.lines.len() > MOST_LINES {
            return Err(Error::invalid_field(
                "order.lines",
                format!("must be at most {MOST_LINES} lines, not {}", self.lines.len()),
            ));
        }
        if let Some(index) = self
            .lines
            .iter()
            .position(|line| line.unit_minor < 0 || line.units < 0)
        {
            return Err(Error::invalid_field(
                format!("order.lines[{index}]"),
                "must have neither a negative price nor negative units: give returns back with UndoVoucherUse",
            ));
        }
        let sum: i128 = lines
            .map(|line| i128::from(line.unit_minor) * i128::from(line.units))
            .sum();
        i64::try_from(sum).map_err(|_| {
            Error::invalid_field(
                "order.lines",
                format!("must amount to at most {} minor units", i64::MAX),
            )
        })
    }
}
