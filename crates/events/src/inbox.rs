//! What a consumer has taken: recorded in the transaction of the effect.

use std::collections::HashSet;

use jiff::Timestamp;
use rapport_status::Result;
use rapport_storage::{Stored as _, rows_per_statement, tables::consumed_event};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use crate::Event;

const COLUMNS: usize = 4;

/// Records events as taken by a consumer, and gives back those that it had not taken before, in their order.
pub async fn first_deliveries<'e>(
    connection: &impl ConnectionTrait,
    consumer: &str,
    events: &'e [Event],
    now: Timestamp,
) -> Result<Vec<&'e Event>> {
    let mut taken = HashSet::new();
    for chunk in events.chunks(rows_per_statement(1) - 1) {
        // Event ids are unique over all tenants; the tenants narrow the search to the key's beginning.
        let tenants: HashSet<&str> = chunk.iter().map(|event| event.tenant.as_str()).collect();
        for tenant in tenants {
            let ids = chunk
                .iter()
                .filter(|event| event.tenant == tenant)
                .map(|event| event.id);
            let rows: Vec<Uuid> = consumed_event::Entity::find()
                .select_only()
                .column(consumed_event::Column::EventId)
                .filter(consumed_event::Column::Tenant.eq(tenant))
                .filter(consumed_event::Column::Consumer.eq(consumer))
                .filter(consumed_event::Column::EventId.is_in(ids))
                .into_tuple()
                .all(connection)
                .await
                .stored("read consumed events")?;
            taken.extend(rows);
        }
    }
    // A batch may hold the same event twice: the second is no first delivery either.
    let fresh: Vec<&Event> = events.iter().filter(|event| taken.insert(event.id)).collect();
    record(connection, consumer, &fresh, now).await?;
    Ok(fresh)
}

async fn record(
    connection: &impl ConnectionTrait,
    consumer: &str,
    events: &[&Event],
    now: Timestamp,
) -> Result<()> {
    for chunk in events.chunks(rows_per_statement(COLUMNS)) {
        let rows = chunk.iter().map(|event| consumed_event::ActiveModel {
            tenant: Set(event.tenant.clone()),
            consumer: Set(consumer.to_owned()),
            event_id: Set(event.id),
            consumed_at: Set(now.as_microsecond()),
        });
        consumed_event::Entity::insert_many(rows)
            .exec_without_returning(connection)
            .await
            .stored("record consumed events")?;
    }
    Ok(())
}
