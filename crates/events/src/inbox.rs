//! What a consumer has taken: recorded in the transaction of the effect.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use rapport_status::Result;
use rapport_storage::{Stored as _, rows, tables::consumed_event};
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QuerySelect as _};
use uuid::Uuid;

use crate::Event;

/// Records events as taken by a consumer, and gives back those that it had not taken before, in their order.
///
/// When another transaction takes one of them at the same moment, the unique key ends this one with a conflict; run
/// again, it sees what the other took.
pub async fn first_deliveries<'e>(
    connection: &impl ConnectionTrait,
    consumer: &str,
    events: &'e [Event],
    now: Timestamp,
) -> Result<Vec<&'e Event>> {
    // Event ids are unique over all tenants; the tenants narrow the search to the key's beginning.
    let mut by_tenant: BTreeMap<&str, Vec<Uuid>> = BTreeMap::new();
    for event in events {
        by_tenant.entry(&event.tenant).or_default().push(event.id);
    }
    let mut taken: HashSet<Uuid> = HashSet::new();
    for (tenant, ids) in by_tenant {
        let known: Vec<Uuid> = consumed_event::Entity::find()
            .select_only()
            .column(consumed_event::Column::EventId)
            .filter(consumed_event::Column::Tenant.eq(tenant))
            .filter(consumed_event::Column::Consumer.eq(consumer))
            .filter(rows::among(connection, consumed_event::Column::EventId, ids))
            .into_tuple()
            .all(connection)
            .await
            .stored("read consumed events")?;
        taken.extend(known);
    }
    // A batch may hold the same event twice: the second is no first delivery either.
    let fresh: Vec<&Event> = events.iter().filter(|event| taken.insert(event.id)).collect();
    let mut records: Vec<_> = fresh
        .iter()
        .map(|event| consumed_event::Model {
            tenant: event.tenant.clone(),
            consumer: consumer.to_owned(),
            event_id: event.id,
            consumed_at: now.as_microsecond(),
        })
        .collect();
    // In the order of the key: two that take the same events wait for each other, and never in a circle.
    records
        .sort_unstable_by(|left, right| (&left.tenant, left.event_id).cmp(&(&right.tenant, right.event_id)));
    rows::insert::<consumed_event::Entity>(connection, "record consumed events", records).await?;
    Ok(fresh)
}
