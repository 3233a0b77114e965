//! Clients at work until they are told to end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::task::JoinHandle;

use super::{Operation, Outcome, Work, perform::perform, setting::CUSTOMERS};
use rapport_testkit::Random;

use crate::services::Clients;

/// The pause between two operations of a client.
const PAUSE: Duration = Duration::from_millis(20);

/// The pause after one that did not succeed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(250);

/// What all clients did.
#[derive(Debug, Default)]
pub(crate) struct Finished {
    pub(crate) operations: Vec<Operation>,
    /// What no client may ever see.
    pub(crate) violations: Vec<String>,
}

/// Clients at work.
#[derive(Debug)]
pub(crate) struct Driver {
    tasks: Vec<JoinHandle<Finished>>,
    ending: Arc<AtomicBool>,
    acknowledged: Arc<AtomicUsize>,
    failed: Arc<AtomicUsize>,
}

impl Driver {
    /// Starts so many clients.
    pub(crate) fn start(clients: &Clients, count: usize, random: &mut Random) -> Self {
        let ending = Arc::new(AtomicBool::new(false));
        let (acknowledged, failed) = (Arc::default(), Arc::default());
        let tasks = (0..count)
            .map(|place| {
                let client = Client {
                    place,
                    count,
                    clients: clients.clone(),
                    random: random.split(),
                    done: Finished::default(),
                    holds: Vec::new(),
                    numbers: vec![0; CUSTOMERS],
                    unsettled: None,
                    acknowledged: Arc::clone(&acknowledged),
                    failed: Arc::clone(&failed),
                };
                tokio::spawn(client.work(Arc::clone(&ending)))
            })
            .collect();
        Self {
            tasks,
            ending,
            acknowledged,
            failed,
        }
    }

    /// Operations that were acknowledged, and those that were not, so far.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (
            self.acknowledged.load(Ordering::Relaxed),
            self.failed.load(Ordering::Relaxed),
        )
    }

    /// Waits until every client has ended what it does, and gives what they did.
    pub(crate) async fn finish(self) -> Finished {
        self.ending.store(true, Ordering::Relaxed);
        let mut all = Finished::default();
        for task in self.tasks {
            let one = task.await.expect("a client does not panic");
            all.operations.extend(one.operations);
            all.violations.extend(one.violations);
        }
        all
    }
}

/// A hold of this client that keeps points.
#[derive(Debug)]
struct OpenHold {
    member: usize,
    name: String,
    points: i64,
}

#[derive(Debug)]
struct Client {
    place: usize,
    count: usize,
    clients: Clients,
    random: Random,
    done: Finished,
    holds: Vec<OpenHold>,
    /// The last number written into each profile; each profile has one client that writes.
    numbers: Vec<u64>,
    /// An update of which nobody knows whether it was done: it comes before any other.
    unsettled: Option<(usize, u64)>,
    acknowledged: Arc<AtomicUsize>,
    failed: Arc<AtomicUsize>,
}

impl Client {
    async fn work(mut self, ending: Arc<AtomicBool>) -> Finished {
        let mut number = 0_u64;
        while !ending.load(Ordering::Relaxed) {
            number += 1;
            let id = format!("c{}-{number}", self.place);
            let work = self.choose();
            let answer = perform(&self.clients, &id, &work).await;
            let pause = match Outcome::of(answer) {
                Ok(outcome) => self.remember(Operation { id, work, outcome }),
                Err(violation) => {
                    self.done.violations.push(format!("{id} {work:?}: {violation}"));
                    PAUSE_AFTER_FAILURE
                }
            };
            tokio::time::sleep(pause).await;
        }
        self.done
    }

    fn choose(&mut self) -> Work {
        let member = self.random.below(CUSTOMERS);
        let points = self.random.between(1_i64, 60);
        if !self.holds.is_empty() && self.random.one_in(5) {
            return self.end_hold();
        }
        match self.random.between(0, 99) {
            0..=29 => Work::Earn { member, points },
            30..=49 => Work::Redeem { member, points },
            50..=59 => Work::Reserve { member, points },
            60..=74 => Work::Answer {
                customer: member,
                scores: [10, 5, 7].map(|highest| self.score(highest)),
            },
            75..=89 => Work::Purchase {
                customer: member,
                dollars: points,
            },
            _ => self.update(),
        }
    }

    /// A score from 1 to the highest.
    fn score(&mut self, highest: u64) -> i32 {
        i32::try_from(self.random.between(1, highest)).expect("a score fits")
    }

    fn end_hold(&mut self) -> Work {
        let place = self.random.below(self.holds.len());
        let hold = self.holds.swap_remove(place);
        if self.random.one_in(3) {
            return Work::Release {
                member: hold.member,
                hold: hold.name,
                points: hold.points,
            };
        }
        // All, or a part.
        let points = if self.random.one_in(2) {
            hold.points
        } else {
            (hold.points / 2).max(1)
        };
        Work::Capture {
            member: hold.member,
            hold: hold.name,
            held: hold.points,
            points,
        }
    }

    fn update(&mut self) -> Work {
        let (customer, number) = self.unsettled.unwrap_or_else(|| {
            let own: Vec<usize> = (0..CUSTOMERS)
                .filter(|customer| customer % self.count == self.place)
                .collect();
            let customer = own[self.random.below(own.len())];
            (customer, self.numbers[customer] + 1)
        });
        Work::Update { customer, number }
    }

    /// Remembers what came of an operation, and says how long to wait before the next.
    fn remember(&mut self, operation: Operation) -> Duration {
        let known = operation.is_acknowledged();
        match &operation.work {
            Work::Reserve { member, points } if known => self.holds.push(OpenHold {
                member: *member,
                name: operation.made().to_owned(),
                points: *points,
            }),
            Work::Update { customer, number } if known => {
                self.numbers[*customer] = *number;
                self.unsettled = None;
            }
            Work::Update { customer, number } => self.unsettled = Some((*customer, *number)),
            _ => {}
        }
        let failed = matches!(operation.outcome, Outcome::Unknown(_));
        self.done.operations.push(operation);
        if failed {
            self.failed.fetch_add(1, Ordering::Relaxed);
            return PAUSE_AFTER_FAILURE;
        }
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
        PAUSE
    }
}
