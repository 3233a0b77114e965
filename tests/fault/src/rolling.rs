//! Replicas are told to end while clients work: one, and all in turn, as a new release does it.

use std::{
    path::Path,
    process::ExitStatus,
    time::{Duration, Instant},
};

use rapport_testkit::Random;

use crate::{
    check::{SETTLING, check, movements},
    cluster::Cluster,
    services::{Clients, SERVICES, documented_policy, one_attempt},
    work::{Driver, Work, member, perform, prepare},
};

/// Clients that work at the same time.
const CLIENTS: usize = 8;

/// How long a replica may take to end until the test gives up: longer than it ought to, so that it can be told.
const GRACE: Duration = Duration::from_secs(30);

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
/// The programs are those of a folder, or those that cargo builds now.
pub async fn replace_all(seed: u64, programs: Option<&Path>) -> Replaced {
    let mut random = Random::new(seed);
    let mut cluster = Cluster::start(programs).await;
    let clients = Clients::at(&cluster.addresses(), documented_policy());
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
        println!(
            "{} ended after {:.1} s",
            replica.process.label(),
            begun.elapsed().as_secs_f64()
        );
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
    let differences = check(&cluster, &clients, &finished, SETTLING).await;
    Replaced {
        operations: finished.operations.len(),
        failed,
        disorder,
        slowest_end,
        differences,
    }
}

/// What came of telling one busy replica to end.
#[derive(Debug)]
pub struct Ended {
    /// Calls that were answered.
    pub answered: usize,
    /// Calls that failed: the replica did not take them any more.
    pub failed: usize,
    /// Calls that failed although they were carried out: there must be none.
    pub broken_off: Vec<String>,
    /// What the replica ended with.
    pub status: ExitStatus,
    /// How long it took to end.
    pub took: Duration,
}

/// Tells a replica of the loyalty service to end while callers who know no other replica, and try nothing twice, keep it
/// busy.
pub async fn end_under_load(programs: Option<&Path>) -> Ended {
    let mut cluster = Cluster::start(programs).await;
    let all = Clients::at(&cluster.addresses(), documented_policy());
    prepare(&all).await;
    let place = cluster.replicas.len() - 1;
    let only = format!(
        "http://{}",
        cluster.replicas[place].process.address().expect("it runs")
    );
    let one = Clients::at(&SERVICES.map(|_| only.clone()), one_attempt());
    let callers: Vec<_> = (0..CLIENTS * 2)
        .map(|caller| tokio::spawn(earn_until_it_ends(one.clone(), caller)))
        .collect();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let begun = Instant::now();
    let status = cluster.replicas[place]
        .process
        .terminate(GRACE)
        .await
        .unwrap_or_else(|problem| panic!("{problem}"));
    let took = begun.elapsed();
    let (mut answered, mut failed) = (Vec::new(), Vec::new());
    for caller in callers {
        let (of_caller, failure) = caller.await.expect("a caller does not panic");
        answered.extend(of_caller);
        failed.push(failure);
    }
    let carried_out = movements(&all, &member(0))
        .await
        .expect("the other replica answers");
    let lost = answered.iter().filter(|id| !carried_out.contains_key(*id));
    let broken_off = failed.iter().filter(|id| carried_out.contains_key(*id));
    Ended {
        answered: answered.len(),
        failed: failed.len(),
        broken_off: lost
            .map(|id| format!("{id} was answered and is not there"))
            .chain(broken_off.map(|id| format!("{id} failed and is there")))
            .collect(),
        status,
        took,
    }
}

/// Earns points until a call fails. Gives the ids of the calls that were answered, and of the one that failed.
async fn earn_until_it_ends(clients: Clients, caller: usize) -> (Vec<String>, String) {
    let work = Work::Earn { member: 0, points: 1 };
    let mut answered = Vec::new();
    loop {
        let id = format!("e{caller}-{}", answered.len());
        match perform(&clients, &id, &work).await {
            Ok(_) => answered.push(id),
            Err(_) => return (answered, id),
        }
    }
}
