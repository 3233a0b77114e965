//! Vouchers as messages.

use jiff::Timestamp;
use rapport_contract::{
    instant,
    loyalty::v1::{self as wire},
    money,
};
use rapport_money::Money;

use super::{moment, terms_of};
use crate::domain::rewards::voucher::{self, VoucherState};

/// A voucher as of a moment.
pub(crate) fn voucher(voucher: &voucher::Voucher, now: Timestamp) -> wire::Voucher {
    let offer = &voucher.offer;
    let state = match voucher.state(now) {
        VoucherState::Waiting => wire::VoucherState::Waiting,
        VoucherState::Usable => wire::VoucherState::Usable,
        VoucherState::UsedUp => wire::VoucherState::UsedUp,
        VoucherState::Expired => wire::VoucherState::Expired,
        VoucherState::Cancelled => wire::VoucherState::Cancelled,
    };
    wire::Voucher {
        name: offer.name(),
        member: offer.member.clone().unwrap_or_default(),
        terms: Some(terms_of::voucher(&offer.terms)),
        valid_from: moment(offer.valid.from),
        valid_until: moment(offer.valid.until),
        state: state.into(),
        used: voucher.used,
        uses_left: voucher.uses_left(),
    }
}

/// A use of a voucher.
pub(crate) fn voucher_use(voucher: &str, known: &voucher::Use) -> wire::VoucherUse {
    let order = Money {
        minor: known.order_minor,
        ..known.discount
    };
    wire::VoucherUse {
        voucher: voucher.to_owned(),
        use_id: known.id.clone(),
        use_time: Some(instant::to_wire(known.use_time)),
        order_amount: Some(money::to_wire(order)),
        discount: Some(money::to_wire(known.discount)),
        undo_time: moment(known.undo_time),
    }
}
