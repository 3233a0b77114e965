//! Random steps of a member's life, told without identifiers, so that the model and the ledger can both take them.

use jiff::{SignedDuration, Timestamp};

use crate::random::Random;

/// Something that happens to a member. Holds and sales are told by the order of their making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Earn {
        points: i64,
        expire_time: Option<Timestamp>,
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
    Settle,
}

/// Sales that one member has at most.
const SALES: usize = 12;

/// A random step at a moment, of a member who has made so many holds.
pub(crate) fn any(random: &mut Random, now: Timestamp, holds: usize) -> Step {
    let points = random.between(1, 12);
    match random.below(20) {
        0..=3 => Step::Earn {
            points,
            // Now and then a moment that is over already, which must be refused.
            expire_time: if random.one_in(30) {
                Some(now)
            } else {
                expiry(random, now)
            },
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
        9..=11 => Step::Reserve {
            points,
            expire_time: now + SignedDuration::from_hours(random.between(1, 30)),
        },
        12 | 13 => Step::Capture {
            hold: random.below(holds + 1),
            points: (!random.one_in(3)).then(|| random.between(0, 9)),
        },
        14 => Step::Release {
            hold: random.below(holds + 1),
        },
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
