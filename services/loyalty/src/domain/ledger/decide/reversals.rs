//! Transactions are reversed, all or a part, also repeatedly.

use jiff::Timestamp;
use rapport_status::{Error, Reason};
use uuid::Uuid;

use super::require_future;
use crate::domain::ledger::{
    MOST_POINTS, TRANSACTION_RESOURCE_TYPE,
    account::DebtPolicy,
    command::Note,
    draft::{Draft, Entered, sum, take},
    lot::Lot,
    out_of_range,
    posting::{Effect, Movement, Transaction, TransactionKind},
    reversible::Reversible,
    transaction_not_found,
};

/// Collection of transactions in names.
const TRANSACTIONS: &str = "transactions";

/// Reverses a transaction: spent points go back to their lots, given points are taken back.
pub(super) fn reverse(
    draft: &mut Draft<'_>,
    id: Uuid,
    points: Option<i64>,
    note: &Note,
) -> Result<Transaction, Error> {
    let reversible = known(draft, id)?;
    let gave = reversible.movements.iter().all(|(_, points)| *points > 0);
    let comes_back = match reversible.kind {
        _ if reversible.is_of_sale || reversible.is_reversal => None,
        TransactionKind::Redeem => Some(TransactionKind::Refund),
        TransactionKind::Adjust if !gave => Some(TransactionKind::Adjust),
        TransactionKind::Earn | TransactionKind::Compensate | TransactionKind::Adjust => {
            Some(TransactionKind::TakeBack)
        }
        _ => None,
    };
    let Some(kind) = comes_back else {
        return Err(not_reversible(draft, &reversible));
    };
    let points = wanted(draft, &reversible, points)?;
    if kind == TransactionKind::TakeBack {
        return take_back(draft, points, &[id], Some(id), note.clone());
    }
    let movements = given_back(draft, &reversible, points, |lot| (lot.expire_time, Effect::None))?;
    give_back(draft, kind, &reversible, movements, note)
}

/// Gives expired points back, with another expiry.
pub(super) fn reinstate(
    draft: &mut Draft<'_>,
    id: Uuid,
    points: Option<i64>,
    expire_time: Option<Timestamp>,
    note: &Note,
) -> Result<Transaction, Error> {
    require_future("expire_time", expire_time, draft.now)?;
    let reversible = known(draft, id)?;
    if reversible.kind != TransactionKind::Expire {
        let name = draft.account.resource(TRANSACTIONS, id);
        let message =
            format!("no points expired in {name}; name a transaction of kind EXPIRE, or reverse this one");
        return Err(refused(name, message));
    }
    let points = wanted(draft, &reversible, points)?;
    let movements = given_back(draft, &reversible, points, |_| (expire_time, Effect::MovesExpiry))?;
    give_back(draft, TransactionKind::Reinstate, &reversible, movements, note)
}

/// Takes given points back: first from the lots that they went into, then in the order in which lots are spent. What is
/// not there any more is owed or let go, as the wallet says.
pub(super) fn take_back(
    draft: &mut Draft<'_>,
    due: i64,
    lots: &[Uuid],
    reverses: Option<Uuid>,
    note: Note,
) -> Result<Transaction, Error> {
    let policy = draft.account.rules().debt;
    let own = lots.iter().filter_map(|id| draft.account.lot(*id));
    let own = own.filter(|lot| lot.free() > 0);
    let movements = match policy {
        DebtPolicy::OnlyPending => take(own.filter(|lot| lot.pending.is_some()), due),
        DebtPolicy::WithinBalance | DebtPolicy::Unlimited => {
            let others = draft
                .account
                .burnable(draft.now)
                .filter(|other| !lots.contains(&other.id));
            take(own.chain(others), due)
        }
    };
    let missing = due + sum(&movements);
    let entered = Entered::new(TransactionKind::TakeBack, movements, note);
    let entered = match policy {
        DebtPolicy::Unlimited => Entered {
            debt: missing,
            ..entered
        },
        DebtPolicy::OnlyPending | DebtPolicy::WithinBalance => Entered {
            shortfall: missing,
            ..entered
        },
    };
    if draft.account.debt() + entered.debt > MOST_POINTS {
        return Err(out_of_range(format!(
            "{} would owe more than {MOST_POINTS} points",
            draft.account.name
        )));
    }
    Ok(draft.post(Entered { reverses, ..entered }))
}

fn known(draft: &Draft<'_>, id: Uuid) -> Result<Reversible, Error> {
    let known = draft.account.reversible(id).cloned();
    known.ok_or_else(|| transaction_not_found(&draft.account.resource(TRANSACTIONS, id)))
}

/// How many points are to be reversed, within what is left.
fn wanted(draft: &Draft<'_>, reversible: &Reversible, points: Option<i64>) -> Result<i64, Error> {
    let left = reversible.left();
    let points = points.unwrap_or(left);
    if (1..=left).contains(&points) {
        return Ok(points);
    }
    let name = draft.account.resource(TRANSACTIONS, reversible.id);
    Err(out_of_range(format!(
        "{name} moved {} points, of which {} were reversed before: {points} more cannot be",
        reversible.points(),
        reversible.reversed
    ))
    .with("reversible_points", left))
}

/// Movements that give points back to the lots that they came from, the last taken first: so that afterwards the lots are
/// as if fewer points had been taken.
fn given_back(
    draft: &Draft<'_>,
    reversible: &Reversible,
    points: i64,
    after: impl Fn(&Lot) -> (Option<Timestamp>, Effect),
) -> Result<Vec<Movement>, Error> {
    let mut wanted = points;
    let mut movements = Vec::new();
    for (id, taken) in reversible.movements.iter().rev() {
        let returned = reversible.returned.get(id).copied().unwrap_or_default();
        let points = wanted.min(-taken - returned);
        if points < 1 {
            continue;
        }
        let lot = draft.account.loaded_lot(*id)?;
        wanted -= points;
        let (expire_time, effect) = after(lot);
        movements.push(Movement {
            lot: lot.id,
            points,
            expire_time,
            effect,
        });
    }
    Ok(movements)
}

fn give_back(
    draft: &mut Draft<'_>,
    kind: TransactionKind,
    reversible: &Reversible,
    movements: Vec<Movement>,
    note: &Note,
) -> Result<Transaction, Error> {
    draft.require_room(sum(&movements))?;
    Ok(draft.post(Entered {
        reverses: Some(reversible.id),
        ..Entered::new(kind, movements, note.clone())
    }))
}

fn not_reversible(draft: &Draft<'_>, reversible: &Reversible) -> Error {
    let name = draft.account.resource(TRANSACTIONS, reversible.id);
    let message = match reversible.kind {
        _ if reversible.is_of_sale => {
            format!("{name} was earned by a purchase; record the return of the purchase")
        }
        _ if reversible.is_reversal => format!("{name} reverses another transaction itself"),
        TransactionKind::Expire => format!("{name} expired points; reinstate them with a new expiry"),
        TransactionKind::TransferIn | TransactionKind::TransferOut => {
            format!("{name} is a transfer; transfer the points back")
        }
        kind => format!(
            "{name} is of a kind that is not reversed ({kind:?}); reverse what gave or spent the points"
        ),
    };
    refused(name, message)
}

fn refused(name: String, message: String) -> Error {
    Error::about(
        Reason::TransactionNotReversible,
        TRANSACTION_RESOURCE_TYPE,
        name,
        message,
    )
}
