//! A decision in the making.

use jiff::Timestamp;
use rapport_status::{Error, Reason};
use uuid::Uuid;

use super::{
    MOST_POINTS,
    account::{Account, Allocation, HoldState, Lot},
    command::Note,
    out_of_range,
    posting::{Change, Movement, Outcome, Posting, Transaction, TransactionKind},
};

/// An account with the changes that were decided so far already carried out, so that each step sees the one before.
pub(super) struct Draft<'d> {
    pub(super) account: Account,
    pub(super) now: Timestamp,
    new_id: &'d mut dyn FnMut() -> Uuid,
    changes: Vec<Change>,
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

    /// Books what is due: holds whose time is over give their points back, then points that expired leave.
    pub(super) fn settle(&mut self) {
        let timed_out: Vec<_> = self
            .account
            .holds()
            .iter()
            .filter(|hold| hold.state == HoldState::Open && hold.expire_time <= self.now)
            .cloned()
            .collect();
        for mut hold in timed_out {
            hold.state = HoldState::TimedOut;
            self.record(Change::Resolved(hold));
        }
        let movements: Vec<_> = self
            .account
            .lots()
            .iter()
            .filter(|lot| lot.free() > 0 && lot.has_expired(self.now))
            .map(|lot| out_of(lot, lot.free()))
            .collect();
        if !movements.is_empty() {
            let note = Note {
                reason: "the points expired".to_owned(),
                cause: String::new(),
            };
            self.post(TransactionKind::Expire, movements, note, 0);
        }
    }

    /// Refuses a closed member.
    pub(super) fn require_active(&self) -> Result<(), Error> {
        if self.account.active {
            return Ok(());
        }
        Err(Error::about(
            Reason::MemberNotActive,
            crate::domain::member::RESOURCE_TYPE,
            &self.account.name,
            format!(
                "{} is closed: it neither earns nor spends points",
                self.account.name
            ),
        ))
    }

    /// Gives points, in a lot of their own.
    pub(super) fn credit(
        &mut self,
        kind: TransactionKind,
        points: i64,
        expire_time: Option<Timestamp>,
        note: Note,
    ) -> Result<Transaction, Error> {
        let total = self.account.total();
        if points < 1 || total.checked_add(points).is_none_or(|after| after > MOST_POINTS) {
            return Err(out_of_range(format!(
                "{} has {total} points; {points} more cannot be given: at least 1, and a balance holds at most \
                 {MOST_POINTS}",
                self.account.name
            )));
        }
        let id = self.new_id();
        let movement = Movement {
            lot: id,
            points,
            expire_time,
        };
        Ok(self.post_with_id(id, kind, vec![movement], note, 0))
    }

    /// Takes points out of lots in the order in which they are burnt.
    pub(super) fn debit(
        &mut self,
        kind: TransactionKind,
        points: i64,
        note: Note,
    ) -> Result<Transaction, Error> {
        let movements = self.choose(points)?;
        Ok(self.post(kind, movements, note, 0))
    }

    /// Chooses the points to take, or refuses when there are fewer.
    pub(super) fn choose(&self, points: i64) -> Result<Vec<Movement>, Error> {
        let available = self.account.available(self.now);
        if points < 1 || points > available {
            return Err(Error::about(
                Reason::InsufficientPoints,
                crate::domain::member::RESOURCE_TYPE,
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

    /// Takes points back: first from the lot that the purchase opened, then in the order in which lots are burnt. What
    /// is not there any more is the shortfall.
    pub(super) fn take_back(&mut self, due: i64, lot: Option<Uuid>, note: Note) -> Transaction {
        let own = |candidate: &&Lot| Some(candidate.id) == lot;
        let first = self.account.burnable(self.now).filter(own);
        let others = self.account.burnable(self.now).filter(|lot| !own(lot));
        let movements = take(first.chain(others), due);
        let shortfall = due + sum(&movements);
        self.post(TransactionKind::TakeBack, movements, note, shortfall)
    }

    /// The movements that take allocated points out of their lots.
    pub(super) fn movements(&self, allocations: &[Allocation]) -> Vec<Movement> {
        allocations
            .iter()
            .filter_map(|allocation| Some(out_of(self.account.lot(allocation.lot)?, allocation.points)))
            .collect()
    }

    pub(super) fn post(
        &mut self,
        kind: TransactionKind,
        movements: Vec<Movement>,
        note: Note,
        shortfall_points: i64,
    ) -> Transaction {
        let id = self.new_id();
        self.post_with_id(id, kind, movements, note, shortfall_points)
    }

    fn post_with_id(
        &mut self,
        id: Uuid,
        kind: TransactionKind,
        movements: Vec<Movement>,
        note: Note,
        shortfall_points: i64,
    ) -> Transaction {
        let mut transaction = Transaction {
            id,
            number: self.account.transaction_count + 1,
            kind,
            points: sum(&movements),
            post_time: self.now,
            note,
            movements,
            available_points: 0,
            shortfall_points,
        };
        self.account.apply(&Change::Posted(transaction.clone()));
        transaction.available_points = self.account.available(self.now);
        self.changes.push(Change::Posted(transaction.clone()));
        transaction
    }
}

fn out_of(lot: &Lot, points: i64) -> Movement {
    Movement {
        lot: lot.id,
        points: -points,
        expire_time: lot.expire_time,
    }
}

/// Takes points from lots in their order, as far as they reach.
fn take<'l>(lots: impl Iterator<Item = &'l Lot>, points: i64) -> Vec<Movement> {
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

fn sum(movements: &[Movement]) -> i64 {
    movements.iter().map(|movement| movement.points).sum()
}
