//! Points are held, and holds are resolved.

use jiff::Timestamp;
use rapport_status::Error;
use uuid::Uuid;

use crate::domain::ledger::{
    command::Note,
    draft::{Draft, Entered, out_of},
    hold::{self, Allocation, Hold, HoldKind, HoldState},
    out_of_range,
    posting::{Change, Movement, Transaction, TransactionKind},
};

/// Collection of holds in names.
const HOLDS: &str = "holds";

pub(super) fn hold(
    draft: &mut Draft<'_>,
    kind: HoldKind,
    points: i64,
    expire_time: Timestamp,
    reason: &str,
) -> Result<Hold, Error> {
    if kind == HoldKind::Reservation {
        draft.require_active()?;
    }
    let chosen = draft.choose(points)?;
    let kept = chosen.iter().map(|movement| Allocation {
        lot: movement.lot,
        points: -movement.points,
    });
    let hold = Hold {
        allocations: kept.collect(),
        id: draft.new_id(),
        kind,
        points,
        state: HoldState::Open,
        captured_points: 0,
        reason: reason.to_owned(),
        create_time: draft.now,
        expire_time,
    };
    draft.record(Change::Held(hold.clone()));
    Ok(hold)
}

pub(super) fn capture(draft: &mut Draft<'_>, id: Uuid, points: Option<i64>) -> Result<Transaction, Error> {
    let mut hold = known(draft, id)?;
    if !hold.is_open() {
        return Err(hold::not_open(&draft.account.resource(HOLDS, id), &hold));
    }
    let points = points.unwrap_or(hold.points);
    if !(1..=hold.points).contains(&points) {
        return Err(out_of_range(format!(
            "the hold keeps {} points; {points} cannot be captured from it",
            hold.points
        ))
        .with("held_points", hold.points));
    }
    hold.state = HoldState::Captured;
    hold.captured_points = points;
    let kind = match hold.kind {
        HoldKind::Reservation => TransactionKind::Redeem,
        HoldKind::Block => TransactionKind::Forfeit,
    };
    let taken = hold.first(points);
    let note = Note {
        reason: hold.reason.clone(),
        cause: draft.account.resource(HOLDS, id),
    };
    draft.record(Change::Resolved(hold));
    let movements = movements(draft, &taken)?;
    Ok(draft.post(Entered::new(kind, movements, note)))
}

pub(super) fn release(draft: &mut Draft<'_>, id: Uuid) -> Result<Hold, Error> {
    let mut hold = known(draft, id)?;
    match hold.state {
        HoldState::Released | HoldState::TimedOut => {}
        HoldState::Captured => return Err(hold::not_open(&draft.account.resource(HOLDS, id), &hold)),
        HoldState::Open => {
            hold.state = HoldState::Released;
            draft.record(Change::Resolved(hold.clone()));
        }
    }
    Ok(hold)
}

fn known(draft: &Draft<'_>, id: Uuid) -> Result<Hold, Error> {
    let known = draft.account.hold(id).cloned();
    known.ok_or_else(|| hold::not_found(&draft.account.resource(HOLDS, id)))
}

/// The movements that take allocated points out of their lots.
fn movements(draft: &Draft<'_>, allocations: &[Allocation]) -> Result<Vec<Movement>, Error> {
    allocations
        .iter()
        .map(|allocation| {
            let lot = draft.account.loaded_lot(allocation.lot)?;
            Ok(out_of(lot, allocation.points))
        })
        .collect()
}
