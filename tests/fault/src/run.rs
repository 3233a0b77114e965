//! One run: clients work, faults happen, and then everything is looked at.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use rapport_testkit::Random;

use crate::{
    check::{SETTLING, check},
    cluster::Cluster,
    faults::{self, Plan},
    services::{Clients, documented_policy},
    work::{Driver, Finished, again, prepare},
};

/// Clients that work at the same time.
const CLIENTS: usize = 8;

/// How long an operation of which nobody knows the outcome is tried again when everything is healed.
const DECIDING: Duration = Duration::from_mins(1);

/// What to do.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many times faults happen.
    pub cycles: usize,
    /// The same seed gives the same faults and the same wishes of clients, though not the same order of everything.
    pub seed: u64,
    /// The folder of the programs; those that cargo builds now when it is left out.
    pub programs: Option<PathBuf>,
}

/// What came of it.
#[derive(Debug)]
pub struct Verdict {
    /// In one line.
    pub line: String,
    /// What does not hold; empty when all is well.
    pub differences: Vec<String>,
    /// Where the logs are, when something does not hold.
    pub logs: Option<String>,
}

/// Runs the suite under faults. Must be called on a thread that outlives it, such as that of `main` or of a test.
pub async fn run(options: Options) -> Verdict {
    let begun = Instant::now();
    let mut worked = work(&options).await;
    let found = worked.check(SETTLING).await;
    worked.differences.extend(found);
    worked.verdict(&options, begun.elapsed())
}

/// Runs the suite under faults, and then does wrong to its data on purpose, in one way after the other. Gives the verdict
/// of before, and what was found after each: a check that never finds anything proves nothing.
pub async fn run_and_spoil(options: Options) -> (Verdict, Vec<Spoiled>) {
    let begun = Instant::now();
    let mut worked = work(&options).await;
    let mut known = worked.check(SETTLING).await;
    worked.differences.extend(known.clone());
    let mut spoiled = Vec::new();
    for spoil in SPOILS {
        worked.cluster.rows(spoil.service, spoil.sql);
        let found = worked.check(Duration::ZERO).await;
        spoiled.push(Spoiled {
            what: spoil.what,
            differences: found
                .iter()
                .filter(|found| !known.contains(found))
                .cloned()
                .collect(),
        });
        known = found;
    }
    (worked.verdict(&options, begun.elapsed()), spoiled)
}

/// A wrong that was done to the data, and what was found of it.
#[derive(Debug)]
pub struct Spoiled {
    /// What was done.
    pub what: &'static str,
    /// What does not hold that held before.
    pub differences: Vec<String>,
}

/// A wrong that can be done to the data.
struct Spoil {
    what: &'static str,
    service: &'static str,
    sql: &'static str,
}

/// What a fault could do: an acknowledged operation is lost, an effect is lost or comes twice.
const SPOILS: [Spoil; 5] = [
    Spoil {
        what: "an entry of the ledger is deleted",
        service: "loyalty",
        sql: "DELETE FROM ledger_entry WHERE ctid = (SELECT MIN(ctid) FROM ledger_entry)",
    },
    Spoil {
        what: "a member's balance is a point too high",
        service: "loyalty",
        sql: "UPDATE member SET available_points = available_points + 1 \
              WHERE ctid = (SELECT MIN(ctid) FROM member WHERE available_points > 0)",
    },
    Spoil {
        what: "a purchase is deleted",
        service: "profile",
        sql: "DELETE FROM purchase WHERE ctid = (SELECT MIN(ctid) FROM purchase)",
    },
    Spoil {
        what: "a set of answers is deleted",
        service: "feedback",
        sql: "DELETE FROM answer_set WHERE ctid = (SELECT MIN(ctid) FROM answer_set)",
    },
    Spoil {
        what: "a score is counted twice",
        service: "satisfaction",
        sql: "UPDATE metric_rollup SET answers = answers + 1 \
              WHERE ctid = (SELECT MIN(ctid) FROM metric_rollup)",
    },
];

/// What the clients did while faults happened.
struct Worked {
    cluster: Cluster,
    clients: Clients,
    finished: Finished,
    differences: Vec<String>,
}

async fn work(options: &Options) -> Worked {
    let (cycles, seed) = (options.cycles, options.seed);
    println!("seed {seed}, {cycles} cycles");
    let begun = Instant::now();
    let mut random = Random::new(seed);
    let mut cluster = Cluster::start(options.programs.as_deref()).await;
    let clients = Clients::at(&cluster.addresses(), documented_policy());
    prepare(&clients).await;
    println!("the suite serves after {:.1} s", begun.elapsed().as_secs_f64());

    let driver = Driver::start(&clients, CLIENTS, &mut random);
    let mut plan = Plan::default();
    let mut differences = Vec::new();
    for cycle in 1..=cycles {
        let faults = plan.next(&mut random, cluster.replicas.len());
        let told: Vec<_> = faults.iter().map(|fault| fault.describe(&cluster)).collect();
        faults::cycle(&mut cluster, &faults, &mut random).await;
        differences.extend(cluster.ended_by_themselves());
        let (acknowledged, failed) = driver.counts();
        println!(
            "cycle {cycle:>3} of {cycles}, {:>4.0} s: {acknowledged} operations acknowledged or refused, {failed} not; {}",
            begun.elapsed().as_secs_f64(),
            told.join(" and ")
        );
    }
    let mut finished = driver.finish().await;
    cluster.heal().await;
    let undecided = decide(&clients, &mut finished).await;
    differences.append(&mut finished.violations);
    differences.extend(undecided);
    differences.extend(cluster.ended_by_themselves());
    Worked {
        cluster,
        clients,
        finished,
        differences,
    }
}

/// Carries everything out again that was not acknowledged, in quiet: afterwards each operation is either done or refused.
/// Gives those that are neither.
async fn decide(clients: &Clients, finished: &mut Finished) -> Vec<String> {
    let mut undecided = Vec::new();
    for operation in finished
        .operations
        .iter_mut()
        .filter(|operation| !operation.is_acknowledged())
    {
        let begun = Instant::now();
        loop {
            match again(clients, operation).await {
                Err(violation) => undecided.push(format!("{operation:?}: {violation}")),
                Ok(()) if operation.is_unknown() && begun.elapsed() < DECIDING => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
                Ok(()) if operation.is_unknown() => {
                    undecided.push(format!("nobody knows what became of {operation:?}"));
                }
                Ok(()) => {}
            }
            break;
        }
    }
    undecided
}

impl Worked {
    async fn check(&self, settling: Duration) -> Vec<String> {
        check(&self.cluster, &self.clients, &self.finished, settling).await
    }

    fn verdict(self, options: &Options, elapsed: Duration) -> Verdict {
        let operations = &self.finished.operations;
        let acknowledged = operations
            .iter()
            .filter(|operation| operation.is_acknowledged())
            .count();
        let line = format!(
            "{}: seed {}, {} cycles in {:.0} s, {} operations, {acknowledged} of them acknowledged and there once, {} \
             differences",
            if self.differences.is_empty() {
                "HOLDS"
            } else {
                "DOES NOT HOLD"
            },
            options.seed,
            options.cycles,
            elapsed.as_secs_f64(),
            operations.len(),
            self.differences.len(),
        );
        let logs = (!self.differences.is_empty()).then(|| self.cluster.keep_logs());
        Verdict {
            line,
            differences: self.differences,
            logs,
        }
    }
}
