//! What a voucher is worth.

use std::collections::BTreeSet;

use rapport_money::{Currency, Money};
use rapport_status::{Error, FieldViolation};

use crate::domain::rewards::{price::check_money, reasons};

use super::order::{Order, OrderLine};

/// A whole in basis points: 100 percent.
pub const WHOLE_BASIS_POINTS: i64 = 10_000;

/// Most uses of one voucher.
pub const MOST_USES: i64 = 10_000;

/// Most categories that a voucher can be bound to. They all stand in its signed code.
pub const MOST_CATEGORIES: usize = 8;

/// Most bytes of the id of an item or category. They stand in signed codes, too.
pub const LONGEST_ITEM: usize = 40;

/// What a voucher is worth and under which conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// What it gives.
    pub benefit: Benefit,
    /// Least amount of the lines that count; none means any.
    pub minimum_order: Option<Money>,
    /// Categories whose lines count; empty means all.
    pub categories: BTreeSet<String>,
    /// How often it can be used, at least 1.
    pub uses: i64,
    /// Whether only the member who received it can use it; otherwise whoever bears it.
    pub bound: bool,
    /// How a percentage becomes whole minor units.
    pub rounding: Rounding,
}

/// What a voucher gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Benefit {
    /// A share of the lines that count.
    Percentage {
        /// The share in hundredths of a percent, 1 to 10,000.
        basis_points: i64,
        /// Most that it gives; none means no bound.
        most: Option<Money>,
    },
    /// An amount, though never more than the lines that count.
    AmountOff {
        /// The amount.
        amount: Money,
    },
    /// One unit of an item, the cheapest that the order has.
    FreeItem {
        /// Id of the item, as tills know it.
        item: String,
        /// Most that it gives; none means no bound.
        most: Option<Money>,
    },
}

/// How a share becomes whole minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rounding {
    /// Down, in favour of the seller.
    #[default]
    Down,
    /// To the nearest, and half a unit up, in favour of the customer.
    HalfUp,
}

impl Rounding {
    /// amount · basis points ÷ 10,000, as whole minor units. Neither may be negative.
    fn share(self, amount: i64, basis_points: i64) -> i64 {
        let product = i128::from(amount) * i128::from(basis_points);
        let whole = i128::from(WHOLE_BASIS_POINTS);
        let exact = match self {
            Self::Down => product / whole,
            Self::HalfUp => (product + whole / 2) / whole,
        };
        // At most the amount, because there are at most 10,000 basis points.
        i64::try_from(exact).unwrap_or(amount)
    }
}

impl Terms {
    /// What is taken off an order. Refused when that is nothing: then the voucher is not used up for it.
    pub fn discount(&self, order: &Order) -> Result<Money, Error> {
        let counted = order.amount(self.counting(order))?;
        if counted == 0 {
            return Err(self.gives_nothing("no line of the order has an amount and counts for it"));
        }
        if let Some(currency) = self.currency().filter(|currency| *currency != order.currency) {
            return Err(self.gives_nothing(&format!(
                "it is for orders in {currency}, and this one is in {}",
                order.currency
            )));
        }
        let money = |minor| Money {
            minor,
            currency: order.currency,
        };
        if let Some(minimum) = self.minimum_order.filter(|minimum| counted < minimum.minor) {
            return Err(self.gives_nothing(&format!(
                "the lines that count must amount to {minimum}, and they amount to {}",
                money(counted)
            )));
        }
        let minor = match &self.benefit {
            Benefit::Percentage { basis_points, most } => {
                bounded(self.rounding.share(counted, *basis_points), *most)
            }
            Benefit::AmountOff { amount } => amount.minor.min(counted),
            Benefit::FreeItem { item, most } => {
                let prices = self
                    .counting(order)
                    .filter(|line| line.item == *item && line.units > 0);
                let cheapest = prices.map(|line| line.unit_minor).min();
                let cheapest = cheapest
                    .ok_or_else(|| self.gives_nothing(&format!("the order must have the item {item}")))?;
                bounded(cheapest, *most)
            }
        };
        if minor < 1 {
            return Err(self.gives_nothing("what it gives is less than a minor unit of the currency"));
        }
        Ok(money(minor))
    }

    fn counting<'o>(&'o self, order: &'o Order) -> impl Iterator<Item = &'o OrderLine> {
        let counts =
            |line: &&OrderLine| self.categories.is_empty() || self.categories.contains(&line.category);
        order.lines.iter().filter(counts)
    }

    /// The currency of orders that it is for; none means any.
    pub fn currency(&self) -> Option<Currency> {
        self.amounts().first().map(|(_, money)| money.currency)
    }

    /// Its amounts of money, with their paths.
    fn amounts(&self) -> Vec<(&'static str, Money)> {
        let benefit = match self.benefit {
            Benefit::Percentage { most, .. } => most.map(|most| ("benefit.percentage.most", most)),
            Benefit::AmountOff { amount } => Some(("benefit.amount_off.amount", amount)),
            Benefit::FreeItem { most, .. } => most.map(|most| ("benefit.free_item.most", most)),
        };
        let minimum = self.minimum_order.map(|minimum| ("minimum_order", minimum));
        benefit.into_iter().chain(minimum).collect()
    }

    fn gives_nothing(&self, why: &str) -> Error {
        let what = match &self.benefit {
            Benefit::Percentage { basis_points, .. } => {
                format!("{}.{:02} %", basis_points / 100, basis_points % 100)
            }
            Benefit::AmountOff { amount } => amount.to_string(),
            Benefit::FreeItem { item, .. } => format!("a free {item}"),
        };
        Error::new(
            reasons::VOUCHER_NOT_APPLICABLE,
            format!("the voucher of {what} gives nothing for this order: {why}; it was not used"),
        )
    }

    /// Reports what breaks the rules, below a path.
    pub fn check(&self, path: &str, found: &mut Vec<FieldViolation>) {
        match &self.benefit {
            Benefit::Percentage { basis_points, .. } if !(1..=WHOLE_BASIS_POINTS).contains(basis_points) => {
                found.push(FieldViolation::new(
                    format!("{path}.benefit.percentage.basis_points"),
                    format!("must be 1 (0.01 %) to {WHOLE_BASIS_POINTS} (100 %)"),
                ));
            }
            Benefit::FreeItem { item, .. } => {
                check_item(item, &format!("{path}.benefit.free_item.item"), found);
            }
            Benefit::Percentage { .. } | Benefit::AmountOff { .. } => {}
        }
        let currency = self.currency();
        for (field, money) in self.amounts() {
            check_money(money, &format!("{path}.{field}"), found);
            if Some(money.currency) != currency {
                found.push(FieldViolation::new(
                    format!("{path}.{field}"),
                    "must be in the currency of the voucher's other amount",
                ));
            }
        }
        if self.categories.len() > MOST_CATEGORIES {
            found.push(FieldViolation::new(
                format!("{path}.categories"),
                format!(
                    "must be at most {MOST_CATEGORIES} categories, not {}",
                    self.categories.len()
                ),
            ));
        } else {
            for category in &self.categories {
                check_item(category, &format!("{path}.categories[{category:?}]"), found);
            }
        }
        if !(1..=MOST_USES).contains(&self.uses) {
            found.push(FieldViolation::new(
                format!("{path}.uses"),
                format!("must be 1 to {MOST_USES}"),
            ));
        }
    }
}

fn bounded(minor: i64, most: Option<Money>) -> i64 {
    most.map_or(minor, |most| minor.min(most.minor))
}

fn check_item(id: &str, path: &str, found: &mut Vec<FieldViolation>) {
    if id.trim().is_empty() || id.len() > LONGEST_ITEM {
        found.push(FieldViolation::new(
            path,
            format!("must have 1 to {LONGEST_ITEM} bytes, not only spaces"),
        ));
    }
}
