//! A batch does exactly what its operations do one after the other.

use std::fmt::Write as _;

use jiff::SignedDuration;
use rapport_clock::ManualClock;
use rapport_contract::loyalty::v1::Hold;
use rapport_money::Currency;
use rapport_money::Money;
use rapport_status::Reason;
use rapport_storage::{MigrationList, Store, gather::Gatherer};
use rapport_testkit::TemporaryStore;
use uuid::Uuid;

use super::*;
use crate::{
    domain::{
        activity::{Activity, Line, Trigger},
        ledger::{Balance, HoldKind},
        member::Enrolment,
        program::Terms,
    },
    migrations,
    store::balances::SettledBalances,
    usecase::{ledger as reading, listing::Listing, members, programs as managing},
};

const PROGRAM: &str = "programs/p";
const MEMBERS: usize = 4;
const BATCHES: usize = 60;
const OPERATIONS: usize = 25;

/// Operations of one tenant with the holds that it made, in their order.
struct Side {
    tenant: &'static str,
    holds: Vec<Uuid>,
}

/// A random operation, told without identifiers: kind, member, amount, hold or sale.
type Plan = (u64, usize, i64, usize);

/// The next random number (xorshift; the seed is fixed, because the plan matters more than its variety).
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

fn plan(state: &mut u64) -> Plan {
    let number = |state: &mut u64, below: u64| usize::try_from(next(state) % below).unwrap_or_default();
    let kind = next(state) % 10;
    let member = number(state, MEMBERS as u64);
    let amount = i64::try_from(next(state) % 20 + 1).unwrap_or(1);
    (kind, member, amount, number(state, 30))
}

/// A purchase of two lines, of which the first costs nothing.
fn bought(id: String, amount: Money) -> Activity {
    let line = |id: &str, amount_minor| Line {
        id: id.to_owned(),
        sku: String::new(),
        category: String::new(),
        quantity: 1,
        amount_minor,
    };
    Activity {
        trigger: Trigger::Purchase,
        source: "pos".to_owned(),
        source_id: id,
        time: Timestamp::UNIX_EPOCH,
        amount: Some(amount),
        quantity: 1,
        location: String::new(),
        channel: String::new(),
        lines: vec![line("gift", 0), line("tea", amount.minor)],
        attributes: BTreeMap::new(),
    }
}

impl Side {
    fn operation(&self, (kind, member, amount, other): Plan, serial: usize) -> Operation {
        let note = || Note {
            reason: "because".to_owned(),
            cause: "test".to_owned(),
        };
        let hold = self.holds.get(other).copied().unwrap_or_default();
        let purchase = |id: String| {
            let amount = Money {
                minor: amount,
                currency: Currency::USD,
            };
            Purchase {
                name: "customers/c/purchases/x".to_owned(),
                activity: bought(id, amount),
                amount,
            }
        };
        let points = amount;
        let intent = match kind {
            0 | 1 => Intent::Earn {
                points,
                expire_time: None,
                pending: None,
                note: note(),
            },
            2 | 3 => Intent::Direct(Command::Redeem { points, note: note() }),
            4 => Intent::Adjust {
                points: points - 10,
                note: note(),
            },
            5 => Intent::Hold {
                kind: HoldKind::Reservation,
                points,
                seconds: Some(3_600),
                reason: "an order".to_owned(),
            },
            6 => Intent::Direct(Command::Capture {
                hold,
                points: Some(points),
            }),
            7 => Intent::Direct(Command::Release { hold }),
            8 => Intent::Sale(purchase(format!("s{member}-{other}"))),
            _ => Intent::Return {
                purchase: purchase(format!("r{serial}")),
                original_source_id: format!("s{member}-{other}"),
            },
        };
        Operation {
            tenant: self.tenant.to_owned(),
            account: AccountKey::of_points(format!("{PROGRAM}/members/m{member}")),
            request: None,
            intent,
            origin: Origin::default(),
        }
    }

    /// Does operations in one batch, and gives what each was told: nothing, or the reason of its refusal.
    async fn run(
        &mut self,
        store: &Store,
        clock: &Clock,
        operations: &[Operation],
    ) -> Vec<Result<(), Reason>> {
        let postings = &Postings::new(clock.clone());
        let outcomes = store
            .write("test", |transaction| async move {
                let outcomes = postings.post(transaction.connection(), operations).await?;
                transaction.commit(outcomes).await
            })
            .await
            .unwrap();
        for (operation, outcome) in operations.iter().zip(&outcomes) {
            if let (Intent::Hold { .. }, Ok(answer)) = (&operation.intent, outcome) {
                let hold = Hold::decode(answer.as_slice()).unwrap();
                self.holds
                    .push(hold.name.rsplit('/').next().unwrap().parse().unwrap());
            }
        }
        outcomes
            .into_iter()
            .map(|outcome| outcome.map(|_| ()).map_err(|error| error.reason()))
            .collect()
    }
}

/// Balances and statements of all members, lots told by the order of their opening.
async fn state(store: &Store, clock: &Clock, tenant: &str) -> Vec<(Balance, Vec<String>)> {
    let key = rapport_listing::TokenKey::new([0; 32]);
    let listing = Listing {
        page_size: 1_000,
        page_token: String::new(),
        filter: String::new(),
        order_by: "post_time".to_owned(),
    };
    let settled = Gatherer::start(store.clone(), SettledBalances);
    let mut state = Vec::new();
    for member in 0..MEMBERS {
        let account = AccountKey::of_points(format!("{PROGRAM}/members/m{member}"));
        let (balance, _) = reading::balance(store, &settled, clock, tenant, &account)
            .await
            .unwrap();
        let (transactions, _) = reading::statement(store, clock, tenant, &account, &listing, &key)
            .await
            .unwrap();
        let mut lots = Vec::new();
        let mut lines = Vec::new();
        for transaction in transactions {
            let mut line = format!("{:?} {}", transaction.kind, transaction.available_points);
            for movement in &transaction.movements {
                if !lots.contains(&movement.lot) {
                    lots.push(movement.lot);
                }
                let lot = lots.iter().position(|lot| *lot == movement.lot);
                let _ = write!(line, ", {} of lot {lot:?}", movement.points);
            }
            lines.push(line);
        }
        state.push((balance, lines));
    }
    state
}

async fn set_up(store: &Store, clock: &Clock, tenant: &str) {
    let terms = Terms {
        title: "P".to_owned(),
        earning_rule: Some(crate::domain::program::EarningRule {
            currency: Currency::USD,
            points: 1,
            per_amount_minor: 2,
        }),
        compensation: BTreeMap::new(),
        lifetime_months: 1,
        enrols_automatically: false,
        time_zone: "UTC".to_owned(),
    };
    managing::create(store, clock, tenant, PROGRAM, &terms)
        .await
        .unwrap();
    for member in 0..MEMBERS {
        let wish = Enrolment {
            name: format!("{PROGRAM}/members/m{member}"),
            customer: format!("customers/c{member}"),
        };
        members::enrol(store, clock, tenant, PROGRAM, &wish)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_batch_does_what_its_operations_do_one_after_the_other() {
    let temporary = TemporaryStore::new(MigrationList(migrations)).await;
    let store = &temporary.store;
    let mut now: Timestamp = "2026-01-15T10:00:00Z".parse().unwrap();
    let manual = ManualClock::at(now);
    let clock = manual.clock();
    let mut together = Side {
        tenant: "together",
        holds: Vec::new(),
    };
    let mut apart = Side {
        tenant: "apart",
        holds: Vec::new(),
    };
    set_up(store, &clock, together.tenant).await;
    set_up(store, &clock, apart.tenant).await;
    let mut random = 0x5eed;
    for batch in 0..BATCHES {
        now += SignedDuration::from_hours(i64::try_from(next(&mut random) % 60).unwrap());
        manual.set(now);
        let plans: Vec<Plan> = (0..OPERATIONS).map(|_| plan(&mut random)).collect();
        let operations = |side: &Side| -> Vec<Operation> {
            let numbered = (batch * OPERATIONS..).zip(&plans);
            numbered
                .map(|(serial, plan)| side.operation(*plan, serial))
                .collect()
        };
        let (of_batch, singles) = (operations(&together), operations(&apart));
        let told_together = together.run(store, &clock, &of_batch).await;
        let mut told_apart = Vec::new();
        for single in singles {
            told_apart.extend(apart.run(store, &clock, std::slice::from_ref(&single)).await);
        }
        assert_eq!(told_together, told_apart, "batch {batch}: {plans:?}");
        let states = (
            state(store, &clock, together.tenant).await,
            state(store, &clock, apart.tenant).await,
        );
        assert_eq!(states.0, states.1, "after batch {batch}: {plans:?}");
    }
}
