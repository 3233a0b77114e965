//! Records as rows: reading them from the stores of a process.

use std::cmp::Ordering;

use rapport_listing::{Direction, Field, Kind, Page, Schema, Value};
use rapport_status::{Error, Result};
use rapport_storage::{
    Stored as _,
    listing::paged,
    trail::audit_record::{Column, Entity, Model},
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use crate::Log;

/// How callers proved who they are.
const CALLER_KINDS: &[&str] = &["LOCAL", "TOKEN", "API_KEY", "SERVICE"];

/// Names of the codes of gRPC.
const CODES: &[&str] = &[
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

static FIELDS: [Field; 8] = [
    Field::new("call_time", Kind::Timestamp, "call_time"),
    Field::new("subject", Kind::Text, "subject").not_sortable(),
    Field::new("caller_kind", Kind::Enumeration(CALLER_KINDS), "caller_kind").not_sortable(),
    Field::new("method", Kind::Text, "method").not_sortable(),
    Field::new("target", Kind::Text, "target").not_sortable(),
    Field::new("code", Kind::Enumeration(CODES), "code").not_sortable(),
    Field::new("reason", Kind::Text, "reason").not_sortable(),
    Field::new("name", Kind::Text, "id")
        .not_filterable()
        .not_sortable(),
];

/// What lists of records can be filtered and sorted by.
pub(crate) static SCHEMA: Schema = Schema::new(&FIELDS, "name");

/// The name of the code with a number; `UNKNOWN` for one that gRPC does not have.
pub(crate) fn code_name(code: tonic::Code) -> &'static str {
    usize::try_from(i32::from(code))
        .ok()
        .and_then(|number| CODES.get(number))
        .copied()
        .unwrap_or("UNKNOWN")
}

/// The moment of a record with this id, in microseconds, as its key has it; none when the id is not that of a call.
pub(crate) fn moment_of(id: &str) -> Option<i64> {
    let call = id
        .strip_suffix(".change")
        .or_else(|| id.strip_suffix(".answer"))?;
    let (seconds, nanos) = call.parse::<Uuid>().ok()?.get_timestamp()?.to_unix();
    let seconds = i64::try_from(seconds).ok()?;
    // Whole milliseconds: a UUID of version 7 has no finer ones.
    seconds
        .checked_mul(1_000_000)?
        .checked_add(i64::from(nanos / 1_000_000) * 1_000)
}

/// Finds a record in the stores of this process.
pub(crate) async fn find(logs: &[Log], tenant: &str, id: &str) -> Result<Option<Model>> {
    let Some(call_time) = moment_of(id) else {
        return Ok(None);
    };
    for log in logs {
        let key = (tenant.to_owned(), call_time, id.to_owned());
        let found = Entity::find_by_id(key).one(log.store.read()).await;
        if let Some(row) = found.stored("read the audit record")? {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// A page of the records of all stores of this process, in one order, with the token of the next.
pub(crate) async fn list(logs: &[Log], tenant: &str, page: &Page) -> Result<(Vec<Model>, String)> {
    let queries = logs.iter().map(|log| {
        let query = Entity::find().filter(Column::Tenant.eq(tenant));
        let query = paged(query, page);
        async move { query.all(log.store.read()).await.stored("list audit records") }
    });
    // Each store gives as many rows as the page may need of it: those that are left out come with the next page.
    let mut rows = futures::future::try_join_all(queries).await?.concat();
    rows.sort_by(|left, right| compare(page, left, right));
    rows.truncate(usize::try_from(page.fetch_limit()).unwrap_or(usize::MAX));
    page.complete(rows, |row| {
        let keys = page.order().keys().iter();
        keys.map(|key| value(row, key.field.name)).collect()
    })
    .map_err(|error| Error::internal("the page of audit records cannot be told").because(error))
}

fn compare(page: &Page, left: &Model, right: &Model) -> Ordering {
    let by_key = page.order().keys().iter().map(|key| {
        let order = match key.field.name {
            "call_time" => left.call_time.cmp(&right.call_time),
            _ => left.id.cmp(&right.id),
        };
        match key.direction {
            Direction::Ascending => order,
            Direction::Descending => order.reverse(),
        }
    });
    by_key.fold(Ordering::Equal, Ordering::then)
}

fn value(row: &Model, field: &str) -> Value {
    match field {
        "call_time" => Value::Timestamp(row.call_time),
        _ => Value::Text(row.id.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_the_names_of_their_numbers() {
        for code in 0..=16 {
            let code = tonic::Code::from_i32(code);
            // The library writes NotFound where the wire's name is NOT_FOUND.
            let plain = code_name(code).replace('_', "").to_lowercase();
            assert_eq!(plain, format!("{code:?}").to_lowercase());
        }
    }

    #[test]
    fn the_moment_of_a_record_is_read_from_its_id() {
        let clock = rapport_clock::ManualClock::at("2026-03-01T12:00:00.123456Z".parse().unwrap()).clock();
        let call = clock.new_id();
        let expected = clock.now().as_millisecond() * 1_000;
        assert_eq!(moment_of(&format!("{call}.change")), Some(expected));
        assert_eq!(moment_of(&format!("{call}.answer")), Some(expected));
        for other in [
            call.to_string(),
            format!("{call}.other"),
            "x.change".to_owned(),
            String::new(),
        ] {
            assert_eq!(moment_of(&other), None, "{other:?}");
        }
    }
}
