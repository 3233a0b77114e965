//! Events that wait to be relayed: written in the transaction of the change that they tell of.

use jiff::Timestamp;
use prost::{Message, Name};
use rapport_clock::Clock;
use rapport_status::Result;
use rapport_storage::{rows::insert, tables::outbox};
use sea_orm::{ActiveValue::Set, ConnectionTrait};

use crate::Event;

/// Makes the event of a message.
pub fn event<M: Message + Name>(clock: &Clock, tenant: &str, key: &str, message: &M) -> Event {
    Event {
        id: clock.new_id(),
        tenant: tenant.to_owned(),
        key: key.to_owned(),
        topic: M::full_name(),
        payload: message.encode_to_vec(),
        occurred_at: clock.now(),
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
            ..Default::default()
        })
        .collect()
}

pub(crate) fn from_row(row: outbox::Model) -> Event {
    Event {
        id: row.event_id,
        tenant: row.tenant,
        key: row.key,
        topic: row.topic,
        payload: row.payload,
        occurred_at: Timestamp::from_microsecond(row.occurred_at).unwrap_or_default(),
    }
}
