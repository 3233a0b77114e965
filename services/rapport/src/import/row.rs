//! One row of a file as a row of the contract.

use csv::ByteRecord;
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use rapport_contract::{
    instant, money, name,
    profile::v1::{
        Identity, IdentityType, Purchase, PurchaseKind, PurchaseRow, RowError, purchase_row::Owner,
    },
};
use rapport_money::{Currency, Money};

use super::{
    Options,
    columns::{CustomerColumn, Places},
};

/// Reads a row. All that is wrong with it comes back at once.
pub(super) fn read(
    line: u64,
    record: &ByteRecord,
    places: &Places,
    options: &Options,
) -> Result<PurchaseRow, Vec<RowError>> {
    let mut reader = Reader {
        record,
        places,
        row: i64::try_from(line).unwrap_or(i64::MAX),
        errors: Vec::new(),
    };
    let source_id = reader.needed("source_id");
    let customer = reader.needed("customer");
    let time = reader
        .needed("time")
        .and_then(|text| reader.checked("time", moment(text)));
    let kind = reader
        .optional("kind")
        .and_then(|text| reader.checked("kind", kind(text)));
    let quantity = reader
        .optional("quantity")
        .and_then(|text| reader.checked("quantity", quantity(text)));
    let location = reader.optional("location");
    let original_source_id = reader.optional("original_source_id");
    let currency = reader
        .optional("currency")
        .and_then(|text| reader.checked("currency", currency(text, options)));
    let amount = reader
        .needed("amount")
        .and_then(|text| reader.checked("amount", amount(text, currency.unwrap_or(Currency::USD))));
    let row = reader.row;
    match (
        source_id,
        customer,
        time,
        kind,
        quantity,
        location,
        original_source_id,
        amount,
        reader.errors.is_empty(),
    ) {
        (
            Some(source_id),
            Some(customer),
            Some(time),
            Some(kind),
            Some(quantity),
            Some(location),
            Some(original_source_id),
            Some(amount),
            true,
        ) => Ok(PurchaseRow {
            row,
            owner: Some(owner(customer, &options.customer)),
            purchase: Some(Purchase {
                source: options.source.clone(),
                source_id: source_id.to_owned(),
                kind: kind.into(),
                original_source_id: original_source_id.to_owned(),
                purchase_time: Some(instant::to_wire(time)),
                amount: Some(money::to_wire(amount)),
                quantity,
                location: location.to_owned(),
                ..Purchase::default()
            }),
        }),
        _ => Err(reader.errors),
    }
}

struct Reader<'r> {
    record: &'r ByteRecord,
    places: &'r Places,
    row: i64,
    errors: Vec<RowError>,
}

impl<'r> Reader<'r> {
    fn optional(&mut self, field: &'static str) -> Option<&'r str> {
        let text = self.places.text(self.record, field);
        self.checked(field, text)
    }

    fn needed(&mut self, field: &'static str) -> Option<&'r str> {
        let text = self.optional(field)?;
        self.checked(
            field,
            if text.is_empty() {
                Err("is empty".to_owned())
            } else {
                Ok(text)
            },
        )
    }

    fn checked<T>(&mut self, field: &'static str, outcome: Result<T, String>) -> Option<T> {
        outcome
            .map_err(|message| {
                self.errors.push(RowError {
                    row: self.row,
                    reason: "INVALID_FIELDS".to_owned(),
                    field: field.to_owned(),
                    message,
                });
            })
            .ok()
    }
}

fn moment(text: &str) -> Result<Timestamp, String> {
    let compact = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let civil = if compact {
        Date::strptime("%Y%m%d", text).map(|date| date.at(0, 0, 0, 0))
    } else {
        match text.parse::<Timestamp>() {
            Ok(moment) => return Ok(moment),
            Err(_) => text.parse::<DateTime>(),
        }
    };
    civil.and_then(|civil| TimeZone::UTC.to_timestamp(civil)).map_err(|_| {
        format!("{text:?} is no time; write 2026-11-30, 20261130, or 2026-11-30T15:04:05Z (without a zone: UTC)")
    })
}

fn kind(text: &str) -> Result<PurchaseKind, String> {
    match text.to_ascii_lowercase().as_str() {
        "" | "sale" => Ok(PurchaseKind::Sale),
        "return" => Ok(PurchaseKind::Return),
        _ => Err(format!("{text:?} is no kind; write sale or return")),
    }
}

fn quantity(text: &str) -> Result<i64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    match text.parse::<i64>() {
        Ok(number) if number >= 0 => Ok(number),
        Ok(number) => Err(format!(
            "is {number}; it must not be negative (a return has the kind return)"
        )),
        Err(_) => Err(format!("{text:?} is no whole number")),
    }
}

fn currency(text: &str, options: &Options) -> Result<Currency, String> {
    match (text, options.currency) {
        ("", Some(currency)) => Ok(currency),
        ("", None) => Err("is empty; give the currency of all rows with --currency".to_owned()),
        (code, _) => code.parse().map_err(|error| format!("{code:?}: {error}")),
    }
}

fn amount(text: &str, currency: Currency) -> Result<Money, String> {
    let money = Money::parse(text, currency).map_err(|error| format!("{text:?} {error}"))?;
    if money.minor < 0 {
        return Err(format!(
            "is {money}; it must not be negative (a return has the kind return)"
        ));
    }
    Ok(money)
}

fn owner(customer: &str, column: &CustomerColumn) -> Owner {
    let identity = |kind: IdentityType, system: &str| {
        Owner::Identity(Identity {
            r#type: kind.into(),
            system: system.to_owned(),
            value: customer.to_owned(),
            verified: false,
        })
    };
    match column {
        CustomerColumn::External(system) => identity(IdentityType::External, system),
        CustomerColumn::Phone => identity(IdentityType::Phone, ""),
        CustomerColumn::Email => identity(IdentityType::Email, ""),
        CustomerColumn::Name if name::is_id(customer) => Owner::Customer(name::CUSTOMER.format([customer])),
        CustomerColumn::Name => Owner::Customer(customer.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_three_forms() {
        for text in [
            "2026-11-30",
            "20261130",
            "2026-11-30T00:00:00Z",
            "2026-11-30T01:00:00+01:00",
            "2026-11-30T00:00:00",
        ] {
            assert_eq!(
                moment(text).unwrap().to_string(),
                "2026-11-30T00:00:00Z",
                "{text}"
            );
        }
        for wrong in ["", "30.11.2026", "2026-02-30", "20260230", "yesterday"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn negative_numbers_are_refused_with_what_to_do() {
        assert!(quantity("-1").unwrap_err().contains("must not be negative"));
        assert!(
            amount("-0.01", Currency::USD)
                .unwrap_err()
                .contains("kind return")
        );
    }
}
