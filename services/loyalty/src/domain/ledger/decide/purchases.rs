//! Sales earn, returns take back.

use rapport_status::Error;

use super::reversals::take_back;
use crate::domain::ledger::{
    award::Award,
    command::{Note, Returned, Sold},
    draft::Draft,
    out_of_range,
    posting::{Change, TransactionKind},
    sale::{Purchase, PurchaseKind, PurchaseLine},
};

pub(super) fn record_sale(draft: &mut Draft<'_>, sold: &Sold, note: &Note) -> Result<(), Error> {
    if draft.account.sale(&sold.sale).amount_minor.is_some() {
        return Ok(());
    }
    draft.require_active()?;
    let mut earned_points: i64 = 0;
    let mut lots = Vec::with_capacity(sold.awards.len());
    for award in &sold.awards {
        let transaction = draft.award(TransactionKind::Earn, award, note.clone())?;
        lots.push(transaction.id);
        earned_points = earned_points
            .checked_add(award.points)
            .ok_or_else(|| out_of_range("a purchase cannot earn so many points"))?;
    }
    let lines = sold.lines.iter().map(|line| PurchaseLine {
        earned_points: earned_by(&line.id, &sold.awards),
        ..line.clone()
    });
    let purchase = Purchase {
        sale: sold.sale.clone(),
        source_id: sold.sale.source_id.clone(),
        kind: PurchaseKind::Sale,
        amount_minor: sold.amount_minor,
        earned_points,
        lots,
        lines: lines.collect(),
        claimed_points: 0,
    };
    record_purchase(draft, purchase, note)
}

/// What all awards give for a line; together they give no more than fits, which was looked at before.
fn earned_by(line: &str, awards: &[Award]) -> i64 {
    let shares = awards.iter().flat_map(|award| &award.attribution.lines);
    shares
        .filter(|share| share.line == line)
        .map(|share| share.points)
        .sum()
}

pub(super) fn record_return(draft: &mut Draft<'_>, returned: &Returned, note: &Note) -> Result<(), Error> {
    let purchase = Purchase {
        sale: returned.sale.clone(),
        source_id: returned.source_id.clone(),
        kind: PurchaseKind::Return,
        amount_minor: returned.amount_minor,
        earned_points: 0,
        lots: Vec::new(),
        lines: returned.lines.clone(),
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
        take_back(draft, due, &sale.lots, None, note)?;
        purchase.claimed_points = due;
    }
    draft.record(Change::Recorded(purchase));
    Ok(())
}
