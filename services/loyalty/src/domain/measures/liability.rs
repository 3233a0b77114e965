//! What the points outstanding are worth.
//!
//! Points are a promise of later performance, for which part of each sale's price is deferred until they are redeemed or
//! lapse (IFRS 15, paragraphs B39–B43; ASC 606-10-55-41 to 45). The gross liability values all points outstanding; the
//! net one only those that are expected to be redeemed (IFRS 15, B46: expected breakage), as estimated in
//! [`breakage`](super::breakage). Where nothing can be estimated yet, nothing is deducted.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rapport_money::{Currency, Money};
use rapport_status::Error;

use super::{Month, Movement, narrow, recognition::outstanding};

/// Shares are told in millionths here, so that everything is reckoned in whole numbers and the same everywhere.
pub const WHOLE: i64 = 1_000_000;

/// What points of a wallet are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// This much money …
    pub money: Money,
    /// … for so many points, at least 1.
    pub per_points: i64,
}

impl Rate {
    /// What points are worth: points · money ÷ per points, rounded to the nearest minor unit, halves to the even one.
    fn value(self, points: i64) -> Result<Money, Error> {
        if self.per_points < 1 {
            return Err(Error::invalid_field("rates.per_points", "must be at least 1"));
        }
        let divisor = i128::from(self.per_points);
        let exact = i128::from(points) * i128::from(self.money.minor);
        let (quotient, twice_rest) = (exact.div_euclid(divisor), exact.rem_euclid(divisor) * 2);
        let up = twice_rest > divisor || (twice_rest == divisor && quotient % 2 != 0);
        Ok(Money {
            minor: narrow(quotient + i128::from(up))?,
            currency: self.money.currency,
        })
    }
}

/// What the liability is asked as of.
#[derive(Debug, Clone)]
pub struct Question {
    /// What was posted before this moment counts; for a day, the first moment after it.
    pub as_of: Timestamp,
    /// What was known by this moment counts. Not before `as_of`.
    pub known_by: Timestamp,
    /// What points are worth, by wallet. Points of other wallets are told without a value.
    pub rates: BTreeMap<String, Rate>,
    /// Which share of the points outstanding, in millionths, will never be redeemed, by wallet and vintage. Where none
    /// is given, all are expected to be redeemed.
    pub breakage: BTreeMap<(String, Month), i64>,
}

/// Points outstanding of one vintage of one wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The wallet.
    pub wallet: String,
    /// The vintage.
    pub vintage: Month,
    /// Points outstanding.
    pub points: i64,
    /// Points of these that are expected to lapse, rounded down.
    pub expected_breakage: i64,
    /// What they are worth; none for wallets without a rate.
    pub value: Option<Value>,
}

/// What points are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value {
    /// All of them.
    pub gross: Money,
    /// Those that are expected to be redeemed.
    pub net: Money,
}

/// The liability of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Liability {
    /// What was posted before this moment counts.
    pub as_of: Timestamp,
    /// What was known by this moment counts.
    pub known_by: Timestamp,
    /// By wallet and vintage; those with nothing outstanding are left out.
    pub lines: Vec<Line>,
    /// The sums of the lines' values, by currency.
    pub totals: BTreeMap<Currency, Value>,
}

/// The liability as of a moment, as known by a moment. The same movements give the same answer for ever: neither what is
/// posted later nor what becomes known later changes it.
pub fn liability(movements: &[Movement], question: &Question) -> Result<Liability, Error> {
    let mut points: BTreeMap<(String, Month), i128> = BTreeMap::new();
    for (lot, left) in outstanding(movements, question.as_of, question.known_by)? {
        *points.entry((lot.wallet.clone(), lot.vintage)).or_default() += i128::from(left);
    }
    let mut lines = Vec::new();
    let mut sums: BTreeMap<Currency, (i128, i128)> = BTreeMap::new();
    for ((wallet, vintage), points) in points {
        let points = narrow(points)?;
        if points == 0 {
            continue;
        }
        let share = question
            .breakage
            .get(&(wallet.clone(), vintage))
            .copied()
            .unwrap_or_default();
        let expected_breakage = share_of(points, share)?;
        let value = match question.rates.get(&wallet) {
            None => None,
            Some(rate) => Some(Value {
                gross: rate.value(points)?,
                net: rate.value(points - expected_breakage)?,
            }),
        };
        if let Some(value) = value {
            let sum = sums.entry(value.gross.currency).or_default();
            sum.0 += i128::from(value.gross.minor);
            sum.1 += i128::from(value.net.minor);
        }
        lines.push(Line {
            wallet,
            vintage,
            points,
            expected_breakage,
            value,
        });
    }
    let mut totals = BTreeMap::new();
    for (currency, (gross, net)) in sums {
        let money = |minor| {
            Ok::<_, Error>(Money {
                minor: narrow(minor)?,
                currency,
            })
        };
        let (gross, net) = (money(gross)?, money(net)?);
        totals.insert(currency, Value { gross, net });
    }
    Ok(Liability {
        as_of: question.as_of,
        known_by: question.known_by,
        lines,
        totals,
    })
}

/// A share of points, rounded down; of points owed, nothing lapses.
fn share_of(points: i64, share: i64) -> Result<i64, Error> {
    if !(0..=WHOLE).contains(&share) {
        let description = format!("must be 0 to {WHOLE} millionths; it is {share}");
        return Err(Error::invalid_field("breakage", description));
    }
    narrow(i128::from(points.max(0)) * i128::from(share) / i128::from(WHOLE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_rounded_to_the_nearest_and_halves_to_the_even() {
        let rate = Rate {
            money: Money {
                minor: 1,
                currency: Currency::USD,
            },
            per_points: 4,
        };
        for (points, minor) in [
            (0, 0),
            (1, 0),
            (2, 0),
            (3, 1),
            (4, 1),
            (5, 1),
            (6, 2),
            (7, 2),
            (10, 2),
            (14, 4),
            (-1, 0),
            (-2, 0),
            (-3, -1),
            (-6, -2),
            (-10, -2),
        ] {
            assert_eq!(rate.value(points).unwrap().minor, minor, "{points} points");
        }
        let free = Rate {
            per_points: 0,
            ..rate
        };
        assert_eq!(
            free.value(1).unwrap_err().violations()[0].field,
            "rates.per_points"
        );
        let dear = Rate {
            money: Money {
                minor: i64::MAX,
                currency: Currency::USD,
            },
            per_points: 1,
        };
        assert!(dear.value(2).is_err());
        assert_eq!(dear.value(1).unwrap().minor, i64::MAX);
    }

    #[test]
    fn breakage_is_rounded_down_and_stays_a_share() {
        assert_eq!(share_of(999, 500_000).unwrap(), 499);
        assert_eq!(share_of(999, WHOLE).unwrap(), 999);
        assert_eq!(share_of(i64::MAX, WHOLE).unwrap(), i64::MAX);
        assert_eq!(share_of(-5, WHOLE).unwrap(), 0);
        for wrong in [-1, WHOLE + 1] {
            assert_eq!(share_of(1, wrong).unwrap_err().violations()[0].field, "breakage");
        }
    }
}
