//! Events that a consumer could not take: kept with the reason, for a person to look at and to send again.

use rapport_clock::Clock;
use rapport_status::{Error, Result};
use rapport_storage::{Stored as _, tables::dead_letter};
use sea_orm::{ActiveValue::Set, EntityTrait as _, sea_query::OnConflict};

use crate::{Consumer, Event};

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
        trace_parent: Set(None),
    }
}

/// The same event that fails again has a new reason and time.
fn again() -> OnConflict {
    OnConflict::columns([
        dead_letter::Column::Tenant,
        dead_letter::Column::Consumer,
        dead_letter::Column::EventId,
    ])
    .update_columns([dead_letter::Column::Reason, dead_letter::Column::FailedAt])
    .to_owned()
}
