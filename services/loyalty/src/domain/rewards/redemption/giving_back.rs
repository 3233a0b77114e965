//! What goes back when a redemption is called off, times out, or is refunded.

use rapport_status::Error;
use uuid::Uuid;

use crate::domain::rewards::{
    code_pool::{Change, Code},
    reasons,
    terms::Kind,
};

use super::{
    RESOURCE_TYPE,
    decision::Effect,
    draft::Draft,
    record::Refund,
    state::{State, Step},
};

/// Calls a redemption off before anything is handed over: points, money, units and codes all go back.
pub(super) fn cancel(draft: &mut Draft<'_>, reason: &str) -> Result<(), Error> {
    if draft.redemption.has_timed_out(draft.now()) {
        time_out(draft);
        return Ok(());
    }
    draft.redemption.require(Step::Cancel, draft.now())?;
    if draft.redemption.state == State::Reserved {
        release(draft);
    } else {
        draft.pay_back(draft.redemption.agreed.payment.clone());
    }
    put_back(draft);
    draft.redemption.pass(State::Cancelled, draft.now(), reason);
    Ok(())
}

/// Ends a reservation that was not confirmed in time.
pub(super) fn time_out(draft: &mut Draft<'_>) {
    release(draft);
    put_back(draft);
    draft.redemption.pass(State::TimedOut, draft.now(), "");
}

fn release(draft: &mut Draft<'_>) {
    if !draft.redemption.agreed.payment.points.is_empty() {
        draft.add(Effect::ReleasePoints);
    }
}

/// Puts all units back, and the codes that have not expired meanwhile.
fn put_back(draft: &mut Draft<'_>) {
    let units = draft.redemption.order.units;
    let now = draft.now();
    draft.add(Effect::TakeStock { units: -units });
    draft.add(Effect::CountUnits { units: -units });
    let (expired, good): (Vec<Code>, Vec<Code>) = draft
        .redemption
        .codes
        .iter()
        .partition(|code| code.has_expired(now));
    draft.change_codes(good, Change::GivenBack);
    draft.change_codes(expired.iter().map(|code| code.id).collect(), Change::ExpiredTaken);
}

/// Takes units back after they were handed over, as the agreed policy says.
pub(super) fn refund(draft: &mut Draft<'_>, id: Uuid, units: i64, reason: &str) -> Result<(), Error> {
    draft.redemption.require(Step::Refund, draft.now())?;
    require_in_time(draft)?;
    let before = draft.redemption.refunded_units();
    let left = draft.redemption.order.units - before;
    if !(1..=left).contains(&units) {
        return Err(Error::invalid_field(
            "units",
            format!("must be 1 to {left}: so many units of the redemption were not refunded yet"),
        ));
    }
    take_back(draft, units)?;
    let agreed = &draft.redemption.agreed;
    let (policy, payment) = (
        agreed.refund,
        agreed.payment.share(before, units, draft.redemption.order.units),
    );
    draft.pay_back(payment.clone());
    if policy.restocks {
        draft.add(Effect::TakeStock { units: -units });
    }
    if policy.restores_limits {
        draft.add(Effect::CountUnits { units: -units });
    }
    draft.redemption.refunds.push(Refund {
        id,
        units,
        payment,
        time: draft.now(),
        reason: reason.to_owned(),
    });
    if units == left {
        draft.redemption.pass(State::Refunded, draft.now(), reason);
    }
    Ok(())
}

fn require_in_time(draft: &Draft<'_>) -> Result<(), Error> {
    let redemption = &draft.redemption;
    let name = redemption.name();
    match redemption.refund_deadline(draft.scene.time_zone) {
        Some(deadline) if draft.now() < deadline => Ok(()),
        Some(deadline) => Err(not_allowed(
            &name,
            format!("{name} could be refunded until {deadline}; correct the balance by hand if it must be"),
        )),
        None => Err(not_allowed(
            &name,
            format!("{name} is never refunded by its terms; correct the balance by hand if it must be"),
        )),
    }
}

/// Takes back what was received with some units: codes become void, vouchers are cancelled, the privilege ends.
fn take_back(draft: &mut Draft<'_>, units: i64) -> Result<(), Error> {
    let count = usize::try_from(units).unwrap_or_default();
    match draft.redemption.agreed.kind.clone() {
        Kind::DigitalCode { .. } => {
            let held = draft.codes_held();
            let void = held[held.len().saturating_sub(count)..].to_vec();
            draft.change_codes(void, Change::Voided);
        }
        Kind::Voucher(_) => {
            let used = &draft.scene.member.used_vouchers;
            let unused = draft.redemption.vouchers.iter().rev();
            let unused = unused.filter(|voucher| !voucher.cancelled && !used.contains(&voucher.id));
            let cancelled: Vec<_> = unused.map(|voucher| voucher.id).take(count).collect();
            if cancelled.len() < count {
                let name = draft.redemption.name();
                let message = format!(
                    "{name} has {} vouchers that were not used, not {units}; refund fewer units, or undo the uses first",
                    cancelled.len()
                );
                return Err(not_allowed(&name, message));
            }
            for voucher in &mut draft.redemption.vouchers {
                voucher.cancelled |= cancelled.contains(&voucher.id);
            }
            draft.add(Effect::CancelVouchers(cancelled));
        }
        Kind::Privilege { privilege } => draft.add(Effect::WithdrawPrivilege { privilege }),
        Kind::Physical | Kind::Donation { .. } => {}
    }
    Ok(())
}

fn not_allowed(name: &str, message: String) -> Error {
    Error::about(reasons::REFUND_NOT_ALLOWED, RESOURCE_TYPE, name, message)
}
