//! Purchases on the wire.

use jiff::Timestamp;
use rapport_clock::Clock;
use rapport_contract::{check, instant, money, name, profile::v1 as wire};
use rapport_status::FieldViolation;

use super::customers::identity_key;
use crate::{
    domain::{
        intake::{MissingCustomer, Owner, Row},
        purchase::{
            Purchase, PurchaseContent, PurchaseKey, PurchaseLine, checked_amount, checked_lines,
            checked_original, checked_time,
        },
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
    let kind = words::purchase_kind_from(purchase.kind).ok_or_else(|| "must be SALE or RETURN".to_owned());
    let original = match &kind {
        Ok(kind) => checked_original(*kind, purchase.original_source_id),
        // Whether there may be one is open as long as the kind is.
        Err(_) => Ok(purchase.original_source_id),
    };
    let time =
        read(purchase.purchase_time.as_ref(), instant::from_wire).and_then(|time| checked_time(time, now));
    let amount = read(purchase.amount.as_ref(), money::from_wire).and_then(checked_amount);
    let lines = checked_lines(purchase.lines.into_iter().map(line).collect());
    match (kind, original, time, amount, lines) {
        (Ok(kind), Ok(original_source_id), Ok(time), Ok(amount), Ok(lines)) => Ok((
            PurchaseKey {
                source: purchase.source,
                id: purchase.source_id,
            },
            PurchaseContent {
                kind,
                original_source_id,
                time,
                amount,
                quantity: purchase.quantity,
                location: purchase.location,
                channel: purchase.channel,
                lines,
            },
        )),
        (kind, original, time, amount, lines) => {
            let wrong = [
                ("kind", kind.err()),
                ("original_source_id", original.err()),
                ("purchase_time", time.err()),
                ("amount", amount.err()),
                ("lines", lines.err()),
            ];
            let violation = |(field, wrong): (_, Option<String>)| {
                Some(FieldViolation::new(format!("{at}.{field}"), wrong?))
            };
            Err(wrong.into_iter().filter_map(violation).collect())
        }
    }
}

fn line(line: wire::PurchaseLine) -> PurchaseLine {
    PurchaseLine {
        id: line.line_id,
        sku: line.sku,
        category: line.category,
        quantity: line.quantity,
        amount_minor: line.amount_minor,
    }
}

/// Reads a field that must be there.
fn read<W, T, E: ToString>(field: Option<&W>, from_wire: impl Fn(&W) -> Result<T, E>) -> Result<T, String> {
    match field {
        Some(field) => from_wire(field).map_err(|wrong| wrong.to_string()),
        None => Err("is needed".to_owned()),
    }
}

/// Reads a row of an import, or lists everything that is wrong with it.
pub(crate) fn row(row: wire::PurchaseRow, create_missing: bool, clock: &Clock) -> NumberedRow {
    let purchase = row.purchase.unwrap_or_default();
    let mut violations = below("purchase", check::violations(&purchase));
    let content = content(purchase, "purchase", clock.now());
    let content = content.map_err(|wrong| add(&mut violations, wrong));
    let owner = owner(row.owner).map_err(|wrong| violations.extend(wrong));
    let (Ok(owner), Ok((key, content)), true) = (owner, content, violations.is_empty()) else {
        return (row.row, Err(violations));
    };
    let missing_customer = match &owner {
        Owner::Identity(identity) if create_missing => Some(MissingCustomer {
            preferred_id: Some(identity.value().to_owned()).filter(|value| name::is_id(value)),
            made_id: clock.new_id().to_string(),
        }),
        _ => None,
    };
    let read = Row {
        owner,
        key,
        content,
        new_purchase_id: clock.new_id().to_string(),
        missing_customer,
    };
    (row.row, Ok(read))
}

/// Reads whose purchase a row is. Rows are not checked against the contract before, so that a bad one does not end
/// the stream.
fn owner(owner: Option<wire::purchase_row::Owner>) -> Result<Owner, Vec<FieldViolation>> {
    let identity = match owner {
        Some(wire::purchase_row::Owner::Identity(identity)) => identity,
        Some(wire::purchase_row::Owner::Customer(customer)) => {
            return read_name(&customer).map_err(|violation| vec![violation]);
        }
        None => {
            let needed = FieldViolation::new("customer", "is needed, or else an identity");
            return Err(vec![needed]);
        }
    };
    let mut violations = below("identity", check::violations(&identity));
    match identity_key(&identity, "identity") {
        Ok(key) if violations.is_empty() => Ok(Owner::Identity(key)),
        Ok(_) => Err(violations),
        Err(more) => {
            add(&mut violations, more);
            Err(violations)
        }
    }
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
        channel: content.channel,
        lines: content.lines.iter().map(words::purchase_line).collect(),
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
