//! Amounts of money: whole numbers of a currency's minor unit, so that sums are exact.

use std::{fmt, str::FromStr};

/// A currency by its ISO 4217 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

/// Currencies whose minor unit is not a hundredth (ISO 4217, list one of 2024).
const UNUSUAL: &[(&[u8; 3], u32)] = &[
    (b"BHD", 3),
    (b"BIF", 0),
    (b"CLF", 4),
    (b"CLP", 0),
    (b"DJF", 0),
    (b"GNF", 0),
    (b"IQD", 3),
    (b"ISK", 0),
    (b"JOD", 3),
    (b"JPY", 0),
    (b"KMF", 0),
    (b"KRW", 0),
    (b"KWD", 3),
    (b"LYD", 3),
    (b"OMR", 3),
    (b"PYG", 0),
    (b"RWF", 0),
    (b"TND", 3),
    (b"UGX", 0),
    (b"UYI", 0),
    (b"UYW", 4),
    (b"VND", 0),
    (b"VUV", 0),
    (b"XAF", 0),
    (b"XOF", 0),
    (b"XPF", 0),
];

impl Currency {
    /// US dollar.
    pub const USD: Self = Self(*b"USD");

    /// The code, three capital letters.
    pub fn code(&self) -> &str {
        // The only constructor takes capital letters alone.
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Number of decimal places of the minor unit: 2 for most, 0 for JPY, 3 for KWD.
    pub fn decimal_places(self) -> u32 {
        UNUSUAL
            .iter()
            .find(|(code, _)| **code == self.0)
            .map_or(2, |(_, places)| *places)
    }

    /// How many minor units make one major unit.
    pub fn minor_per_major(self) -> i64 {
        10_i64.pow(self.decimal_places())
    }
}

impl FromStr for Currency {
    type Err = InvalidMoney;

    fn from_str(code: &str) -> Result<Self, InvalidMoney> {
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(bytes) if bytes.iter().all(u8::is_ascii_uppercase) => Ok(Self(bytes)),
            _ => Err(InvalidMoney::Currency),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

/// Why something is no amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidMoney {
    /// The code is not three capital letters.
    Currency,
    /// Nanos are out of range or have another sign than the units.
    Nanos,
    /// More decimal places than the currency has.
    TooPrecise,
    /// Too large to be counted in minor units.
    TooLarge,
    /// No number.
    NotANumber,
}

impl fmt::Display for InvalidMoney {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Currency => "the currency code must be three capital letters (ISO 4217), such as EUR",
            Self::Nanos => {
                "nanos must lie between −999,999,999 and 999,999,999 and have the sign of the units"
            }
            Self::TooPrecise => "has more decimal places than the currency",
            Self::TooLarge => "is too large",
            Self::NotANumber => "is no number; write it as 1234.56",
        })
    }
}

impl std::error::Error for InvalidMoney {}

/// An amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// The amount in minor units of the currency (cents).
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

const NANOS_PER_UNIT: i64 = 1_000_000_000;

impl Money {
    /// From units and billionths, as `google.type.Money` has them.
    pub fn from_units(units: i64, nanos: i32, currency: Currency) -> Result<Self, InvalidMoney> {
        let nanos = i64::from(nanos);
        let opposite = (units > 0 && nanos < 0) || (units < 0 && nanos > 0);
        if nanos.abs() >= NANOS_PER_UNIT || opposite {
            return Err(InvalidMoney::Nanos);
        }
        let nanos_per_minor = NANOS_PER_UNIT / currency.minor_per_major();
        if nanos % nanos_per_minor != 0 {
            return Err(InvalidMoney::TooPrecise);
        }
        units
            .checked_mul(currency.minor_per_major())
            .and_then(|minor| minor.checked_add(nanos / nanos_per_minor))
            .map(|minor| Self { minor, currency })
            .ok_or(InvalidMoney::TooLarge)
    }

    /// Whole units and billionths.
    pub fn to_units(self) -> (i64, i32) {
        let per_major = self.currency.minor_per_major();
        let nanos = (self.minor % per_major) * (NANOS_PER_UNIT / per_major);
        // Less than a billion by construction.
        (self.minor / per_major, i32::try_from(nanos).unwrap_or_default())
    }

    /// From a decimal number without grouping, such as `1234.5` or `-3`.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, InvalidMoney> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let numeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !numeric(whole) || !numeric(fraction) || digits.ends_with('.') {
            return Err(InvalidMoney::NotANumber);
        }
        let fraction = fraction.trim_end_matches('0');
        let places = currency.decimal_places() as usize;
        if fraction.len() > places {
            return Err(InvalidMoney::TooPrecise);
        }
        let minor = format!("{whole}{fraction:0<places$}")
            .parse::<i64>()
            .map_err(|_| InvalidMoney::TooLarge)?;
        Ok(Self {
            minor: if negative { -minor } else { minor },
            currency,
        })
    }
}

/// The amount with the currency's decimal places and its code, such as `12.30 USD`.
impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self.currency.decimal_places() as usize;
        let per_major = self.currency.minor_per_major().unsigned_abs();
        let sign = if self.minor < 0 { "-" } else { "" };
        let (whole, part) = (
            self.minor.unsigned_abs() / per_major,
            self.minor.unsigned_abs() % per_major,
        );
        if places == 0 {
            write!(formatter, "{sign}{whole} {}", self.currency)
        } else {
            write!(formatter, "{sign}{whole}.{part:0places$} {}", self.currency)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    #[test]
    fn units_and_nanos_become_minor_units_and_back() {
        for (units, nanos, code, minor) in [
            (12, 340_000_000, "USD", 1234),
            (-12, -340_000_000, "USD", -1234),
            (0, -10_000_000, "USD", -1),
            (500, 0, "JPY", 500),
            (1, 5_000_000, "KWD", 1005),
        ] {
            let money = Money::from_units(units, nanos, currency(code)).unwrap();
            assert_eq!(money.minor, minor, "{units} {nanos} {code}");
            assert_eq!(money.to_units(), (units, nanos), "{code}");
        }
    }

    #[test]
    fn what_the_currency_cannot_hold_is_refused() {
        let usd = Currency::USD;
        assert_eq!(Money::from_units(1, 1, usd), Err(InvalidMoney::TooPrecise));
        assert_eq!(Money::from_units(1, -1, usd), Err(InvalidMoney::Nanos));
        assert_eq!(Money::from_units(i64::MAX, 0, usd), Err(InvalidMoney::TooLarge));
        assert_eq!(
            Money::from_units(1, 500_000_000, currency("JPY")),
            Err(InvalidMoney::TooPrecise)
        );
        assert_eq!("usd".parse::<Currency>(), Err(InvalidMoney::Currency));
    }

    #[test]
    fn decimal_text_is_read_exactly() {
        assert_eq!(
            Money::parse("29.33", Currency::USD).map(|money| money.minor),
            Ok(2933)
        );
        assert_eq!(
            Money::parse("-0.5", Currency::USD).map(|money| money.minor),
            Ok(-50)
        );
        assert_eq!(
            Money::parse("7.000", Currency::USD).map(|money| money.minor),
            Ok(700)
        );
        for wrong in ["", ".", "1.", "1,5", "1e3", "+1", "--1", " 1"] {
            assert_eq!(
                Money::parse(wrong, Currency::USD),
                Err(InvalidMoney::NotANumber),
                "{wrong:?}"
            );
        }
        assert_eq!(
            Money::parse("0.001", Currency::USD),
            Err(InvalidMoney::TooPrecise)
        );
        assert_eq!(
            Money::parse("99999999999999999999", Currency::USD),
            Err(InvalidMoney::TooLarge)
        );
    }

    #[test]
    fn amounts_are_shown_with_their_decimal_places() {
        assert_eq!(
            Money {
                minor: -5,
                currency: Currency::USD
            }
            .to_string(),
            "-0.05 USD"
        );
        assert_eq!(
            Money {
                minor: 500,
                currency: currency("JPY")
            }
            .to_string(),
            "500 JPY"
        );
    }
}
