//! The timeline of a customer.

use jiff::Timestamp;
use rapport_listing::{Field, Kind, Page, Schema, Value};
use rapport_status::Error;

use super::{Ports, customers};
use crate::{
    domain::timeline::{Position, TimelineEntry, merged},
    store,
};

static FIELDS: [Field; 3] = [
    Field::new("event_time", Kind::Timestamp, "event_time"),
    Field::new("rank", Kind::Integer, "rank"),
    Field::new("id", Kind::Text, "id"),
];

/// How positions in a timeline travel in page tokens.
pub(crate) static LISTED: Schema = Schema::new(&FIELDS, "id");

/// The one order of timelines.
pub(crate) const ORDER: &str = "event_time desc, rank desc, id desc";

/// A page of a customer's timeline, the newest first, and the token of the next.
pub(crate) async fn list(
    ports: &Ports,
    tenant: &str,
    customer: &str,
    page: &Page,
) -> Result<(Vec<TimelineEntry>, String), Error> {
    let connection = ports.store.read();
    customers::require_existing(connection, tenant, customer).await?;
    let after = page.after().map(position).transpose()?;
    // The page is made of the first entries of each kind: no more of one kind can be on it.
    let limit = page.fetch_limit();
    let purchases = store::purchases::newest(connection, tenant, customer, after.as_ref(), limit).await?;
    let changes = store::stage_changes::newest(connection, tenant, customer, after.as_ref(), limit).await?;
    let purchases = purchases.into_iter().map(TimelineEntry::Purchase);
    let entries = merged(
        purchases
            .chain(changes.into_iter().map(TimelineEntry::StageChange))
            .collect(),
    );
    page.complete(entries, |entry| values(&entry.position()))
        .map_err(|error| Error::internal("could not make a page token").because(error))
}

fn values(position: &Position) -> Vec<Value> {
    vec![
        Value::Timestamp(position.time.as_microsecond()),
        Value::Integer(position.rank),
        Value::Text(position.id.clone()),
    ]
}

/// Reads the position from a page token, which only this service can have signed.
fn position(values: &[Value]) -> Result<Position, Error> {
    let unreadable = || Error::internal("a position in a timeline cannot be read");
    match values {
        [Value::Timestamp(micros), Value::Integer(rank), Value::Text(id)] => Ok(Position {
            time: Timestamp::from_microsecond(*micros).map_err(|_| unreadable())?,
            rank: *rank,
            id: id.clone(),
        }),
        _ => Err(unreadable()),
    }
}
