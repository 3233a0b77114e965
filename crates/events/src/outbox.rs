//! Events that wait to be relayed: written in the transaction of the change that they tell of.
//!
//! After an event was relayed its row stays for a while, so that a broker that lost its disk can be filled again.

use jiff::Timestamp;
use prost::{Message, Name};
use rapport_clock::Clock;
use rapport_status::Result;
use rapport_storage::{
    Store, Stored as _,
    rows::{among, insert},
    tables::outbox,
};
use rapport_telemetry::context::current_trace_parent;
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, FromQueryResult,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, sea_query::Expr,
};

use crate::Event;

/// Rows that one statement marks or deletes at most.
pub(crate) const BATCH: u64 = 5_000;

/// Makes the event of a message. It belongs to the trace that this code runs in.
pub fn event<M: Message + Name>(clock: &Clock, tenant: &str, key: &str, message: &M) -> Event {
    Event {
        id: clock.new_id(),
        tenant: tenant.to_owned(),
        key: key.to_owned(),
        topic: M::full_name(),
        payload: message.encode_to_vec(),
        occurred_at: clock.now(),
        trace_parent: current_trace_parent(),
    }
}

/// Appends events, in their order.
pub async fn append(connection: &impl ConnectionTrait, events: Vec<Event>) -> Result<()> {
    insert::<outbox::Entity>(connection, "append to the outbox", rows(events)).await
}

/// Events as rows, in their order: for those who write them together with others.
pub fn rows(events: Vec<Event>) -> Vec<outbox::ActiveModel> {
    events
        .into_iter()
        .map(|event| outbox::ActiveModel {
            event_id: Set(event.id),
            tenant: Set(event.tenant),
            key: Set(event.key),
            topic: Set(event.topic),
            payload: Set(event.payload),
            occurred_at: Set(event.occurred_at.as_microsecond()),
            trace_parent: Set(event.trace_parent),
            ..Default::default()
        })
        .collect()
}

/// How much waits in an outbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Number of events that wait.
    pub events: u64,
    /// When the one that waits longest happened.
    pub oldest: Option<Timestamp>,
}

/// Looks at what waits in an outbox.
pub async fn backlog(store: &Store) -> Result<Backlog> {
    #[derive(FromQueryResult)]
    struct Found {
        events: i64,
        oldest: Option<i64>,
    }
    let found = outbox::Entity::find()
        .select_only()
        .column_as(outbox::Column::Sequence.count(), "events")
        .column_as(outbox::Column::OccurredAt.min(), "oldest")
        .filter(outbox::Column::RelayedAt.is_null())
        .into_model::<Found>()
        .one(store.read())
        .await
        .stored("count the outbox")?;
    Ok(found.map_or_else(Backlog::default, |found| Backlog {
        events: found.events.unsigned_abs(),
        oldest: found
            .oldest
            .map(|micros| Timestamp::from_microsecond(micros).unwrap_or_default()),
    }))
}

/// Events that were relayed and are to be relayed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refill {
    /// Those relayed at or after a moment.
    Since(Timestamp),
    /// Those relayed before a moment.
    Before(Timestamp),
}

impl Refill {
    fn condition(self) -> Condition {
        let relayed = match self {
            Self::Since(moment) => outbox::Column::RelayedAt.gte(moment.as_microsecond()),
            Self::Before(moment) => outbox::Column::RelayedAt.lt(moment.as_microsecond()),
        };
        Condition::all().add(relayed)
    }
}

/// How many events a refill would relay again.
pub async fn count_refill(store: &Store, refill: Refill) -> Result<u64> {
    outbox::Entity::find()
        .filter(refill.condition())
        .count(store.read())
        .await
        .stored("count what was relayed")
}

/// Has events that were relayed and are still in the outbox relayed again: for a broker that lost its disk. Consumers
/// that took them know them by their ids. Gives the number of events.
///
/// The rows begin to wait again in the order of writing, so that no event of a customer overtakes an earlier one.
pub async fn refill(store: &Store, refill: Refill) -> Result<u64> {
    let mut done = 0;
    let mut after = i64::MIN;
    loop {
        let sequences: Vec<i64> = outbox::Entity::find()
            .select_only()
            .column(outbox::Column::Sequence)
            .filter(refill.condition())
            .filter(outbox::Column::Sequence.gt(after))
            .order_by_asc(outbox::Column::Sequence)
            .limit(BATCH)
            .into_tuple()
            .all(store.read())
            .await
            .stored("read what was relayed")?;
        let Some(last) = sequences.last() else {
            return Ok(done);
        };
        after = *last;
        done += sequences.len() as u64;
        set_relayed_at(store, "refill", &sequences, None).await?;
    }
}

/// An event that waits, with its place in the order of writing.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) sequence: i64,
    pub(crate) event: Event,
}

/// The events that wait longest, in the order of writing.
pub(crate) async fn waiting(store: &Store, most: u64) -> Result<Vec<Waiting>> {
    let rows = outbox::Entity::find()
        .filter(outbox::Column::RelayedAt.is_null())
        .order_by_asc(outbox::Column::Sequence)
        .limit(most)
        .all(store.read())
        .await
        .stored("read the outbox")?;
    Ok(rows
        .into_iter()
        .map(|row| Waiting {
            sequence: row.sequence,
            event: from_row(row),
        })
        .collect())
}

/// Marks exactly the rows that were handed on: another row between them may not have been visible yet.
pub(crate) async fn mark(store: &Store, sequences: &[i64], now: Timestamp) -> Result<()> {
    set_relayed_at(store, "mark_relayed", sequences, Some(now.as_microsecond())).await
}

async fn set_relayed_at(
    store: &Store,
    name: &'static str,
    sequences: &[i64],
    moment: Option<i64>,
) -> Result<()> {
    if sequences.is_empty() {
        return Ok(());
    }
    let to_be_changed = match moment {
        Some(_) => outbox::Column::RelayedAt.is_null(),
        None => outbox::Column::RelayedAt.is_not_null(),
    };
    let to_be_changed = &to_be_changed;
    store
        .write(name, |transaction| async move {
            let connection = transaction.connection();
            // In the order of writing: where several processes relay one outbox for a moment, or without a broker for ever,
            // they wait for each other, and never in a circle. What another one has marked meanwhile is left out.
            let locked: Vec<i64> = outbox::Entity::find()
                .select_only()
                .column(outbox::Column::Sequence)
                .filter(among(
                    connection,
                    outbox::Column::Sequence,
                    sequences.iter().copied(),
                ))
                .filter(to_be_changed.clone())
                .order_by_asc(outbox::Column::Sequence)
                .lock_exclusive()
                .into_tuple()
                .all(connection)
                .await
                .stored("lock rows of the outbox")?;
            outbox::Entity::update_many()
                .col_expr(outbox::Column::RelayedAt, Expr::val(moment))
                .filter(among(connection, outbox::Column::Sequence, locked))
                .exec(connection)
                .await
                .stored("mark the outbox")?;
            transaction.commit(()).await
        })
        .await
}

fn from_row(row: outbox::Model) -> Event {
    Event {
        id: row.event_id,
        tenant: row.tenant,
        key: row.key,
        topic: row.topic,
        payload: row.payload,
        occurred_at: Timestamp::from_microsecond(row.occurred_at).unwrap_or_default(),
        trace_parent: row.trace_parent,
    }
}
