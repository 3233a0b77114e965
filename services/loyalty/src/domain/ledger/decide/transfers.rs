//! Points go from one member to another, with their expiry and vintage.

use rapport_status::Error;

use crate::domain::ledger::{
    command::{Note, Part},
    draft::{Draft, Entered},
    posting::{Effect, Movement, Transaction, TransactionKind},
};

pub(super) fn give(draft: &mut Draft<'_>, points: i64, note: &Note) -> Result<Transaction, Error> {
    draft.require_active()?;
    draft.debit(TransactionKind::TransferOut, points, note.clone())
}

pub(super) fn take(draft: &mut Draft<'_>, parts: &[Part], note: &Note) -> Result<Transaction, Error> {
    draft.require_active()?;
    draft.require_room(parts.iter().map(|part| part.points).sum())?;
    let movements = parts
        .iter()
        .map(|part| Movement {
            lot: draft.new_id(),
            points: part.points,
            expire_time: part.expire_time,
            effect: Effect::Opens {
                vintage: part.vintage,
                pending: None,
            },
        })
        .collect();
    Ok(draft.post(Entered::new(TransactionKind::TransferIn, movements, note.clone())))
}
