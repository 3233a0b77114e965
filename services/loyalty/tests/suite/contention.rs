//! Five replicas on one PostgreSQL server, and members that everybody wants at the same time.
//!
//! A server of its own, because it counts the deadlocks of a database for all that work on it.

use futures::future::join_all;
use prost::Message as _;
use rapport_clock::ManualClock;
use rapport_contract::{
    loyalty::v1::{
        BatchEnrolMembersRequest, CaptureHoldRequest, CreateProgramRequest, EarnPointsRequest,
        ListTransactionsRequest, Program, ReservePointsRequest, loyalty_service_client::LoyaltyServiceClient,
    },
    profile::v1::{CustomerCreated, CustomerDeleted},
};
use rapport_events::{Event, outbox};
use rapport_loyalty::migrations;
use rapport_storage::{DatabaseOptions, Location, MigrationList, Store};
use rapport_testkit::{Postgres, Random};
use tonic::{Status, transport::Channel};

use crate::fixture::{PROGRAM, Replica, TENANT, differences, give_back, moment, redemption, sale, stars};

const REPLICAS: usize = 5;
const CALLERS: usize = 64;
const CALLS: usize = 25;
const MEMBERS: usize = 40;
const DELIVERIES: usize = 12;

/// Enough that nobody is ever refused for want of points.
const FUNDS: i64 = 1_000_000;

struct Replicas {
    server: Postgres,
    clock: ManualClock,
    running: Vec<Replica>,
    stores: Vec<Store>,
}

impl Replicas {
    async fn start() -> Self {
        let server = Postgres::start();
        server.create_database("loyalty");
        let options = DatabaseOptions {
            url: server.url("{service}"),
            connections: 8,
            ..DatabaseOptions::default()
        };
        let location = Location::on_server(&options, "loyalty");
        let clock = ManualClock::at(moment("2026-01-15T10:00:00Z"));
        let (mut replicas, mut stores) = (Vec::new(), Vec::new());
        for _ in 0..REPLICAS {
            let store = Store::open(&location).await.unwrap();
            store.migrate(&MigrationList(migrations)).await.unwrap();
            replicas.push(Replica::start(store.clone(), &clock, TENANT).await);
            stores.push(store);
        }
        let this = Self {
            server,
            clock,
            running: replicas,
            stores,
        };
        this.fund().await;
        this
    }

    async fn fund(&self) {
        let program = Program {
            enrols_automatically: true,
            ..stars()
        };
        let mut client = self.client(0);
        client
            .create_program(CreateProgramRequest {
                program_id: "stars".to_owned(),
                program: Some(program),
            })
            .await
            .unwrap();
        client.batch_enrol_members(enrolment(0..MEMBERS)).await.unwrap();
        for number in 0..MEMBERS {
            let request = earning(&format!("fund{number}"), &member(number), FUNDS);
            client.earn_points(request).await.unwrap();
        }
    }

    fn client(&self, replica: usize) -> LoyaltyServiceClient<Channel> {
        self.running[replica % REPLICAS].client.clone()
    }

    /// Ends everything, and gives the deadlocks that the server has counted: sessions tell when they end.
    async fn deadlocks(self) -> String {
        for replica in self.running {
            drop(replica.client);
            replica.serving.stop().await;
            replica.loyalty.drain().await;
        }
        for store in self.stores {
            store.close().await.unwrap();
        }
        self.server.sql(
            "loyalty",
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()",
        )
    }
}

fn member(number: usize) -> String {
    format!("{PROGRAM}/members/c{number}")
}

fn enrolment(numbers: impl Iterator<Item = usize>) -> BatchEnrolMembersRequest {
    BatchEnrolMembersRequest {
        parent: PROGRAM.to_owned(),
        customers: numbers.map(|number| format!("customers/c{number}")).collect(),
    }
}

fn earning(request_id: &str, member: &str, points: i64) -> EarnPointsRequest {
    EarnPointsRequest {
        request_id: request_id.to_owned(),
        member: member.to_owned(),
        points,
        reason: "welcome".to_owned(),
        expire_time: None,
        ..EarnPointsRequest::default()
    }
}

/// A member's number, the first ones far more often than the others: rank k has a weight of 1 / k².
#[allow(clippy::cast_precision_loss, reason = "53 bits and the number of members fit")]
fn chosen(random: &mut Random) -> usize {
    let weights: Vec<f64> = (1..=MEMBERS).map(|rank| (rank as f64).powi(-2)).collect();
    let mut left = (random.next() >> 11) as f64 / (1_u64 << 53) as f64 * weights.iter().sum::<f64>();
    for (number, weight) in weights.iter().enumerate() {
        left -= weight;
        if left < 0.0 {
            return number;
        }
    }
    MEMBERS - 1
}

/// One caller: earns, redeems, reserves and captures, each time at another replica; now and then it asks again for what
/// it was answered before.
async fn call(replicas: &Replicas, caller: usize, mut random: Random) -> Result<(), Status> {
    let mut hold = None;
    for turn in 0..CALLS {
        let (mut client, mut other) = (
            replicas.client(caller + turn),
            replicas.client(random.below(REPLICAS)),
        );
        let (id, member) = (format!("c{caller}-{turn}"), member(chosen(&mut random)));
        match (random.below(4), hold.take()) {
            (_, Some(name)) => {
                let request = CaptureHoldRequest {
                    request_id: id,
                    name,
                    points: 1,
                };
                client.capture_hold(request).await?;
            }
            (0 | 1, None) => {
                let request = earning(&id, &member, 3);
                let first = client.earn_points(request.clone()).await?.into_inner();
                if random.one_in(4) {
                    let again = other.earn_points(request).await?.into_inner();
                    assert_eq!(first.encode_to_vec(), again.encode_to_vec(), "the answer to {id}");
                }
            }
            (2, None) => {
                client.redeem_points(redemption(&id, &member, 2)).await?;
            }
            (_, None) => {
                let request = ReservePointsRequest {
                    request_id: id,
                    member,
                    points: 2,
                    reason: "an order".to_owned(),
                    hold_seconds: 0,
                    ..ReservePointsRequest::default()
                };
                hold = Some(client.reserve_points(request).await?.into_inner().name);
            }
        }
    }
    Ok(())
}

/// Events of many customers in any order, each batch taken by two replicas at the same time.
async fn deliver(
    replicas: &Replicas,
    source: usize,
    mut random: Random,
) -> Result<(), rapport_status::Error> {
    for delivery in 0..DELIVERIES {
        let clock = replicas.clock.clock();
        let event = |key: &str, message: &rapport_contract::profile::v1::PurchaseRecorded| {
            outbox::event(&clock, TENANT, key, message)
        };
        let mut events: Vec<Event> = Vec::new();
        for number in 0..10 {
            let (customer, id) = (
                format!("c{}", chosen(&mut random)),
                format!("{source}-{delivery}-{number}"),
            );
            events.push(event(&customer, &sale(&customer, &id, 500)));
            if random.one_in(3) {
                let returned = give_back(&customer, &format!("r{id}"), &id, 200);
                events.push(event(&customer, &returned));
            }
            let new = format!("customers/n{}", random.below(50));
            let created = CustomerCreated {
                customer: new.clone(),
            };
            events.push(outbox::event(&clock, TENANT, &new, &created));
            if random.one_in(10) {
                let deleted = CustomerDeleted {
                    customer: new.clone(),
                };
                events.push(outbox::event(&clock, TENANT, &new, &deleted));
            }
        }
        let taking = (0..2).flat_map(|offset| {
            replicas.running[(source + delivery + offset) % REPLICAS]
                .loyalty
                .consumers()
        });
        for outcome in join_all(taking.map(|consumer| {
            let events = &events;
            async move { consumer.handle(events).await }
        }))
        .await
        {
            outcome?;
        }
    }
    Ok(())
}

/// Enrolments of the same new customers from both ends of the list, and the timer, at all replicas.
async fn enrol_and_book(replicas: &Replicas, replica: usize) -> Result<(), Status> {
    for _ in 0..5 {
        let numbers: Vec<usize> = if replica.is_multiple_of(2) {
            (100..160).collect()
        } else {
            (100..160).rev().collect()
        };
        replicas
            .client(replica)
            .batch_enrol_members(enrolment(numbers.into_iter()))
            .await?;
        for timer in replicas.running[replica % REPLICAS].loyalty.timers() {
            timer.run().await?;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_replicas_never_lock_each_other_out_and_keep_the_ledger() {
    let mut random = Random::announced("contention");
    let replicas = Replicas::start().await;
    let mut seeds = || Random::new(random.next());
    let calls = (0..CALLERS).map(|caller| (caller, seeds())).collect::<Vec<_>>();
    let deliveries = (0..4).map(|source| (source, seeds())).collect::<Vec<_>>();
    let (called, delivered, enrolled) = tokio::join!(
        join_all(
            calls
                .into_iter()
                .map(|(caller, random)| call(&replicas, caller, random))
        ),
        join_all(
            deliveries
                .into_iter()
                .map(|(source, random)| deliver(&replicas, source, random))
        ),
        join_all((0..REPLICAS).map(|replica| enrol_and_book(&replicas, replica))),
    );
    for outcome in called.into_iter().chain(enrolled) {
        outcome.expect("no call is refused: the points suffice and nobody is closed whom it is about");
    }
    for outcome in delivered {
        outcome.expect("every event is taken");
    }
    assert_eq!(differences(&mut replicas.client(3)).await, Vec::<String>::new());
    assert_eq!(replicas.deadlocks().await, "0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_identical_calls_to_five_replicas_have_one_effect_and_fifty_equal_answers() {
    let replicas = Replicas::start().await;
    let answers = join_all((0..50).map(|number| {
        let mut client = replicas.client(number);
        async move { client.redeem_points(redemption("one", &member(0), 7)).await }
    }))
    .await;
    let answers: Vec<Vec<u8>> = answers
        .into_iter()
        .map(|answer| answer.unwrap().into_inner().encode_to_vec())
        .collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let statement = ListTransactionsRequest {
        parent: member(0),
        ..ListTransactionsRequest::default()
    };
    let told = replicas
        .client(1)
        .list_transactions(statement)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        told.transactions.len(),
        2,
        "the funds, and one redemption: {told:?}"
    );
    assert_eq!(replicas.deadlocks().await, "0");
}
