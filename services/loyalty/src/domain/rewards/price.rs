//! Ways to pay for a reward.
//!
//! | form | a member pays for q units |
//! |---|---|
//! | free | nothing |
//! | fixed | q times the points of each wallet, and q times the money if there is any |
//! | range | p points, chosen between q · least and q · most, and for the points short of q · most money at the rate: ⌈(q · most − p) · money ÷ points⌉ |
//!
//! Money is rounded up to whole minor units, once for the whole redemption: to pay in parts never costs less.

use std::collections::BTreeSet;

use rapport_money::Money;
use rapport_status::{Error, FieldViolation};

use super::redemption::MOST_UNITS;

/// Most points of one wallet in the price of one unit. Times [`MOST_UNITS`] it is what a balance can hold, with room.
pub const MOST_PRICE_POINTS: i64 = 1_000_000_000_000;

/// Most money in the price of one unit, in minor units.
pub const MOST_PRICE_MINOR: i64 = 1_000_000_000_000;

/// Most wallets of one price.
pub const MOST_WALLETS: usize = 5;

/// Longest id of a price or wallet.
const LONGEST_ID: usize = 63;

/// Points of one wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalletPoints {
    /// Id of the wallet within the program.
    pub wallet: String,
    /// How many.
    pub points: i64,
}

/// One of the ways to pay for a unit of a reward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// Its id within the reward, by which a member chooses it.
    pub id: String,
    /// What is to be paid.
    pub form: PriceForm,
}

/// What is to be paid for a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PriceForm {
    /// Nothing.
    Free,
    /// Points of one or several wallets, money, or both.
    Fixed {
        /// Points of each wallet, at least 1.
        points: Vec<WalletPoints>,
        /// Money, at least one minor unit; none means that points are all.
        money: Option<Money>,
    },
    /// As many points as the member chooses within a range, and money for the rest.
    Range {
        /// The wallet that the points come from.
        wallet: String,
        /// Fewest points, 0 or more.
        least_points: i64,
        /// Most points: with them no money is paid.
        most_points: i64,
        /// What points that are not paid cost.
        rate: Rate,
    },
}

/// Money in place of points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// This much money …
    pub money: Money,
    /// … for so many points.
    pub points: i64,
}

/// What is paid for a redemption, or given back for a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Payment {
    /// Points, each wallet once, none with no points.
    pub points: Vec<WalletPoints>,
    /// Money; none means no money.
    pub money: Option<Money>,
}

impl Price {
    /// What is to be paid for some units, at least 1. `chosen_points` are those that the member wants to pay in all where the price
    /// is a range; none means the most.
    pub fn payment(&self, units: i64, chosen_points: Option<i64>) -> Result<Payment, Error> {
        if !matches!(self.form, PriceForm::Range { .. }) && chosen_points.is_some() {
            return Err(Error::invalid_field(
                "points",
                format!(
                    "must not be set: the price {:?} is no range that points could be chosen from",
                    self.id
                ),
            ));
        }
        match &self.form {
            PriceForm::Free => Ok(Payment::default()),
            PriceForm::Fixed { points, money } => fixed(points, *money, units),
            PriceForm::Range {
                wallet,
                least_points,
                most_points,
                rate,
            } => {
                let (least, most) = (times(*least_points, units)?, times(*most_points, units)?);
                let points = chosen_points.unwrap_or(most);
                if !(least..=most).contains(&points) {
                    return Err(Error::invalid_field(
                        "points",
                        format!(
                            "must be {least} to {most} for {units} units at the price {:?}",
                            self.id
                        ),
                    ));
                }
                Ok(Payment {
                    points: some_points(wallet, points),
                    money: some_money(rate.money_for(most - points)?),
                })
            }
        }
    }

    /// Reports what breaks the rules of prices.
    pub fn check(&self, path: &str, found: &mut Vec<FieldViolation>) {
        if !is_id(&self.id) {
            found.push(FieldViolation::new(
                format!("{path}.id"),
                "must be an id: 1 to 63 of a-z 0-9 - _ . beginning with a letter or digit",
            ));
        }
        match &self.form {
            PriceForm::Free => {}
            PriceForm::Fixed { points, money } => check_fixed(points, *money, path, found),
            PriceForm::Range {
                wallet,
                least_points,
                most_points,
                rate,
            } => {
                check_wallet(wallet, &format!("{path}.wallet"), found);
                if !(1..=MOST_PRICE_POINTS).contains(most_points) {
                    found.push(FieldViolation::new(
                        format!("{path}.most_points"),
                        format!("must be 1 to {MOST_PRICE_POINTS}"),
                    ));
                }
                if *least_points < 0 || least_points >= most_points {
                    found.push(FieldViolation::new(
                        format!("{path}.least_points"),
                        "must be 0 or more, and less than most_points",
                    ));
                }
                rate.check(*most_points, path, found);
            }
        }
    }
}

impl Rate {
    /// Money for points, rounded up to whole minor units.
    fn money_for(&self, points: i64) -> Result<Money, Error> {
        let product = i128::from(points) * i128::from(self.money.minor);
        let divisor = i128::from(self.points.max(1));
        let minor = i64::try_from((product + divisor - 1) / divisor).map_err(|_| too_much())?;
        Ok(Money {
            minor,
            currency: self.money.currency,
        })
    }

    fn check(&self, most_points: i64, path: &str, found: &mut Vec<FieldViolation>) {
        check_money(self.money, &format!("{path}.rate.money"), found);
        if !(1..=MOST_PRICE_POINTS).contains(&self.points) {
            found.push(FieldViolation::new(
                format!("{path}.rate.points"),
                format!("must be 1 to {MOST_PRICE_POINTS}"),
            ));
        }
        let all = self.money_for(most_points);
        if !all.is_ok_and(|money| money.minor <= MOST_PRICE_MINOR) {
            found.push(FieldViolation::new(
                format!("{path}.rate"),
                format!("must not make most_points worth more than {MOST_PRICE_MINOR} minor units"),
            ));
        }
    }
}

impl Payment {
    /// Whether nothing is paid.
    pub fn is_nothing(&self) -> bool {
        self.points.is_empty() && self.money.is_none()
    }

    /// What is given back for the next units, when some were given back before: the share of all of them less the share
    /// of those before, each rounded down. So parts add up to the whole, whatever they are.
    #[must_use]
    pub fn share(&self, before: i64, units: i64, of: i64) -> Self {
        let part = |whole: i64| {
            let after = before.saturating_add(units).clamp(0, of);
            share(whole, after, of) - share(whole, before.clamp(0, of), of)
        };
        let points = self.points.iter().map(|paid| WalletPoints {
            wallet: paid.wallet.clone(),
            points: part(paid.points),
        });
        Self {
            points: points.filter(|paid| paid.points > 0).collect(),
            money: self.money.and_then(|money| {
                some_money(Money {
                    minor: part(money.minor),
                    ..money
                })
            }),
        }
    }
}

/// ⌊whole · part ÷ of⌋.
fn share(whole: i64, part: i64, of: i64) -> i64 {
    let exact = i128::from(whole) * i128::from(part) / i128::from(of.max(1));
    // Not more than the whole, because the part is not more than that which it is of.
    i64::try_from(exact).unwrap_or(whole)
}

fn fixed(points: &[WalletPoints], money: Option<Money>, units: i64) -> Result<Payment, Error> {
    let mut payment = Payment::default();
    for price in points {
        payment.points.push(WalletPoints {
            wallet: price.wallet.clone(),
            points: times(price.points, units)?,
        });
    }
    if let Some(price) = money {
        payment.money = Some(Money {
            minor: times(price.minor, units)?,
            ..price
        });
    }
    Ok(payment)
}

fn times(each: i64, units: i64) -> Result<i64, Error> {
    each.checked_mul(units).ok_or_else(too_much)
}

fn too_much() -> Error {
    Error::invalid_field(
        "units",
        "the price of so many units is out of range; redeem fewer",
    )
}

fn some_points(wallet: &str, points: i64) -> Vec<WalletPoints> {
    let points = (points > 0).then(|| WalletPoints {
        wallet: wallet.to_owned(),
        points,
    });
    points.into_iter().collect()
}

fn some_money(money: Money) -> Option<Money> {
    (money.minor > 0).then_some(money)
}

fn check_fixed(points: &[WalletPoints], money: Option<Money>, path: &str, found: &mut Vec<FieldViolation>) {
    if points.is_empty() && money.is_none() {
        found.push(FieldViolation::new(
            path,
            "must have points or money; a reward that costs nothing has the form free",
        ));
    }
    if points.len() > MOST_WALLETS {
        found.push(FieldViolation::new(
            format!("{path}.points"),
            format!("must be of at most {MOST_WALLETS} wallets, not {}", points.len()),
        ));
        return;
    }
    let mut wallets = BTreeSet::new();
    for (index, price) in points.iter().enumerate() {
        check_wallet(&price.wallet, &format!("{path}.points[{index}].wallet"), found);
        if !wallets.insert(&price.wallet) {
            found.push(FieldViolation::new(
                format!("{path}.points[{index}].wallet"),
                format!("must be named once, and {:?} is named before", price.wallet),
            ));
        }
        if !(1..=MOST_PRICE_POINTS).contains(&price.points) {
            found.push(FieldViolation::new(
                format!("{path}.points[{index}].points"),
                format!("must be 1 to {MOST_PRICE_POINTS}"),
            ));
        }
    }
    if let Some(money) = money {
        check_money(money, &format!("{path}.money"), found);
    }
}

fn check_wallet(wallet: &str, path: &str, found: &mut Vec<FieldViolation>) {
    if !is_id(wallet) {
        found.push(FieldViolation::new(
            path,
            "must be the id of a wallet: 1 to 63 of a-z 0-9 - _ . beginning with a letter or digit",
        ));
    }
}

/// Reports an amount that is no price.
pub(super) fn check_money(money: Money, path: &str, found: &mut Vec<FieldViolation>) {
    if !(1..=MOST_PRICE_MINOR).contains(&money.minor) {
        found.push(FieldViolation::new(
            path,
            format!("must be 1 to {MOST_PRICE_MINOR} minor units of the currency"),
        ));
    }
}

/// Whether a text is an id: 1 to 63 of `a-z 0-9 - _ .`, beginning with a letter or digit.
pub(super) fn is_id(text: &str) -> bool {
    let small = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= LONGEST_ID
        && text.bytes().next().is_some_and(small)
        && text
            .bytes()
            .all(|byte| small(byte) || matches!(byte, b'-' | b'_' | b'.'))
}

// Whatever passes the checks can be multiplied.
const _: () = assert!(MOST_PRICE_POINTS.checked_mul(MOST_UNITS).is_some());
