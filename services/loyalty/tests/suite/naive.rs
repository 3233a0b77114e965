//! A member's points, the naive way: a list of single points, each with the place where it is. Slow, and obviously
//! right.

use jiff::Timestamp;
use rapport_loyalty::domain::ledger::{HoldState, TransactionKind};
use rapport_status::Reason;

use crate::steps::Step;

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
    expire_time: Option<Timestamp>,
    place: Place,
}

#[derive(Debug, Clone, Copy)]
struct NaiveHold {
    state: HoldState,
    expire_time: Timestamp,
    points: i64,
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

/// One movement as the model sees it: kind, points of each lot in the order of use, shortfall.
pub(crate) type Movement = (TransactionKind, Vec<(usize, i64)>, i64);

/// A member.
#[derive(Debug, Clone, Default)]
pub(crate) struct Naive {
    points: Vec<Point>,
    lots: usize,
    holds: Vec<NaiveHold>,
    sales: Vec<NaiveSale>,
    /// What moved in the last step.
    pub(crate) moved: Vec<Movement>,
    /// What moved in all steps.
    pub(crate) history: Vec<Movement>,
}

impl Naive {
    /// Takes a step, or refuses it and stays as it was.
    pub(crate) fn take(&mut self, step: &Step, now: Timestamp) -> Result<(), Reason> {
        let mut after = self.clone();
        after.moved.clear();
        after.settle(now);
        after.carry_out(step, now)?;
        after.settle(now);
        after.history.extend(after.moved.iter().cloned());
        *self = after;
        Ok(())
    }

    pub(crate) fn available(&self) -> i64 {
        self.count(|point| point.place == Place::Free)
    }

    pub(crate) fn reserved(&self) -> i64 {
        self.count(|point| matches!(point.place, Place::Held(_)))
    }

    pub(crate) fn remaining(&self, lot: usize) -> i64 {
        self.count(|point| point.lot == lot && point.place != Place::Gone)
    }

    pub(crate) fn lot_count(&self) -> usize {
        self.lots
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
            if self.holds[hold].state == HoldState::Open && self.holds[hold].expire_time <= now {
                self.holds[hold].state = HoldState::TimedOut;
                self.give_back(hold);
            }
        }
        let expired: Vec<usize> = self
            .burn_order()
            .into_iter()
            .filter(|index| {
                self.points[*index]
                    .expire_time
                    .is_some_and(|expire_time| expire_time <= now)
            })
            .collect();
        if !expired.is_empty() {
            self.leave(TransactionKind::Expire, &expired, 0);
        }
    }

    /// Free points, those that expire first before the others, the older before the younger.
    fn burn_order(&self) -> Vec<usize> {
        let mut free: Vec<usize> = (0..self.points.len())
            .filter(|index| self.points[*index].place == Place::Free)
            .collect();
        free.sort_by_key(|index| {
            let point = self.points[*index];
            (point.expire_time.is_none(), point.expire_time, point.lot)
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

    fn enter(&mut self, kind: TransactionKind, points: i64, expire_time: Option<Timestamp>) {
        for _ in 0..points {
            self.points.push(Point {
                lot: self.lots,
                expire_time,
                place: Place::Free,
            });
        }
        self.moved.push((kind, vec![(self.lots, points)], 0));
        self.lots += 1;
    }

    fn leave(&mut self, kind: TransactionKind, points: &[usize], shortfall: i64) {
        let mut lots: Vec<(usize, i64)> = Vec::new();
        for index in points {
            self.points[*index].place = Place::Gone;
            let lot = self.points[*index].lot;
            match lots.iter_mut().find(|(known, _)| *known == lot) {
                Some((_, points)) => *points -= 1,
                None => lots.push((lot, -1)),
            }
        }
        self.moved.push((kind, lots, shortfall));
    }

    fn spend(&mut self, kind: TransactionKind, points: i64) -> Result<(), Reason> {
        let first = self.first(points)?;
        self.leave(kind, &first, 0);
        Ok(())
    }

    fn first(&self, points: i64) -> Result<Vec<usize>, Reason> {
        let mut order = self.burn_order();
        let wanted = usize::try_from(points).unwrap();
        if wanted == 0 || order.len() < wanted {
            return Err(Reason::InsufficientPoints);
        }
        order.truncate(wanted);
        Ok(order)
    }

    fn carry_out(&mut self, step: &Step, now: Timestamp) -> Result<(), Reason> {
        match *step {
            Step::Earn {
                expire_time: Some(expire_time),
                ..
            } if expire_time <= now => Err(Reason::InvalidFields),
            Step::Earn { points, expire_time } => {
                self.enter(TransactionKind::Earn, points, expire_time);
                Ok(())
            }
            Step::Compensate { points, expire_time } => {
                self.enter(TransactionKind::Compensate, points, expire_time);
                Ok(())
            }
            Step::Redeem { points } => self.spend(TransactionKind::Redeem, points),
            Step::Adjust { points, expire_time } if points > 0 => {
                self.enter(TransactionKind::Adjust, points, expire_time);
                Ok(())
            }
            Step::Adjust { points, .. } => self.spend(TransactionKind::Adjust, -points),
            Step::Reserve { points, expire_time } => {
                for index in self.first(points)? {
                    self.points[index].place = Place::Held(self.holds.len());
                }
                self.holds.push(NaiveHold {
                    state: HoldState::Open,
                    expire_time,
                    points,
                    captured: 0,
                });
                Ok(())
            }
            Step::Capture { hold, points } => self.capture(hold, points),
            Step::Release { hold } => self.release(hold),
            Step::Sale {
                sale,
                amount,
                points,
                expire_time,
            } => {
                self.sell(sale, amount, points, expire_time);
                Ok(())
            }
            Step::Return { sale, amount } => {
                self.known_sale(sale).returned += amount;
                self.take_back(sale);
                Ok(())
            }
            Step::Settle => Ok(()),
        }
    }

    fn capture(&mut self, hold: usize, points: Option<i64>) -> Result<(), Reason> {
        let found = *self.holds.get(hold).ok_or(Reason::HoldNotFound)?;
        if found.state != HoldState::Open {
            return Err(Reason::HoldNotOpen);
        }
        let points = points.unwrap_or(found.points);
        if points < 1 || points > found.points {
            return Err(Reason::PointsOutOfRange);
        }
        let mut kept: Vec<usize> = (0..self.points.len())
            .filter(|index| self.points[*index].place == Place::Held(hold))
            .collect();
        kept.sort_by_key(|index| {
            let point = self.points[*index];
            (point.expire_time.is_none(), point.expire_time, point.lot)
        });
        kept.truncate(usize::try_from(points).unwrap());
        self.leave(TransactionKind::Redeem, &kept, 0);
        self.give_back(hold);
        self.holds[hold].state = HoldState::Captured;
        self.holds[hold].captured = points;
        Ok(())
    }

    fn release(&mut self, hold: usize) -> Result<(), Reason> {
        match self.holds.get(hold).ok_or(Reason::HoldNotFound)?.state {
            HoldState::Captured => Err(Reason::HoldNotOpen),
            HoldState::Released | HoldState::TimedOut => Ok(()),
            HoldState::Open => {
                self.give_back(hold);
                self.holds[hold].state = HoldState::Released;
                Ok(())
            }
        }
    }

    /// Whether a sale was taken before.
    pub(crate) fn knows_sale(&self, sale: usize) -> bool {
        self.sales.get(sale).is_some_and(|known| known.amount.is_some())
    }

    fn known_sale(&mut self, sale: usize) -> &mut NaiveSale {
        if self.sales.len() <= sale {
            self.sales.resize(sale + 1, NaiveSale::default());
        }
        &mut self.sales[sale]
    }

    fn sell(&mut self, sale: usize, amount: i64, points: i64, expire_time: Option<Timestamp>) {
        if self.known_sale(sale).amount.is_some() {
            return;
        }
        let lot = self.lots;
        if points > 0 {
            self.enter(TransactionKind::Earn, points, expire_time);
        }
        let known = self.known_sale(sale);
        known.amount = Some(amount);
        known.earned = points;
        known.lot = (points > 0).then_some(lot);
        self.take_back(sale);
    }

    fn take_back(&mut self, sale: usize) {
        let known = *self.known_sale(sale);
        let Some(amount) = known.amount.filter(|amount| *amount > 0) else {
            return;
        };
        let due = known.earned * known.returned.min(amount) / amount - known.claimed;
        if due <= 0 {
            return;
        }
        let mut order = self.burn_order();
        order.sort_by_key(|index| Some(self.points[*index].lot) != known.lot);
        order.truncate(usize::try_from(due).unwrap());
        let shortfall = due - i64::try_from(order.len()).unwrap();
        self.leave(TransactionKind::TakeBack, &order, shortfall);
        self.known_sale(sale).claimed += due;
    }
}
