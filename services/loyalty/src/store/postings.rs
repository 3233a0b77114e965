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
    accounts::{Ledger, Place, stored, stored_movement},
    attributions,
    codes::{Code as _, MOVES_EXPIRY, RELEASES},
    entity::{
        compensation, hold, hold_allocation, ledger_entry, ledger_transaction, lot, lot_movement, purchase,
        wallet_account,
    },
};
use crate::domain::ledger::{
    Change, Effect, Hold, Movement, Pending, Purchase, Transaction, Vintage,
    chain::{Link, link},
};

/// Refused as a conflict when the member was changed since it was read.
static UPDATE_MEMBERS: Update = Update {
    what: "update members",
    head: "UPDATE member SET available_points = v.column4, reserved_points = v.column5, blocked_points = v.column6, \
           pending_points = v.column7, debt_points = v.column8, transaction_count = v.column9, \
           due_time = v.column10, chain = v.column11, chain_number = v.column9, version = member.version + 1",
    condition: "member.tenant = v.column1 AND member.name = v.column2 AND member.version = v.column3",
};

/// The same of accounts that have a row of their own.
static UPDATE_ACCOUNTS: Update = Update {
    what: "update accounts",
    head: "UPDATE wallet_account SET available_points = v.column4, reserved_points = v.column5, \
           blocked_points = v.column6, pending_points = v.column7, debt_points = v.column8, \
           transaction_count = v.column9, due_time = v.column10, chain = v.column11, chain_number = v.column9, \
           version = wallet_account.version + 1",
    condition: "wallet_account.tenant = v.column1 AND wallet_account.account = v.column2 \
                AND wallet_account.version = v.column3",
};

/// Changes lots by differences, so that the checks of the table judge what really is there.
static UPDATE_LOTS: Update = Update {
    what: "update lots",
    head: "UPDATE lot SET remaining = lot.remaining + v.column4, reserved = lot.reserved + v.column5",
    condition: "lot.tenant = v.column1 AND lot.account = v.column2 AND lot.id = v.column3",
};

/// The same with what else became of them.
static CHANGE_LOTS: Update = Update {
    what: "change lots",
    head: "UPDATE lot SET remaining = lot.remaining + v.column4, reserved = lot.reserved + v.column5, \
           pending = v.column6, expire_time = v.column7",
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
    members: Vec<[Value; 11]>,
    accounts: Vec<[Value; 11]>,
    new_accounts: Vec<wallet_account::Model>,
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
    /// What else becomes of it, if anything: whether it is pending and when it expires.
    after: Option<(bool, Option<i64>)>,
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
    let (mut lots, mut changed_lots) = (Vec::new(), Vec::new());
    for (id, lot) in rows.lots {
        match lot.after {
            None => lots.push(lot.values(id)),
            Some((pending, expire_time)) => {
                let [tenant, account, id, remaining, reserved] = lot.values(id);
                let values = [
                    tenant,
                    account,
                    id,
                    remaining,
                    reserved,
                    pending.into(),
                    expire_time.into(),
                ];
                changed_lots.push(values);
            }
        }
    }
    let mut together = Together::new("post points");
    together.update(&UPDATE_MEMBERS, rows.members);
    together.update(&UPDATE_ACCOUNTS, rows.accounts);
    together.insert::<wallet_account::Entity>(rows.new_accounts);
    together.insert::<ledger_transaction::Entity>(rows.transactions);
    together.insert::<ledger_entry::Entity>(rows.entries);
    together.insert::<lot_movement::Entity>(rows.movements);
    together.insert::<lot::Entity>(rows.new_lots);
    together.update(&UPDATE_LOTS, lots);
    together.update(&CHANGE_LOTS, changed_lots);
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
        let mut link = ledger.link;
        for change in &ledger.changes {
            match change {
                Change::Posted(transaction) => link = self.add_transaction(ledger, transaction, &link),
                Change::Held(hold) => self.add_hold(ledger, hold),
                Change::Resolved(hold) => self.resolve(ledger, hold),
                Change::Recorded(purchase) => self.purchases.push(purchase_row(ledger, purchase)),
            }
        }
        self.add_sums(ledger, &link);
        self.compensations
            .extend(ledger.new_cases.iter().map(|(case, points)| compensation::Model {
                tenant: ledger.tenant.clone(),
                account: ledger.id,
                case_name: case.clone(),
                points: *points,
            }));
    }

    fn add_sums(&mut self, ledger: &Ledger, link: &Link) {
        let account = &ledger.account;
        let sums = wallet_account::Model {
            tenant: ledger.tenant.clone(),
            member: account.name.clone(),
            wallet: ledger.wallet.clone(),
            account: ledger.id,
            available_points: account.total() - account.reserved() - account.blocked() - account.pending(),
            reserved_points: account.reserved(),
            blocked_points: account.blocked(),
            pending_points: account.pending(),
            debt_points: account.debt(),
            transaction_count: account.transaction_count,
            version: ledger.version,
            due_time: account.due_time().map(Timestamp::as_microsecond),
            chain: Some(link.to_vec()),
            chain_number: account.transaction_count,
        };
        match ledger.place {
            Place::Member => self.members.push(sum_values(account.name.clone(), &sums)),
            Place::Own => self.accounts.push(sum_values(ledger.id, &sums)),
            Place::Nowhere => self
                .new_accounts
                .push(wallet_account::Model { version: 1, ..sums }),
        }
    }

    /// Adds a transaction that follows another one in the chain of its account. Gives its link.
    fn add_transaction(&mut self, ledger: &Ledger, transaction: &Transaction, before: &Link) -> Link {
        let number = transaction.number;
        let mut row = ledger_transaction::Model {
            tenant: ledger.tenant.clone(),
            account: ledger.id,
            number,
            id: transaction.id,
            kind: transaction.kind.code().to_owned(),
            points: transaction.amounts.points,
            post_time: transaction.post_time.as_microsecond(),
            reason: transaction.note.reason.clone(),
            cause: transaction.note.cause.clone(),
            available_points: transaction.available_points,
            shortfall_points: transaction.shortfall_points,
            pending_points: transaction.amounts.pending,
            debt_points: transaction.amounts.debt,
            reverses: transaction.reverses,
            hash: None,
            attribution: transaction.attribution.as_ref().map(attributions::written),
        };
        let movements = movement_rows(ledger, transaction);
        let link = link(before, &stored(&row), movements.iter().map(stored_movement));
        row.hash = Some(link.to_vec());
        self.transactions.push(row);
        self.movements.extend(movements);
        self.entries
            .extend(transaction.entries().iter().map(|entry| ledger_entry::Model {
                tenant: ledger.tenant.clone(),
                account: ledger.id,
                number,
                book: entry.book.code().to_owned(),
                program: ledger.program.clone(),
                points: entry.points,
            }));
        for movement in &transaction.movements {
            if let Effect::Opens { vintage, pending } = &movement.effect {
                self.open_lot(ledger, number, movement, *vintage, pending.as_ref());
                continue;
            }
            self.change_lot(ledger, movement.lot, movement.points, 0);
            if movement.effect != Effect::None {
                self.settle_lot(ledger, movement.lot);
            }
        }
        link
    }

    fn open_lot(
        &mut self,
        ledger: &Ledger,
        number: i64,
        movement: &Movement,
        vintage: Vintage,
        pending: Option<&Pending>,
    ) {
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
            expire_time: movement.expire_time.map(Timestamp::as_microsecond),
            vintage: vintage.to_string(),
            pending: pending.is_some(),
            release_time: pending
                .and_then(|pending| pending.release_time)
                .map(Timestamp::as_microsecond),
            release_key: pending
                .map(|pending| pending.release_key.clone())
                .filter(|key| !key.is_empty()),
        });
    }

    /// Takes over what else has become of a lot when everything is carried out.
    fn settle_lot(&mut self, ledger: &Ledger, id: Uuid) {
        let Some(known) = ledger.account.lots().iter().find(|lot| lot.id == id) else {
            return;
        };
        let pending = known.pending.is_some();
        let expire_time = known.expire_time.map(Timestamp::as_microsecond);
        if let Some(lot) = self
            .lot_places
            .get(&id)
            .and_then(|place| self.new_lots.get_mut(*place))
        {
            lot.pending = pending;
            lot.expire_time = expire_time;
        } else if let Some(lot) = self.lots.get_mut(&id) {
            lot.after = Some((pending, expire_time));
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
            after: None,
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
            kind: hold.kind.code().to_owned(),
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

/// What an update of sums needs: the row, its version, the sums.
fn sum_values(row: impl Into<Value>, sums: &wallet_account::Model) -> [Value; 11] {
    [
        sums.tenant.clone().into(),
        row.into(),
        sums.version.into(),
        sums.available_points.into(),
        sums.reserved_points.into(),
        sums.blocked_points.into(),
        sums.pending_points.into(),
        sums.debt_points.into(),
        sums.transaction_count.into(),
        sums.due_time.into(),
        sums.chain.clone().into(),
    ]
}

/// The rows of a transaction's movements. When a lot expires stands where that is new: with its opening, and when it is
/// moved.
fn movement_rows(ledger: &Ledger, transaction: &Transaction) -> Vec<lot_movement::Model> {
    let movements = (0..).zip(&transaction.movements);
    movements
        .map(|(position, movement)| lot_movement::Model {
            tenant: ledger.tenant.clone(),
            account: ledger.id,
            number: transaction.number,
            position,
            lot: movement.lot,
            points: movement.points,
            effect: effect_code(&movement.effect).map(str::to_owned),
            expire_time: match movement.effect {
                Effect::Opens { .. } | Effect::MovesExpiry => {
                    movement.expire_time.map(Timestamp::as_microsecond)
                }
                Effect::None | Effect::Releases => None,
            },
        })
        .collect()
}

/// The stored name of what a movement does besides; most do nothing.
fn effect_code(effect: &Effect) -> Option<&'static str> {
    match effect {
        // That a movement opens a lot is told by the lot, which has the number of the transaction.
        Effect::None | Effect::Opens { .. } => None,
        Effect::Releases => Some(RELEASES),
        Effect::MovesExpiry => Some(MOVES_EXPIRY),
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
        lot: purchase.lots.first().copied(),
        details: attributions::details(purchase),
    }
}
