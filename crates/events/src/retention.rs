//! How long what is left of events is kept: rows of the outbox after they were relayed, and the inbox.
//!
//! A row of the outbox stays as long as its event stays in the stream of a broker (R): for so long a broker that lost
//! its disk can be filled again. An event is delivered at most R after it was published. A refill may publish it again
//! at most R after the first time, and a second refill, of a broker that lost its disk again, R after that: the last
//! delivery is at most 3 R after the first. The inbox knows what was taken for a day longer than that. With one process
//! and no broker, events are delivered again only until their rows are marked.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use rapport_clock::Clock;
use rapport_status::Result;
use rapport_storage::{
    Store, Stored as _, rows,
    tables::{consumed_event, outbox},
};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _};
use uuid::Uuid;

use crate::{EventOptions, outbox::BATCH, running::Stopping};

/// Time between two purges.
const BETWEEN: Duration = Duration::from_mins(1);

/// How much longer the inbox remembers than the last delivery can come: clocks differ, and consumers stand still.
const MARGIN_HOURS: i64 = 24;

/// How long rows are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Rows of the outbox, after they were relayed.
    pub relayed: SignedDuration,
    /// Rows of the inbox, after the event was taken.
    pub taken: SignedDuration,
}

/// What a purge deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// Rows of the outbox.
    pub relayed: u64,
    /// Rows of the inbox.
    pub taken: u64,
}

impl Retention {
    /// The retention that belongs to a stream.
    pub fn of(options: &EventOptions) -> Self {
        let hours = i64::from(options.retention_hours);
        Self {
            relayed: SignedDuration::from_hours(hours),
            taken: SignedDuration::from_hours(3 * hours + MARGIN_HOURS),
        }
    }

    /// Deletes what is older, in bounded batches. Events that wait are never deleted, however old they are.
    pub async fn purge(&self, store: &Store, now: Timestamp) -> Result<Purged> {
        let mut purged = Purged::default();
        loop {
            let relayed = purge_outbox(store, before(now, self.relayed)).await?;
            let taken = purge_inbox(store, before(now, self.taken)).await?;
            purged.relayed += relayed;
            purged.taken += taken;
            if relayed < BATCH && taken < BATCH {
                return Ok(purged);
            }
        }
    }
}

fn before(now: Timestamp, age: SignedDuration) -> i64 {
    now.checked_sub(age).unwrap_or(Timestamp::MIN).as_microsecond()
}

async fn purge_outbox(store: &Store, moment: i64) -> Result<u64> {
    let sequences: Vec<i64> = outbox::Entity::find()
        .select_only()
        .column(outbox::Column::Sequence)
        .filter(outbox::Column::RelayedAt.lt(moment))
        .order_by_asc(outbox::Column::RelayedAt)
        .limit(BATCH)
        .into_tuple()
        .all(store.read())
        .await
        .stored("read what was relayed")?;
    if sequences.is_empty() {
        return Ok(0);
    }
    let sequences = &sequences;
    store
        .write("purge_outbox", |transaction| async move {
            let connection = transaction.connection();
            outbox::Entity::delete_many()
                .filter(rows::among(
                    connection,
                    outbox::Column::Sequence,
                    sequences.iter().copied(),
                ))
                // One that is to be relayed again meanwhile stays.
                .filter(outbox::Column::RelayedAt.is_not_null())
                .exec(connection)
                .await
                .stored("purge the outbox")?;
            transaction.commit(()).await
        })
        .await?;
    Ok(sequences.len() as u64)
}

async fn purge_inbox(store: &Store, moment: i64) -> Result<u64> {
    let taken: Vec<(String, String, Uuid)> = consumed_event::Entity::find()
        .select_only()
        .columns([
            consumed_event::Column::Tenant,
            consumed_event::Column::Consumer,
            consumed_event::Column::EventId,
        ])
        .filter(consumed_event::Column::ConsumedAt.lt(moment))
        .order_by_asc(consumed_event::Column::ConsumedAt)
        .limit(BATCH)
        .into_tuple()
        .all(store.read())
        .await
        .stored("read the inbox")?;
    if taken.is_empty() {
        return Ok(0);
    }
    // The few tenants and consumers narrow the search to the beginning of the key.
    let mut ids: BTreeMap<(&str, &str), Vec<Uuid>> = BTreeMap::new();
    for (tenant, consumer, id) in &taken {
        ids.entry((tenant, consumer)).or_default().push(*id);
    }
    let ids = &ids;
    store
        .write("purge_inbox", |transaction| async move {
            let connection = transaction.connection();
            for ((tenant, consumer), ids) in ids {
                consumed_event::Entity::delete_many()
                    .filter(consumed_event::Column::Tenant.eq(*tenant))
                    .filter(consumed_event::Column::Consumer.eq(*consumer))
                    .filter(rows::among(
                        connection,
                        consumed_event::Column::EventId,
                        ids.iter().copied(),
                    ))
                    .exec(connection)
                    .await
                    .stored("purge the inbox")?;
            }
            transaction.commit(()).await
        })
        .await?;
    Ok(taken.len() as u64)
}

/// Purges a store from time to time, in one process at a time.
pub(crate) async fn run(store: Store, retention: Retention, clock: Clock, mut stopping: Stopping) {
    while !stopping.is_told() {
        if let Err(error) = purge_once(&store, retention, &clock).await {
            tracing::warn!(
                error = error.chain(),
                "old events could not be purged; tried again in a minute"
            );
        }
        stopping.rest(BETWEEN).await;
    }
}

async fn purge_once(store: &Store, retention: Retention, clock: &Clock) -> Result<()> {
    let Some(duty) = store.duties().take("events.purge").await? else {
        return Ok(());
    };
    let outcome = retention.purge(store, clock.now()).await;
    duty.release().await;
    let purged = outcome?;
    if purged != Purged::default() {
        tracing::info!(
            relayed = purged.relayed,
            taken = purged.taken,
            "old events were purged"
        );
    }
    Ok(())
}
