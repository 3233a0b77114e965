//! Writes what was decided, many accounts with a handful of statements.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use rapport_events::{Event, outbox};
use rapport_storage::{
    request::{RequestKey, answer_rows},
    rows::{Together, Update},
    tables,
};
use sea_orm::Value;
use uuid::Uuid;

use super::{
    accounts::Ledger,
    codes::Code as _,
    entity::{
        compensation, hold, hold_allocation, ledger_entry, ledger_transaction, lot, lot_movement, purchase,
    },
};
use crate::domain::{
    expiry::vintage,
    ledger::{Change, Hold, Purchase, Transaction},
};

/// Refused as a conflict when the member was changed since it was read.
static UPDATE_MEMBERS: Update = Update {
    what: "update members",
    head: "UPDATE member SET available_points = v.column4, reserved_points = v.column5, \
           transaction_count = v.column6, due_time = v.column7, version = member.version + 1",
    condition: "member.tenant = v.column1 AND member.name = v.column2 AND member.version = v.column3",
};

/// Changes lots by differences, so that the checks of the table judge what really is there.
static UPDATE_LOTS: Update = Update {
    what: "update lots",
    head: "UPDATE lot SET remaining = lot.remaining + v.column4, reserved = lot.reserved + v.column5",
    condition: "lot.tenant = v.column1 AND lot.account = v.column2 AND lot.id = v.column3",
};

/// A hold is resolved once: refused as a conflict when it is not open.
static UPDATE_HOLDS: Update = Update {
    what: "resolve holds",
    head: "UPDATE hold SET state = v.column4, captured_points = v.column5",
    condition: "hold.tenant = v.column1 AND hold.account = v.column2 AND hold.id = v.column3 AND hold.state = 'OPEN'",
};

/// Rows in the making.
#[derive(Default)]
struct Rows {
    members: Vec<[Value; 7]>,
    transactions: Vec<ledger_transaction::Model>,
    entries: Vec<ledger_entry::Model>,
    movements: Vec<lot_movement::Model>,
    new_lots: Vec<lot::Model>,
    lot_places: HashMap<Uuid, usize>,
    lots: BTreeMap<Uuid, LotDifference>,
    new_holds: Vec<hold::Model>,
    hold_places: HashMap<Uuid, usize>,
    holds: Vec<[Value; 5]>,
    allocations: Vec<hold_allocation::Model>,
    purchases: Vec<purchase::Model>,
    compensations: Vec<compensation::Model>,
}

struct LotDifference {
    tenant: String,
    account: Uuid,
    remaining: i64,
    reserved: i64,
}

/// What is stored beside the changes of accounts.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    /// Answers to be remembered.
    pub(crate) answers: Vec<(RequestKey, Vec<u8>)>,
    /// Events to be told.
    pub(crate) events: Vec<Event>,
}

/// What is to be written for the changes of these accounts, and what goes with them.
pub(crate) fn writes<'l>(
    ledgers: impl IntoIterator<Item = &'l Ledger>,
    beside: Beside,
    now: Timestamp,
) -> Together {
    let mut rows = Rows::default();
    for ledger in ledgers {
        rows.add(ledger);
    }
    let lots = rows.lots.into_iter().map(|(id, lot)| lot.values(id)).collect();
    let mut together = Together::new("post points");
    together.update(&UPDATE_MEMBERS, rows.members);
    together.insert::<ledger_transaction::Entity>(rows.transactions);
    together.insert::<ledger_entry::Entity>(rows.entries);
    together.insert::<lot_movement::Entity>(rows.movements);
    together.insert::<lot::Entity>(rows.new_lots);
    together.update(&UPDATE_LOTS, lots);
    together.insert::<hold::Entity>(rows.new_holds);
    together.insert::<hold_allocation::Entity>(rows.allocations);
    together.update(&UPDATE_HOLDS, rows.holds);
    together.insert::<purchase::Entity>(rows.purchases);
    together.insert::<compensation::Entity>(rows.compensations);
    together.insert::<tables::request::Entity>(answer_rows(beside.answers, now));
    together.insert::<tables::outbox::Entity>(outbox::rows(beside.events));
    together
}

impl LotDifference {
    fn values(self, id: Uuid) -> [Value; 5] {
        [
            self.tenant.into(),
            self.account.into(),
            id.into(),
            self.remaining.into(),
            self.reserved.into(),
        ]
    }
}

impl Rows {
    fn add(&mut self, ledger: &Ledger) {
        let account = &ledger.account;
        let due_time = account.due_time().map(jiff::Timestamp::as_microsecond);
        self.members.push([
            ledger.tenant.clone().into(),
            account.name.clone().into(),
            ledger.version.into(),
            (account.total() - account.reserved()).into(),
            account.reserved().into(),
            account.transaction_count.into(),
            due_time.into(),
        ]);
        for change in &ledger.changes {
            match change {
                Change::Posted(transaction) => self.add_transaction(ledger, transaction),
                Change::Held(hold) => self.add_hold(ledger, hold),
                Change::Resolved(hold) => self.resolve(ledger, hold),
                Change::Recorded(purchase) => self.purchases.push(purchase_row(ledger, purchase)),
            }
        }
        self.compensations
            .extend(ledger.new_cases.iter().map(|(case, points)| compensation::Model {
                tenant: ledger.tenant.clone(),
                account: ledger.id,
                case_name: case.clone(),
                points: *points,
            }));
    }

    fn add_transaction(&mut self, ledger: &Ledger, transaction: &Transaction) {
        let number = transaction.number;
        self.transactions.push(ledger_transaction::Model {
            tenant: ledger.tenant.clone(),
            account: ledger.id,
            number,
            id: transaction.id,
            kind: transaction.kind.code().to_owned(),
            points: transaction.points,
            post_time: transaction.post_time.as_microsecond(),
            reason: transaction.note.reason.clone(),
            cause: transaction.note.cause.clone(),
            available_points: transaction.available_points,
            shortfall_points: transaction.shortfall_points,
        });
        self.entries
            .extend(transaction.entries().iter().map(|entry| ledger_entry::Model {
                tenant: ledger.tenant.clone(),
                account: ledger.id,
                number,
                book: entry.book.code().to_owned(),
                program: ledger.program.clone(),
                points: entry.points,
            }));
        for (position, movement) in (0..).zip(&transaction.movements) {
            self.movements.push(lot_movement::Model {
                tenant: ledger.tenant.clone(),
                account: ledger.id,
                number,
                position,
                lot: movement.lot,
                points: movement.points,
            });
            if movement.lot == transaction.id {
                self.lot_places.insert(movement.lot, self.new_lots.len());
                self.new_lots.push(lot::Model {
                    tenant: ledger.tenant.clone(),
                    account: ledger.id,
                    id: movement.lot,
                    program: ledger.program.clone(),
                    number,
                    original: movement.points,
                    remaining: movement.points,
                    reserved: 0,
                    expire_time: movement.expire_time.map(jiff::Timestamp::as_microsecond),
                    vintage: vintage(transaction.post_time),
                });
            } else {
                self.change_lot(ledger, movement.lot, movement.points, 0);
            }
        }
    }

    /// A lot that this batch opened is changed before it is written.
    fn change_lot(&mut self, ledger: &Ledger, id: Uuid, remaining: i64, reserved: i64) {
        if let Some(lot) = self
            .lot_places
            .get(&id)
            .and_then(|place| self.new_lots.get_mut(*place))
        {
            lot.remaining += remaining;
            lot.reserved += reserved;
            return;
        }
        let lot = self.lots.entry(id).or_insert_with(|| LotDifference {
            tenant: ledger.tenant.clone(),
            account: ledger.id,
            remaining: 0,
            reserved: 0,
        });
        lot.remaining += remaining;
        lot.reserved += reserved;
    }

    fn add_hold(&mut self, ledger: &Ledger, hold: &Hold) {
        self.hold_places.insert(hold.id, self.new_holds.len());
        self.new_holds.push(hold::Model {
            tenant: ledger.tenant.clone(),
            account: ledger.id,
            id: hold.id,
            program: ledger.program.clone(),
            points: hold.points,
            state: hold.state.code().to_owned(),
            captured_points: hold.captured_points,
            reason: hold.reason.clone(),
            create_time: hold.create_time.as_microsecond(),
            expire_time: hold.expire_time.as_microsecond(),
        });
        for (position, allocation) in (0..).zip(&hold.allocations) {
            self.allocations.push(hold_allocation::Model {
                tenant: ledger.tenant.clone(),
                account: ledger.id,
                hold: hold.id,
                position,
                lot: allocation.lot,
                points: allocation.points,
            });
            self.change_lot(ledger, allocation.lot, 0, allocation.points);
        }
    }

    fn resolve(&mut self, ledger: &Ledger, hold: &Hold) {
        for allocation in &hold.allocations {
            self.change_lot(ledger, allocation.lot, 0, -allocation.points);
        }
        let made_here = self
            .hold_places
            .get(&hold.id)
            .and_then(|place| self.new_holds.get_mut(*place));
        if let Some(row) = made_here {
            hold.state.code().clone_into(&mut row.state);
            row.captured_points = hold.captured_points;
            return;
        }
        self.holds.push([
            ledger.tenant.clone().into(),
            ledger.id.into(),
            hold.id.into(),
            hold.state.code().into(),
            hold.captured_points.into(),
        ]);
    }
}

fn purchase_row(ledger: &Ledger, purchase: &Purchase) -> purchase::Model {
    purchase::Model {
        tenant: ledger.tenant.clone(),
        account: ledger.id,
        source: purchase.sale.source.clone(),
        source_id: purchase.source_id.clone(),
        sale_source_id: purchase.sale.source_id.clone(),
        kind: purchase.kind.code().to_owned(),
        currency: purchase.sale.currency.code().to_owned(),
        amount_minor: purchase.amount_minor,
        earned_points: purchase.earned_points,
        claimed_points: purchase.claimed_points,
        lot: purchase.lot,
    }
}
