//! The recomputation of an account's chain.

use super::{MovementRow, Record, TransactionRow};
use crate::domain::ledger::chain::{FIRST, Stored, StoredMovement, link};

/// Names the first transaction whose link does not fit: all later ones follow from it.
pub(super) fn check(record: &Record, found: &mut Vec<String>) {
    let (end, stored_end) = &record.chain;
    let mut before = FIRST;
    let mut at_end = FIRST;
    for row in &record.transactions {
        let movements = of_number(&record.movements, row.number).iter();
        before = link(&before, &stored(record, row), movements.map(stored_movement));
        if row.number == *end {
            at_end = before;
        }
        if row.hash.as_deref().is_some_and(|hash| hash != before) {
            found.push(format!(
                "{}/transactions/{} (number {}): its hash does not fit what is stored of it and of those before it",
                record.name, row.id, row.number
            ));
            return;
        }
    }
    if stored_end.as_deref().unwrap_or(&FIRST) != at_end {
        found.push(format!(
            "{}: its chain ends with another transaction number {end} than the one that is stored",
            record.name
        ));
    }
}

/// The movements of a transaction among those of all, which are sorted by number and position.
fn of_number(movements: &[MovementRow], number: i64) -> &[MovementRow] {
    let first = movements.partition_point(|movement| movement.number < number);
    let count = movements[first..].partition_point(|movement| movement.number == number);
    &movements[first..first + count]
}

fn stored<'r>(record: &Record, row: &'r TransactionRow) -> Stored<'r> {
    Stored {
        account: record.account,
        number: row.number,
        id: row.id,
        kind: &row.kind_name,
        amounts: [
            row.amounts.points,
            row.amounts.pending,
            row.amounts.debt,
            row.available_points,
            row.shortfall_points,
        ],
        post_time: row.post_time,
        reason: &row.reason,
        cause: &row.cause,
        reverses: row.reverses,
        attribution: row.attribution.as_deref(),
    }
}

fn stored_movement(row: &MovementRow) -> StoredMovement<'_> {
    StoredMovement {
        lot: row.lot,
        points: row.points,
        effect: row.effect_name.as_deref(),
        expire_time: row.expire_time,
    }
}
