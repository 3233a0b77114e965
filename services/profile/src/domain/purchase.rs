//! Purchases and returns.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp, civil::Date, tz::Offset};
use rapport_money::Money;
use rapport_status::{Error, Reason};

use super::amount::LARGEST_AMOUNT;

/// Whether money came in or went back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum PurchaseKind {
    /// The customer bought.
    Sale,
    /// The customer gave back.
    Return,
}

/// The key of a purchase, for ever: the system that it comes from, and its id there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PurchaseKey {
    /// The system.
    pub source: String,
    /// The id in that system.
    pub id: String,
}

/// What a purchase says. Under one key it is the same for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PurchaseContent {
    /// Sale or return.
    pub kind: PurchaseKind,
    /// For a return: the id of the sale in the same source; else empty.
    pub original_source_id: String,
    /// When it happened.
    pub time: Timestamp,
    /// The amount, not negative.
    pub amount: Money,
    /// Number of items.
    pub quantity: i64,
    /// Where.
    pub location: String,
    /// How it was placed.
    pub channel: String,
    /// What was bought or given back, line by line, if that is known.
    pub lines: Vec<PurchaseLine>,
}

/// One line of a purchase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PurchaseLine {
    /// Its id within the purchase; of a return, that of the line of the sale.
    pub id: String,
    /// What was bought.
    pub sku: String,
    /// Its category.
    pub category: String,
    /// How many.
    pub quantity: i64,
    /// What it cost in all, in minor units of the purchase's currency.
    pub amount_minor: i64,
}

impl PurchaseContent {
    /// The day on which it happened (UTC).
    pub(crate) fn day(&self) -> Date {
        day_of(self.time)
    }
}

/// When a purchase happened, if it can have: from 1900-01-01 to one day from now. Else what is wrong with the time.
pub(crate) fn checked_time(time: Timestamp, now: Timestamp) -> Result<Timestamp, String> {
    let latest = now.saturating_add(SignedDuration::from_hours(24));
    if time < earliest_time() || latest.is_ok_and(|latest| time > latest) {
        return Err(format!(
            "is {time}; it must lie between 1900-01-01T00:00:00Z and one day from now"
        ));
    }
    Ok(time)
}

/// The amount of a purchase, not negative and not too large. Else what is wrong with it.
pub(crate) fn checked_amount(amount: Money) -> Result<Money, String> {
    if amount.minor < 0 {
        return Err(
            "is negative; give the amount without a sign, and the kind RETURN for money given back"
                .to_owned(),
        );
    }
    if amount.minor > LARGEST_AMOUNT {
        let largest = Money {
            minor: LARGEST_AMOUNT,
            ..amount
        };
        return Err(format!("is too large; at most {largest} are taken"));
    }
    Ok(amount)
}

/// The id of the sale that is given back, which only a return has. Else what is wrong with it.
pub(crate) fn checked_original(kind: PurchaseKind, original_source_id: String) -> Result<String, String> {
    if kind == PurchaseKind::Sale && !original_source_id.is_empty() {
        return Err("must be empty for a sale: only a return has an original sale".to_owned());
    }
    Ok(original_source_id)
}

/// The lines of a purchase: each has an id of its own and an amount that can be. Else what is wrong with them.
pub(crate) fn checked_lines(lines: Vec<PurchaseLine>) -> Result<Vec<PurchaseLine>, String> {
    let mut ids = HashSet::new();
    for (index, line) in lines.iter().enumerate() {
        if !ids.insert(&line.id) {
            return Err(format!(
                "has the line {:?} twice (again at {index}); give each line an id of its own",
                line.id
            ));
        }
        if !(0..=LARGEST_AMOUNT).contains(&line.amount_minor) {
            return Err(format!(
                "has an amount of {} at {index}; a line costs 0 to {LARGEST_AMOUNT} minor units",
                line.amount_minor
            ));
        }
    }
    Ok(lines)
}

/// A recorded purchase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Purchase {
    /// The id within the tenant, made by the service.
    pub id: String,
    /// The id of the customer.
    pub customer: String,
    /// The key.
    pub key: PurchaseKey,
    /// What it says.
    pub content: PurchaseContent,
    /// When the record was made.
    pub create_time: Timestamp,
}

/// The calendar day of a moment (UTC).
pub(crate) fn day_of(moment: Timestamp) -> Date {
    Offset::UTC.to_datetime(moment).date()
}

/// The first moment at which a purchase can have happened: 1900-01-01.
fn earliest_time() -> Timestamp {
    const SECONDS: i64 = -2_208_988_800;
    Timestamp::from_second(SECONDS).unwrap_or(Timestamp::MIN)
}

/// The same key was recorded with other content.
pub(crate) fn conflict(key: &PurchaseKey, what: &str) -> Error {
    Error::new(
        Reason::PurchaseConflict,
        format!(
            "the purchase {:?} of the source {:?} was recorded before {what}; a purchase never changes: record a \
             correction under a source id of its own",
            key.id, key.source
        ),
    )
    .with("source", &key.source)
    .with("source_id", &key.id)
}

#[cfg(test)]
mod tests {
    use rapport_money::Currency;

    use super::*;

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn dollars(minor: i64) -> Money {
        Money {
            minor,
            currency: Currency::USD,
        }
    }

    #[test]
    fn the_day_of_a_moment_is_the_date_in_universal_time() {
        assert_eq!(
            day_of(moment("1997-01-01T23:59:59.999999Z")).to_string(),
            "1997-01-01"
        );
        assert_eq!(day_of(moment("1969-12-31T23:59:59Z")).to_string(), "1969-12-31");
    }

    #[test]
    fn a_purchase_happens_from_1900_to_one_day_from_now() {
        let now = moment("2026-01-01T00:00:00Z");
        for right in ["1900-01-01T00:00:00Z", "2026-01-02T00:00:00Z"] {
            assert!(checked_time(moment(right), now).is_ok(), "{right}");
        }
        for wrong in ["1899-12-31T23:59:59.999999Z", "2026-01-02T00:00:00.000001Z"] {
            assert!(checked_time(moment(wrong), now).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_amount_is_neither_negative_nor_too_large() {
        for right in [0, 1, LARGEST_AMOUNT] {
            assert_eq!(checked_amount(dollars(right)), Ok(dollars(right)));
        }
        for wrong in [-1, LARGEST_AMOUNT + 1, i64::MIN, i64::MAX] {
            assert!(checked_amount(dollars(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn each_line_has_an_id_of_its_own_and_an_amount_that_can_be() {
        let line = |id: &str, amount_minor| PurchaseLine {
            id: id.to_owned(),
            sku: String::new(),
            category: String::new(),
            quantity: 1,
            amount_minor,
        };
        assert!(checked_lines(vec![line("1", 0), line("2", LARGEST_AMOUNT)]).is_ok());
        assert!(checked_lines(vec![line("1", 1), line("1", 1)]).is_err());
        for wrong in [-1, LARGEST_AMOUNT + 1] {
            assert!(checked_lines(vec![line("1", wrong)]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_a_return_has_an_original_sale() {
        assert!(checked_original(PurchaseKind::Return, "17".to_owned()).is_ok());
        assert!(checked_original(PurchaseKind::Sale, String::new()).is_ok());
        assert!(checked_original(PurchaseKind::Sale, "17".to_owned()).is_err());
    }
}
