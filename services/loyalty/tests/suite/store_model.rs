//! The ledger over its real store against the naive model: the same steps through calls, events and the timer.

use std::collections::HashMap;

use futures::future::join_all;
use jiff::Timestamp;
use rapport_contract::{
    loyalty::v1::{
        self as wire, CompensationRule, EarningRule, Program, Transaction, TransactionKind,
        UpdateWalletRequest, Wallet,
    },
    r#type::v1::Priority,
};
use rapport_loyalty::domain::ledger::{self, BurnOrder, DebtPolicy, Rules};
use rapport_testkit::{Random, reason};

use crate::{
    callers::{COMPENSATION, Member, Told, callable, take},
    fixture::{Fixture, PROGRAM, moment, stars},
    ledger_model,
    naive::{self, Naive},
    steps::{self, Step},
};

const MEMBERS: usize = 12;
const ROUNDS: usize = 200;

/// A member beside the same member of the model.
struct Pair {
    member: Member,
    naive: Naive,
}

#[tokio::test]
async fn thousands_of_random_operations_through_the_store_equal_the_naive_model() {
    let mut random = Random::announced("store against model");
    let rules = ledger_model::rules(random.below(9));
    println!("by the rules {rules:?}");
    let mut fixture = started(rules).await;
    let friend = fixture.enrol("friend").await;
    let mut pairs = Vec::new();
    for number in 0..MEMBERS {
        let customer = format!("c{number}");
        let name = fixture.enrol(&customer).await;
        pairs.push(Pair {
            member: Member {
                customer,
                name,
                friend: friend.clone(),
                holds: Vec::new(),
            },
            naive: Naive::new(rules),
        });
    }
    let mut now = moment("2026-01-15T10:00:00Z");
    for round in 0..ROUNDS {
        now += steps::pause(&mut random);
        fixture.clock.set(now);
        let steps: Vec<Step> = pairs
            .iter()
            .map(|pair| callable(steps::any(&mut random, now, &pair.naive)))
            .collect();
        // All members at once, so that batches mix them.
        let calls = pairs
            .iter()
            .zip(&steps)
            .map(|(pair, step)| take(&fixture, &pair.member, step, now, round));
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
                (Ok(Told::Hold(name)), Ok(())) => pair.member.holds.push(name),
                (Ok(Told::Else), Ok(())) => {}
                (Err(status), Err(expected)) => assert_eq!(reason(&status), expected.name(), "{step:?}"),
                (told, modelled) => {
                    panic!(
                        "{step:?} of {} at {now}: told {:?}, model {modelled:?}",
                        pair.member.name,
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

async fn started(rules: Rules) -> Fixture {
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
    let burn_order = match rules.burn_order {
        BurnOrder::FirstExpiring => wire::BurnOrder::FirstExpiring,
        BurnOrder::Oldest => wire::BurnOrder::Oldest,
        BurnOrder::Youngest => wire::BurnOrder::Youngest,
    };
    let debt_policy = match rules.debt {
        DebtPolicy::OnlyPending => wire::DebtPolicy::OnlyPending,
        DebtPolicy::WithinBalance => wire::DebtPolicy::WithinBalance,
        DebtPolicy::Unlimited => wire::DebtPolicy::Unlimited,
    };
    let change = UpdateWalletRequest {
        wallet: Some(Wallet {
            name: format!("{PROGRAM}/wallets/points"),
            burn_order: burn_order.into(),
            debt_policy: debt_policy.into(),
            ..Wallet::default()
        }),
        update_mask: None,
    };
    fixture.ledger.update_wallet(change).await.unwrap();
    fixture
}

/// Compares balances and the sums of the books as of now.
async fn compare(fixture: &mut Fixture, pairs: &mut [Pair], now: Timestamp) {
    let (mut outstanding, mut owed) = (0, 0);
    for pair in pairs.iter_mut() {
        let mut naive = pair.naive.clone();
        naive.take(&Step::Settle, now).unwrap();
        let balance = fixture.balance(&pair.member.name).await;
        for (what, told, modelled) in [
            ("available", balance.available_points, naive.available()),
            ("reserved", balance.reserved_points, naive.reserved()),
            ("blocked", balance.blocked_points, naive.blocked()),
            ("pending", balance.pending_points, naive.pending()),
            ("owed", balance.debt_points, naive.owed()),
        ] {
            assert_eq!(told, modelled, "{what} of {} at {now}", pair.member.name);
        }
        owed += naive.owed();
        outstanding += naive.available() + naive.reserved() + naive.blocked() + naive.pending();
        let statement = fixture.statement(&pair.member.name).await;
        assert_eq!(
            movements(&statement),
            pair.naive.history,
            "the statement of {}",
            pair.member.name
        );
        compare_holds(pair, &statement);
    }
    let friend = fixture.balance(&pairs[0].member.friend.clone()).await;
    outstanding += friend.available_points;
    let summary = fixture.summary().await;
    assert_eq!(summary.debt_points, owed, "what members owe at {now}");
    assert_eq!(
        summary.outstanding_points, outstanding,
        "what {PROGRAM} owes at {now}"
    );
    assert_eq!(
        summary.earned_points + summary.compensated_points + summary.adjusted_points
            - summary.redeemed_points
            - summary.taken_back_points
            - summary.expired_points
            - summary.cancelled_points
            - summary.forfeited_points,
        outstanding - owed,
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
        let expected = transaction.points + transaction.pending_points;
        assert_eq!(sum, expected, "movements add up: {transaction:?}");
        movements.push((
            kind(transaction),
            moved,
            transaction.shortfall_points,
            transaction.debt_points,
        ));
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
        TransactionKind::Release => ledger::TransactionKind::Release,
        TransactionKind::Cancel => ledger::TransactionKind::Cancel,
        TransactionKind::Refund => ledger::TransactionKind::Refund,
        TransactionKind::TransferOut => ledger::TransactionKind::TransferOut,
        TransactionKind::TransferIn => ledger::TransactionKind::TransferIn,
        TransactionKind::Extend => ledger::TransactionKind::Extend,
        TransactionKind::Reinstate => ledger::TransactionKind::Reinstate,
        TransactionKind::PayDebt => ledger::TransactionKind::PayDebt,
        TransactionKind::Forfeit => ledger::TransactionKind::Forfeit,
    }
}

/// What the statement says was captured from each hold.
fn compare_holds(pair: &Pair, statement: &[Transaction]) {
    let mut captured: HashMap<&str, i64> = HashMap::new();
    for transaction in statement.iter().filter(|transaction| {
        matches!(
            transaction.kind(),
            TransactionKind::Redeem | TransactionKind::Forfeit
        )
    }) {
        *captured.entry(&transaction.cause).or_default() -= transaction.points;
    }
    for (number, name) in pair.member.holds.iter().enumerate() {
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
