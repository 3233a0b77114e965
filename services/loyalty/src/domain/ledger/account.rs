//! What a member has in one wallet: lots, holds, debt, and what is to be known of the sales and transactions at hand.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rapport_status::Error;
use uuid::Uuid;

use super::{
    command::Part,
    hold::{Hold, HoldKind, HoldState, NEVER},
    lot::{BurnOrder, Lot},
    posting::{Change, Effect, Movement, Transaction},
    resource_name,
    reversible::Reversible,
    sale::{Sale, SaleKey},
};
use crate::domain::wallet::POINTS;

/// Moments of expiry that a balance tells at most.
pub const MOST_EXPIRATIONS: usize = 100;

/// A member's account: all that a decision needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// `programs/{program}/members/{member}`.
    pub name: String,
    /// Id of the wallet.
    pub wallet: String,
    /// Whether the member can earn and spend.
    pub active: bool,
    /// Number of the last transaction; the first has number 1.
    pub transaction_count: i64,
    /// How the wallet works.
    rules: Rules,
    /// Lots that have points left, and those exhausted ones that a command names, in the order in which they are spent.
    lots: Vec<Lot>,
    /// Open holds, and those resolved ones that a command names.
    holds: Vec<Hold>,
    /// The sales that the commands at hand are about.
    sales: Vec<Sale>,
    /// The transactions that the commands at hand reverse.
    reversibles: Vec<Reversible>,
    /// Points that the member owes.
    debt: i64,
    /// What is known of the lots and holds that are not here.
    elsewhere: Elsewhere,
}

/// How a wallet works, as far as decisions on its points depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rules {
    /// Which lots are spent first.
    pub burn_order: BurnOrder,
    /// What is taken back when what gave points is reversed.
    pub debt: DebtPolicy,
    /// Which activity moves the expiry of all points, and to when; none means that none does.
    pub slide: Option<Slide>,
}

/// What an activity does to the expiry of all points of a wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slide {
    /// Whether getting points counts as activity.
    pub earning: bool,
    /// Whether spending points does.
    pub redeeming: bool,
    /// When points expire after an activity now.
    pub expire_time: Timestamp,
}

/// What is taken back when the purchase or the transaction that gave points is reversed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum DebtPolicy {
    /// Only points that are still pending.
    OnlyPending,
    /// What can be spent, and what is pending of the points that were given: the rest is let go.
    #[default]
    WithinBalance,
    /// All: what is not there any more is owed, and paid by the next points.
    Unlimited,
}

/// The sums of lots and holds that were not loaded. Commands that only give points need no more, as long as nothing of
/// it is due: their cost does not grow with the number of lots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Elsewhere {
    /// Points that can be spent.
    pub available: i64,
    /// Points that reservations keep.
    pub reserved: i64,
    /// Points that are blocked.
    pub blocked: i64,
    /// Points that are pending.
    pub pending: i64,
    /// When something of it is due.
    pub due_time: Option<Timestamp>,
}

/// What a member has at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// Points that can be spent.
    pub available: i64,
    /// Points that reservations keep.
    pub reserved: i64,
    /// Points that are blocked.
    pub blocked: i64,
    /// Points that are pending.
    pub pending: i64,
    /// Points that the member owes. While there are any, none can be spent.
    pub debt: i64,
    /// When how many of the points that can be spent expire, the next first; at most [`MOST_EXPIRATIONS`].
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
    /// An account of an active member with nothing in it, in the wallet that every program has.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            wallet: POINTS.to_owned(),
            active: true,
            transaction_count: 0,
            rules: Rules::default(),
            lots: Vec::new(),
            holds: Vec::new(),
            sales: Vec::new(),
            reversibles: Vec::new(),
            debt: 0,
            elsewhere: Elsewhere::default(),
        }
    }

    /// The account in another wallet.
    #[must_use]
    pub fn in_wallet(mut self, wallet: impl Into<String>) -> Self {
        self.wallet = wallet.into();
        self
    }

    /// The name of something that belongs to it, such as a hold.
    pub fn resource(&self, collection: &str, id: Uuid) -> String {
        resource_name(&self.name, &self.wallet, collection, id)
    }

    /// The account in a wallet with these rules.
    #[must_use]
    pub fn with_rules(mut self, rules: Rules) -> Self {
        self.set_rules(rules);
        self
    }

    /// Has the wallet work by these rules.
    pub fn set_rules(&mut self, rules: Rules) {
        let sorts_otherwise = rules.burn_order != self.rules.burn_order;
        self.rules = rules;
        if sorts_otherwise {
            self.lots.sort_by_key(|lot| rules.burn_order.place(lot));
        }
    }

    /// The account with points that are known only by their sums.
    #[must_use]
    pub fn with_elsewhere(mut self, elsewhere: Elsewhere) -> Self {
        self.elsewhere = elsewhere;
        self
    }

    /// The account with these lots.
    #[must_use]
    pub fn with_lots(mut self, lots: Vec<Lot>) -> Self {
        self.lots = lots;
        let order = self.rules.burn_order;
        self.lots.sort_by_key(|lot| order.place(lot));
        self
    }

    /// The account with these holds.
    #[must_use]
    pub fn with_holds(mut self, holds: Vec<Hold>) -> Self {
        self.holds = holds;
        self
    }

    /// The account with what is known of these sales.
    #[must_use]
    pub fn with_sales(mut self, sales: Vec<Sale>) -> Self {
        self.sales = sales;
        self
    }

    /// The account with transactions that can be reversed.
    #[must_use]
    pub fn with_reversibles(mut self, reversibles: Vec<Reversible>) -> Self {
        self.reversibles = reversibles;
        self
    }

    /// Takes note of a transaction that can be reversed from now on, such as one that was posted a moment ago.
    pub fn add_reversible(&mut self, reversible: Reversible) {
        self.reversibles.push(reversible);
    }

    /// The account of a member who owes points.
    #[must_use]
    pub fn with_debt(mut self, debt: i64) -> Self {
        self.debt = debt;
        self
    }

    /// How the wallet works.
    pub fn rules(&self) -> Rules {
        self.rules
    }

    /// Lots, in the order in which they are spent.
    pub fn lots(&self) -> &[Lot] {
        &self.lots
    }

    /// The holds that are known.
    pub fn holds(&self) -> &[Hold] {
        &self.holds
    }

    /// A hold.
    pub fn hold(&self, id: Uuid) -> Option<&Hold> {
        self.holds.iter().find(|hold| hold.id == id)
    }

    /// What is known of a sale.
    pub fn sale(&self, key: &SaleKey) -> Sale {
        let known = self.sales.iter().find(|sale| sale.key == *key);
        known.cloned().unwrap_or_else(|| Sale::unknown(key.clone()))
    }

    /// A transaction that can be reversed.
    pub fn reversible(&self, id: Uuid) -> Option<&Reversible> {
        self.reversibles.iter().find(|reversible| reversible.id == id)
    }

    /// Points that the member owes.
    pub fn debt(&self) -> i64 {
        self.debt
    }

    /// Everything that the member has, pending, held and expired but not yet booked points included.
    pub fn total(&self) -> i64 {
        let here: i64 = self.lots.iter().map(|lot| lot.remaining).sum();
        let Elsewhere {
            available,
            reserved,
            blocked,
            pending,
            ..
        } = self.elsewhere;
        here + available + reserved + blocked + pending
    }

    /// Points that reservations keep.
    pub fn reserved(&self) -> i64 {
        self.held(HoldKind::Reservation) + self.elsewhere.reserved
    }

    /// Points that are blocked.
    pub fn blocked(&self) -> i64 {
        self.held(HoldKind::Block) + self.elsewhere.blocked
    }

    fn held(&self, kind: HoldKind) -> i64 {
        let open = self
            .holds
            .iter()
            .filter(|hold| hold.is_open() && hold.kind == kind);
        open.map(|hold| hold.points).sum()
    }

    /// Points that are pending.
    pub fn pending(&self) -> i64 {
        let pending = self.lots.iter().filter(|lot| lot.pending.is_some());
        pending.map(|lot| lot.remaining).sum::<i64>() + self.elsewhere.pending
    }

    /// Points that can be spent at a moment.
    pub fn available(&self, now: Timestamp) -> i64 {
        self.burnable(now).map(Lot::spendable).sum::<i64>() + self.elsewhere.available
    }

    /// Lots with points that can be spent at a moment, in the order in which they are spent.
    pub(super) fn burnable(&self, now: Timestamp) -> impl Iterator<Item = &Lot> {
        self.lots
            .iter()
            .filter(move |lot| lot.spendable() > 0 && !lot.has_expired(now))
    }

    pub(super) fn lot(&self, id: Uuid) -> Option<&Lot> {
        self.lots.iter().find(|lot| lot.id == id)
    }

    /// The parts of points that a transaction took out of lots, for the member who gets them.
    pub fn parts_of(&self, transaction: &Transaction) -> Result<Vec<Part>, Error> {
        let taken = transaction.movements.iter();
        taken
            .map(|movement| {
                Ok(Part {
                    points: -movement.points,
                    expire_time: movement.expire_time,
                    vintage: self.loaded_lot(movement.lot)?.vintage,
                })
            })
            .collect()
    }

    /// A lot that whoever decides must have loaded: without it points would be lost.
    pub(super) fn loaded_lot(&self, id: Uuid) -> Result<&Lot, Error> {
        self.lot(id)
            .ok_or_else(|| Error::internal(format!("{} was loaded without its lot {id}", self.name)))
    }

    /// What the member has at a moment.
    pub fn balance(&self, now: Timestamp) -> Balance {
        let mut by_moment: BTreeMap<Timestamp, i64> = BTreeMap::new();
        for lot in self.burnable(now) {
            if let Some(expire_time) = lot.expire_time {
                *by_moment.entry(expire_time).or_default() += lot.spendable();
            }
        }
        let expirations = by_moment
            .into_iter()
            .map(|(expire_time, points)| Expiration { expire_time, points });
        Balance {
            available: self.available(now),
            reserved: self.reserved(),
            blocked: self.blocked(),
            pending: self.pending(),
            debt: self.debt,
            expirations: expirations.take(MOST_EXPIRATIONS).collect(),
        }
    }

    /// The next moment at which something happens without a command: a hold times out, points are released or expire.
    pub fn due_time(&self) -> Option<Timestamp> {
        let holds = self
            .holds
            .iter()
            .filter(|hold| hold.is_open())
            .map(|hold| hold.expire_time)
            .filter(|expire_time| *expire_time < NEVER);
        let lots = self.lots.iter().filter_map(Lot::due_time);
        holds.chain(lots).chain(self.elsewhere.due_time).min()
    }

    /// Carries a change out. What [`decide`](super::decide) gave for this account always fits it.
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
        self.debt -= transaction.amounts.debt;
        let mut place = 0;
        for movement in &transaction.movements {
            if let Effect::Opens { vintage, pending } = &movement.effect {
                self.place(Lot {
                    id: movement.lot,
                    number: transaction.number,
                    original: movement.points,
                    remaining: movement.points,
                    reserved: 0,
                    expire_time: movement.expire_time,
                    vintage: *vintage,
                    pending: pending.clone(),
                });
                continue;
            }
            // Lots are mostly used in the order in which they stand.
            let places = (place..self.lots.len()).chain(0..place);
            let found = places
                .into_iter()
                .find(|index| self.lots[*index].id == movement.lot);
            if let Some(found) = found {
                place = found;
                self.move_points(found, movement);
            }
        }
        if let Some(id) = transaction.reverses
            && let Some(reversed) = self.reversibles.iter_mut().find(|known| known.id == id)
        {
            reversed.note(transaction);
        }
    }

    fn move_points(&mut self, index: usize, movement: &Movement) {
        let lot = &mut self.lots[index];
        lot.remaining += movement.points;
        match movement.effect {
            Effect::Releases => lot.pending = None,
            Effect::MovesExpiry => {
                let mut lot = self.lots.remove(index);
                lot.expire_time = movement.expire_time;
                self.place(lot);
            }
            Effect::None | Effect::Opens { .. } => {}
        }
    }

    fn place(&mut self, lot: Lot) {
        let order = self.rules.burn_order;
        let place = self
            .lots
            .partition_point(|other| order.place(other) < order.place(&lot));
        self.lots.insert(place, lot);
    }

    fn reserve(&mut self, hold: &Hold, sign: i64) {
        for allocation in &hold.allocations {
            if let Some(lot) = self.lots.iter_mut().find(|lot| lot.id == allocation.lot) {
                lot.reserved += sign * allocation.points;
            }
        }
    }

    /// Holds that are open and whose time is over.
    pub(super) fn timed_out(&self, now: Timestamp) -> Vec<Hold> {
        let open = self.holds.iter().filter(|hold| hold.is_open());
        let mut timed_out: Vec<Hold> = open.filter(|hold| hold.expire_time <= now).cloned().collect();
        for hold in &mut timed_out {
            hold.state = HoldState::TimedOut;
        }
        timed_out
    }
}
