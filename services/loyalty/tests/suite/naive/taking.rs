//! What each step does to single points.

use jiff::Timestamp;
use rapport_loyalty::domain::ledger::{DebtPolicy, HoldKind, HoldState, TransactionKind};
use rapport_status::Reason;

use super::{Naive, NaiveHold, NaiveSale, NaiveTransaction, Place, usize};
use crate::steps::{Step, Which};

impl Naive {
    pub(super) fn carry_out(&mut self, step: &Step, now: Timestamp) -> Result<(), Reason> {
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
