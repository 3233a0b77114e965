//! A redemption as it is kept.

use jiff::{Timestamp, tz::TimeZone};
use rapport_money::Money;
use rapport_status::Error;
use uuid::Uuid;

use crate::domain::rewards::{
    code_pool::Code,
    price::Payment,
    reasons,
    terms::{Kind, RefundPolicy},
    validity::Lifetime,
};

use super::{
    RESOURCE_TYPE,
    command::Order,
    state::{State, Step},
};
use crate::domain::calendar;

/// Some units of a reward that a member redeems together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redemption {
    /// Its id; also that of its hold in the ledger.
    pub id: Uuid,
    /// `programs/{program}/members/{member}`.
    pub member: String,
    /// `programs/{program}/rewards/{reward}`.
    pub reward: String,
    /// What the member wants.
    pub order: Order,
    /// What was agreed when it was reserved.
    pub agreed: Agreed,
    /// Where it stands.
    pub state: State,
    /// When it was reserved: then its units count in limits.
    pub reserve_time: Timestamp,
    /// When the reservation times out if it is not confirmed before.
    pub expire_time: Timestamp,
    /// What the payment of money is known by; empty as long as there is none.
    pub payment_reference: String,
    /// The codes taken for it. Of refunded units the last ones are void.
    pub codes: Vec<Code>,
    /// The vouchers issued for it.
    pub vouchers: Vec<ReceivedVoucher>,
    /// When its units were handed over: sent or fulfilled, whichever was first.
    pub handover_time: Option<Timestamp>,
    /// Until when what was received can be used; none means for ever, or nothing received yet.
    pub received_until: Option<Timestamp>,
    /// Units given back after they were handed over, refund by refund.
    pub refunds: Vec<Refund>,
    /// Its states, from the first to the present one.
    pub timeline: Vec<Passage>,
}

/// What was agreed when a redemption was reserved: kept, however the reward's terms change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    /// Version of the reward's terms.
    pub version: i64,
    /// What is paid for all units.
    pub payment: Payment,
    /// What members receive.
    pub kind: Kind,
    /// How long it can be used.
    pub received: Lifetime,
    /// Whether confirming hands over.
    pub fulfils_at_once: bool,
    /// What happens on a refund.
    pub refund: RefundPolicy,
    /// What a unit costs the program, if known.
    pub unit_cost: Option<Money>,
}

/// A state that a redemption came into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The state.
    pub state: State,
    /// When.
    pub time: Timestamp,
    /// What was said with it: a payment's or parcel's reference, or why it was cancelled.
    pub note: String,
}

/// A voucher that a member received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceivedVoucher {
    /// Its id.
    pub id: Uuid,
    /// Whether it was cancelled because its unit was given back.
    pub cancelled: bool,
}

/// Units given back after they were handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refund {
    /// Its id, which the caller chooses.
    pub id: Uuid,
    /// How many units, at least 1.
    pub units: i64,
    /// What the member got back.
    pub payment: Payment,
    /// When.
    pub time: Timestamp,
    /// Why.
    pub reason: String,
}

impl Redemption {
    /// `programs/{program}/members/{member}/redemptions/{redemption}`.
    pub fn name(&self) -> String {
        name(&self.member, self.id)
    }

    /// Units given back after they were handed over.
    pub fn refunded_units(&self) -> i64 {
        self.refunds.iter().map(|refund| refund.units).sum()
    }

    /// Whether the reservation was not confirmed in time.
    pub fn has_timed_out(&self, now: Timestamp) -> bool {
        self.state == State::Reserved && self.expire_time <= now
    }

    /// The first moment at which its units are no longer taken back; none means that they never are, or that they were
    /// not handed over yet.
    pub fn refund_deadline(&self, time_zone: &TimeZone) -> Option<Timestamp> {
        let days = self.agreed.refund.within_days?;
        Some(calendar::end_of_days_after(self.handover_time?, days, time_zone))
    }

    /// What it costs the program: the units handed over, but for those that came back into stock. None when the cost of
    /// a unit is not known.
    pub fn cost(&self) -> Option<Money> {
        let unit = self.agreed.unit_cost?;
        let back = if self.agreed.refund.restocks {
            self.refunded_units()
        } else {
            0
        };
        let units = self.handover_time.map_or(0, |_| self.order.units - back);
        Some(Money {
            minor: unit.minor.saturating_mul(units),
            ..unit
        })
    }

    /// Takes note of a new state.
    pub(super) fn pass(&mut self, state: State, time: Timestamp, note: &str) {
        self.state = state;
        self.timeline.push(Passage {
            state,
            time,
            note: note.to_owned(),
        });
    }

    /// The passage into a state, if there was one.
    pub(super) fn passage(&self, state: State) -> Option<&Passage> {
        self.timeline.iter().find(|passage| passage.state == state)
    }

    /// Refuses a step that the state does not allow, and tells what it does allow.
    pub(super) fn require(&self, step: Step, now: Timestamp) -> Result<(), Error> {
        let state = if self.has_timed_out(now) {
            State::TimedOut
        } else {
            self.state
        };
        if state.steps(&self.agreed.kind).contains(&step) {
            return Ok(());
        }
        let possible = state.possible(&self.agreed.kind);
        let remedy = match possible.split_last() {
            None => "nothing more can be done with it; reserve the reward again".to_owned(),
            Some((last, [])) => format!("it can only be {last}"),
            Some((last, others)) => format!("it can be {} or {last}", others.join(", ")),
        };
        Err(self
            .conflict(format!(
                "{} is {state} and cannot be {}; {remedy}",
                self.name(),
                step.done()
            ))
            .with("state", state))
    }

    /// The error that the redemption does not allow something.
    pub(super) fn conflict(&self, message: String) -> Error {
        Error::about(
            reasons::REDEMPTION_STATE_CONFLICT,
            RESOURCE_TYPE,
            self.name(),
            message,
        )
    }
}

/// The name of a redemption of a member.
pub(super) fn name(member: &str, id: Uuid) -> String {
    format!("{member}/redemptions/{id}")
}
