//! Purchases on the wire.

use jiff::Timestamp;
use rapport_clock::Clock;
use rapport_contract::{check, instant, money, name, profile::v1 as wire};
use rapport_status::FieldViolation;

use super::customers::identity_key;
use crate::{
    domain::{
        intake::{MissingCustomer, Owner, Row},
        purchase::{Purchase, PurchaseContent, PurchaseKey},
    },
    usecase::purchases::{NumberedRow, Tally},
    words,
};

/// Reads a purchase, or lists everything that is wrong with it. `at` is its field path.
pub(crate) fn content(
    purchase: wire::Purchase,
    at: &str,
    now: Timestamp,
) -> Result<(PurchaseKey, PurchaseContent), Vec<FieldViolation>> {
    let mut violations = Vec::new();
    let mut refuse = |field: &str, wrong: &str| {
        violations.push(FieldViolation::new(format!("{at}.{field}"), wrong));
    };
    let kind = words::purchase_kind_from(purchase.kind);
    if kind.is_none() {
        refuse("kind", "must be SALE or RETURN");
    }
    let time = purchase.purchase_time.as_ref().map(instant::from_wire);
    let time = match time {
        None => Err("is needed"),
        Some(time) => time,
    };
    let time = time.map_err(|wrong| refuse("purchase_time", wrong)).ok();
    let amount = match purchase.amount.as_ref().map(money::from_wire) {
        None => Err("is needed".to_owned()),
        Some(amount) => amount.map_err(|wrong| wrong.to_string()),
    };
    let amount = amount.map_err(|wrong| refuse("amount", &wrong)).ok();
    let (Some(kind), Some(time), Some(amount)) = (kind, time, amount) else {
        return Err(violations);
    };
    let content = PurchaseContent {
        kind,
        original_source_id: purchase.original_source_id,
        time,
        amount,
        quantity: purchase.quantity,
        location: purchase.location,
    };
    violations.extend(content.violations(at, now));
    let key = PurchaseKey {
        source: purchase.source,
        id: purchase.source_id,
    };
    if violations.is_empty() {
        Ok((key, content))
    } else {
        Err(violations)
    }
}

/// Reads a row of an import, or lists everything that is wrong with it.
pub(crate) fn row(row: wire::PurchaseRow, create_missing: bool, clock: &Clock) -> NumberedRow {
    let number = row.row;
    let mut violations = Vec::new();
    let owner = match row.owner {
        Some(wire::purchase_row::Owner::Customer(customer)) => {
            read_name(&customer).map_err(|violation| vec![violation])
        }
        Some(wire::purchase_row::Owner::Identity(identity)) => {
            let mut wrong = below("identity", check::violations(&identity));
            match identity_key(&identity, "identity") {
                Ok(key) if wrong.is_empty() => Ok(Owner::Identity(key)),
                Ok(_) => Err(wrong),
                Err(more) => {
                    add(&mut wrong, more);
                    Err(wrong)
                }
            }
        }
        None => Err(vec![FieldViolation::new(
            "customer",
            "is needed, or else an identity",
        )]),
    };
    let owner = owner.map_err(|wrong| violations.extend(wrong)).ok();
    let purchase = row.purchase.unwrap_or_default();
    violations.extend(below("purchase", check::violations(&purchase)));
    let read = content(purchase, "purchase", clock.now());
    let read = read.map_err(|wrong| add(&mut violations, wrong)).ok();
    let (Some(owner), Some((key, content)), true) = (owner, read, violations.is_empty()) else {
        return (number, Err(violations));
    };
    let missing_customer = match &owner {
        Owner::Identity(identity) if create_missing => Some(MissingCustomer {
            preferred_id: Some(identity.value().to_owned()).filter(|value| name::is_id(value)),
            made_id: clock.new_id().to_string(),
        }),
        _ => None,
    };
    let row = Row {
        owner,
        key,
        content,
        new_purchase_id: clock.new_id().to_string(),
        missing_customer,
    };
    (number, Ok(row))
}

fn read_name(customer: &str) -> Result<Owner, FieldViolation> {
    match name::CUSTOMER.parse(customer) {
        Some([id]) => Ok(Owner::Customer(id.to_owned())),
        None => Err(FieldViolation::new(
            "customer",
            "must have the form customers/{customer}",
        )),
    }
}

/// Violations of a message that is a field of the row.
fn below(field: &str, violations: Vec<FieldViolation>) -> Vec<FieldViolation> {
    violations
        .into_iter()
        .map(|violation| FieldViolation::new(format!("{field}.{}", violation.field), violation.description))
        .collect()
}

/// Adds violations of fields that have none yet: the contract and the domain may refuse the same thing.
fn add(violations: &mut Vec<FieldViolation>, more: Vec<FieldViolation>) {
    for violation in more {
        if violations.iter().all(|known| known.field != violation.field) {
            violations.push(violation);
        }
    }
}

/// Writes a purchase.
pub(crate) fn purchase(purchase: Purchase) -> wire::Purchase {
    let name = words::purchase_name(&purchase);
    let content = purchase.content;
    wire::Purchase {
        name,
        source: purchase.key.source,
        source_id: purchase.key.id,
        kind: words::purchase_kind(content.kind).into(),
        original_source_id: content.original_source_id,
        purchase_time: Some(instant::to_wire(content.time)),
        amount: Some(money::to_wire(content.amount)),
        quantity: content.quantity,
        location: content.location,
        create_time: Some(instant::to_wire(purchase.create_time)),
    }
}

/// Writes what became of an import.
pub(crate) fn import_answer(tally: Tally) -> wire::ImportPurchasesResponse {
    wire::ImportPurchasesResponse {
        row_count: tally.rows,
        added_count: tally.added,
        known_count: tally.known,
        rejected_count: tally.rejected,
        created_customer_count: tally.created_customers,
        errors: tally
            .refusals
            .into_iter()
            .map(super::customers::row_error)
            .collect(),
    }
}
