//! What a batch of redemptions writes: each row once, stocks and counts as differences.

use rapport_storage::rows::{Together, Update};
use sea_orm::Value;

use super::{
    entity::{redemption, redemption_payment, voucher},
    redemptions::{Kept, to_rows},
    shelf::{Shelf, is_cancelled_since},
};
use crate::domain::rewards::code_pool::Counts;

/// The check of the table judges what really is there.
static UPDATE_REWARDS: Update = Update {
    what: "update stocks",
    head: "UPDATE reward SET taken_units = reward.taken_units + v.column3",
    condition: "reward.tenant = v.column1 AND reward.name = v.column2",
};

static UPDATE_POOLS: Update = Update {
    what: "update code pools",
    head: "UPDATE code_pool SET low = v.column3, free_codes = code_pool.free_codes + v.column4, \
           taken_codes = code_pool.taken_codes + v.column5, shown_codes = code_pool.shown_codes + v.column6, \
           void_codes = code_pool.void_codes + v.column7, expired_codes = code_pool.expired_codes + v.column8",
    condition: "code_pool.tenant = v.column1 AND code_pool.name = v.column2",
};

/// Refused as a conflict when the code is in another state than it was read in: so it is issued once only.
static UPDATE_CODES: Update = Update {
    what: "update codes",
    head: "UPDATE reward_code SET state = v.column4, redemption = v.column5, place = v.column6",
    condition: "reward_code.tenant = v.column1 AND reward_code.id = v.column2 AND reward_code.state = v.column3",
};

/// Refused as a conflict when the redemption is in another state than it was read in.
static UPDATE_REDEMPTIONS: Update = Update {
    what: "update redemptions",
    head: "UPDATE redemption SET state = v.column5, counted_units = v.column6, record = v.column7",
    condition: "redemption.tenant = v.column1 AND redemption.member = v.column2 AND redemption.id = v.column3 \
                AND redemption.state = v.column4",
};

static UPDATE_PAYMENTS: Update = Update {
    what: "update payments of redemptions",
    head: "UPDATE redemption_payment SET spending = v.column5",
    condition: "redemption_payment.tenant = v.column1 AND redemption_payment.member = v.column2 \
                AND redemption_payment.redemption = v.column3 AND redemption_payment.wallet = v.column4",
};

static CANCEL_VOUCHERS: Update = Update {
    what: "cancel vouchers",
    head: "UPDATE voucher SET cancel_time = v.column3",
    condition: "voucher.tenant = v.column1 AND voucher.id = v.column2",
};

/// Rows of redemptions in the making.
#[derive(Default)]
struct Rows {
    new: Vec<redemption::Model>,
    changed: Vec<[Value; 7]>,
    new_payments: Vec<redemption_payment::Model>,
    payments: Vec<[Value; 5]>,
    new_vouchers: Vec<voucher::Model>,
    cancelled: Vec<[Value; 3]>,
}

/// What is to be written for what batches of tenants have changed.
pub(crate) fn add_writes<'s>(shelves: impl IntoIterator<Item = &'s Shelf>, writes: &mut Together) {
    let (mut rows, mut rewards, mut pools, mut codes) = (Rows::default(), Vec::new(), Vec::new(), Vec::new());
    for shelf in shelves {
        shelf.add_stocks(&mut rewards, &mut pools);
        shelf.add_codes(&mut codes);
        for lying in shelf.redemptions.values() {
            if let Some(kept) = &lying.now {
                rows.add(&shelf.tenant, lying.before.as_ref(), kept);
            }
        }
    }
    writes.update(&UPDATE_REWARDS, rewards);
    writes.update(&UPDATE_POOLS, pools);
    writes.update(&UPDATE_CODES, codes);
    writes.insert::<redemption::Entity>(rows.new);
    writes.update(&UPDATE_REDEMPTIONS, rows.changed);
    writes.insert::<redemption_payment::Entity>(rows.new_payments);
    writes.update(&UPDATE_PAYMENTS, rows.payments);
    writes.insert::<voucher::Entity>(rows.new_vouchers);
    writes.update(&CANCEL_VOUCHERS, rows.cancelled);
}

impl Shelf {
    fn add_stocks(&self, rewards: &mut Vec<[Value; 3]>, pools: &mut Vec<[Value; 8]>) {
        for (name, reward) in &self.rewards {
            let taken = reward.now.stock.taken() - reward.before.stock.taken();
            if taken != 0 {
                rewards.push([self.tenant.clone().into(), name.clone().into(), taken.into()]);
            }
        }
        for (name, pool) in &self.pools {
            let (before, now) = (pool.before.counts, pool.now.counts);
            if before == now && pool.before.low == pool.now.low {
                continue;
            }
            let difference = |count: fn(&Counts) -> i64| Value::from(count(&now) - count(&before));
            pools.push([
                self.tenant.clone().into(),
                name.clone().into(),
                pool.now.low.into(),
                difference(|counts| counts.free),
                difference(|counts| counts.taken),
                difference(|counts| counts.shown),
                difference(|counts| counts.void),
                difference(|counts| counts.expired),
            ]);
        }
    }

    fn add_codes(&self, codes: &mut Vec<[Value; 6]>) {
        for (id, code) in &self.codes {
            if code.before != code.now {
                codes.push([
                    self.tenant.clone().into(),
                    (*id).into(),
                    code.before.state.clone().into(),
                    code.now.state.clone().into(),
                    code.now.redemption.into(),
                    code.now.place.into(),
                ]);
            }
        }
    }
}

impl Rows {
    fn add(&mut self, tenant: &str, before: Option<&Kept>, now: &Kept) {
        let (row, payments) = to_rows(tenant, now);
        let Some(before) = before else {
            self.new.push(row);
            self.new_payments.extend(payments);
            self.new_vouchers.extend(now.vouchers.iter().cloned());
            return;
        };
        let (row_before, payments_before) = to_rows(tenant, before);
        if row != row_before {
            self.changed.push([
                row.tenant.into(),
                row.member.into(),
                row.id.into(),
                row_before.state.into(),
                row.state.into(),
                row.counted_units.into(),
                row.record.into(),
            ]);
        }
        for payment in payments.into_iter().filter(|row| !payments_before.contains(row)) {
            self.payments.push([
                payment.tenant.into(),
                payment.member.into(),
                payment.redemption.into(),
                payment.wallet.into(),
                payment.spending.into(),
            ]);
        }
        for row in &now.vouchers {
            let known = before.vouchers.iter().find(|known| known.id == row.id);
            if known.is_none() {
                self.new_vouchers.push(row.clone());
            } else if is_cancelled_since(known, row) {
                self.cancelled
                    .push([row.tenant.clone().into(), row.id.into(), row.cancel_time.into()]);
            }
        }
    }
}
