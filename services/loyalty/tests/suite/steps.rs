//! Random steps of a member's life, told without identifiers, so that the model and the ledger can both take them.

use jiff::{SignedDuration, Timestamp};

use rapport_testkit::Random;

use crate::naive::Naive;

/// Something that happens to a member. Lots, holds, sales and transactions are told by the order of their making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Earn {
        points: i64,
        expire_time: Option<Timestamp>,
        pending: Option<Release>,
    },
    Compensate {
        points: i64,
        expire_time: Option<Timestamp>,
    },
    Redeem {
        points: i64,
    },
    Adjust {
        points: i64,
        expire_time: Option<Timestamp>,
    },
    Reserve {
        points: i64,
        expire_time: Timestamp,
    },
    Block {
        points: i64,
    },
    Capture {
        hold: usize,
        points: Option<i64>,
    },
    Release {
        hold: usize,
    },
    Sale {
        sale: usize,
        amount: i64,
        points: i64,
        expire_time: Option<Timestamp>,
    },
    Return {
        sale: usize,
        amount: i64,
    },
    ReleasePending {
        which: Which,
    },
    CancelPending {
        which: Which,
    },
    Reverse {
        transaction: usize,
        points: Option<i64>,
    },
    Reinstate {
        transaction: usize,
        points: Option<i64>,
        expire_time: Option<Timestamp>,
    },
    Extend {
        lot: Option<usize>,
        expire_time: Option<Timestamp>,
    },
    TransferOut {
        points: i64,
    },
    TransferIn {
        parts: Vec<(i64, Option<Timestamp>)>,
    },
    Settle,
}

/// What points wait for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Release {
    pub(crate) time: Option<Timestamp>,
    pub(crate) key: String,
}

/// Which pending points are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Which {
    Lot(usize),
    Key(String),
}

/// Sales that one member has at most.
const SALES: usize = 12;

/// Keys that pending points wait for.
const KEYS: usize = 3;

/// A random step at a moment, of a member who is at some point of life.
pub(crate) fn any(random: &mut Random, now: Timestamp, member: &Naive) -> Step {
    let points = random.between(1, 12);
    let hold = random.below(member.hold_count() + 1);
    match random.below(30) {
        0..=3 => Step::Earn {
            points,
            // Now and then a moment that is over already, which must be refused.
            expire_time: if random.one_in(30) {
                Some(now)
            } else {
                expiry(random, now)
            },
            pending: random.one_in(3).then(|| release(random, now)),
        },
        4 => Step::Compensate {
            points,
            expire_time: expiry(random, now),
        },
        5..=7 => Step::Redeem {
            points: random.between(0, 15),
        },
        8 => Step::Adjust {
            points: random.between(-6, 6),
            expire_time: expiry(random, now),
        },
        9 | 10 => Step::Reserve {
            points,
            expire_time: now + SignedDuration::from_hours(random.between(1, 30)),
        },
        11 => Step::Block { points },
        12 | 13 => Step::Capture {
            hold,
            points: (!random.one_in(3)).then(|| random.between(0, 9)),
        },
        14 => Step::Release { hold },
        15 | 16 => {
            let amount = random.between(0, 40);
            Step::Sale {
                sale: random.below(SALES),
                amount,
                points: amount / 3,
                expire_time: expiry(random, now),
            }
        }
        17 | 18 => Step::Return {
            sale: random.below(SALES),
            amount: random.between(0, 25),
        },
        19 => Step::ReleasePending {
            which: which(random, member),
        },
        20 => Step::CancelPending {
            which: which(random, member),
        },
        21..=23 => Step::Reverse {
            transaction: random.below(member.transaction_count() + 1),
            points: (!random.one_in(3)).then(|| random.between(0, 9)),
        },
        24 | 25 => Step::Reinstate {
            transaction: random.below(member.transaction_count() + 1),
            points: (!random.one_in(3)).then(|| random.between(0, 6)),
            expire_time: expiry(random, now),
        },
        26 => Step::Extend {
            lot: random.one_in(2).then(|| random.below(member.lot_count() + 1)),
            expire_time: expiry(random, now),
        },
        27 => Step::TransferOut { points },
        28 => Step::TransferIn {
            parts: (0..random.between(1, 3))
                .map(|_| (random.between(1, 5), expiry(random, now)))
                .collect(),
        },
        _ => Step::Settle,
    }
}

/// How much later the next step comes: often at the same moment, now and then days later.
pub(crate) fn pause(random: &mut Random) -> SignedDuration {
    match random.below(10) {
        0..=4 => SignedDuration::ZERO,
        5..=8 => SignedDuration::from_hours(random.between(0, 6)),
        _ => SignedDuration::from_hours(random.between(0, 80)),
    }
}

/// Few moments, so that lots often expire together.
fn expiry(random: &mut Random, now: Timestamp) -> Option<Timestamp> {
    (!random.one_in(4)).then(|| now + SignedDuration::from_hours(12 * random.between(1, 8)))
}

fn release(random: &mut Random, now: Timestamp) -> Release {
    Release {
        time: (!random.one_in(3)).then(|| now + SignedDuration::from_hours(6 * random.between(1, 8))),
        key: key(random),
    }
}

fn key(random: &mut Random) -> String {
    format!("key-{}", random.below(KEYS))
}

fn which(random: &mut Random, member: &Naive) -> Which {
    if random.one_in(2) {
        Which::Key(key(random))
    } else {
        Which::Lot(random.below(member.lot_count() + 1))
    }
}
