//! Pages of the lots of one account, which is loaded whole: what is due counts as if it were booked.

use jiff::Timestamp;
use rapport_listing::{Field, Kind, Page, Schema, Value};
use rapport_status::{Error, Result};

use crate::domain::ledger::Lot;

static FIELDS: [Field; 3] = [
    Field::new("expire_time", Kind::Timestamp, "expire_time"),
    Field::new("number", Kind::Integer, "number").not_filterable(),
    Field::new("lot", Kind::Text, "lot")
        .not_filterable()
        .not_sortable(),
];

/// How lots are sorted: by expiry, those that never expire last.
pub(crate) static SCHEMA: Schema = Schema::new(&FIELDS, "lot");

/// The place of a lot in the list.
type Place = (i64, String);

fn place(lot: &Lot) -> Place {
    let expire_time = lot.expire_time.unwrap_or(Timestamp::MAX);
    (expire_time.as_microsecond(), lot.id.to_string())
}

/// The lots of a page, with the token of the next.
pub(crate) fn page(lots: &[Lot], page: &Page) -> Result<(Vec<Lot>, String)> {
    let after: Option<Place> = page.after().and_then(|values| match values {
        [Value::Timestamp(expire_time), Value::Text(lot)] => Some((*expire_time, lot.clone())),
        _ => None,
    });
    let mut left: Vec<(Place, &Lot)> = lots
        .iter()
        .filter(|lot| lot.remaining > 0)
        .map(|lot| (place(lot), lot))
        .filter(|(place, _)| after.as_ref().is_none_or(|after| place > after))
        .collect();
    left.sort_by(|(one, _), (other, _)| one.cmp(other));
    page.complete(left, |((expire_time, lot), _)| {
        vec![Value::Timestamp(*expire_time), Value::Text(lot.clone())]
    })
    .map(|(lots, next)| (lots.into_iter().map(|(_, lot)| lot.clone()).collect(), next))
    .map_err(|error| Error::internal("the page of lots cannot be told").because(error))
}
