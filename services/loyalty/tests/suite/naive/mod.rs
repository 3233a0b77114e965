//! A member's points, the naive way: a list of single points, each with the place where it is. Slow, and obviously
//! right.

mod taking;

use jiff::Timestamp;
use rapport_loyalty::domain::ledger::{BurnOrder, DebtPolicy, HoldKind, HoldState, Rules, TransactionKind};
use rapport_status::Reason;

use crate::steps::{Release, Step};

/// Where one point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Free,
    Held(usize),
    Gone,
}

/// One point.
#[derive(Debug, Clone, Copy)]
struct Point {
    /// Which lot it came in, counted in the order of opening.
    lot: usize,
    place: Place,
}

#[derive(Debug, Clone)]
struct NaiveLot {
    /// Number of the transaction that opened it.
    number: usize,
    expire_time: Option<Timestamp>,
    /// What it waits for.
    pending: Option<Release>,
}

#[derive(Debug, Clone)]
struct NaiveHold {
    kind: HoldKind,
    state: HoldState,
    expire_time: Option<Timestamp>,
    /// Its points in the order in which they are spent.
    points: Vec<usize>,
    captured: i64,
}

#[derive(Debug, Clone, Copy, Default)]
struct NaiveSale {
    amount: Option<i64>,
    earned: i64,
    lot: Option<usize>,
    returned: i64,
    claimed: i64,
}

/// One movement as the model sees it: kind, points of each lot in the order of use, shortfall, and how much more is owed.
pub(crate) type Movement = (TransactionKind, Vec<(usize, i64)>, i64, i64);

/// What a transaction did, for its reversal.
#[derive(Debug, Clone)]
struct NaiveTransaction {
    kind: TransactionKind,
    /// Points that it took, in its order, less those that came back.
    taken: Vec<usize>,
    /// The lot that it opened.
    opened: Option<usize>,
    /// Points that it moved and that are left to be reversed.
    left: i64,
    /// Whether a sale earned it, or it reverses another one.
    is_final: bool,
}

/// A member.
#[derive(Debug, Clone, Default)]
pub(crate) struct Naive {
    burn_order: BurnOrder,
    debt_policy: DebtPolicy,
    points: Vec<Point>,
    lots: Vec<NaiveLot>,
    holds: Vec<NaiveHold>,
    sales: Vec<NaiveSale>,
    transactions: Vec<NaiveTransaction>,
    /// How many of the transactions a step can name.
    nameable: usize,
    owed: i64,
    /// What moved in the last step.
    pub(crate) moved: Vec<Movement>,
    /// What moved in all steps.
    pub(crate) history: Vec<Movement>,
}

impl Naive {
    /// A member with nothing, in a wallet with these rules.
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            burn_order: rules.burn_order,
            debt_policy: rules.debt,
            ..Self::default()
        }
    }

    /// Takes a step, or refuses it and stays as it was.
    pub(crate) fn take(&mut self, step: &Step, now: Timestamp) -> Result<(), Reason> {
        let mut after = self.clone();
        after.moved.clear();
        // Nobody can name what is booked only now.
        after.nameable = after.transactions.len();
        after.settle(now);
        after.carry_out(step, now)?;
        after.settle(now);
        after.history.extend(after.moved.iter().cloned());
        *self = after;
        Ok(())
    }

    pub(crate) fn available(&self) -> i64 {
        self.count(|point| point.place == Place::Free && self.lots[point.lot].pending.is_none())
    }

    pub(crate) fn pending(&self) -> i64 {
        self.count(|point| point.place == Place::Free && self.lots[point.lot].pending.is_some())
    }

    pub(crate) fn reserved(&self) -> i64 {
        self.held(HoldKind::Reservation)
    }

    pub(crate) fn blocked(&self) -> i64 {
        self.held(HoldKind::Block)
    }

    pub(crate) fn owed(&self) -> i64 {
        self.owed
    }

    fn held(&self, kind: HoldKind) -> i64 {
        self.count(|point| matches!(point.place, Place::Held(hold) if self.holds[hold].kind == kind))
    }

    pub(crate) fn remaining(&self, lot: usize) -> i64 {
        self.count(|point| point.lot == lot && point.place != Place::Gone)
    }

    pub(crate) fn lot_count(&self) -> usize {
        self.lots.len()
    }

    pub(crate) fn transaction_count(&self) -> usize {
        self.transactions.len()
    }

    pub(crate) fn hold_count(&self) -> usize {
        self.holds.len()
    }

    pub(crate) fn hold(&self, hold: usize) -> (HoldState, i64) {
        (self.holds[hold].state, self.holds[hold].captured)
    }

    fn count(&self, which: impl Fn(&Point) -> bool) -> i64 {
        i64::try_from(self.points.iter().filter(|point| which(point)).count()).unwrap()
    }

    fn settle(&mut self, now: Timestamp) {
        for hold in 0..self.holds.len() {
            let is_over = self.holds[hold].expire_time.is_some_and(|time| time <= now);
            if self.holds[hold].state == HoldState::Open && is_over {
                self.holds[hold].state = HoldState::TimedOut;
                self.give_back(hold);
            }
        }
        let due: Vec<usize> = self
            .lot_order()
            .into_iter()
            .filter(|lot| {
                let pending = self.lots[*lot].pending.as_ref();
                pending.is_some_and(|release| release.time.is_some_and(|time| time <= now))
            })
            .filter(|lot| self.remaining(*lot) > 0)
            .collect();
        if !due.is_empty() {
            self.release(&due);
        }
        let paying: Vec<usize> = self.burnable(now).into_iter().take(usize(self.owed)).collect();
        if !paying.is_empty() {
            let paid = i64::try_from(paying.len()).unwrap();
            self.owed -= paid;
            self.leave(TransactionKind::PayDebt, &paying, 0, -paid);
        }
        let expired: Vec<usize> = self
            .free_in_order()
            .into_iter()
            .filter(|point| self.has_expired(*point, now))
            .collect();
        if !expired.is_empty() {
            self.leave(TransactionKind::Expire, &expired, 0, 0);
        }
    }

    fn has_expired(&self, point: usize, now: Timestamp) -> bool {
        self.lots[self.points[point].lot]
            .expire_time
            .is_some_and(|expire_time| expire_time <= now)
    }

    /// Lots in the order in which they are spent.
    fn lot_order(&self) -> Vec<usize> {
        let mut lots: Vec<usize> = (0..self.lots.len()).collect();
        lots.sort_by_key(|index| {
            let lot = &self.lots[*index];
            let number = i64::try_from(lot.number).unwrap();
            match self.burn_order {
                BurnOrder::FirstExpiring => (lot.expire_time.is_none(), lot.expire_time, number, *index),
                BurnOrder::Oldest => (false, None, number, *index),
                BurnOrder::Youngest => (false, None, -number, *index),
            }
        });
        lots
    }

    /// Free points, pending ones included, in the order of their lots.
    fn free_in_order(&self) -> Vec<usize> {
        let mut free = Vec::new();
        for lot in self.lot_order() {
            free.extend((0..self.points.len()).filter(|index| {
                let point = self.points[*index];
                point.lot == lot && point.place == Place::Free
            }));
        }
        free
    }

    /// Points that can be spent, in the order in which they are.
    fn burnable(&self, now: Timestamp) -> Vec<usize> {
        let mut free = self.free_in_order();
        free.retain(|point| {
            self.lots[self.points[*point].lot].pending.is_none() && !self.has_expired(*point, now)
        });
        free
    }

    fn give_back(&mut self, hold: usize) {
        for point in &mut self.points {
            if point.place == Place::Held(hold) {
                point.place = Place::Free;
            }
        }
    }

    fn post(&mut self, movement: Movement, taken: Vec<usize>, opened: Option<usize>) {
        let (kind, lots, shortfall, owed) = movement;
        let moved: i64 = lots.iter().map(|(_, points)| points).sum();
        self.transactions.push(NaiveTransaction {
            kind,
            taken,
            opened,
            left: moved.abs(),
            is_final: false,
        });
        self.moved.push((kind, lots, shortfall, owed));
    }

    fn release(&mut self, lots: &[usize]) {
        for lot in lots {
            self.lots[*lot].pending = None;
        }
        let lots = lots.iter().map(|lot| (*lot, 0)).collect();
        self.post((TransactionKind::Release, lots, 0, 0), Vec::new(), None);
    }

    fn enter(
        &mut self,
        kind: TransactionKind,
        points: i64,
        expire_time: Option<Timestamp>,
        pending: Option<Release>,
    ) -> usize {
        let lot = self.open(points, expire_time, pending);
        self.post((kind, vec![(lot, points)], 0, 0), Vec::new(), Some(lot));
        lot
    }

    fn open(&mut self, points: i64, expire_time: Option<Timestamp>, pending: Option<Release>) -> usize {
        let lot = self.lots.len();
        self.lots.push(NaiveLot {
            number: self.transactions.len(),
            expire_time,
            pending,
        });
        let place = Place::Free;
        self.points.extend((0..points).map(|_| Point { lot, place }));
        lot
    }

    fn leave(&mut self, kind: TransactionKind, points: &[usize], shortfall: i64, owed: i64) {
        let mut lots: Vec<(usize, i64)> = Vec::new();
        for index in points {
            self.points[*index].place = Place::Gone;
            let lot = self.points[*index].lot;
            match lots.iter_mut().find(|(known, _)| *known == lot) {
                Some((_, points)) => *points -= 1,
                None => lots.push((lot, -1)),
            }
        }
        self.post((kind, lots, shortfall, owed), points.to_vec(), None);
    }

    fn spend(&mut self, kind: TransactionKind, points: i64, now: Timestamp) -> Result<(), Reason> {
        let first = self.first(points, now)?;
        self.leave(kind, &first, 0, 0);
        Ok(())
    }

    fn first(&self, points: i64, now: Timestamp) -> Result<Vec<usize>, Reason> {
        let mut order = self.burnable(now);
        let wanted = usize(points);
        if wanted == 0 || order.len() < wanted {
            return Err(Reason::InsufficientPoints);
        }
        order.truncate(wanted);
        Ok(order)
    }
}

fn usize(points: i64) -> usize {
    usize::try_from(points).unwrap()
}
