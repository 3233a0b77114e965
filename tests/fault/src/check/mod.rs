//! What must hold when everything is over.

mod compare;
mod expected;
mod seen;
mod verified;

use std::time::{Duration, Instant};

use crate::{cluster::Cluster, services::Clients, work::Finished};
use expected::Expected;
pub(crate) use seen::movements;

/// How long events may take to have had all their effects after the last fault.
pub(crate) const SETTLING: Duration = Duration::from_mins(2);

/// How long everything must stay right: an effect that comes twice comes late.
const STAYS: Duration = Duration::from_secs(2);

/// Differences told at most.
const MOST_TOLD: usize = 40;

/// Waits until everything that was acknowledged has had its effects, and tells what does not hold then.
pub(crate) async fn check(
    cluster: &Cluster,
    clients: &Clients,
    finished: &Finished,
    settling: Duration,
) -> Vec<String> {
    let expected = Expected::of(&finished.operations);
    let begun = Instant::now();
    let mut differences = loop {
        let differences = compare::all(clients, &expected).await;
        if differences.is_empty() || begun.elapsed() > settling {
            break differences;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    };
    if differences.is_empty() {
        tokio::time::sleep(STAYS).await;
        differences = compare::all(clients, &expected).await;
    }
    differences.extend(verified::by_the_services(clients).await);
    differences.extend(verified::in_the_databases(cluster));
    differences.extend(verified::in_the_logs(cluster));
    if differences.len() > MOST_TOLD {
        let more = differences.len() - MOST_TOLD;
        differences.truncate(MOST_TOLD);
        differences.push(format!("and {more} more"));
    }
    differences
}
