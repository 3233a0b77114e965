//! A decision in the making.

use jiff::Timestamp;
use rapport_status::{Error, Reason};
use uuid::Uuid;

use super::{
    MOST_POINTS,
    account::Account,
    award::{Attribution, Award},
    command::Note,
    lot::{Lot, Pending, Vintage},
    out_of_range,
    posting::{Amounts, Change, Effect, Movement, Outcome, Posting, Transaction, TransactionKind},
};
use crate::domain::member;

/// An account with the changes that were decided so far already carried out, so that each step sees the one before.
pub(super) struct Draft<'d> {
    pub(super) account: Account,
    pub(super) now: Timestamp,
    new_id: &'d mut dyn FnMut() -> Uuid,
    changes: Vec<Change>,
}

/// A transaction in the making.
pub(super) struct Entered {
    pub(super) kind: TransactionKind,
    pub(super) movements: Vec<Movement>,
    pub(super) note: Note,
    /// Points that the member owes from now on.
    pub(super) debt: i64,
    pub(super) shortfall: i64,
    pub(super) reverses: Option<Uuid>,
    pub(super) attribution: Option<Attribution>,
}

impl Entered {
    pub(super) fn new(kind: TransactionKind, movements: Vec<Movement>, note: Note) -> Self {
        Self {
            kind,
            movements,
            note,
            debt: 0,
            shortfall: 0,
            reverses: None,
            attribution: None,
        }
    }
}

impl<'d> Draft<'d> {
    pub(super) fn new(account: &Account, now: Timestamp, new_id: &'d mut dyn FnMut() -> Uuid) -> Self {
        Self {
            account: account.clone(),
            now,
            new_id,
            changes: Vec::new(),
        }
    }

    pub(super) fn finish(self, outcome: Outcome) -> Posting {
        Posting {
            changes: self.changes,
            outcome,
        }
    }

    pub(super) fn new_id(&mut self) -> Uuid {
        (self.new_id)()
    }

    pub(super) fn record(&mut self, change: Change) {
        self.account.apply(&change);
        self.changes.push(change);
    }

    /// Books what is due, in this order: holds whose time is over give their points back, pending points are released,
    /// points pay what the member owes, points that expired leave.
    pub(super) fn settle(&mut self) {
        for hold in self.account.timed_out(self.now) {
            self.record(Change::Resolved(hold));
        }
        self.release_due();
        self.pay_debt();
        self.expire_due();
    }

    fn release_due(&mut self) {
        let due = self.account.lots().iter();
        let movements: Vec<_> = due
            .filter(|lot| lot.free() > 0 && lot.is_to_be_released(self.now))
            .map(release_of)
            .collect();
        if !movements.is_empty() {
            let note = told("the points were pending until now");
            self.post(Entered::new(TransactionKind::Release, movements, note));
        }
    }

    fn pay_debt(&mut self) {
        let debt = self.account.debt();
        if debt == 0 {
            return;
        }
        let movements = take(self.account.burnable(self.now), debt);
        if !movements.is_empty() {
            let paid = -sum(&movements);
            let note = told("the points paid what was owed");
            self.post(Entered {
                debt: -paid,
                ..Entered::new(TransactionKind::PayDebt, movements, note)
            });
        }
    }

    fn expire_due(&mut self) {
        let expired = self.account.lots().iter();
        let movements: Vec<_> = expired
            .filter(|lot| lot.free() > 0 && lot.has_expired(self.now))
            .map(|lot| out_of(lot, lot.free()))
            .collect();
        if !movements.is_empty() {
            let note = told("the points expired");
            self.post(Entered::new(TransactionKind::Expire, movements, note));
        }
    }

    /// Refuses a member who is not active.
    pub(super) fn require_active(&self) -> Result<(), Error> {
        if self.account.active {
            return Ok(());
        }
        Err(Error::about(
            Reason::MemberNotActive,
            member::RESOURCE_TYPE,
            &self.account.name,
            format!(
                "{} is closed: it neither earns nor spends points",
                self.account.name
            ),
        ))
    }

    /// Refuses more points than a balance can hold.
    pub(super) fn require_room(&self, points: i64) -> Result<(), Error> {
        let total = self.account.total();
        if points < 1 || total.checked_add(points).is_none_or(|after| after > MOST_POINTS) {
            return Err(out_of_range(format!(
                "{} has {total} points; {points} more cannot be given: at least 1, and a balance holds at most \
                 {MOST_POINTS}",
                self.account.name
            )));
        }
        Ok(())
    }

    /// Gives points, in a lot of their own.
    pub(super) fn credit(
        &mut self,
        kind: TransactionKind,
        points: i64,
        expire_time: Option<Timestamp>,
        pending: Option<Pending>,
        note: Note,
    ) -> Result<Transaction, Error> {
        self.require_room(points)?;
        let opened = self.opened(points, expire_time, pending);
        Ok(self.post_with_id(opened.lot, Entered::new(kind, vec![opened], note)))
    }

    /// Gives the points of an award, in a lot of their own.
    pub(super) fn award(
        &mut self,
        kind: TransactionKind,
        award: &Award,
        note: Note,
    ) -> Result<Transaction, Error> {
        self.require_room(award.points)?;
        let opened = self.opened(award.points, award.expire_time, award.pending.clone());
        let entered = Entered {
            attribution: Some(award.attribution.clone()),
            ..Entered::new(kind, vec![opened.clone()], note)
        };
        Ok(self.post_with_id(opened.lot, entered))
    }

    /// The movement that opens a lot.
    fn opened(&mut self, points: i64, expire_time: Option<Timestamp>, pending: Option<Pending>) -> Movement {
        Movement {
            lot: self.new_id(),
            points,
            expire_time,
            effect: Effect::Opens {
                vintage: Vintage::of(self.now),
                pending,
            },
        }
    }

    /// Takes points out of lots in the order in which they are spent.
    pub(super) fn debit(
        &mut self,
        kind: TransactionKind,
        points: i64,
        note: Note,
    ) -> Result<Transaction, Error> {
        let movements = self.choose(points)?;
        Ok(self.post(Entered::new(kind, movements, note)))
    }

    /// Chooses the points to take, or refuses when there are fewer.
    pub(super) fn choose(&self, points: i64) -> Result<Vec<Movement>, Error> {
        let available = self.account.available(self.now);
        if points < 1 || points > available {
            return Err(Error::about(
                Reason::InsufficientPoints,
                member::RESOURCE_TYPE,
                &self.account.name,
                format!("{} can spend {available} points, not {points}", self.account.name),
            )
            .with("available_points", available)
            .with("requested_points", points));
        }
        let movements = take(self.account.burnable(self.now), points);
        if sum(&movements) != -points {
            return Err(Error::internal(format!(
                "{} was loaded without the lots that have its points",
                self.account.name
            )));
        }
        Ok(movements)
    }

    pub(super) fn post(&mut self, entered: Entered) -> Transaction {
        let id = self.new_id();
        self.post_with_id(id, entered)
    }

    fn post_with_id(&mut self, id: Uuid, entered: Entered) -> Transaction {
        let mut transaction = Transaction {
            id,
            number: self.account.transaction_count + 1,
            kind: entered.kind,
            amounts: Amounts {
                debt: -entered.debt,
                ..self.amounts(&entered.movements)
            },
            post_time: self.now,
            note: entered.note,
            movements: entered.movements,
            available_points: 0,
            shortfall_points: entered.shortfall,
            reverses: entered.reverses,
            attribution: entered.attribution,
        };
        self.account.apply(&Change::Posted(transaction.clone()));
        transaction.available_points = self.account.available(self.now);
        self.changes.push(Change::Posted(transaction.clone()));
        transaction
    }

    /// What movements do to the points that can be spent, and to those that are pending.
    fn amounts(&self, movements: &[Movement]) -> Amounts {
        let mut amounts = Amounts::default();
        for movement in movements {
            let lot = self.account.lot(movement.lot);
            let is_pending = match &movement.effect {
                Effect::Opens { pending, .. } => pending.is_some(),
                _ => lot.is_some_and(|lot| lot.pending.is_some()),
            };
            if let (Effect::Releases, Some(lot)) = (&movement.effect, lot) {
                amounts.points += lot.remaining;
                amounts.pending -= lot.remaining;
            }
            if is_pending {
                amounts.pending += movement.points;
            } else {
                amounts.points += movement.points;
            }
        }
        amounts
    }
}

/// The note of what happens by itself.
fn told(reason: &str) -> Note {
    Note {
        reason: reason.to_owned(),
        cause: String::new(),
    }
}

/// The movement that releases a lot.
pub(super) fn release_of(lot: &Lot) -> Movement {
    Movement {
        lot: lot.id,
        points: 0,
        expire_time: lot.expire_time,
        effect: Effect::Releases,
    }
}

/// The movement that takes points out of a lot, or gives them back when they are negative.
pub(super) fn out_of(lot: &Lot, points: i64) -> Movement {
    Movement {
        lot: lot.id,
        points: -points,
        expire_time: lot.expire_time,
        effect: Effect::None,
    }
}

/// Takes points from lots in their order, as far as they reach.
pub(super) fn take<'l>(lots: impl Iterator<Item = &'l Lot>, points: i64) -> Vec<Movement> {
    let mut wanted = points;
    let mut movements = Vec::new();
    for lot in lots {
        if wanted == 0 {
            break;
        }
        let points = wanted.min(lot.free());
        wanted -= points;
        movements.push(out_of(lot, points));
    }
    movements
}

pub(super) fn sum(movements: &[Movement]) -> i64 {
    movements.iter().map(|movement| movement.points).sum()
}
