//! `google.type.Money` as amounts in minor units, and back.

use rapport_money::{Currency, InvalidMoney, Money};

use crate::google::r#type as wire;

/// Reads an amount; the error says what is wrong with it.
pub fn from_wire(money: &wire::Money) -> Result<Money, InvalidMoney> {
    let currency: Currency = money.currency_code.parse()?;
    Money::from_units(money.units, money.nanos, currency)
}

/// Writes an amount.
pub fn to_wire(money: Money) -> wire::Money {
    let (units, nanos) = money.to_units();
    wire::Money {
        currency_code: money.currency.code().to_owned(),
        units,
        nanos,
    }
}
