//! A decision in the making.

use jiff::{Timestamp, tz::TimeZone};
use rapport_status::Error;
use uuid::Uuid;

use crate::domain::rewards::{
    code_pool::{Change, Pool},
    price::Payment,
};

use super::{
    decision::{Decision, Effect, MemberUse, RewardState},
    record::Redemption,
};

/// What a decision is made on.
pub(super) struct Scene<'s> {
    pub(super) reward: &'s RewardState,
    pub(super) member: &'s MemberUse,
    pub(super) now: Timestamp,
    pub(super) time_zone: &'s TimeZone,
}

/// A redemption with the effects that were decided so far, carried out on a copy of the reward.
pub(super) struct Draft<'s> {
    pub(super) scene: &'s Scene<'s>,
    pub(super) redemption: Redemption,
    reward: RewardState,
    effects: Vec<Effect>,
}

impl<'s> Draft<'s> {
    pub(super) fn new(scene: &'s Scene<'s>, redemption: Redemption) -> Self {
        Self {
            scene,
            redemption,
            reward: scene.reward.clone(),
            effects: Vec::new(),
        }
    }

    /// Goes on with a redemption that is there. That it was loaded with its reward and pool is a matter of the caller's.
    pub(super) fn of(scene: &'s Scene<'s>, known: &Redemption) -> Result<Self, Error> {
        if known.reward != scene.reward.name || known.member != scene.member.member {
            return Err(Error::internal(format!(
                "{} of {} was loaded with {} and {}",
                known.name(),
                known.reward,
                scene.reward.name,
                scene.member.member
            )));
        }
        let draft = Self::new(scene, known.clone());
        if let Some(pool) = known.agreed.kind.pool() {
            draft.pool(pool)?;
        }
        Ok(draft)
    }

    pub(super) fn finish(self) -> Decision {
        Decision {
            redemption: self.redemption,
            effects: self.effects,
            unchanged: false,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.scene.now
    }

    /// Adds an effect. When the pool runs low by it, notice follows at once.
    pub(super) fn add(&mut self, effect: Effect) {
        let low = self.reward.apply_effect(&effect);
        self.effects.push(effect);
        self.effects.extend(low.map(Effect::PoolRunsLow));
    }

    /// Changes codes, unless there are none to change.
    pub(super) fn change_codes<T>(&mut self, codes: Vec<T>, change: fn(Vec<T>) -> Change) {
        if !codes.is_empty() {
            self.add(Effect::Codes(change(codes)));
        }
    }

    /// Gives what was paid back to the member.
    pub(super) fn pay_back(&mut self, payment: Payment) {
        if !payment.points.is_empty() {
            self.add(Effect::RefundPoints {
                points: payment.points,
            });
        }
        if let Some(money) = payment.money {
            let payment_reference = self.redemption.payment_reference.clone();
            self.add(Effect::PayBack {
                money,
                payment_reference,
            });
        }
    }

    /// The pool that the redemption's codes come from, as the effects so far have left it.
    pub(super) fn pool(&self, id: &str) -> Result<&Pool, Error> {
        let name = format!("{}/codePools/{id}", self.reward.program);
        self.reward
            .pool
            .as_ref()
            .filter(|pool| pool.name == name)
            .ok_or_else(|| {
                Error::internal(format!("{} was loaded without its pool {name}", self.reward.name))
            })
    }

    /// Ids of the codes that its units still have: those of refunded units are void.
    pub(super) fn codes_held(&self) -> Vec<Uuid> {
        let refunded = usize::try_from(self.redemption.refunded_units()).unwrap_or_default();
        let held = self.redemption.codes.len().saturating_sub(refunded);
        self.redemption.codes[..held].iter().map(|code| code.id).collect()
    }
}

impl Decision {
    /// The decision that nothing changes.
    pub(super) fn unchanged(redemption: &Redemption) -> Self {
        Self {
            redemption: redemption.clone(),
            effects: Vec::new(),
            unchanged: true,
        }
    }
}
