//! What is done to the suite.

use std::{fmt, time::Duration};

use rapport_testkit::Random;

use crate::cluster::Cluster;

/// One kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    KillReplica,
    KillDatabase,
    KillBroker,
    CutDatabase,
    StallDatabase,
    BreakDatabase,
    CutBroker,
    StallBroker,
    CutCalls,
    StallCalls,
    RefuseCalls,
    BreakCalls,
}

/// Every kind, those that end processes twice.
const KINDS: [Kind; 15] = [
    Kind::KillReplica,
    Kind::KillReplica,
    Kind::KillDatabase,
    Kind::KillDatabase,
    Kind::KillBroker,
    Kind::KillBroker,
    Kind::CutDatabase,
    Kind::StallDatabase,
    Kind::BreakDatabase,
    Kind::CutBroker,
    Kind::StallBroker,
    Kind::CutCalls,
    Kind::StallCalls,
    Kind::RefuseCalls,
    Kind::BreakCalls,
];

/// A fault, with the replica that it happens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    kind: Kind,
    replica: usize,
    /// Bytes that still pass, where a connection breaks off.
    bytes: usize,
}

impl Fault {
    /// What happens, for the one who watches.
    pub(crate) fn describe(self, cluster: &Cluster) -> String {
        let label = cluster.replicas[self.replica].process.label();
        match self.kind {
            Kind::KillDatabase => "kill -9 of PostgreSQL".to_owned(),
            Kind::KillBroker => "kill -9 of NATS".to_owned(),
            Kind::KillReplica => format!("kill -9 of {label}"),
            kind => format!("{kind} of {label}"),
        }
    }

    /// Lets it happen.
    pub(crate) fn begin(self, cluster: &mut Cluster) {
        let replica = &mut cluster.replicas[self.replica];
        match self.kind {
            Kind::KillReplica => replica.process.kill(),
            Kind::KillDatabase => cluster.postgres.kill(),
            Kind::KillBroker => cluster.nats.kill(),
            Kind::CutDatabase => replica.database.refuse(),
            Kind::StallDatabase => replica.database.stall(),
            Kind::BreakDatabase => replica.database.cut_after(self.bytes),
            Kind::CutBroker => replica.broker.refuse(),
            Kind::StallBroker => replica.broker.stall(),
            Kind::CutCalls => replica.calls.cut(),
            Kind::StallCalls => replica.calls.stall(),
            Kind::RefuseCalls => replica.calls.refuse(),
            Kind::BreakCalls => replica.calls.cut_after(self.bytes),
        }
    }

    /// Ends it. What a stall held comes through late, which is one more thing to cope with.
    pub(crate) async fn end(self, cluster: &mut Cluster) {
        let replica = &mut cluster.replicas[self.replica];
        match self.kind {
            Kind::KillReplica => replica.start().await,
            Kind::KillDatabase => cluster.postgres.restart(),
            Kind::KillBroker => cluster.nats.restart(),
            Kind::CutDatabase | Kind::StallDatabase | Kind::BreakDatabase => replica.database.heal(),
            Kind::CutBroker | Kind::StallBroker => replica.broker.heal(),
            Kind::CutCalls | Kind::StallCalls | Kind::RefuseCalls | Kind::BreakCalls => replica.calls.heal(),
        }
    }

    /// Whether two faults can happen at the same time.
    fn goes_with(self, other: Self) -> bool {
        let same_process = self.kind == other.kind
            && (self.replica == other.replica || matches!(self.kind, Kind::KillDatabase | Kind::KillBroker));
        let starts_without_database = |one: Self, two: Self| {
            one.kind == Kind::KillReplica
                && matches!(
                    two.kind,
                    Kind::KillDatabase | Kind::CutDatabase | Kind::StallDatabase | Kind::BreakDatabase
                )
        };
        // A process that is killed while its database is away starts when it is back, which takes longer than a cycle.
        !same_process && !starts_without_database(self, other) && !starts_without_database(other, self)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::KillReplica => "kill -9",
            Self::KillDatabase => "kill -9 of PostgreSQL",
            Self::KillBroker => "kill -9 of NATS",
            Self::CutDatabase => "loss of the database connections",
            Self::StallDatabase => "stall of the database connections",
            Self::BreakDatabase => "break of the database connections in the middle of a message",
            Self::CutBroker => "loss of the broker connection",
            Self::StallBroker => "stall of the broker connection",
            Self::CutCalls => "cut of the callers",
            Self::StallCalls => "stall of the callers",
            Self::RefuseCalls => "refusal of the callers",
            Self::BreakCalls => "break of the callers' connections in the middle of a message",
        })
    }
}

/// Chooses faults so that every kind comes before any comes again.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    left: Vec<Kind>,
}

impl Plan {
    /// The faults of the next cycle: one, and now and then two at the same time.
    pub(crate) fn next(&mut self, random: &mut Random, replicas: usize) -> Vec<Fault> {
        let first = self.draw(random, replicas);
        let mut faults = vec![first];
        if random.one_in(3) {
            let second = self.draw(random, replicas);
            if first.goes_with(second) {
                faults.push(second);
            } else {
                // It comes in a later cycle.
                self.left.push(second.kind);
            }
        }
        faults
    }

    fn draw(&mut self, random: &mut Random, replicas: usize) -> Fault {
        if self.left.is_empty() {
            self.left = KINDS.to_vec();
        }
        let place = random.below(self.left.len());
        Fault {
            kind: self.left.swap_remove(place),
            replica: random.below(replicas),
            bytes: random.below(20_000),
        }
    }
}

/// Lets faults happen for a while, and waits until the suite serves again.
pub(crate) async fn cycle(cluster: &mut Cluster, faults: &[Fault], random: &mut Random) {
    for fault in faults {
        fault.begin(cluster);
    }
    tokio::time::sleep(Duration::from_millis(random.between(100, 1_500))).await;
    // Databases and brokers come back first: a service that starts needs them.
    let mut ending = faults.to_vec();
    ending.sort_by_key(|fault| fault.kind == Kind::KillReplica);
    for fault in ending {
        fault.end(cluster).await;
    }
    cluster.ready().await;
    tokio::time::sleep(Duration::from_millis(random.between(100, 800))).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_happens_in_as_many_cycles_as_there_are_kinds_whatever_the_seed() {
        for seed in 0..50 {
            let (mut plan, mut random) = (Plan::default(), Random::new(seed));
            let seen: Vec<Kind> = (0..KINDS.len())
                .flat_map(|_| plan.next(&mut random, 8))
                .map(|fault| fault.kind)
                .collect();
            for kind in KINDS {
                assert!(seen.contains(&kind), "seed {seed}: {kind} did not happen");
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_faults() {
        let faults = |seed| {
            let (mut plan, mut random) = (Plan::default(), Random::new(seed));
            (0..30).map(|_| plan.next(&mut random, 8)).collect::<Vec<_>>()
        };
        assert_eq!(faults(7), faults(7));
        assert_ne!(faults(7), faults(8));
    }
}
