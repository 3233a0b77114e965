//! The ledger over its real store against the naive model: the same steps through calls, events and the timer.

use std::collections::HashMap;

use futures::future::join_all;
use jiff::Timestamp;
use rapport_contract::{
    feedback::v1::CaseResolved,
    instant,
    loyalty::v1::{
        AdjustPointsRequest, CaptureHoldRequest, CompensationRule, EarnPointsRequest, EarningRule, Program,
        ReleaseHoldRequest, ReservePointsRequest, Transaction, TransactionKind,
        loyalty_service_client::LoyaltyServiceClient,
    },
    r#type::v1::Priority,
};
use rapport_loyalty::domain::ledger;
use rapport_testkit::reason;
use tonic::{Status, transport::Channel};

use crate::{
    fixture::{Fixture, PROGRAM, give_back, moment, redemption, sale, stars},
    naive::{self, Naive},
    random::Random,
    steps::{self, Step},
};

const MEMBERS: usize = 12;
const ROUNDS: usize = 200;

/// Points that a resolved case brings.
const COMPENSATION: i64 = 7;

/// A member beside the same member of the model.
struct Pair {
    customer: String,
    name: String,
    naive: Naive,
    /// Names of holds in the order of their making.
    holds: Vec<String>,
}

/// What a call or event did, as far as it is told.
enum Told {
    Hold(String),
    Else,
}

#[tokio::test]
async fn thousands_of_random_operations_through_the_store_equal_the_naive_model() {
    let mut random = Random::announced("store against model");
    let mut fixture = started().await;
    let mut pairs = Vec::new();
    for number in 0..MEMBERS {
        let customer = format!("c{number}");
        let name = fixture.enrol(&customer).await;
        pairs.push(Pair {
            customer,
            name,
            naive: Naive::default(),
            holds: Vec::new(),
        });
    }
    let mut now = moment("2026-01-15T10:00:00Z");
    for round in 0..ROUNDS {
        now += steps::pause(&mut random);
        fixture.clock.set(now);
        let steps: Vec<Step> = pairs
            .iter()
            .map(|pair| callable(steps::any(&mut random, now, pair.naive.hold_count())))
            .collect();
        // All members at once, so that batches mix them.
        let calls = pairs
            .iter()
            .zip(&steps)
            .map(|(pair, step)| take(&fixture, pair, step, now, round));
        let told = join_all(calls).await;
        for ((pair, step), told) in pairs.iter_mut().zip(&steps).zip(told) {
            // A sale that is known is no news: the store does nothing at all, and books nothing with it.
            let is_known = matches!(step, Step::Sale { sale, .. } if pair.naive.knows_sale(*sale));
            let modelled = if is_known {
                Ok(())
            } else {
                pair.naive.take(step, now)
            };
            match (told, modelled) {
                (Ok(Told::Hold(name)), Ok(())) => pair.holds.push(name),
                (Ok(Told::Else), Ok(())) => {}
                (Err(status), Err(expected)) => assert_eq!(reason(&status), expected.name(), "{step:?}"),
                (told, modelled) => {
                    panic!(
                        "{step:?} of {} at {now}: told {:?}, model {modelled:?}",
                        pair.name,
                        told.map(|_| ())
                    )
                }
            }
        }
        // The timer books what is due of everybody.
        if steps.contains(&Step::Settle) {
            for pair in &mut pairs {
                pair.naive.take(&Step::Settle, now).unwrap();
            }
        }
        if round % 10 == 0 {
            compare(&mut fixture, &mut pairs, now).await;
        }
    }
    compare(&mut fixture, &mut pairs, now).await;
    assert_eq!(fixture.differences().await, Vec::<String>::new());
    let entries = "SELECT CAST(SUM(points) AS BIGINT) AS number FROM ledger_entry";
    assert_eq!(fixture.numbers(entries).await, [0], "debits equal credits");
}

async fn started() -> Fixture {
    let mut fixture = Fixture::new().await;
    let program = Program {
        earning_rule: Some(EarningRule {
            currency_code: "USD".to_owned(),
            points: 1,
            per_amount_minor: 3,
        }),
        compensation_rules: vec![CompensationRule {
            priority: Priority::Normal.into(),
            points: COMPENSATION,
        }],
        lifetime_months: 0,
        ..stars()
    };
    fixture.create_program("stars", program).await.unwrap();
    fixture
}

/// The step as callers can ask for it: only calls that earn can set an expiry, and zero means something else there.
fn callable(step: Step) -> Step {
    match step {
        Step::Compensate { .. } => Step::Compensate {
            points: COMPENSATION,
            expire_time: None,
        },
        Step::Redeem { points: 0 } => Step::Redeem { points: 1 },
        Step::Adjust { points, .. } => Step::Adjust {
            points: if points == 0 { 1 } else { points },
            expire_time: None,
        },
        Step::Capture {
            hold,
            points: Some(0),
        } => Step::Capture { hold, points: None },
        Step::Sale {
            sale, amount, points, ..
        } => Step::Sale {
            sale,
            amount,
            points,
            expire_time: None,
        },
        other => other,
    }
}

async fn take(
    fixture: &Fixture,
    pair: &Pair,
    step: &Step,
    now: Timestamp,
    round: usize,
) -> Result<Told, Status> {
    let client = fixture.client.clone();
    let request_id = format!("{}-{round}", pair.customer);
    let customer = format!("customers/{}", pair.customer);
    match *step {
        Step::Compensate { .. } => {
            let resolved = CaseResolved {
                case: format!("cases/{request_id}"),
                customer: customer.clone(),
                priority: Priority::Normal.into(),
                compensate: true,
                resolve_time: None,
            };
            fixture.deliver(&[fixture.event(&customer, &resolved)]).await;
        }
        Step::Sale {
            sale: number, amount, ..
        } => {
            let sale = sale(&pair.customer, &format!("{}-s{number}", pair.customer), amount);
            fixture.deliver(&[fixture.event(&customer, &sale)]).await;
        }
        Step::Return { sale: number, amount } => {
            let original = format!("{}-s{number}", pair.customer);
            let returned = give_back(&pair.customer, &request_id, &original, amount);
            fixture.deliver(&[fixture.event(&customer, &returned)]).await;
        }
        Step::Settle => fixture.book_due().await,
        _ => return call(client, pair, step, now, request_id).await,
    }
    Ok(Told::Else)
}

async fn call(
    mut client: LoyaltyServiceClient<Channel>,
    pair: &Pair,
    step: &Step,
    now: Timestamp,
    request_id: String,
) -> Result<Told, Status> {
    let (member, why) = (pair.name.clone(), "because".to_owned());
    match *step {
        Step::Earn { points, expire_time } => {
            let expire_time = expire_time.map(instant::to_wire);
            client
                .earn_points(EarnPointsRequest {
                    request_id,
                    member,
                    points,
                    reason: why,
                    expire_time,
                })
                .await?;
        }
        Step::Redeem { points } => {
            client
                .redeem_points(redemption(&request_id, &member, points))
                .await?;
        }
        Step::Adjust { points, .. } => {
            client
                .adjust_points(AdjustPointsRequest {
                    request_id,
                    member,
                    points,
                    reason: why,
                })
                .await?;
        }
        Step::Reserve { points, expire_time } => {
            let hold_seconds = i32::try_from(expire_time.duration_since(now).as_secs()).unwrap();
            let request = ReservePointsRequest {
                request_id,
                member,
                points,
                reason: why,
                hold_seconds,
            };
            return Ok(Told::Hold(
                client.reserve_points(request).await?.into_inner().name,
            ));
        }
        _ => return resolve(client, pair, step, request_id).await,
    }
    Ok(Told::Else)
}

/// A call that resolves a hold.
async fn resolve(
    mut client: LoyaltyServiceClient<Channel>,
    pair: &Pair,
    step: &Step,
    request_id: String,
) -> Result<Told, Status> {
    let hold = |number: usize| {
        pair.holds
            .get(number)
            .cloned()
            .unwrap_or_else(|| format!("{}/holds/none", pair.name))
    };
    match *step {
        Step::Capture { hold: number, points } => {
            let request = CaptureHoldRequest {
                request_id,
                name: hold(number),
                points: points.unwrap_or_default(),
            };
            client.capture_hold(request).await?;
        }
        Step::Release { hold: number } => {
            client
                .release_hold(ReleaseHoldRequest {
                    request_id,
                    name: hold(number),
                })
                .await?;
        }
        _ => unreachable!("{step:?} is no call"),
    }
    Ok(Told::Else)
}

/// Compares balances and the sums of the books as of now.
async fn compare(fixture: &mut Fixture, pairs: &mut [Pair], now: Timestamp) {
    let mut outstanding = 0;
    for pair in pairs.iter_mut() {
        let mut naive = pair.naive.clone();
        naive.take(&Step::Settle, now).unwrap();
        let balance = fixture.balance(&pair.name).await;
        assert_eq!(
            balance.available_points,
            naive.available(),
            "available of {} at {now}",
            pair.name
        );
        assert_eq!(
            balance.reserved_points,
            naive.reserved(),
            "reserved of {} at {now}",
            pair.name
        );
        outstanding += naive.available() + naive.reserved();
        let statement = fixture.statement(&pair.name).await;
        assert_eq!(
            movements(&statement),
            pair.naive.history,
            "the statement of {}",
            pair.name
        );
        compare_holds(pair, &statement);
    }
    let summary = fixture.summary().await;
    assert_eq!(
        summary.outstanding_points, outstanding,
        "what {PROGRAM} owes at {now}"
    );
    assert_eq!(
        summary.earned_points + summary.compensated_points + summary.adjusted_points
            - summary.redeemed_points
            - summary.taken_back_points
            - summary.expired_points,
        outstanding,
        "the books at {now}"
    );
}

/// A statement as the model has it: lots are told by the order of their opening.
fn movements(statement: &[Transaction]) -> Vec<naive::Movement> {
    let mut lots: Vec<&str> = Vec::new();
    let mut movements = Vec::new();
    for transaction in statement {
        let mut moved = Vec::new();
        for movement in &transaction.lots {
            let known = lots.iter().position(|lot| *lot == movement.lot);
            let lot = known.unwrap_or_else(|| {
                lots.push(&movement.lot);
                lots.len() - 1
            });
            moved.push((lot, movement.points));
        }
        let sum: i64 = moved.iter().map(|(_, points)| points).sum();
        assert_eq!(sum, transaction.points, "movements add up: {transaction:?}");
        movements.push((kind(transaction), moved, transaction.shortfall_points));
    }
    movements
}

fn kind(transaction: &Transaction) -> ledger::TransactionKind {
    match transaction.kind() {
        TransactionKind::Unspecified => panic!("a transaction without a kind: {transaction:?}"),
        TransactionKind::Earn => ledger::TransactionKind::Earn,
        TransactionKind::Redeem => ledger::TransactionKind::Redeem,
        TransactionKind::TakeBack => ledger::TransactionKind::TakeBack,
        TransactionKind::Adjust => ledger::TransactionKind::Adjust,
        TransactionKind::Compensate => ledger::TransactionKind::Compensate,
        TransactionKind::Expire => ledger::TransactionKind::Expire,
    }
}

/// What the statement says was captured from each hold.
fn compare_holds(pair: &Pair, statement: &[Transaction]) {
    let mut captured: HashMap<&str, i64> = HashMap::new();
    for transaction in statement
        .iter()
        .filter(|transaction| transaction.kind() == TransactionKind::Redeem)
    {
        *captured.entry(&transaction.cause).or_default() -= transaction.points;
    }
    for (number, name) in pair.holds.iter().enumerate() {
        let (state, points) = pair.naive.hold(number);
        let said = captured.get(name.as_str()).copied().unwrap_or_default();
        assert_eq!(said, points, "captured from {name}");
        assert_eq!(
            state == ledger::HoldState::Captured,
            said > 0,
            "{name} is {state:?}"
        );
    }
}
