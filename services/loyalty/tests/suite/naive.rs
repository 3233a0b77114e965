//! A member's points, the naive way: a list of single points, each with the place where it is. Slow, and obviously
//! right.

use jiff::Timestamp;
use rapport_loyalty::domain::ledger::{BurnOrder, DebtPolicy, HoldKind, HoldState, Rules, TransactionKind};
use rapport_status::Reason;

use crate::steps::{Release, Step, Which};

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

    fn carry_out(&mut self, step: &Step, now: Timestamp) -> Result<(), Reason> {
        let is_over = |moment: Option<Timestamp>| moment.is_some_and(|moment| moment <= now);
        match step.clone() {
            Step::Earn {
                points,
                expire_time,
                pending,
            } => {
                if is_over(expire_time) || is_over(pending.as_ref().and_then(|release| release.time)) {
                    return Err(Reason::InvalidFields);
                }
                self.enter(TransactionKind::Earn, points, expire_time, pending);
            }
            Step::Compensate { points, expire_time } => {
                self.enter(TransactionKind::Compensate, points, expire_time, None);
            }
            Step::Redeem { points } => self.spend(TransactionKind::Redeem, points, now)?,
            Step::Adjust { points, expire_time } if points > 0 => {
                self.enter(TransactionKind::Adjust, points, expire_time, None);
            }
            Step::Adjust { points, .. } => self.spend(TransactionKind::Adjust, -points, now)?,
            Step::Reserve { points, expire_time } => {
                self.keep(HoldKind::Reservation, points, Some(expire_time), now)?;
            }
            Step::Block { points } => self.keep(HoldKind::Block, points, None, now)?,
            Step::Capture { hold, points } => self.capture(hold, points)?,
            Step::Release { hold } => self.resolve(hold)?,
            Step::Sale {
                sale,
                amount,
                points,
                expire_time,
            } => self.sell(sale, amount, points, expire_time, now),
            Step::Return { sale, amount } => {
                self.known_sale(sale).returned += amount;
                self.claim(sale, now);
            }
            Step::ReleasePending { which } => {
                let lots = self.waiting(&which)?;
                self.release(&lots);
            }
            Step::CancelPending { which } => {
                let lots = self.waiting(&which)?;
                let points = self.free_in_order();
                let points: Vec<usize> = points
                    .into_iter()
                    .filter(|point| lots.contains(&self.points[*point].lot))
                    .collect();
                self.leave(TransactionKind::Cancel, &points, 0, 0);
            }
            Step::Reverse { transaction, points } => self.reverse(transaction, points, now)?,
            Step::Reinstate {
                transaction,
                points,
                expire_time,
            } => self.reinstate(transaction, points, expire_time, now)?,
            Step::Extend { lot, expire_time } => self.extend(lot, expire_time, now)?,
            Step::TransferOut { points } => self.spend(TransactionKind::TransferOut, points, now)?,
            Step::TransferIn { parts } => {
                let lots = parts
                    .iter()
                    .map(|(points, expire_time)| (self.open(*points, *expire_time, None), *points))
                    .collect();
                self.post((TransactionKind::TransferIn, lots, 0, 0), Vec::new(), None);
            }
            Step::Settle => {}
        }
        Ok(())
    }

    fn keep(
        &mut self,
        kind: HoldKind,
        points: i64,
        expire_time: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), Reason> {
        let first = self.first(points, now)?;
        for index in &first {
            self.points[*index].place = Place::Held(self.holds.len());
        }
        self.holds.push(NaiveHold {
            kind,
            state: HoldState::Open,
            expire_time,
            points: first,
            captured: 0,
        });
        Ok(())
    }

    fn capture(&mut self, hold: usize, points: Option<i64>) -> Result<(), Reason> {
        let found = self.holds.get(hold).ok_or(Reason::HoldNotFound)?.clone();
        if found.state != HoldState::Open {
            return Err(Reason::HoldNotOpen);
        }
        let kept = i64::try_from(found.points.len()).unwrap();
        let points = points.unwrap_or(kept);
        if points < 1 || points > kept {
            return Err(Reason::PointsOutOfRange);
        }
        let kind = match found.kind {
            HoldKind::Reservation => TransactionKind::Redeem,
            HoldKind::Block => TransactionKind::Forfeit,
        };
        self.leave(kind, &found.points[..usize(points)], 0, 0);
        self.give_back(hold);
        self.holds[hold].state = HoldState::Captured;
        self.holds[hold].captured = points;
        Ok(())
    }

    fn resolve(&mut self, hold: usize) -> Result<(), Reason> {
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

    /// Lots that wait for what is meant, in order.
    fn waiting(&self, which: &Which) -> Result<Vec<usize>, Reason> {
        let mut lots = self.lot_order();
        lots.retain(|lot| {
            let pending = self.lots[*lot].pending.as_ref();
            let is_meant = pending.is_some_and(|release| match which {
                Which::Lot(number) => lot == number,
                Which::Key(key) => release.key == *key,
            });
            is_meant && self.remaining(*lot) > 0
        });
        if lots.is_empty() {
            return Err(Reason::LotNotFound);
        }
        Ok(lots)
    }

    fn extend(
        &mut self,
        lot: Option<usize>,
        expire_time: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), Reason> {
        if expire_time.is_some_and(|time| time <= now) {
            return Err(Reason::InvalidFields);
        }
        let last = |time: Option<Timestamp>| time.unwrap_or(Timestamp::MAX);
        let mut lots = self.lot_order();
        lots.retain(|candidate| self.remaining(*candidate) > 0);
        match lot {
            Some(lot) => {
                lots.retain(|candidate| *candidate == lot);
                let shortens = |lot: &usize| last(expire_time) < last(self.lots[*lot].expire_time);
                if lots.iter().any(shortens) {
                    return Err(Reason::InvalidFields);
                }
            }
            None => lots.retain(|lot| last(self.lots[*lot].expire_time) < last(expire_time)),
        }
        if lots.is_empty() {
            return Err(Reason::LotNotFound);
        }
        for lot in &lots {
            self.lots[*lot].expire_time = expire_time;
        }
        let lots = lots.into_iter().map(|lot| (lot, 0)).collect();
        self.post((TransactionKind::Extend, lots, 0, 0), Vec::new(), None);
        Ok(())
    }

    fn known_transaction(&self, transaction: usize) -> Result<NaiveTransaction, Reason> {
        let known = self.transactions[..self.nameable].get(transaction);
        known.cloned().ok_or(Reason::TransactionNotFound)
    }

    fn reverse(&mut self, transaction: usize, points: Option<i64>, now: Timestamp) -> Result<(), Reason> {
        let known = self.known_transaction(transaction)?;
        let gave = known.opened.is_some();
        let comes_back = match known.kind {
            _ if known.is_final => None,
            TransactionKind::Redeem => Some(TransactionKind::Refund),
            TransactionKind::Adjust if !gave => Some(TransactionKind::Adjust),
            TransactionKind::Earn | TransactionKind::Compensate | TransactionKind::Adjust => {
                Some(TransactionKind::TakeBack)
            }
            _ => None,
        };
        let kind = comes_back.ok_or(Reason::TransactionNotReversible)?;
        let points = within(points, known.left)?;
        if kind == TransactionKind::TakeBack {
            self.take_back(points, known.opened, now);
            self.transactions[transaction].left -= points;
            return Ok(());
        }
        self.return_points(kind, transaction, points);
        Ok(())
    }

    fn reinstate(
        &mut self,
        transaction: usize,
        points: Option<i64>,
        expire_time: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), Reason> {
        if expire_time.is_some_and(|time| time <= now) {
            return Err(Reason::InvalidFields);
        }
        let known = self.known_transaction(transaction)?;
        if known.kind != TransactionKind::Expire {
            return Err(Reason::TransactionNotReversible);
        }
        let points = within(points, known.left)?;
        for lot in self.return_points(TransactionKind::Reinstate, transaction, points) {
            self.lots[lot].expire_time = expire_time;
        }
        Ok(())
    }

    /// Gives points of a transaction back to their lots, the last taken first. Gives the lots.
    fn return_points(&mut self, kind: TransactionKind, transaction: usize, points: i64) -> Vec<usize> {
        let mut lots: Vec<(usize, i64)> = Vec::new();
        for _ in 0..points {
            let point = self.transactions[transaction].taken.pop().unwrap();
            self.points[point].place = Place::Free;
            let lot = self.points[point].lot;
            match lots.iter_mut().find(|(known, _)| *known == lot) {
                Some((_, points)) => *points += 1,
                None => lots.push((lot, 1)),
            }
        }
        self.transactions[transaction].left -= points;
        let touched = lots.iter().map(|(lot, _)| *lot).collect();
        self.post((kind, lots, 0, 0), Vec::new(), None);
        if let Some(reversal) = self.transactions.last_mut() {
            reversal.is_final = true;
        }
        touched
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

    fn sell(
        &mut self,
        sale: usize,
        amount: i64,
        points: i64,
        expire_time: Option<Timestamp>,
        now: Timestamp,
    ) {
        if self.known_sale(sale).amount.is_some() {
            return;
        }
        let lot = (points > 0).then(|| {
            let lot = self.enter(TransactionKind::Earn, points, expire_time, None);
            if let Some(transaction) = self.transactions.last_mut() {
                transaction.is_final = true;
            }
            lot
        });
        let known = self.known_sale(sale);
        known.amount = Some(amount);
        known.earned = points;
        known.lot = lot;
        self.claim(sale, now);
    }

    /// Takes back the share of a sale's points that was returned and not claimed yet.
    fn claim(&mut self, sale: usize, now: Timestamp) {
        let known = *self.known_sale(sale);
        let Some(amount) = known.amount.filter(|amount| *amount > 0) else {
            return;
        };
        let due = known.earned * known.returned.min(amount) / amount - known.claimed;
        if due <= 0 {
            return;
        }
        self.take_back(due, known.lot, now);
        self.known_sale(sale).claimed += due;
    }

    fn take_back(&mut self, due: i64, lot: Option<usize>, now: Timestamp) {
        let is_own = |point: &usize| Some(self.points[*point].lot) == lot;
        let mut order: Vec<usize> = self.free_in_order().into_iter().filter(is_own).collect();
        match self.debt_policy {
            DebtPolicy::OnlyPending => {
                order.retain(|point| self.lots[self.points[*point].lot].pending.is_some());
            }
            DebtPolicy::WithinBalance | DebtPolicy::Unlimited => {
                order.extend(self.burnable(now).into_iter().filter(|point| !is_own(point)));
            }
        }
        order.truncate(usize(due));
        let missing = due - i64::try_from(order.len()).unwrap();
        if self.debt_policy == DebtPolicy::Unlimited {
            self.owed += missing;
            self.leave(TransactionKind::TakeBack, &order, 0, missing);
        } else {
            self.leave(TransactionKind::TakeBack, &order, missing, 0);
        }
    }
}

/// How many points of those that are left are meant.
fn within(points: Option<i64>, left: i64) -> Result<i64, Reason> {
    let points = points.unwrap_or(left);
    if (1..=left).contains(&points) {
        Ok(points)
    } else {
        Err(Reason::PointsOutOfRange)
    }
}

fn usize(points: i64) -> usize {
    usize::try_from(points).unwrap()
}
