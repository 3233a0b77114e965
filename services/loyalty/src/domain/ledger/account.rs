//! What a member has: lots, holds, and what is to be known of the sales at hand.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    posting::{Change, Transaction},
    sale::{Sale, SaleKey},
};

/// Moments of expiry that a balance tells at most.
pub const MOST_EXPIRATIONS: usize = 100;

/// A member's account: all that a decision needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// `programs/{program}/members/{member}`.
    pub name: String,
    /// Whether the member can earn and spend.
    pub active: bool,
    /// Number of the last transaction; the first has number 1.
    pub transaction_count: i64,
    /// Lots that have points left, in the order in which they are burnt.
    lots: Vec<Lot>,
    /// Open holds, and those resolved ones that a command names.
    holds: Vec<Hold>,
    /// The sales that the commands at hand are about.
    sales: Vec<Sale>,
    /// What is known of the lots and holds that are not here.
    elsewhere: Elsewhere,
}

/// The sum of lots and holds that were not loaded. Commands that only give points need no more, as long as nothing of
/// it is due: their cost does not grow with the number of lots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Elsewhere {
    /// Points that can be spent.
    pub available: i64,
    /// Points that holds keep.
    pub reserved: i64,
    /// When something of it is due.
    pub due_time: Option<Timestamp>,
}

/// Points that came together and expire together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// Id of the transaction that opened it.
    pub id: Uuid,
    /// Number of that transaction within the account: tells which of two lots is older.
    pub number: i64,
    /// Points at first.
    pub original: i64,
    /// Points left, reserved ones included.
    pub remaining: i64,
    /// Points that open holds keep.
    pub reserved: i64,
    /// From when on its points no longer count; none means never.
    pub expire_time: Option<Timestamp>,
}

impl Lot {
    /// Points that no hold keeps.
    pub fn free(&self) -> i64 {
        self.remaining - self.reserved
    }

    /// Whether its points no longer count.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expire_time.is_some_and(|expire_time| expire_time <= now)
    }

    /// Lots that expire first are burnt first, those that never expire last; of equals the older first.
    fn burn_order(&self) -> (Timestamp, bool, i64) {
        (
            self.expire_time.unwrap_or(Timestamp::MAX),
            self.expire_time.is_none(),
            self.number,
        )
    }
}

/// Whether a hold still keeps points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldState {
    /// Keeps its points.
    Open,
    /// Its points were spent, all or a part, and the rest given back.
    Captured,
    /// Its points were given back.
    Released,
    /// Its time was over, and its points were given back.
    TimedOut,
}

/// Points kept for an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its id.
    pub id: Uuid,
    /// How many points.
    pub points: i64,
    /// Whether it still keeps them.
    pub state: HoldState,
    /// How many were spent.
    pub captured_points: i64,
    /// What for.
    pub reason: String,
    /// When it was made.
    pub create_time: Timestamp,
    /// From when on it no longer keeps its points.
    pub expire_time: Timestamp,
    /// Which points of which lots, in the order in which they will be burnt.
    pub allocations: Vec<Allocation>,
}

/// Points of one lot that a hold keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allocation {
    /// The lot.
    pub lot: Uuid,
    /// How many.
    pub points: i64,
}

/// What a member has at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// Points that can be spent.
    pub available: i64,
    /// Points that are held.
    pub reserved: i64,
    /// When the available points expire, the next first.
    pub expirations: Vec<Expiration>,
}

/// Points that expire at the same moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiration {
    /// When.
    pub expire_time: Timestamp,
    /// How many.
    pub points: i64,
}

impl Account {
    /// An account without any movement.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            active: true,
            transaction_count: 0,
            lots: Vec::new(),
            holds: Vec::new(),
            sales: Vec::new(),
            elsewhere: Elsewhere::default(),
        }
    }

    /// Takes note of lots and holds that are not loaded. Only commands that give points can be decided then.
    #[must_use]
    pub fn with_elsewhere(mut self, elsewhere: Elsewhere) -> Self {
        self.elsewhere = elsewhere;
        self
    }

    /// Adds a lot with points left, as the store has it.
    #[must_use]
    pub fn with_lots(mut self, lots: Vec<Lot>) -> Self {
        self.lots = lots;
        self.lots.sort_by_key(Lot::burn_order);
        self
    }

    /// Adds holds, as the store has them.
    #[must_use]
    pub fn with_holds(mut self, holds: Vec<Hold>) -> Self {
        self.holds = holds;
        self
    }

    /// Adds what is known of sales, as the store has them.
    #[must_use]
    pub fn with_sales(mut self, sales: Vec<Sale>) -> Self {
        self.sales = sales;
        self
    }

    /// Lots that have points left, in the order in which they are burnt.
    pub fn lots(&self) -> &[Lot] {
        &self.lots
    }

    /// The holds that are known here: all open ones, and perhaps resolved ones.
    pub fn holds(&self) -> &[Hold] {
        &self.holds
    }

    /// The hold with an id, if it is known here.
    pub fn hold(&self, id: Uuid) -> Option<&Hold> {
        self.holds.iter().find(|hold| hold.id == id)
    }

    /// What is known of a sale; nothing yet when it was never heard of.
    pub fn sale(&self, key: &SaleKey) -> Sale {
        let known = self.sales.iter().find(|sale| sale.key == *key);
        known.cloned().unwrap_or_else(|| Sale::unknown(key.clone()))
    }

    /// Points in open lots, available or reserved, expired or not.
    pub fn total(&self) -> i64 {
        let here: i64 = self.lots.iter().map(|lot| lot.remaining).sum();
        here + self.elsewhere.available + self.elsewhere.reserved
    }

    /// Points that holds keep.
    pub fn reserved(&self) -> i64 {
        let here: i64 = self.lots.iter().map(|lot| lot.reserved).sum();
        here + self.elsewhere.reserved
    }

    /// Points that can be spent at a moment, holds taken as they stand.
    pub fn available(&self, now: Timestamp) -> i64 {
        self.burnable(now).map(Lot::free).sum::<i64>() + self.elsewhere.available
    }

    /// Lots with points that can be spent at a moment, in the order in which they are burnt.
    pub(super) fn burnable(&self, now: Timestamp) -> impl Iterator<Item = &Lot> {
        self.lots
            .iter()
            .filter(move |lot| lot.free() > 0 && !lot.has_expired(now))
    }

    /// The lot with an id, if it has points left.
    pub(super) fn lot(&self, id: Uuid) -> Option<&Lot> {
        self.lots.iter().find(|lot| lot.id == id)
    }

    /// What the member has, holds and lots taken as they stand.
    pub fn balance(&self, now: Timestamp) -> Balance {
        let mut expirations: Vec<Expiration> = Vec::new();
        for lot in self.burnable(now) {
            let Some(expire_time) = lot.expire_time else {
                continue;
            };
            let full = expirations.len() == MOST_EXPIRATIONS;
            match expirations.last_mut() {
                Some(last) if last.expire_time == expire_time => last.points += lot.free(),
                _ if full => break,
                _ => expirations.push(Expiration {
                    expire_time,
                    points: lot.free(),
                }),
            }
        }
        Balance {
            available: self.available(now),
            reserved: self.reserved(),
            expirations,
        }
    }

    /// The next moment at which something must be booked although nobody asks: a hold times out or points expire.
    pub fn due_time(&self) -> Option<Timestamp> {
        let holds = self
            .holds
            .iter()
            .filter(|hold| hold.state == HoldState::Open)
            .map(|hold| hold.expire_time);
        let lots = self
            .lots
            .iter()
            .filter(|lot| lot.free() > 0)
            .filter_map(|lot| lot.expire_time);
        holds.chain(lots).chain(self.elsewhere.due_time).min()
    }

    /// Carries out a change that was decided on this account.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Posted(transaction) => self.apply_transaction(transaction),
            Change::Held(hold) => {
                self.reserve(hold, 1);
                self.holds.push(hold.clone());
            }
            Change::Resolved(hold) => {
                self.reserve(hold, -1);
                if let Some(known) = self.holds.iter_mut().find(|known| known.id == hold.id) {
                    known.clone_from(hold);
                }
            }
            Change::Recorded(purchase) => {
                let sale = self.sale(&purchase.sale).after(purchase);
                self.sales.retain(|known| known.key != sale.key);
                self.sales.push(sale);
            }
        }
    }

    fn apply_transaction(&mut self, transaction: &Transaction) {
        self.transaction_count = transaction.number;
        // Movements mostly come in the order of the lots: going on from the last one finds the next at once.
        let mut place = 0;
        for movement in &transaction.movements {
            if movement.lot == transaction.id {
                self.open_lot(Lot {
                    id: movement.lot,
                    number: transaction.number,
                    original: movement.points,
                    remaining: movement.points,
                    reserved: 0,
                    expire_time: movement.expire_time,
                });
                continue;
            }
            let places = (place..self.lots.len()).chain(0..place);
            if let Some(found) = places
                .into_iter()
                .find(|index| self.lots[*index].id == movement.lot)
            {
                self.lots[found].remaining += movement.points;
                place = found;
            }
        }
        self.lots.retain(|lot| lot.remaining > 0);
    }

    fn open_lot(&mut self, lot: Lot) {
        let place = self
            .lots
            .partition_point(|other| other.burn_order() < lot.burn_order());
        self.lots.insert(place, lot);
    }

    fn reserve(&mut self, hold: &Hold, sign: i64) {
        for allocation in &hold.allocations {
            if let Some(lot) = self.lots.iter_mut().find(|lot| lot.id == allocation.lot) {
                lot.reserved += sign * allocation.points;
            }
        }
    }
}
