//! Sales earn, returns take back.

use jiff::Timestamp;
use rapport_status::Error;

use super::reversals::take_back;
use crate::domain::ledger::{
    command::Note,
    draft::Draft,
    lot::Pending,
    posting::{Change, TransactionKind},
    sale::{Purchase, PurchaseKind, SaleKey},
};

/// Points that a sale earns.
pub(super) struct Earned {
    pub(super) points: i64,
    pub(super) expire_time: Option<Timestamp>,
    pub(super) pending: Option<Pending>,
}

pub(super) fn record_sale(
    draft: &mut Draft<'_>,
    key: &SaleKey,
    amount_minor: i64,
    earned: Earned,
    note: &Note,
) -> Result<(), Error> {
    if draft.account.sale(key).amount_minor.is_some() {
        return Ok(());
    }
    draft.require_active()?;
    let Earned {
        points,
        expire_time,
        pending,
    } = earned;
    let transaction = match points {
        0 => None,
        _ => Some(draft.credit(TransactionKind::Earn, points, expire_time, pending, note.clone())?),
    };
    let purchase = Purchase {
        sale: key.clone(),
        source_id: key.source_id.clone(),
        kind: PurchaseKind::Sale,
        amount_minor,
        earned_points: points,
        lot: transaction.map(|transaction| transaction.id),
        claimed_points: 0,
    };
    record_purchase(draft, purchase, note)
}

pub(super) fn record_return(
    draft: &mut Draft<'_>,
    key: &SaleKey,
    source_id: &str,
    amount_minor: i64,
    note: &Note,
) -> Result<(), Error> {
    let purchase = Purchase {
        sale: key.clone(),
        source_id: source_id.to_owned(),
        kind: PurchaseKind::Return,
        amount_minor,
        earned_points: 0,
        lot: None,
        claimed_points: 0,
    };
    record_purchase(draft, purchase, note)
}

/// Takes note of a purchase. Whichever of a sale and its returns comes last takes back what is due: so any order ends
/// with the same points.
fn record_purchase(draft: &mut Draft<'_>, mut purchase: Purchase, note: &Note) -> Result<(), Error> {
    let sale = draft.account.sale(&purchase.sale).after(&purchase);
    let due = sale.due_points();
    if due > 0 {
        let note = Note {
            reason: "the purchase was returned".to_owned(),
            cause: note.cause.clone(),
        };
        take_back(draft, due, sale.lot, None, note)?;
        purchase.claimed_points = due;
    }
    draft.record(Change::Recorded(purchase));
    Ok(())
}
