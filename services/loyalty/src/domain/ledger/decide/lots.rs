//! Lots are released, cancelled and extended by decision.

use jiff::Timestamp;
use rapport_status::{Error, Reason};
use uuid::Uuid;

use super::require_future;
use crate::domain::ledger::{
    command::{Note, PendingChoice},
    draft::{Draft, Entered, out_of, release_of},
    lot::Lot,
    posting::{Effect, Movement, Transaction, TransactionKind},
};
use crate::domain::member;

pub(super) fn release(
    draft: &mut Draft<'_>,
    which: &PendingChoice,
    note: &Note,
) -> Result<Transaction, Error> {
    let movements = pending(draft, which)?.map(release_of).collect();
    Ok(draft.post(Entered::new(TransactionKind::Release, movements, note.clone())))
}

pub(super) fn cancel(
    draft: &mut Draft<'_>,
    which: &PendingChoice,
    note: &Note,
) -> Result<Transaction, Error> {
    let movements = pending(draft, which)?
        .map(|lot| out_of(lot, lot.free()))
        .collect();
    Ok(draft.post(Entered::new(TransactionKind::Cancel, movements, note.clone())))
}

/// Pending lots that are meant: at least one, or a refusal.
fn pending<'d>(
    draft: &'d Draft<'_>,
    which: &'d PendingChoice,
) -> Result<impl Iterator<Item = &'d Lot>, Error> {
    let mut found = draft
        .account
        .lots()
        .iter()
        .filter(|lot| lot.free() > 0)
        .filter(move |lot| match (&lot.pending, which) {
            (None, _) => false,
            (Some(_), PendingChoice::Lot(id)) => lot.id == *id,
            (Some(pending), PendingChoice::Key(key)) => pending.release_key == *key,
        })
        .peekable();
    if found.peek().is_none() {
        let name = &draft.account.name;
        let what = match which {
            PendingChoice::Lot(id) => format!("no points of lot {id} are"),
            PendingChoice::Key(key) => format!("no points with the release key {key:?} are"),
        };
        return Err(Error::about(
            Reason::LotNotFound,
            member::RESOURCE_TYPE,
            name,
            format!("{what} pending for {name}; they were released, cancelled or never given"),
        ));
    }
    Ok(found)
}

pub(super) fn extend(
    draft: &mut Draft<'_>,
    lot: Option<Uuid>,
    expire_time: Option<Timestamp>,
    note: &Note,
) -> Result<Transaction, Error> {
    require_future("expire_time", expire_time, draft.now)?;
    let until = expire_time.unwrap_or(Timestamp::MAX);
    let mut movements = Vec::new();
    for known in draft.account.lots() {
        let is_meant = lot.map_or(known.expire_time.is_some(), |id| known.id == id);
        if !is_meant || known.remaining == 0 {
            continue;
        }
        let before = known.expire_time.unwrap_or(Timestamp::MAX);
        if until < before && lot.is_some() {
            return Err(Error::invalid_field(
                "expire_time",
                format!(
                    "must not be before {}: the lot expires then, and an expiry is only moved to later",
                    known
                        .expire_time
                        .map_or("never".to_owned(), |time| time.to_string())
                ),
            ));
        }
        // Of all lots, those that last longer anyway stay as they are.
        if until > before || (lot.is_some() && until == before) {
            movements.push(Movement {
                lot: known.id,
                points: 0,
                expire_time,
                effect: Effect::MovesExpiry,
            });
        }
    }
    if movements.is_empty() {
        let name = &draft.account.name;
        let what = match lot {
            Some(id) => format!("{name} has no lot {id} with points left"),
            None => format!("{name} has no points that expire before"),
        };
        return Err(Error::about(
            Reason::LotNotFound,
            member::RESOURCE_TYPE,
            name,
            format!("{what}; nothing was extended. ListLots shows what there is"),
        ));
    }
    Ok(draft.post(Entered::new(TransactionKind::Extend, movements, note.clone())))
}

/// Moves the expiry of all lots that would expire before a moment to that moment.
pub(super) fn slide(draft: &mut Draft<'_>, expire_time: Timestamp) {
    let expiring = draft.account.lots().iter();
    let movements: Vec<Movement> = expiring
        .filter(|lot| lot.remaining > 0 && lot.expire_time.is_some_and(|before| before < expire_time))
        .map(|lot| Movement {
            lot: lot.id,
            points: 0,
            expire_time: Some(expire_time),
            effect: Effect::MovesExpiry,
        })
        .collect();
    if !movements.is_empty() {
        let note = Note {
            reason: "the member was active".to_owned(),
            cause: String::new(),
        };
        draft.post(Entered::new(TransactionKind::Extend, movements, note));
    }
}
