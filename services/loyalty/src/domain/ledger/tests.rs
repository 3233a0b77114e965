//! The rules by example. The test suite of the service compares the ledger with a naive model besides.

use jiff::{SignedDuration, Timestamp};
use rapport_money::Currency;
use rapport_status::Reason;
use uuid::Uuid;

use super::*;
use crate::domain::activity::Trigger;

/// Points of a rule, by the lines that brought them.
fn award(points: i64, lines: &[(&str, i64)]) -> Award {
    let lines = lines.iter().map(|(line, points)| LinePoints {
        line: (*line).to_owned(),
        points: *points,
    });
    Award {
        points,
        expire_time: None,
        pending: None,
        attribution: Attribution {
            trigger: Trigger::Purchase,
            rule: "programs/p".to_owned(),
            version: 1,
            lines: lines.collect(),
        },
    }
}

/// A member's account with a clock and a source of identifiers.
struct Example {
    account: Account,
    now: Timestamp,
    ids: u128,
}

impl Example {
    fn new() -> Self {
        Self {
            account: Account::new("programs/p/members/m"),
            now: "2026-01-15T10:00:00Z".parse().unwrap(),
            ids: 0,
        }
    }

    fn in_days(&self, days: i64) -> Timestamp {
        self.now + SignedDuration::from_hours(24 * days)
    }

    fn decide(&mut self, command: &Command) -> Result<Posting, Error> {
        let ids = &mut self.ids;
        decide(&self.account, command, self.now, &mut || {
            *ids += 1;
            Uuid::from_u128(*ids)
        })
    }

    /// Decides a command and carries it out.
    fn take(&mut self, command: &Command) -> Posting {
        let posting = self.decide(command).unwrap();
        for change in &posting.changes {
            self.account.apply(change);
        }
        posting
    }

    fn earn(&mut self, points: i64, days: Option<i64>) -> Uuid {
        let expire_time = days.map(|days| self.in_days(days));
        let posting = self.take(&Command::Earn {
            points,
            expire_time,
            pending: None,
            note: note(),
        });
        posting.transactions().last().unwrap().id
    }

    fn reserve(&mut self, points: i64, days: i64) -> Uuid {
        let expire_time = self.in_days(days);
        let posting = self.take(&Command::Hold {
            kind: HoldKind::Reservation,
            points,
            expire_time,
            reason: "an order".to_owned(),
        });
        match posting.outcome {
            Outcome::Hold(hold) => hold.id,
            other => panic!("no hold but {other:?}"),
        }
    }
}

fn note() -> Note {
    Note {
        reason: "because".to_owned(),
        cause: "an example".to_owned(),
    }
}

fn sale_key() -> SaleKey {
    SaleKey {
        source: "pos".to_owned(),
        source_id: "s1".to_owned(),
        currency: Currency::USD,
    }
}

/// What the transactions of a posting did to lots.
fn moved(posting: &Posting) -> Vec<(TransactionKind, Vec<(Uuid, i64)>)> {
    let movements = |transaction: &Transaction| {
        let movements = transaction.movements.iter();
        movements
            .map(|movement| (movement.lot, movement.points))
            .collect()
    };
    posting
        .transactions()
        .map(|transaction| (transaction.kind, movements(transaction)))
        .collect()
}

#[test]
fn what_expires_first_is_spent_first_and_of_equals_the_older() {
    let mut example = Example::new();
    let never = example.earn(5, None);
    let late = example.earn(5, Some(20));
    let first = example.earn(5, Some(10));
    let second = example.earn(5, Some(10));
    let posting = example.take(&Command::Redeem {
        points: 17,
        note: note(),
    });
    let expected = vec![(first, -5), (second, -5), (late, -5), (never, -2)];
    assert_eq!(moved(&posting), [(TransactionKind::Redeem, expected)]);
}

#[test]
fn each_transaction_is_balanced_against_an_account_of_the_program() {
    let mut example = Example::new();
    example.earn(5, None);
    let posting = example.take(&Command::Redeem {
        points: 2,
        note: note(),
    });
    let entries = posting.transactions().next().unwrap().entries();
    assert_eq!((entries[0].book, entries[0].points), (Book::Member, -2));
    assert_eq!((entries[1].book, entries[1].points), (Book::Redeemed, 2));
}

#[test]
fn what_is_due_is_booked_before_anything_else() {
    let mut example = Example::new();
    let lot = example.earn(10, Some(5));
    example.reserve(4, 2);
    example.now = example.in_days(5);
    let refused = example.decide(&Command::Redeem {
        points: 1,
        note: note(),
    });
    assert_eq!(refused.unwrap_err().reason(), Reason::InsufficientPoints);
    let posting = example.take(&Command::Settle);
    assert_eq!(
        moved(&posting),
        [(TransactionKind::Expire, vec![(lot, -10)])],
        "the hold timed out first, and gave back what has expired"
    );
    assert_eq!(example.account.due_time(), None);
}

#[test]
fn a_hold_keeps_its_points_from_expiring_until_it_gives_them_back() {
    let mut example = Example::new();
    let lot = example.earn(10, Some(5));
    let hold = example.reserve(4, 30);
    example.now = example.in_days(6);
    let posting = example.take(&Command::Capture {
        hold,
        points: Some(3),
    });
    let expected = [
        (TransactionKind::Expire, vec![(lot, -6)]),
        (TransactionKind::Redeem, vec![(lot, -3)]),
        (TransactionKind::Expire, vec![(lot, -1)]),
    ];
    assert_eq!(moved(&posting), expected);
}

#[test]
fn a_return_takes_first_from_the_lot_of_its_sale_and_names_what_is_missing() {
    let mut example = Example::new();
    let older = example.earn(3, Some(10));
    let sold = Sold {
        sale: sale_key(),
        amount_minor: 1_000,
        lines: Vec::new(),
        awards: vec![award(10, &[])],
    };
    let posting = example.take(&Command::RecordSale { sold, note: note() });
    let own = posting.transactions().last().unwrap().id;
    example.take(&Command::Redeem {
        points: 7,
        note: note(),
    });
    let returned = Returned {
        sale: sale_key(),
        source_id: "r1".to_owned(),
        amount_minor: 800,
        lines: Vec::new(),
    };
    let posting = example.take(&Command::RecordReturn {
        returned,
        note: note(),
    });
    let transaction = posting.transactions().next().unwrap();
    assert_eq!(moved(&posting), [(TransactionKind::TakeBack, vec![(own, -6)])]);
    assert_eq!(
        (transaction.amounts.points, transaction.shortfall_points),
        (-6, 2)
    );
    let left = example.account.lots().iter().find(|lot| lot.id == older);
    assert_eq!(left.map(|lot| lot.remaining), Some(0));
}

#[test]
fn a_returned_line_takes_back_what_it_earned_by_all_rules_from_their_own_lots() {
    let mut example = Example::new();
    let line = |id: &str, amount_minor| PurchaseLine {
        id: id.to_owned(),
        amount_minor,
        earned_points: 0,
    };
    let sold = Sold {
        sale: sale_key(),
        amount_minor: 1_000,
        lines: vec![line("tea", 600), line("cup", 400)],
        awards: vec![award(10, &[("tea", 6), ("cup", 4)]), award(50, &[("cup", 50)])],
    };
    let posting = example.take(&Command::RecordSale { sold, note: note() });
    let lots: Vec<Uuid> = posting.transactions().map(|transaction| transaction.id).collect();
    assert_eq!(lots.len(), 2, "a lot for each rule");
    let rules: Vec<bool> = posting
        .transactions()
        .map(|transaction| transaction.attribution.is_some())
        .collect();
    assert_eq!(rules, [true, true]);
    let mut give_back = |id: &str, amount_minor| {
        let returned = Returned {
            sale: sale_key(),
            source_id: id.to_owned(),
            amount_minor,
            lines: vec![line("cup", amount_minor)],
        };
        let posting = example.take(&Command::RecordReturn {
            returned,
            note: note(),
        });
        moved(&posting)
    };
    assert_eq!(
        give_back("r1", 200),
        [(TransactionKind::TakeBack, vec![(lots[0], -10), (lots[1], -17)])],
        "half of the 54 points of the cup"
    );
    assert_eq!(
        give_back("r2", 200),
        [(TransactionKind::TakeBack, vec![(lots[1], -27)])]
    );
}

#[test]
fn an_account_of_sums_can_be_given_points_and_not_be_spent_from() {
    let mut example = Example::new();
    let due_time = Some(example.in_days(3));
    example.account = Account::new("programs/p/members/m").with_elsewhere(Elsewhere {
        available: 40,
        reserved: 5,
        due_time,
        ..Elsewhere::default()
    });
    example.earn(2, Some(30));
    assert_eq!(example.account.available(example.now), 42);
    assert_eq!((example.account.total(), example.account.reserved()), (47, 5));
    assert_eq!(example.account.due_time(), due_time);
    let refused = example.decide(&Command::Redeem {
        points: 30,
        note: note(),
    });
    assert_eq!(refused.unwrap_err().reason(), Reason::InternalError);
}

#[test]
fn a_balance_never_exceeds_its_limit() {
    let mut example = Example::new();
    example.earn(MOST_POINTS, None);
    for points in [1, i64::MAX] {
        let refused = example.decide(&Command::Adjust {
            points,
            expire_time: None,
            note: note(),
        });
        assert_eq!(refused.unwrap_err().reason(), Reason::PointsOutOfRange);
    }
}
