//! What a decision is made on, and what it changes.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rapport_money::Money;
use uuid::Uuid;

use crate::domain::rewards::{
    code_pool::{self, Pool, RunsLow},
    limits::Uses,
    price::WalletPoints,
    stock::Stock,
    terms::Terms,
    voucher::Offer,
};

use super::record::Redemption;

/// A reward as it stands: what every member's decision about it is made on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RewardState {
    /// `programs/{program}`.
    pub program: String,
    /// `programs/{program}/rewards/{reward}`.
    pub name: String,
    /// Its present terms.
    pub terms: Terms,
    /// Their version.
    pub version: i64,
    /// How many units there are.
    pub stock: Stock,
    /// The pool that its codes are taken from, where its kind has one.
    pub pool: Option<Pool>,
}

/// What is known of a member for a decision about one reward. Reservations of the member whose time is over are to be
/// timed out before, so that they no longer count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberUse {
    /// `programs/{program}/members/{member}`.
    pub member: String,
    /// Whether the member can spend points.
    pub active: bool,
    /// Whether the reward's condition of eligibility holds for the member; true where there is none.
    pub eligible: bool,
    /// What the member has redeemed of the reward.
    pub uses: Uses,
    /// The redemption that the command names, if there is one.
    pub redemption: Option<Redemption>,
    /// Those of its vouchers that were used and not given back.
    pub used_vouchers: BTreeSet<Uuid>,
}

/// Something that is to be done because of a decision, in the transaction that stores the redemption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// The ledger holds points, under the redemption's id.
    HoldPoints {
        /// How many of each wallet.
        points: Vec<WalletPoints>,
        /// When the hold times out by itself.
        expire_time: Timestamp,
    },
    /// The ledger spends all points of the hold.
    CapturePoints,
    /// The ledger gives all points of the hold back.
    ReleasePoints,
    /// The ledger gives points that were spent back to the lots that they came from.
    RefundPoints {
        /// How many of each wallet.
        points: Vec<WalletPoints>,
    },
    /// Money is to be paid back to the member.
    PayBack {
        /// How much.
        money: Money,
        /// What the payment is known by.
        payment_reference: String,
    },
    /// The stock has so many units fewer, or more when negative.
    TakeStock {
        /// How many.
        units: i64,
    },
    /// So many more units count in the member's limits, or fewer when negative.
    CountUnits {
        /// How many.
        units: i64,
    },
    /// Something happens to codes of the reward's pool.
    Codes(code_pool::Change),
    /// The pool has run low: somebody must be told.
    PoolRunsLow(RunsLow),
    /// The member receives vouchers. Whoever stores them gives each a look-up code of random bytes, and signs it where
    /// tills want signed codes.
    IssueVouchers(Vec<Offer>),
    /// Vouchers are taken back.
    CancelVouchers(Vec<Uuid>),
    /// The member receives a privilege.
    GrantPrivilege {
        /// Id of the privilege.
        privilege: String,
        /// Until when; none means for ever.
        until: Option<Timestamp>,
    },
    /// The member loses the privilege that the redemption gave.
    WithdrawPrivilege {
        /// Id of the privilege.
        privilege: String,
    },
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The redemption as it is afterwards.
    pub redemption: Redemption,
    /// What is to be done besides, in this order.
    pub effects: Vec<Effect>,
    /// Whether nothing changed, because it had been done before or there was nothing to do.
    pub unchanged: bool,
}

impl RewardState {
    /// Carries out what a decision changes of the reward.
    pub fn apply(&mut self, decision: &Decision) {
        for effect in &decision.effects {
            self.apply_effect(effect);
        }
    }

    /// Carries out one effect; tells when the pool has run low by it.
    pub(super) fn apply_effect(&mut self, effect: &Effect) -> Option<RunsLow> {
        match effect {
            Effect::TakeStock { units } => {
                self.stock = self.stock.changed(*units);
                None
            }
            Effect::Codes(change) => self.pool.as_mut()?.apply(change),
            _ => None,
        }
    }
}

impl MemberUse {
    /// Carries out what a decision changes of the member's use.
    pub fn apply(&mut self, decision: &Decision) {
        let redemption = &decision.redemption;
        for effect in &decision.effects {
            if let Effect::CountUnits { units } = effect {
                self.uses.count(redemption.id, redemption.reserve_time, *units);
            }
        }
        self.redemption = Some(redemption.clone());
    }
}
