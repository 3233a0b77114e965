//! The recomputation of a member's ledger from its rows: what does not hold is named with its place.

mod chain;
mod record;

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

pub use record::{EntryRow, MovementEffect, MovementRow, Record, Sums, TransactionRow};

use super::ledger::{Amounts, Book, HoldKind, HoldState, Lot, NEVER, TransactionKind, resource_name};

/// Everything that does not hold in a member's record, in plain English with its place. Sums are taken in 128 bits: a
/// record that was tampered with must be reported, not overflow.
pub fn differences(record: &Record) -> Vec<String> {
    let mut found = Vec::new();
    chain::check(record, &mut found);
    transactions(record, &mut found);
    entries(record, &mut found);
    movements(record, &mut found);
    lots(record, &mut found);
    holds(record, &mut found);
    reversals(record, &mut found);
    balance(record, &mut found);
    due_time(record, &mut found);
    found
}

fn transactions(record: &Record, found: &mut Vec<String>) {
    let name = &record.name;
    let numbers: Vec<i64> = record.transactions.iter().map(|row| row.number).collect();
    let expected: Vec<i64> = (1..).take(numbers.len()).collect();
    if numbers != expected || i64::try_from(numbers.len()) != Ok(record.transaction_count) {
        found.push(format!(
            "{name}: {} transactions are stored, numbered up to {}, but the member counts {}; one is missing or added",
            numbers.len(),
            numbers.last().copied().unwrap_or_default(),
            record.transaction_count
        ));
    }
    let mut total = 0_i128;
    for row in &record.transactions {
        total += i128::from(row.amounts.points);
        let place = format!("{name}/transactions/{} (number {})", row.id, row.number);
        match row.kind {
            None => found.push(format!("{place}: its kind means nothing")),
            Some(kind) if !fits(kind, row) => found.push(format!(
                "{place}: {} points, {} pending and {} of debt do not fit its kind",
                row.amounts.points, row.amounts.pending, row.amounts.debt
            )),
            Some(_) => {}
        }
        let available = i128::from(row.available_points);
        // What goes back into a lot that has expired meanwhile, or is released when it has, cannot be spent.
        let has_expired = row.reverses.is_some() || row.kind == Some(TransactionKind::Release);
        let is_right = if record.holds.is_empty() && !has_expired {
            available == total
        } else {
            (0..=total).contains(&available)
        };
        if !is_right {
            found.push(format!(
                "{place}: says that {available} points could be spent after it; the transactions add up to {total}"
            ));
        }
    }
}

/// Whether a transaction moves points in the directions that its kind has.
fn fits(kind: TransactionKind, row: &TransactionRow) -> bool {
    let Amounts {
        points,
        pending,
        debt,
    } = row.amounts;
    let moves_debt = matches!(kind, TransactionKind::PayDebt | TransactionKind::TakeBack);
    let sum = row.sum();
    (debt == 0 || moves_debt)
        && match kind {
            TransactionKind::Earn
            | TransactionKind::Compensate
            | TransactionKind::Refund
            | TransactionKind::TransferIn
            | TransactionKind::Reinstate => sum > 0 && points >= 0 && pending >= 0,
            TransactionKind::Redeem
            | TransactionKind::Expire
            | TransactionKind::TransferOut
            | TransactionKind::Cancel
            | TransactionKind::Forfeit => sum < 0 && points <= 0 && pending <= 0,
            TransactionKind::TakeBack => points <= 0 && pending <= 0 && debt <= 0,
            TransactionKind::Adjust => sum != 0,
            TransactionKind::Release => points > 0 && sum == 0,
            TransactionKind::PayDebt => debt > 0 && sum == 0,
            TransactionKind::Extend => row.amounts == Amounts::default(),
        }
}

fn entries(record: &Record, found: &mut Vec<String>) {
    let mut by_number: BTreeMap<i64, Vec<&EntryRow>> = BTreeMap::new();
    for entry in &record.entries {
        by_number.entry(entry.number).or_default().push(entry);
    }
    for row in &record.transactions {
        let place = format!("{}/transactions/{} (number {})", record.name, row.id, row.number);
        let entries = by_number.remove(&row.number).unwrap_or_default();
        let sum: i128 = entries.iter().map(|entry| i128::from(entry.points)).sum();
        if sum != 0 {
            found.push(format!("{place}: its entries add up to {sum}, not to nothing"));
        }
        let of = |book: Book| {
            let mut of_book = entries.iter().filter(|entry| entry.book == Some(book));
            match (of_book.next(), of_book.next()) {
                (Some(entry), None) => Some(entry.points),
                _ => None,
            }
        };
        if of(Book::Member) != Some(row.amounts.points) {
            found.push(format!(
                "{place}: moves {} points, but its entry in the member's account has {}",
                row.amounts.points,
                of(Book::Member).map_or("nothing".to_owned(), |points| points.to_string())
            ));
        }
        for (book, points) in [
            (Book::Pending, row.amounts.pending),
            (Book::Debt, row.amounts.debt),
        ] {
            if of(book).unwrap_or_default() != points {
                found.push(format!(
                    "{place}: its entry in the member's account {book:?} is missing or has another amount"
                ));
            }
        }
        if let Some(book) = row.kind.and_then(TransactionKind::book)
            && of(book).map(i128::from) != Some(-row.sum())
        {
            found.push(format!(
                "{place}: its entry in the program's account {book:?} is missing or has another amount"
            ));
        }
        let expected = row
            .kind
            .map_or(entries.len(), |kind| expected_entries(kind, row.amounts));
        if entries.len() != expected {
            found.push(format!(
                "{place}: has {} entries instead of {expected}",
                entries.len()
            ));
        }
    }
    for number in by_number.keys() {
        found.push(format!(
            "{}: entries of transaction number {number}, which is not stored",
            record.name
        ));
    }
}

fn expected_entries(kind: TransactionKind, amounts: Amounts) -> usize {
    1 + [amounts.pending, amounts.debt]
        .iter()
        .filter(|points| **points != 0)
        .count()
        + usize::from(kind.book().is_some())
}

fn movements(record: &Record, found: &mut Vec<String>) {
    let mut sums: BTreeMap<i64, i128> = BTreeMap::new();
    for movement in &record.movements {
        *sums.entry(movement.number).or_default() += i128::from(movement.points);
    }
    for row in &record.transactions {
        let sum = sums.remove(&row.number).unwrap_or_default();
        let expected = i128::from(row.amounts.points) + i128::from(row.amounts.pending);
        if sum != expected {
            found.push(format!(
                "{}/transactions/{} (number {}): moves {expected} points, but its lot movements add up to {sum}",
                record.name, row.id, row.number
            ));
        }
    }
    for number in sums.keys() {
        found.push(format!(
            "{}: lot movements of transaction number {number}, which is not stored",
            record.name
        ));
    }
}

fn lots(record: &Record, found: &mut Vec<String>) {
    let mut moved: BTreeMap<Uuid, i128> = BTreeMap::new();
    let mut opened: BTreeMap<Uuid, (i64, i64)> = BTreeMap::new();
    for movement in &record.movements {
        *moved.entry(movement.lot).or_default() += i128::from(movement.points);
        let first = opened
            .entry(movement.lot)
            .or_insert((movement.number, movement.points));
        if movement.number < first.0 {
            *first = (movement.number, movement.points);
        }
    }
    let mut held: BTreeMap<Uuid, i128> = BTreeMap::new();
    for hold in record.holds.iter().filter(|hold| hold.state == HoldState::Open) {
        for allocation in &hold.allocations {
            *held.entry(allocation.lot).or_default() += i128::from(allocation.points);
        }
    }
    for lot in &record.lots {
        let place = format!("{}, lot {}", record.name, lot.id);
        let ordered = 0 <= lot.reserved && lot.reserved <= lot.remaining && lot.remaining <= lot.original;
        if !ordered {
            found.push(format!(
                "{place}: 0 ≤ reserved ({}) ≤ remaining ({}) ≤ original ({}) does not hold",
                lot.reserved, lot.remaining, lot.original
            ));
        }
        let left = moved.remove(&lot.id).unwrap_or_default();
        if left != i128::from(lot.remaining) {
            found.push(format!(
                "{place}: has {} points left, but its movements leave {left}",
                lot.remaining
            ));
        }
        if opened.get(&lot.id) != Some(&(lot.number, lot.original)) {
            found.push(format!(
                "{place}: was opened with {} points by transaction number {}, which its first movement does not show",
                lot.original, lot.number
            ));
        }
        let effects = record.movements.iter().filter(|movement| movement.lot == lot.id);
        effects_on(record, lot, &place, effects, found);
        let kept = held.remove(&lot.id).unwrap_or_default();
        if kept != i128::from(lot.reserved) {
            found.push(format!(
                "{place}: has {} points reserved, but open holds keep {kept}",
                lot.reserved
            ));
        }
    }
    for lot in moved.keys() {
        found.push(format!(
            "{}: movements of lot {lot}, which is not stored",
            record.name
        ));
    }
    for lot in held.keys() {
        found.push(format!(
            "{}: an open hold keeps points of lot {lot}, which is not stored",
            record.name
        ));
    }
}

/// Whether a lot is as the movements left it that opened it, released it or moved its expiry.
fn effects_on<'m>(
    record: &Record,
    lot: &Lot,
    place: &str,
    movements: impl Iterator<Item = &'m MovementRow>,
    found: &mut Vec<String>,
) {
    // A program that knows no chain does not store with a movement when the lot expires.
    let opening = record.transactions.iter().find(|row| row.number == lot.number);
    let tells_expiry = opening.is_some_and(|row| row.hash.is_some());
    let mut last_expiry = None;
    let mut released = false;
    for movement in movements {
        match movement.effect {
            MovementEffect::None if movement.number == lot.number && tells_expiry => {
                last_expiry = Some(movement.expire_time);
            }
            MovementEffect::None => {}
            MovementEffect::Releases => released = true,
            MovementEffect::MovesExpiry => last_expiry = Some(movement.expire_time),
        }
    }
    if released && lot.pending.is_some() {
        found.push(format!("{place}: says that it is pending, but it was released"));
    }
    let stored = lot.expire_time.map(Timestamp::as_microsecond);
    if let Some(expiry) = last_expiry
        && expiry != stored
    {
        let text =
            |micros: Option<i64>| moment(micros.and_then(|micros| Timestamp::from_microsecond(micros).ok()));
        found.push(format!(
            "{place}: expires {}, but its transactions say {}",
            text(stored),
            text(expiry)
        ));
    }
}

fn moment(time: Option<Timestamp>) -> String {
    time.map_or("never".to_owned(), |time| time.to_string())
}

fn reversals(record: &Record, found: &mut Vec<String>) {
    let mut reversed: BTreeMap<Uuid, i128> = BTreeMap::new();
    for row in &record.transactions {
        if let Some(id) = row.reverses {
            *reversed.entry(id).or_default() += row.sum().abs() + i128::from(row.shortfall_points);
        }
    }
    for row in &record.transactions {
        let Some(reversed) = reversed.remove(&row.id) else {
            continue;
        };
        if reversed > row.sum().abs() {
            found.push(format!(
                "{}/transactions/{} (number {}): moved {} points, but {reversed} were reversed of it",
                record.name,
                row.id,
                row.number,
                row.sum().abs()
            ));
        }
    }
    for id in reversed.keys() {
        found.push(format!(
            "{}: a reversal of transaction {id}, which is not stored",
            record.name
        ));
    }
}

fn holds(record: &Record, found: &mut Vec<String>) {
    for hold in &record.holds {
        let name = resource_name(&record.member, &record.wallet, "holds", hold.id);
        let kept: i128 = hold
            .allocations
            .iter()
            .map(|allocation| i128::from(allocation.points))
            .sum();
        if kept != i128::from(hold.points) || hold.allocations.iter().any(|allocation| allocation.points < 1)
        {
            found.push(format!(
                "{name}: keeps {} points, but its allocations add up to {kept}",
                hold.points
            ));
        }
        let spent: i128 = record
            .transactions
            .iter()
            .filter(|row| {
                let takes = matches!(row.kind, Some(TransactionKind::Redeem | TransactionKind::Forfeit));
                takes && row.cause == name
            })
            .map(|row| -row.sum())
            .sum();
        let fits = match hold.state {
            HoldState::Captured => (1..=hold.points).contains(&hold.captured_points),
            HoldState::Open | HoldState::Released | HoldState::TimedOut => hold.captured_points == 0,
        };
        if !fits || spent != i128::from(hold.captured_points) {
            found.push(format!(
                "{name}: says that {} of {} points were captured ({:?}), but the transactions that it caused spent {spent}",
                hold.captured_points, hold.points, hold.state
            ));
        }
    }
}

fn balance(record: &Record, found: &mut Vec<String>) {
    let open = |kind: HoldKind| {
        let open = record
            .holds
            .iter()
            .filter(|hold| hold.is_open() && hold.kind == kind);
        open.map(|hold| i128::from(hold.points)).sum::<i128>()
    };
    let remaining = |is_pending: bool| {
        let lots = record
            .lots
            .iter()
            .filter(|lot| lot.pending.is_some() == is_pending);
        lots.map(|lot| i128::from(lot.remaining)).sum::<i128>()
    };
    let (reserved, blocked) = (open(HoldKind::Reservation), open(HoldKind::Block));
    let debt: i128 = record
        .transactions
        .iter()
        .map(|row| -i128::from(row.amounts.debt))
        .sum();
    for (what, stored, reckoned) in [
        (
            "available",
            record.sums.available,
            remaining(false) - reserved - blocked,
        ),
        ("reserved", record.sums.reserved, reserved),
        ("blocked", record.sums.blocked, blocked),
        ("pending", record.sums.pending, remaining(true)),
        ("owed", record.sums.debt, debt),
    ] {
        if i128::from(stored) != reckoned {
            found.push(format!(
                "{}: its balance says {stored} {what} points, but its lots, holds and transactions say {reckoned}",
                record.name
            ));
        }
    }
    if record.sums.debt > 0 && record.sums.available > 0 {
        found.push(format!(
            "{}: {} points are owed although {} could pay them",
            record.name, record.sums.debt, record.sums.available
        ));
    }
}

fn due_time(record: &Record, found: &mut Vec<String>) {
    let holds = record.holds.iter().filter(|hold| hold.is_open());
    let due = holds
        .map(|hold| hold.expire_time)
        .filter(|expire_time| *expire_time < NEVER)
        .chain(record.lots.iter().filter_map(Lot::due_time))
        .min();
    if due != record.due_time {
        found.push(format!(
            "{}: says that something is due {}, but its lots and holds say {}",
            record.name,
            moment(record.due_time),
            moment(due)
        ));
    }
}
