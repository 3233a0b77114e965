//! Purchases and returns.

use jiff::{Timestamp, civil::Date, tz::Offset};
use rapport_money::Money;
use rapport_status::{Error, FieldViolation, Reason};

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
}

impl PurchaseContent {
    /// The rules that go beyond single fields and those that need the present moment. `at` is the field path of
    /// the purchase.
    pub(crate) fn violations(&self, at: &str, now: Timestamp) -> Vec<FieldViolation> {
        let mut violations = Vec::new();
        let mut refuse = |field: &str, description: String| {
            violations.push(FieldViolation::new(format!("{at}.{field}"), description));
        };
        let latest = now + jiff::SignedDuration::from_hours(24);
        if self.time < earliest_time() || self.time > latest {
            refuse(
                "purchase_time",
                format!(
                    "is {}; it must lie between 1900-01-01T00:00:00Z and one day from now",
                    self.time
                ),
            );
        }
        if self.amount.minor < 0 {
            refuse(
                "amount",
                "is negative; give the amount without a sign, and the kind RETURN for money given back"
                    .into(),
            );
        }
        if self.amount.minor > LARGEST_AMOUNT {
            let largest = Money {
                minor: LARGEST_AMOUNT,
                ..self.amount
            };
            refuse("amount", format!("is too large; at most {largest} are taken"));
        }
        if self.kind == PurchaseKind::Sale && !self.original_source_id.is_empty() {
            refuse(
                "original_source_id",
                "must be empty for a sale: only a return has an original sale".into(),
            );
        }
        violations
    }

    /// The day on which it happened (UTC).
    pub(crate) fn day(&self) -> Date {
        day_of(self.time)
    }
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
    use super::*;
    use rapport_money::Currency;

    fn sale() -> PurchaseContent {
        PurchaseContent {
            kind: PurchaseKind::Sale,
            original_source_id: String::new(),
            time: "1997-01-01T23:59:59.999999Z".parse().unwrap(),
            amount: Money {
                minor: 2933,
                currency: Currency::USD,
            },
            quantity: 2,
            location: String::new(),
        }
    }

    fn fields(content: &PurchaseContent) -> Vec<String> {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let violations = content.violations("purchase", now);
        violations.into_iter().map(|violation| violation.field).collect()
    }

    #[test]
    fn the_purchase_day_is_the_date_in_universal_time() {
        assert_eq!(sale().day().to_string(), "1997-01-01");
    }

    #[test]
    fn a_right_purchase_has_no_violation() {
        assert_eq!(fields(&sale()), Vec::<String>::new());
        let earliest = PurchaseContent {
            time: "1900-01-01T00:00:00Z".parse().unwrap(),
            ..sale()
        };
        assert_eq!(fields(&earliest), Vec::<String>::new());
    }

    #[test]
    fn every_violation_is_listed() {
        let wrong = PurchaseContent {
            original_source_id: "17".into(),
            time: "2026-01-02T00:00:00.000001Z".parse().unwrap(),
            amount: Money {
                minor: -1,
                currency: Currency::USD,
            },
            ..sale()
        };
        assert_eq!(
            fields(&wrong),
            [
                "purchase.purchase_time",
                "purchase.amount",
                "purchase.original_source_id"
            ]
        );
        let early = PurchaseContent {
            time: "1899-12-31T23:59:59Z".parse().unwrap(),
            amount: Money {
                minor: i64::MAX,
                currency: Currency::USD,
            },
            ..sale()
        };
        assert_eq!(fields(&early), ["purchase.purchase_time", "purchase.amount"]);
    }
}
