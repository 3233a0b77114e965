//! The ledger against the naive model.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use rapport_loyalty::domain::activity::Trigger;
use rapport_loyalty::domain::ledger::{
    Account, Attribution, Award, Book, BurnOrder, Change, Command, DebtPolicy, Effect, HoldKind, NEVER, Note,
    Part, Pending, PendingChoice, Posting, Returned, Reversible, Rules, SaleKey, Sold, Transaction,
    TransactionKind, Vintage, decide,
};
use rapport_money::Currency;
use rapport_status::Error;
use uuid::Uuid;

use rapport_testkit::Random;

use crate::{
    naive::Naive,
    steps::{self, Step, Which},
};

const MEMBERS: usize = 2_000;
const STEPS_PER_MEMBER: usize = 55;

/// A member of the ledger beside the same member of the model.
struct Pair {
    account: Account,
    naive: Naive,
    /// Lots and holds in the order of their making.
    lots: Vec<Uuid>,
    holds: Vec<Uuid>,
    transactions: Vec<Transaction>,
    /// Which of the transactions were earned by sales.
    of_sales: Vec<Uuid>,
    books: HashMap<Book, i64>,
    next_id: u128,
}

impl Pair {
    fn new(rules: Rules) -> Self {
        Self {
            account: Account::new("programs/p/members/m").with_rules(rules),
            naive: Naive::new(rules),
            lots: Vec::new(),
            holds: Vec::new(),
            transactions: Vec::new(),
            of_sales: Vec::new(),
            books: HashMap::new(),
            next_id: 1,
        }
    }

    /// Decides as the service does: with what is known of the transaction that a command reverses.
    fn decide(&mut self, command: &Command, now: Timestamp) -> Result<Posting, Error> {
        let reversibles = match command {
            Command::Reverse { transaction, .. } | Command::Reinstate { transaction, .. } => {
                self.reversible(*transaction).into_iter().collect()
            }
            _ => Vec::new(),
        };
        self.account = self.account.clone().with_reversibles(reversibles);
        let next_id = &mut self.next_id;
        decide(&self.account, command, now, &mut || {
            *next_id += 1;
            Uuid::from_u128(*next_id)
        })
    }

    fn reversible(&self, id: Uuid) -> Option<Reversible> {
        let known = self.transactions.iter().find(|known| known.id == id)?;
        let mut reversible = Reversible {
            id,
            kind: known.kind,
            movements: known
                .movements
                .iter()
                .map(|movement| (movement.lot, movement.points))
                .collect(),
            returned: BTreeMap::new(),
            reversed: 0,
            is_of_sale: self.of_sales.contains(&id),
            is_reversal: known.reverses.is_some(),
        };
        for reversal in self
            .transactions
            .iter()
            .filter(|other| other.reverses == Some(id))
        {
            let amounts = reversal.amounts;
            reversible.reversed +=
                (amounts.points + amounts.pending + amounts.debt).abs() + reversal.shortfall_points;
            for movement in &reversal.movements {
                *reversible.returned.entry(movement.lot).or_default() += movement.points;
            }
        }
        Some(reversible)
    }

    fn step(&mut self, step: &Step, now: Timestamp) {
        let command = self.command(step, now);
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
            match change {
                Change::Held(hold) => self.holds.push(hold.id),
                Change::Recorded(purchase) => self.of_sales.extend(&purchase.lots),
                Change::Posted(_) | Change::Resolved(_) => {}
            }
        }
        let mut moved = Vec::new();
        for transaction in posting.transactions() {
            let opened = transaction.movements.iter();
            self.lots.extend(
                opened
                    .filter(|movement| matches!(movement.effect, Effect::Opens { .. }))
                    .map(|movement| movement.lot),
            );
            self.transactions.push(transaction.clone());
            self.check_sums(transaction);
            let movements = transaction
                .movements
                .iter()
                .map(|movement| {
                    let lot = self.lots.iter().position(|lot| *lot == movement.lot).unwrap();
                    (lot, movement.points)
                })
                .collect();
            let owed = -transaction.amounts.debt;
            moved.push((transaction.kind, movements, transaction.shortfall_points, owed));
        }
        assert_eq!(moved, self.naive.moved, "what moved, and in which order");
    }

    /// What adds up in each transaction.
    fn check_sums(&mut self, transaction: &Transaction) {
        let entries = transaction.entries();
        let sum: i64 = entries.iter().map(|entry| entry.points).sum();
        assert_eq!(sum, 0, "{transaction:?}");
        for entry in entries {
            *self.books.entry(entry.book).or_default() += entry.points;
        }
        let sum: i64 = transaction.movements.iter().map(|movement| movement.points).sum();
        let amounts = transaction.amounts;
        assert_eq!(
            sum,
            amounts.points + amounts.pending,
            "movements add up: {transaction:?}"
        );
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
        for (what, ledger, model) in [
            ("available", balance.available, naive.available()),
            ("reserved", balance.reserved, naive.reserved()),
            ("blocked", balance.blocked, naive.blocked()),
            ("pending", balance.pending, naive.pending()),
            ("owed", balance.debt, naive.owed()),
        ] {
            assert_eq!(ledger, model, "{what} after {step:?}");
        }
        assert!(
            balance.debt == 0 || balance.available == 0,
            "owed points are paid before others can be spent, after {step:?}: {balance:?}"
        );
        let open: i64 = account.lots().iter().map(|lot| lot.remaining).sum();
        assert_eq!(
            balance.available,
            open - balance.pending - balance.reserved - balance.blocked,
            "available is what open lots have, less what is kept, after {step:?}"
        );
        self.compare_lots(&account, &naive, step);
        for (number, id) in self.holds.iter().enumerate() {
            let hold = account.hold(*id).unwrap();
            assert_eq!(
                (hold.state, hold.captured_points),
                naive.hold(number),
                "hold {number} after {step:?}"
            );
        }
        self.compare_books(step);
    }

    fn compare_lots(&self, account: &Account, naive: &Naive, step: &Step) {
        for lot in account.lots() {
            assert!(
                0 <= lot.reserved && lot.reserved <= lot.remaining && lot.remaining <= lot.original,
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
    }

    fn compare_books(&self, step: &Step) {
        let sum: i64 = self.books.values().sum();
        assert_eq!(sum, 0, "debits equal credits after {step:?}");
        let of = |book| self.books.get(&book).copied().unwrap_or_default();
        let pending = self.account.pending();
        assert_eq!(
            of(Book::Pending),
            pending,
            "the book of pending points after {step:?}"
        );
        assert_eq!(
            of(Book::Member),
            self.account.total() - pending,
            "the member's account of the books is what its lots have, after {step:?}"
        );
        assert_eq!(
            of(Book::Debt),
            -self.account.debt(),
            "the book of debt after {step:?}"
        );
    }

    /// A step as a command, with the identifiers that the ledger gave.
    fn command(&self, step: &Step, now: Timestamp) -> Command {
        let hold = |number: usize| self.holds.get(number).copied().unwrap_or_default();
        let sale = |number: usize| SaleKey {
            source: "pos".to_owned(),
            source_id: format!("s-{number}"),
            currency: Currency::USD,
        };
        match step.clone() {
            Step::Earn {
                points,
                expire_time,
                pending,
            } => Command::Earn {
                points,
                expire_time,
                pending: pending.map(|release| Pending {
                    release_time: release.time,
                    release_key: release.key,
                }),
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
            Step::Reserve { points, expire_time } => held(HoldKind::Reservation, points, expire_time),
            Step::Block { points } => held(HoldKind::Block, points, NEVER),
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
                sold: Sold {
                    sale: sale(number),
                    amount_minor: amount,
                    lines: Vec::new(),
                    awards: award(points, expire_time).into_iter().collect(),
                },
                note: note(),
            },
            Step::Return { sale: number, amount } => Command::RecordReturn {
                returned: Returned {
                    sale: sale(number),
                    source_id: "r".to_owned(),
                    amount_minor: amount,
                    lines: Vec::new(),
                },
                note: note(),
            },
            Step::Settle => Command::Settle,
            decision => self.decision(decision, now),
        }
    }

    /// The same for what people decide.
    fn decision(&self, step: Step, now: Timestamp) -> Command {
        let note = note();
        let lot = |number: usize| self.lots.get(number).copied().unwrap_or_default();
        let transaction = |number: usize| {
            let known = self.transactions.get(number);
            known.map(|known| known.id).unwrap_or_default()
        };
        let which = |which: &Which| match which {
            Which::Lot(number) => PendingChoice::Lot(lot(*number)),
            Which::Key(key) => PendingChoice::Key(key.clone()),
        };
        match step {
            Step::ReleasePending { which: chosen } => Command::ReleasePending {
                which: which(&chosen),
                note,
            },
            Step::CancelPending { which: chosen } => Command::CancelPending {
                which: which(&chosen),
                note,
            },
            Step::Reverse {
                transaction: number,
                points,
            } => Command::Reverse {
                transaction: transaction(number),
                points,
                note,
            },
            Step::Reinstate {
                transaction: number,
                points,
                expire_time,
            } => Command::Reinstate {
                transaction: transaction(number),
                points,
                expire_time,
                note,
            },
            Step::Extend {
                lot: number,
                expire_time,
            } => Command::Extend {
                lot: number.map(lot),
                expire_time,
                note,
            },
            Step::TransferOut { points } => Command::TransferOut { points, note },
            Step::TransferIn { parts } => Command::TransferIn {
                parts: parts
                    .into_iter()
                    .map(|(points, expire_time)| Part {
                        points,
                        expire_time,
                        vintage: Vintage::of(now),
                    })
                    .collect(),
                note,
            },
            other => unreachable!("{other:?} is no decision"),
        }
    }
}

fn note() -> Note {
    Note {
        reason: "because".to_owned(),
        cause: "test".to_owned(),
    }
}

fn held(kind: HoldKind, points: i64, expire_time: Timestamp) -> Command {
    Command::Hold {
        kind,
        points,
        expire_time,
        reason: "an order".to_owned(),
    }
}

/// Rules of every kind, in turn.
pub(crate) fn rules(number: usize) -> Rules {
    let burn_orders = [BurnOrder::FirstExpiring, BurnOrder::Oldest, BurnOrder::Youngest];
    let debts = [
        DebtPolicy::WithinBalance,
        DebtPolicy::Unlimited,
        DebtPolicy::OnlyPending,
    ];
    Rules {
        burn_order: burn_orders[number % 3],
        debt: debts[number / 3 % 3],
        slide: None,
    }
}

#[test]
fn a_hundred_thousand_random_steps_equal_the_naive_model() {
    let mut random = Random::announced("ledger against model");
    let mut kinds: HashMap<TransactionKind, usize> = HashMap::new();
    for number in 0..MEMBERS {
        let mut pair = Pair::new(rules(number));
        let mut now: Timestamp = "2026-01-31T10:00:00Z".parse().unwrap();
        for _ in 0..STEPS_PER_MEMBER {
            now += steps::pause(&mut random);
            let step = steps::any(&mut random, now, &pair.naive);
            pair.step(&step, now);
        }
        for transaction in &pair.transactions {
            *kinds.entry(transaction.kind).or_default() += 1;
        }
    }
    for kind in TransactionKind::ALL {
        let met = kinds.get(&kind).copied().unwrap_or_default();
        assert!(
            met > 100,
            "the steps lead to {kind:?} only {met} times: {kinds:?}"
        );
    }
}

#[test]
fn a_refused_step_changes_nothing() {
    let now: Timestamp = "2026-01-31T10:00:00Z".parse().unwrap();
    let mut pair = Pair::new(Rules::default());
    pair.step(
        &Step::Earn {
            points: 5,
            expire_time: None,
            pending: None,
        },
        now,
    );
    let before = pair.account.clone();
    pair.step(&Step::Redeem { points: 6 }, now);
    assert_eq!(pair.account, before);
}

/// What a sale earns, if it earns anything.
fn award(points: i64, expire_time: Option<Timestamp>) -> Option<Award> {
    let attribution = Attribution {
        trigger: Trigger::Purchase,
        rule: "programs/p".to_owned(),
        version: 1,
        lines: Vec::new(),
    };
    (points != 0).then_some(Award {
        points,
        expire_time,
        pending: None,
        attribution,
    })
}
