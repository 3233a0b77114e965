//! Events that a consumer could not take: kept with the reason, for a person to look at and to send again.

use jiff::Timestamp;
use rapport_clock::Clock;
use rapport_status::{Error, Result};
use rapport_storage::{Store, Stored as _, tables::dead_letter};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, Condition, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

use crate::{Consumer, Event};

/// An event that a consumer could not take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Who could not take it.
    pub consumer: String,
    /// What could not be taken.
    pub event: Event,
    /// Why.
    pub reason: String,
    /// When it was tried last.
    pub failed_at: Timestamp,
    /// When it was asked to be sent again; none when it was not, or when that failed.
    pub replay_requested_at: Option<Timestamp>,
}

/// Which dead letters are meant: those for which all that is given holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// Of this consumer.
    pub consumer: Option<String>,
    /// Of these events; empty: of any.
    pub events: Vec<Uuid>,
}

impl Choice {
    fn condition(&self) -> Condition {
        Condition::all()
            .add_option(
                self.consumer
                    .as_ref()
                    .map(|consumer| dead_letter::Column::Consumer.eq(consumer)),
            )
            .add_option(
                (!self.events.is_empty())
                    .then(|| dead_letter::Column::EventId.is_in(self.events.iter().copied())),
            )
    }
}

/// Number of the chosen dead letters.
pub async fn count(store: &Store, choice: &Choice) -> Result<u64> {
    dead_letter::Entity::find()
        .filter(choice.condition())
        .count(store.read())
        .await
        .stored("count dead letters")
}

/// The chosen dead letters, oldest failure first.
pub async fn list(store: &Store, choice: &Choice, most: u64) -> Result<Vec<DeadLetter>> {
    read(store, choice.condition(), most).await
}

/// Asks for the chosen dead letters to be sent to their consumers again, oldest failure first; the running service does
/// it. Gives the events that were asked for.
pub async fn request_replay(
    store: &Store,
    choice: &Choice,
    most: u64,
    now: Timestamp,
) -> Result<Vec<DeadLetter>> {
    let not_yet = choice
        .condition()
        .add(dead_letter::Column::ReplayRequestedAt.is_null());
    let letters = read(store, not_yet, most).await?;
    let requested = &letters;
    store
        .write("request_replay", |transaction| async move {
            for letter in requested {
                dead_letter::Entity::update_many()
                    .col_expr(
                        dead_letter::Column::ReplayRequestedAt,
                        Expr::val(now.as_microsecond()),
                    )
                    .filter(is_row_of(&letter.consumer, &letter.event))
                    .exec(transaction.connection())
                    .await
                    .stored("ask for a dead letter again")?;
            }
            transaction.commit(()).await
        })
        .await?;
    Ok(letters)
}

/// Dead letters of a consumer that were asked for, in the order in which their events happened.
pub(crate) async fn requested(store: &Store, consumer: &str, most: u64) -> Result<Vec<DeadLetter>> {
    let condition = Condition::all()
        .add(dead_letter::Column::Consumer.eq(consumer))
        .add(dead_letter::Column::ReplayRequestedAt.is_not_null());
    let rows = dead_letter::Entity::find()
        .filter(condition)
        .order_by_asc(dead_letter::Column::OccurredAt)
        .order_by_asc(dead_letter::Column::EventId)
        .limit(most)
        .all(store.read())
        .await
        .stored("read dead letters")?;
    Ok(rows.into_iter().map(from_row).collect())
}

/// Removes a dead letter whose event was taken after all.
pub(crate) async fn remove(store: &Store, letter: &DeadLetter) -> Result<()> {
    store
        .write("remove_dead_letter", |transaction| async move {
            dead_letter::Entity::delete_many()
                .filter(is_row_of(&letter.consumer, &letter.event))
                .exec(transaction.connection())
                .await
                .stored("remove a dead letter")?;
            transaction.commit(()).await
        })
        .await
}

/// Keeps an event that a consumer refused.
pub(crate) async fn keep(consumer: &dyn Consumer, event: &Event, error: &Error, clock: &Clock) -> Result<()> {
    tracing::error!(
        consumer = consumer.name(),
        event = %event.id,
        topic = event.topic,
        error = error.chain(),
        "an event could not be taken; it was put with the dead letters"
    );
    let row = row(consumer, event, error, clock);
    let row = &row;
    consumer
        .store()
        .write("keep_dead_letter", |transaction| async move {
            dead_letter::Entity::insert(row.clone())
                .on_conflict(again())
                .exec_without_returning(transaction.connection())
                .await
                .stored("keep a dead letter")?;
            transaction.commit(()).await
        })
        .await
}

async fn read(store: &Store, condition: Condition, most: u64) -> Result<Vec<DeadLetter>> {
    let rows = dead_letter::Entity::find()
        .filter(condition)
        .order_by_asc(dead_letter::Column::FailedAt)
        .order_by_asc(dead_letter::Column::EventId)
        .limit(most)
        .all(store.read())
        .await
        .stored("read dead letters")?;
    Ok(rows.into_iter().map(from_row).collect())
}

fn is_row_of(consumer: &str, event: &Event) -> Condition {
    Condition::all()
        .add(dead_letter::Column::Tenant.eq(&event.tenant))
        .add(dead_letter::Column::Consumer.eq(consumer))
        .add(dead_letter::Column::EventId.eq(event.id))
}

fn row(consumer: &dyn Consumer, event: &Event, error: &Error, clock: &Clock) -> dead_letter::ActiveModel {
    dead_letter::ActiveModel {
        tenant: Set(event.tenant.clone()),
        consumer: Set(consumer.name().to_owned()),
        event_id: Set(event.id),
        key: Set(event.key.clone()),
        topic: Set(event.topic.clone()),
        payload: Set(event.payload.clone()),
        occurred_at: Set(event.occurred_at.as_microsecond()),
        reason: Set(error.chain()),
        failed_at: Set(clock.now().as_microsecond()),
        trace_parent: Set(event.trace_parent.clone()),
        replay_requested_at: Set(None),
    }
}

fn from_row(row: dead_letter::Model) -> DeadLetter {
    let moment = |micros| Timestamp::from_microsecond(micros).unwrap_or_default();
    DeadLetter {
        consumer: row.consumer,
        event: Event {
            id: row.event_id,
            tenant: row.tenant,
            key: row.key,
            topic: row.topic,
            payload: row.payload,
            occurred_at: moment(row.occurred_at),
            trace_parent: row.trace_parent,
        },
        reason: row.reason,
        failed_at: moment(row.failed_at),
        replay_requested_at: row.replay_requested_at.map(moment),
    }
}

/// The same event that fails again has a new reason and time, and waits to be asked for again.
fn again() -> OnConflict {
    OnConflict::columns([
        dead_letter::Column::Tenant,
        dead_letter::Column::Consumer,
        dead_letter::Column::EventId,
    ])
    .update_columns([
        dead_letter::Column::Reason,
        dead_letter::Column::FailedAt,
        dead_letter::Column::ReplayRequestedAt,
    ])
    .to_owned()
}
