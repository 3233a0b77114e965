//! Follows the purchases of the service: the lifecycle stage of their customers moves with them.

use std::collections::BTreeMap;

use rapport_contract::profile::v1::PurchaseRecorded;
use rapport_events::{Consumer, Event, inbox};
use rapport_status::Error;
use rapport_storage::Store;

use crate::{
    domain::purchase::PurchaseKey,
    store,
    usecase::{Ports, evaluate},
};

/// Values customers again after their purchases.
#[derive(Debug)]
pub(crate) struct StageFollower {
    /// What it works with.
    pub ports: Ports,
}

const NAME: &str = "profile.stage_follower";

#[async_trait::async_trait]
impl Consumer for StageFollower {
    fn name(&self) -> &'static str {
        NAME
    }

    fn topics(&self) -> &'static [&'static str] {
        &["rapport.profile.v1.PurchaseRecorded"]
    }

    fn store(&self) -> &Store {
        &self.ports.store
    }

    async fn handle(&self, events: &[Event]) -> Result<(), Error> {
        let ports = &self.ports;
        ports
            .store
            .write("follow_purchases", |transaction| async move {
                let connection = transaction.connection();
                let fresh = inbox::first_deliveries(connection, NAME, events, ports.clock.now()).await?;
                for (tenant, keys) in keys_by_tenant(&fresh)? {
                    let keys: Vec<_> = keys.iter().collect();
                    let arrivals = store::purchases::arrived_under(connection, tenant, &keys).await?;
                    evaluate::revalue(ports, connection, tenant, &arrivals).await?;
                }
                transaction.commit(()).await
            })
            .await
    }
}

/// The keys of the purchases that events tell of.
fn keys_by_tenant<'e>(events: &[&'e Event]) -> Result<BTreeMap<&'e str, Vec<PurchaseKey>>, Error> {
    let mut keys: BTreeMap<&str, Vec<PurchaseKey>> = BTreeMap::new();
    for event in events {
        let message: PurchaseRecorded = event.message()?;
        keys.entry(event.tenant.as_str()).or_default().push(PurchaseKey {
            source: message.source,
            id: message.source_id,
        });
    }
    Ok(keys)
}
