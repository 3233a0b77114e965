//! Takes the events that tell of answer sets.

use std::collections::BTreeMap;

use rapport_clock::Clock;
use rapport_events::{Consumer, Event, inbox};
use rapport_status::Result;
use rapport_storage::Store;

use super::scored;
use crate::{domain::answer_set::Revision, usecase::answers};

/// Names the consumer in the inbox, for ever.
const NAME: &str = "satisfaction.answers";

/// Takes scored and deleted answer sets: each batch in one transaction.
#[derive(Debug)]
pub struct Answers {
    store: Store,
    clock: Clock,
}

impl Answers {
    /// A consumer that stores in a store.
    pub(crate) const fn new(store: Store, clock: Clock) -> Self {
        Self { store, clock }
    }
}

#[async_trait::async_trait]
impl Consumer for Answers {
    fn name(&self) -> &'static str {
        NAME
    }

    fn topics(&self) -> &'static [&'static str] {
        &[scored::SCORED, scored::DELETED]
    }

    fn store(&self) -> &Store {
        &self.store
    }

    async fn handle(&self, events: &[Event]) -> Result<()> {
        let now = self.clock.now();
        self.store
            .write("take_answers", |transaction| async move {
                let connection = transaction.connection();
                let events = inbox::first_deliveries(connection, NAME, events, now).await?;
                for (tenant, revisions) in by_tenant(&events)? {
                    answers::take(connection, tenant, revisions).await?;
                }
                transaction.commit(()).await
            })
            .await
    }
}

fn by_tenant<'e>(events: &[&'e Event]) -> Result<BTreeMap<&'e str, Vec<Revision>>> {
    let mut by_tenant: BTreeMap<&str, Vec<Revision>> = BTreeMap::new();
    for event in events {
        by_tenant
            .entry(event.tenant.as_str())
            .or_default()
            .push(scored::revision(event)?);
    }
    Ok(by_tenant)
}
