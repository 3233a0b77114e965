//! The ledger against the naive model.

use std::collections::HashMap;

use jiff::Timestamp;
use rapport_loyalty::domain::ledger::{
    Account, Book, Command, Note, Posting, SaleKey, TransactionKind, decide,
};
use rapport_money::Currency;
use rapport_status::Error;
use uuid::Uuid;

use crate::{
    naive::Naive,
    random::Random,
    steps::{self, Step},
};

const MEMBERS: usize = 2_000;
const STEPS_PER_MEMBER: usize = 55;

/// A member of the ledger beside the same member of the model.
struct Pair {
    account: Account,
    naive: Naive,
    /// Ids of lots and holds in the order of their making.
    lots: Vec<Uuid>,
    holds: Vec<Uuid>,
    books: HashMap<Book, i64>,
    next_id: u128,
}

impl Pair {
    fn new() -> Self {
        Self {
            account: Account::new("programs/p/members/m"),
            naive: Naive::default(),
            lots: Vec::new(),
            holds: Vec::new(),
            books: HashMap::new(),
            next_id: 1,
        }
    }

    fn decide(&mut self, command: &Command, now: Timestamp) -> Result<Posting, Error> {
        let next_id = &mut self.next_id;
        decide(&self.account, command, now, &mut || {
            *next_id += 1;
            Uuid::from_u128(*next_id)
        })
    }

    fn step(&mut self, step: &Step, now: Timestamp) {
        let command = command(step, &self.holds);
        let decided = self.decide(&command, now);
        let modelled = self.naive.take(step, now);
        match (decided, modelled) {
            (Ok(posting), Ok(())) => self.carry_out(&posting),
            (Err(error), Err(reason)) => assert_eq!(error.reason(), reason, "{step:?}: {error}"),
            (decided, modelled) => panic!("{step:?} at {now}: ledger {decided:?}, model {modelled:?}"),
        }
        self.compare(step, now);
    }

    fn carry_out(&mut self, posting: &Posting) {
        for change in &posting.changes {
            self.account.apply(change);
            if let rapport_loyalty::domain::ledger::Change::Held(hold) = change {
                self.holds.push(hold.id);
            }
        }
        let mut moved = Vec::new();
        for transaction in posting.transactions() {
            let credits = matches!(
                transaction.kind,
                TransactionKind::Earn | TransactionKind::Compensate
            );
            if credits || (transaction.kind == TransactionKind::Adjust && transaction.points > 0) {
                self.lots.push(transaction.id);
            }
            let entries = transaction.entries();
            assert_eq!(
                entries.iter().map(|entry| entry.points).sum::<i64>(),
                0,
                "{transaction:?}"
            );
            for entry in entries {
                *self.books.entry(entry.book).or_default() += entry.points;
            }
            let sum: i64 = transaction.movements.iter().map(|movement| movement.points).sum();
            assert_eq!(sum, transaction.points, "movements add up: {transaction:?}");
            let movements = transaction
                .movements
                .iter()
                .map(|movement| {
                    let lot = self.lots.iter().position(|lot| *lot == movement.lot).unwrap();
                    (lot, movement.points)
                })
                .collect();
            moved.push((transaction.kind, movements, transaction.shortfall_points));
        }
        assert_eq!(moved, self.naive.moved, "what moved, and in which order");
    }

    /// Compares what both say now, as a read does: with what is due taken into account, and without booking it.
    fn compare(&mut self, step: &Step, now: Timestamp) {
        let settled = self.decide(&Command::Settle, now).unwrap();
        let mut account = self.account.clone();
        for change in &settled.changes {
            account.apply(change);
        }
        let mut naive = self.naive.clone();
        naive.take(&Step::Settle, now).unwrap();
        let balance = account.balance(now);
        assert_eq!(balance.available, naive.available(), "available after {step:?}");
        assert_eq!(balance.reserved, naive.reserved(), "reserved after {step:?}");
        for lot in account.lots() {
            assert!(
                0 <= lot.reserved && lot.reserved <= lot.remaining,
                "{lot:?} after {step:?}"
            );
            assert!(
                0 < lot.remaining && lot.remaining <= lot.original,
                "{lot:?} after {step:?}"
            );
        }
        for (number, id) in self.lots.iter().enumerate().take(naive.lot_count()) {
            let lot = account.lots().iter().find(|lot| lot.id == *id);
            assert_eq!(
                lot.map_or(0, |lot| lot.remaining),
                naive.remaining(number),
                "lot {number} after {step:?}"
            );
        }
        for (number, id) in self.holds.iter().enumerate() {
            let hold = account.hold(*id).unwrap();
            assert_eq!(
                (hold.state, hold.captured_points),
                naive.hold(number),
                "hold {number} after {step:?}"
            );
        }
        assert_eq!(
            self.books.values().sum::<i64>(),
            0,
            "debits equal credits after {step:?}"
        );
        assert_eq!(
            self.books.get(&Book::Member).copied().unwrap_or_default(),
            self.account.total(),
            "the member's account of the books is what its lots have, after {step:?}"
        );
    }
}

/// A step as a command, with the identifiers that the ledger gave.
pub(crate) fn command(step: &Step, holds: &[Uuid]) -> Command {
    let note = || Note {
        reason: "because".to_owned(),
        cause: "test".to_owned(),
    };
    let hold = |number: usize| holds.get(number).copied().unwrap_or_default();
    let sale = |number: usize| SaleKey {
        source: "pos".to_owned(),
        source_id: format!("s-{number}"),
        currency: Currency::USD,
    };
    match *step {
        Step::Earn { points, expire_time } => Command::Earn {
            points,
            expire_time,
            note: note(),
        },
        Step::Compensate { points, expire_time } => Command::Compensate {
            points,
            expire_time,
            note: note(),
        },
        Step::Redeem { points } => Command::Redeem { points, note: note() },
        Step::Adjust { points, expire_time } => Command::Adjust {
            points,
            expire_time,
            note: note(),
        },
        Step::Reserve { points, expire_time } => Command::Reserve {
            points,
            expire_time,
            reason: "an order".to_owned(),
        },
        Step::Capture { hold: number, points } => Command::Capture {
            hold: hold(number),
            points,
        },
        Step::Release { hold: number } => Command::Release { hold: hold(number) },
        Step::Sale {
            sale: number,
            amount,
            points,
            expire_time,
        } => Command::RecordSale {
            sale: sale(number),
            amount_minor: amount,
            points,
            expire_time,
            note: note(),
        },
        Step::Return { sale: number, amount } => Command::RecordReturn {
            sale: sale(number),
            source_id: "r".to_owned(),
            amount_minor: amount,
            note: note(),
        },
        Step::Settle => Command::Settle,
    }
}

#[test]
fn a_hundred_thousand_random_steps_equal_the_naive_model() {
    let mut random = Random::announced("ledger against model");
    for _ in 0..MEMBERS {
        let mut pair = Pair::new();
        let mut now: Timestamp = "2026-01-31T10:00:00Z".parse().unwrap();
        for _ in 0..STEPS_PER_MEMBER {
            now += steps::pause(&mut random);
            let step = steps::any(&mut random, now, pair.naive.hold_count());
            pair.step(&step, now);
        }
    }
}

#[test]
fn a_refused_step_changes_nothing() {
    let now: Timestamp = "2026-01-31T10:00:00Z".parse().unwrap();
    let mut pair = Pair::new();
    pair.step(
        &Step::Earn {
            points: 5,
            expire_time: None,
        },
        now,
    );
    let before = pair.account.clone();
    pair.step(&Step::Redeem { points: 6 }, now);
    assert_eq!(pair.account, before);
}
