//! Replicas are replaced in turn, as a new release does it, while clients work.

use std::time::{Duration, Instant};

use crate::{
    check::check,
    cluster::Cluster,
    random::Random,
    services::Clients,
    work::{Driver, prepare},
};

/// Clients that work at the same time.
const CLIENTS: usize = 8;

/// How long a replica may take to end: its grace period and what it drains after it.
const GRACE: Duration = Duration::from_secs(20);

/// What came of replacing every replica.
#[derive(Debug)]
pub struct Replaced {
    /// Operations that the clients carried out.
    pub operations: usize,
    /// Operations that failed although the client did what it is told to: there must be none.
    pub failed: Vec<String>,
    /// Replicas that did not end in order, with what they ended with.
    pub disorder: Vec<String>,
    /// How long the slowest took to end.
    pub slowest_end: Duration,
    /// What does not hold afterwards.
    pub differences: Vec<String>,
}

/// Replaces each replica of each service: it is told to end, ends, and another takes its place before the next is told.
pub async fn replace_all(seed: u64) -> Replaced {
    let mut random = Random::new(seed);
    let mut cluster = Cluster::start(None).await;
    let clients = Clients::at(&cluster.addresses());
    prepare(&clients).await;
    let driver = Driver::start(&clients, CLIENTS, &mut random);
    let (mut disorder, mut slowest_end) = (Vec::new(), Duration::ZERO);
    for replica in &mut cluster.replicas {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let begun = Instant::now();
        match replica.process.terminate(GRACE).await {
            Ok(status) if status.success() => {}
            Ok(status) => disorder.push(format!("{} ended with {status}", replica.process.label())),
            Err(problem) => disorder.push(problem),
        }
        slowest_end = slowest_end.max(begun.elapsed());
        replica.start().await;
        replica.ready().await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut finished = driver.finish().await;
    let mut failed = std::mem::take(&mut finished.violations);
    failed.extend(
        finished
            .operations
            .iter()
            .filter(|operation| operation.is_unknown())
            .map(|operation| format!("{operation:?}")),
    );
    let differences = check(&cluster, &clients, &finished).await;
    Replaced {
        operations: finished.operations.len(),
        failed,
        disorder,
        slowest_end,
        differences,
    }
}
