//! How much waits in an outbox, and for how long, for whoever watches.

use std::time::Duration;

use rapport_clock::Clock;
use rapport_storage::Store;
use rapport_telemetry::metrics;

use crate::{outbox, running::Stopping};

/// How often it is looked.
const LOOK: Duration = Duration::from_secs(10);

/// Tells what waits in the outbox of a store, again and again. Where nobody asks for metrics, it ends at once.
pub(crate) async fn run(store: Store, clock: Clock, mut stopping: Stopping) {
    while metrics::are_on() && !stopping.is_told() {
        match outbox::backlog(&store).await {
            Ok(backlog) => {
                let age = backlog.oldest.map(|oldest| clock.now().duration_since(oldest));
                let age = age
                    .and_then(|age| Duration::try_from(age).ok())
                    .unwrap_or_default();
                metrics::outbox_waits(store.location().service(), backlog.events, age);
            }
            // What is told stays away then, and those who have to write say what is wrong.
            Err(error) => tracing::debug!(error = error.chain(), "the outbox cannot be looked at"),
        }
        stopping.rest(LOOK).await;
    }
}
