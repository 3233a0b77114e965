//! Redemptions as messages, and as the store keeps them.

use jiff::Timestamp;
use prost::Message as _;
use rapport_contract::{
    instant,
    loyalty::v1::{self as wire, RedemptionState},
    money, name,
};
use rapport_money::Money;
use rapport_status::{Error, Result};
use uuid::Uuid;

use super::{moment, read_wallet_points, wallet_points};
use crate::domain::rewards::{
    code_pool::{Code, RunsLow},
    price::Payment,
    redemption::{Agreed, Decision, Effect, Order, Passage, ReceivedVoucher, Redemption, Refund, State},
    terms::{Kind, Terms},
};

/// A redemption without what was received.
fn plain(redemption: &Redemption) -> wire::Redemption {
    let payment = &redemption.agreed.payment;
    wire::Redemption {
        name: redemption.name(),
        reward: redemption.reward.clone(),
        reward_version: redemption.agreed.version,
        units: redemption.order.units,
        price: redemption.order.price.clone(),
        chosen_points: redemption.order.points,
        points: wallet_points(&payment.points),
        money: payment.money.map(money::to_wire),
        payment_reference: redemption.payment_reference.clone(),
        state: state(redemption.state).into(),
        reserve_time: Some(instant::to_wire(redemption.reserve_time)),
        expire_time: Some(instant::to_wire(redemption.expire_time)),
        handover_time: moment(redemption.handover_time),
        received_until: moment(redemption.received_until),
        codes: Vec::new(),
        vouchers: Vec::new(),
        refunds: redemption.refunds.iter().map(refund).collect(),
        timeline: redemption.timeline.iter().map(passage).collect(),
        pay_back: pay_back(redemption).map(money::to_wire),
    }
}

/// A redemption as of a moment. `codes` are the texts of those that were shown; `vouchers` the codes to type of its vouchers,
/// in their order.
pub(crate) fn redemption(
    redemption: &Redemption,
    codes: Vec<String>,
    vouchers: &[String],
    now: Timestamp,
) -> wire::Redemption {
    let program = redemption
        .reward
        .split_once("/rewards/")
        .map_or("", |(program, _)| program);
    let vouchers = redemption
        .vouchers
        .iter()
        .zip(vouchers)
        .map(|(voucher, code)| wire::ReceivedVoucher {
            name: format!("{program}/vouchers/{}", voucher.id),
            code: code.clone(),
            cancelled: voucher.cancelled,
        });
    let mut message = wire::Redemption {
        codes,
        vouchers: vouchers.collect(),
        ..plain(redemption)
    };
    if redemption.has_timed_out(now) {
        message.set_state(RedemptionState::TimedOut);
    }
    message
}

/// A redemption as the store keeps it: the bytes of a message without what was received, which has tables of its own.
pub(crate) fn record(redemption: &Redemption) -> Vec<u8> {
    plain(redemption).encode_to_vec()
}

/// A stored redemption, with the terms that it was reserved under and what was received.
pub(crate) fn stored_redemption(
    bytes: &[u8],
    terms: &Terms,
    codes: Vec<Code>,
    vouchers: Vec<ReceivedVoucher>,
) -> Result<Redemption> {
    let message = wire::Redemption::decode(bytes)
        .map_err(|error| Error::internal("a stored redemption cannot be read").because(error))?;
    let wrong = || Error::internal(format!("the stored redemption {:?} is wrong", message.name));
    let [program, member, id] = name::REDEMPTION.parse(&message.name).ok_or_else(wrong)?;
    let time = |moment: Option<&prost_types::Timestamp>| {
        let moment = moment.map(instant::from_wire).transpose();
        moment.map_err(|_| wrong())
    };
    let amount = |amount: Option<&rapport_contract::google::r#type::Money>| {
        let amount = amount.map(money::from_wire).transpose();
        amount.map_err(|_| wrong())
    };
    let refunds = message.refunds.iter().map(|refund| {
        Ok(Refund {
            id: refund.refund.parse().map_err(|_| wrong())?,
            units: refund.units,
            payment: Payment {
                points: read_wallet_points(&refund.points),
                money: amount(refund.money.as_ref())?,
            },
            time: time(refund.refund_time.as_ref())?.ok_or_else(wrong)?,
            reason: refund.reason.clone(),
        })
    });
    let timeline = message.timeline.iter().map(|passage| {
        Ok(Passage {
            state: read_state(passage.state()).ok_or_else(wrong)?,
            time: time(passage.pass_time.as_ref())?.ok_or_else(wrong)?,
            note: passage.note.clone(),
        })
    });
    Ok(Redemption {
        id: id.parse::<Uuid>().map_err(|_| wrong())?,
        member: name::MEMBER.format([program, member]),
        reward: message.reward.clone(),
        order: Order {
            units: message.units,
            price: message.price.clone(),
            points: message.chosen_points,
        },
        agreed: Agreed {
            version: message.reward_version,
            payment: Payment {
                points: read_wallet_points(&message.points),
                money: amount(message.money.as_ref())?,
            },
            kind: terms.kind.clone(),
            received: terms.received,
            fulfils_at_once: terms.fulfils_at_once,
            refund: terms.refund,
            unit_cost: terms.cost,
        },
        state: read_state(message.state()).ok_or_else(wrong)?,
        reserve_time: time(message.reserve_time.as_ref())?.ok_or_else(wrong)?,
        expire_time: time(message.expire_time.as_ref())?.ok_or_else(wrong)?,
        payment_reference: message.payment_reference.clone(),
        codes,
        vouchers,
        handover_time: time(message.handover_time.as_ref())?,
        received_until: time(message.received_until.as_ref())?,
        refunds: refunds.collect::<Result<_>>()?,
        timeline: timeline.collect::<Result<_>>()?,
    })
}

/// The event that a redemption was reserved or changed.
pub(crate) fn redemption_changed(
    decision: &Decision,
    customer: &str,
    now: Timestamp,
) -> wire::RedemptionChanged {
    let redemption = &decision.redemption;
    let mut event = wire::RedemptionChanged {
        redemption: redemption.name(),
        customer: customer.to_owned(),
        reward: redemption.reward.clone(),
        units: redemption.order.units,
        refunded_units: redemption.refunded_units(),
        state: state(redemption.state).into(),
        change_time: Some(instant::to_wire(now)),
        points: wallet_points(&redemption.agreed.payment.points),
        money: redemption.agreed.payment.money.map(money::to_wire),
        pay_back: None,
        payment_reference: redemption.payment_reference.clone(),
        privilege: match &redemption.agreed.kind {
            Kind::Privilege { privilege } => privilege.clone(),
            _ => String::new(),
        },
        received_until: moment(redemption.received_until),
    };
    for effect in &decision.effects {
        if let Effect::PayBack { money, .. } = effect {
            event.pay_back = Some(money::to_wire(*money));
        }
    }
    event
}

/// The event that a code pool has run low.
pub(crate) fn runs_low(notice: &RunsLow, now: Timestamp) -> wire::RewardPoolRunsLow {
    wire::RewardPoolRunsLow {
        code_pool: notice.pool.clone(),
        free_count: notice.free,
        notice_time: Some(instant::to_wire(now)),
    }
}

/// Money that is to be paid back in all.
fn pay_back(redemption: &Redemption) -> Option<Money> {
    let confirmed = redemption
        .timeline
        .iter()
        .any(|passage| passage.state == State::Confirmed);
    if redemption.state == State::Cancelled && confirmed {
        return redemption.agreed.payment.money;
    }
    let refunds = redemption
        .refunds
        .iter()
        .filter_map(|refund| refund.payment.money);
    refunds.reduce(|sum, money| Money {
        minor: sum.minor + money.minor,
        ..sum
    })
}

fn refund(refund: &Refund) -> wire::RedemptionRefund {
    wire::RedemptionRefund {
        refund: refund.id.to_string(),
        units: refund.units,
        points: wallet_points(&refund.payment.points),
        money: refund.payment.money.map(money::to_wire),
        refund_time: Some(instant::to_wire(refund.time)),
        reason: refund.reason.clone(),
    }
}

fn passage(passage: &Passage) -> wire::RedemptionPassage {
    wire::RedemptionPassage {
        state: state(passage.state).into(),
        pass_time: Some(instant::to_wire(passage.time)),
        note: passage.note.clone(),
    }
}

fn state(state: State) -> RedemptionState {
    match state {
        State::Reserved => RedemptionState::Reserved,
        State::Confirmed => RedemptionState::Confirmed,
        State::Preparing => RedemptionState::Preparing,
        State::Sent => RedemptionState::Sent,
        State::Fulfilled => RedemptionState::Fulfilled,
        State::Refunded => RedemptionState::Refunded,
        State::Cancelled => RedemptionState::Cancelled,
        State::TimedOut => RedemptionState::TimedOut,
    }
}

fn read_state(state: RedemptionState) -> Option<State> {
    Some(match state {
        RedemptionState::Unspecified => return None,
        RedemptionState::Reserved => State::Reserved,
        RedemptionState::Confirmed => State::Confirmed,
        RedemptionState::Preparing => State::Preparing,
        RedemptionState::Sent => State::Sent,
        RedemptionState::Fulfilled => State::Fulfilled,
        RedemptionState::Refunded => State::Refunded,
        RedemptionState::Cancelled => State::Cancelled,
        RedemptionState::TimedOut => State::TimedOut,
    })
}
