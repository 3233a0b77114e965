//! The one place where rewards are given out.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rapport_status::{Error, Reason};
use uuid::Uuid;

use crate::domain::{
    member,
    rewards::{
        catalogue,
        code_pool::Change,
        price::Payment,
        reasons,
        terms::Kind,
        voucher::{self, Offer},
    },
};

use super::{
    LONGEST_NOTE, RESOURCE_TYPE,
    command::{Action, Command, Order},
    decision::{Decision, Effect, MemberUse, RewardState},
    draft::{Draft, Scene},
    giving_back, not_found,
    record::{Agreed, ReceivedVoucher, Redemption, name},
    state::{State, Step},
};

/// Decides what a command does to a redemption at a moment. Pure: the same arguments give the same decision, and nothing
/// is changed; [`RewardState::apply`] and [`MemberUse::apply`] carry it out in memory. A refusal changes nothing.
///
/// The same command again gives the redemption as it stands and no effects. A command under a known id that differs from
/// the one before is refused, and so is one that the state does not allow: the error names the state and what can be done.
///
/// `new_id` gives the ids of vouchers, and is called for nothing else.
pub fn decide(
    reward: &RewardState,
    member: &MemberUse,
    command: &Command,
    now: Timestamp,
    time_zone: &TimeZone,
    new_id: &mut dyn FnMut() -> Uuid,
) -> Result<Decision, Error> {
    let scene = Scene {
        reward,
        member,
        now,
        time_zone,
    };
    let (action, id) = (&command.action, command.redemption);
    check_notes(action)?;
    match action {
        Action::Reserve(order) => match &member.redemption {
            Some(known) => same_order(known, reward, order),
            None => Ok(reserve(&scene, id, order)?.finish()),
        },
        Action::Redeem {
            order,
            payment_reference,
        } => redeem(&scene, id, order, payment_reference, new_id),
        _ => match &member.redemption {
            Some(known) => go_on(&scene, known, action, new_id),
            None => Err(not_found(&name(&member.member, id))),
        },
    }
}

/// What an action does to a redemption that is there.
fn go_on(
    scene: &Scene<'_>,
    known: &Redemption,
    action: &Action,
    new_id: &mut dyn FnMut() -> Uuid,
) -> Result<Decision, Error> {
    if is_repeated(known, action)? {
        return Ok(Decision::unchanged(known));
    }
    let mut draft = Draft::of(scene, known)?;
    match action {
        Action::Confirm { payment_reference } => confirm(&mut draft, payment_reference, new_id)?,
        Action::Prepare { note } => advance(&mut draft, (Step::Prepare, State::Preparing), note)?,
        Action::Send { note } => advance(&mut draft, (Step::Send, State::Sent), note)?,
        Action::Fulfil { note } => fulfil(&mut draft, note, new_id)?,
        Action::Cancel { reason } => giving_back::cancel(&mut draft, reason)?,
        Action::Refund { id, units, reason } => giving_back::refund(&mut draft, *id, *units, reason)?,
        Action::TimeOut if known.has_timed_out(scene.now) => giving_back::time_out(&mut draft),
        Action::TimeOut | Action::Reserve(_) | Action::Redeem { .. } => {
            return Ok(Decision::unchanged(known));
        }
    }
    Ok(draft.finish())
}

/// Whether the redemption has come to where the action leads, by the same command.
fn is_repeated(known: &Redemption, action: &Action) -> Result<bool, Error> {
    let (state, note, what) = match action {
        Action::Confirm { payment_reference } => (State::Confirmed, payment_reference, "payment reference"),
        Action::Prepare { note } => (State::Preparing, note, "note"),
        Action::Send { note } => (State::Sent, note, "note"),
        Action::Fulfil { note } => (State::Fulfilled, note, "note"),
        Action::Refund { id, units, .. } => {
            return match known.refunds.iter().find(|refund| refund.id == *id) {
                Some(refund) if refund.units == *units => Ok(true),
                Some(refund) => Err(known.conflict(format!(
                    "the refund {id} of {} was of {} units, not {units}; choose another id for another refund",
                    known.name(),
                    refund.units
                ))),
                None => Ok(false),
            };
        }
        // To give back what was given back before, by hand or by time, changes nothing.
        Action::Cancel { .. } => return Ok(matches!(known.state, State::Cancelled | State::TimedOut)),
        Action::TimeOut | Action::Reserve(_) | Action::Redeem { .. } => return Ok(false),
    };
    match known.passage(state) {
        None => Ok(false),
        Some(passage) if passage.note == *note => Ok(true),
        Some(passage) => Err(known
            .conflict(format!(
                "{} was {} at {} with another {what}, {:?}; it is {} now",
                known.name(),
                if state == State::Preparing {
                    "prepared".to_owned()
                } else {
                    state.to_string()
                },
                passage.time,
                passage.note,
                known.state
            ))
            .with("state", known.state)),
    }
}

fn redeem(
    scene: &Scene<'_>,
    id: Uuid,
    order: &Order,
    payment_reference: &str,
    new_id: &mut dyn FnMut() -> Uuid,
) -> Result<Decision, Error> {
    let mut draft = match &scene.member.redemption {
        None => reserve(scene, id, order)?,
        Some(known) => {
            same_order(known, scene.reward, order)?;
            let confirm = Action::Confirm {
                payment_reference: payment_reference.to_owned(),
            };
            if is_repeated(known, &confirm)? {
                return Ok(Decision::unchanged(known));
            }
            Draft::of(scene, known)?
        }
    };
    confirm(&mut draft, payment_reference, new_id)?;
    Ok(draft.finish())
}

/// Refuses an order that differs from the one that the redemption was reserved with.
fn same_order(known: &Redemption, reward: &RewardState, order: &Order) -> Result<Decision, Error> {
    if known.reward == reward.name && known.order == *order {
        return Ok(Decision::unchanged(known));
    }
    let name = known.name();
    let message = format!(
        "{name} was reserved with {} units of {} at the price {:?}; choose another id for another order",
        known.order.units, known.reward, known.order.price
    );
    Err(Error::about(
        reasons::REDEMPTION_ALREADY_EXISTS,
        RESOURCE_TYPE,
        name,
        message,
    ))
}

fn reserve<'s>(scene: &'s Scene<'s>, id: Uuid, order: &Order) -> Result<Draft<'s>, Error> {
    let (reward, now) = (scene.reward, scene.now);
    let terms = &reward.terms;
    if !(1..=terms.most_units).contains(&order.units) {
        return Err(Error::invalid_field(
            "units",
            format!("must be 1 to {} for {}", terms.most_units, reward.name),
        ));
    }
    let payment = terms.price(&order.price)?.payment(order.units, order.points)?;
    require_allowed(scene, order.units)?;
    let minutes = SignedDuration::from_mins(i64::from(terms.reservation_minutes));
    let expire_time = now
        .checked_add(minutes)
        .map_err(|_| Error::internal(format!("a reservation at {now} cannot end")))?;
    let mut draft = Draft::new(scene, reserved(scene, id, order, payment.clone(), expire_time));
    take(&mut draft, payment, expire_time)?;
    Ok(draft)
}

/// Refuses what the member may not redeem, or what is not there.
fn require_allowed(scene: &Scene<'_>, units: i64) -> Result<(), Error> {
    let (reward, member) = (scene.reward, scene.member);
    if !member.active {
        return Err(Error::about(
            Reason::MemberNotActive,
            member::RESOURCE_TYPE,
            &member.member,
            format!("{} is not active and cannot redeem rewards", member.member),
        ));
    }
    reward.terms.require_redeemable(scene.now, &reward.name)?;
    if !member.eligible {
        return Err(Error::about(
            reasons::MEMBER_NOT_ELIGIBLE,
            catalogue::RESOURCE_TYPE,
            &reward.name,
            format!(
                "{} is not for {}: its condition of eligibility does not hold; choose another reward",
                reward.name, member.member
            ),
        ));
    }
    member.uses.require(
        &reward.terms.limits,
        units,
        (scene.now, scene.time_zone),
        (&reward.name, &member.member),
    )?;
    reward.stock.take(units, &reward.name).map(|_| ())
}

fn reserved(
    scene: &Scene<'_>,
    id: Uuid,
    order: &Order,
    payment: Payment,
    expire_time: Timestamp,
) -> Redemption {
    let terms = &scene.reward.terms;
    let mut redemption = Redemption {
        id,
        member: scene.member.member.clone(),
        reward: scene.reward.name.clone(),
        order: order.clone(),
        agreed: Agreed {
            version: scene.reward.version,
            payment,
            kind: terms.kind.clone(),
            received: terms.received,
            fulfils_at_once: terms.fulfils_at_once,
            refund: terms.refund,
            unit_cost: terms.cost,
        },
        state: State::Reserved,
        reserve_time: scene.now,
        expire_time,
        payment_reference: String::new(),
        codes: Vec::new(),
        vouchers: Vec::new(),
        handover_time: None,
        received_until: None,
        refunds: Vec::new(),
        timeline: Vec::new(),
    };
    redemption.pass(State::Reserved, scene.now, "");
    redemption
}

/// Holds the points and takes units and codes. Codes that have expired leave the pool on the way.
fn take(draft: &mut Draft<'_>, payment: Payment, expire_time: Timestamp) -> Result<(), Error> {
    let units = draft.redemption.order.units;
    if !payment.points.is_empty() {
        draft.add(Effect::HoldPoints {
            points: payment.points,
            expire_time,
        });
    }
    draft.add(Effect::TakeStock { units });
    draft.add(Effect::CountUnits { units });
    if let Kind::DigitalCode { pool } = draft.redemption.agreed.kind.clone() {
        let expired = draft.pool(&pool)?.expired(draft.now());
        draft.change_codes(expired, Change::ExpiredFree);
        let codes = draft.pool(&pool)?.choose(units, expire_time)?;
        draft.redemption.codes.clone_from(&codes);
        draft.change_codes(codes, Change::Taken);
    }
    Ok(())
}

fn confirm(
    draft: &mut Draft<'_>,
    payment_reference: &str,
    new_id: &mut dyn FnMut() -> Uuid,
) -> Result<(), Error> {
    draft.redemption.require(Step::Confirm, draft.now())?;
    let payment = &draft.redemption.agreed.payment;
    if let Some(money) = payment.money.filter(|_| payment_reference.trim().is_empty()) {
        return Err(Error::invalid_field(
            "payment_reference",
            format!("must name the payment of {money} that is part of the price; let the member pay first"),
        ));
    }
    if !payment.points.is_empty() {
        draft.add(Effect::CapturePoints);
    }
    payment_reference.clone_into(&mut draft.redemption.payment_reference);
    draft
        .redemption
        .pass(State::Confirmed, draft.now(), payment_reference);
    if draft.redemption.agreed.fulfils_at_once {
        fulfil(draft, "", new_id)?;
    }
    Ok(())
}

fn advance(draft: &mut Draft<'_>, (step, state): (Step, State), note: &str) -> Result<(), Error> {
    draft.redemption.require(step, draft.now())?;
    if state == State::Sent {
        draft.redemption.handover_time = Some(draft.now());
    }
    draft.redemption.pass(state, draft.now(), note);
    Ok(())
}

fn fulfil(draft: &mut Draft<'_>, note: &str, new_id: &mut dyn FnMut() -> Uuid) -> Result<(), Error> {
    draft.redemption.require(Step::Fulfil, draft.now())?;
    let now = draft.now();
    let mut until = draft.redemption.agreed.received.end(now, draft.scene.time_zone);
    match draft.redemption.agreed.kind.clone() {
        Kind::DigitalCode { .. } => until = show_codes(draft)?,
        Kind::Voucher(terms) => issue_vouchers(draft, &terms, new_id),
        Kind::Privilege { privilege } => draft.add(Effect::GrantPrivilege { privilege, until }),
        Kind::Physical | Kind::Donation { .. } => {}
    }
    draft.redemption.received_until = until;
    draft.redemption.handover_time.get_or_insert(now);
    draft.redemption.pass(State::Fulfilled, now, note);
    Ok(())
}

fn issue_vouchers(draft: &mut Draft<'_>, terms: &voucher::Terms, new_id: &mut dyn FnMut() -> Uuid) {
    let redemption = &draft.redemption;
    let parties = (draft.scene.reward.program.as_str(), redemption.member.as_str());
    let moment = (draft.now(), draft.scene.time_zone);
    let offers: Vec<_> = (0..redemption.order.units)
        .map(|_| Offer::issue(new_id(), parties, terms, redemption.agreed.received, moment))
        .collect();
    let received = offers.iter().map(|offer| ReceivedVoucher {
        id: offer.voucher,
        cancelled: false,
    });
    draft.redemption.vouchers = received.collect();
    draft.add(Effect::IssueVouchers(offers));
}

/// Shows the codes and tells when the first of them expires. Refused when one has become worthless since it was taken.
fn show_codes(draft: &mut Draft<'_>) -> Result<Option<Timestamp>, Error> {
    let redemption = &draft.redemption;
    if let Some(code) = redemption.codes.iter().find(|code| code.has_expired(draft.now())) {
        return Err(redemption.conflict(format!(
            "the code {} of {} has expired and cannot be handed over; cancel the redemption and redeem again",
            code.id,
            redemption.name()
        )));
    }
    let first_end = redemption.codes.iter().filter_map(|code| code.expire_time).min();
    let codes = draft.codes_held();
    draft.change_codes(codes, Change::Shown);
    Ok(first_end)
}

fn check_notes(action: &Action) -> Result<(), Error> {
    let (field, text) = match action {
        Action::Redeem {
            payment_reference, ..
        }
        | Action::Confirm { payment_reference } => ("payment_reference", payment_reference),
        Action::Prepare { note } | Action::Send { note } | Action::Fulfil { note } => ("note", note),
        Action::Cancel { reason } | Action::Refund { reason, .. } => ("reason", reason),
        Action::Reserve(_) | Action::TimeOut => return Ok(()),
    };
    if text.chars().count() <= LONGEST_NOTE {
        return Ok(());
    }
    Err(Error::invalid_field(
        field,
        format!("must have at most {LONGEST_NOTE} characters"),
    ))
}
