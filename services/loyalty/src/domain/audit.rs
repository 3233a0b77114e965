//! The recomputation of a member's ledger from its rows: what does not hold is named with its place.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::ledger::{Book, Hold, HoldState, TransactionKind};

/// Everything that is stored about one member's points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// `programs/{program}/members/{member}`.
    pub name: String,
    /// Number of the last transaction, as the member's row has it.
    pub transaction_count: i64,
    /// Points that can be spent, as the member's row has them.
    pub available_points: i64,
    /// Points that are held, as the member's row has them.
    pub reserved_points: i64,
    /// When something is due, as the member's row has it.
    pub due_time: Option<Timestamp>,
    /// The transactions, by number.
    pub transactions: Vec<TransactionRow>,
    /// The entries of all transactions.
    pub entries: Vec<EntryRow>,
    /// The lot movements of all transactions.
    pub movements: Vec<MovementRow>,
    /// The lots, exhausted ones included.
    pub lots: Vec<LotRow>,
    /// The holds, resolved ones included.
    pub holds: Vec<Hold>,
}

/// A stored transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionRow {
    /// Its id.
    pub id: Uuid,
    /// Its number.
    pub number: i64,
    /// Why points moved; none when the stored value means nothing.
    pub kind: Option<TransactionKind>,
    /// How many.
    pub points: i64,
    /// What caused it.
    pub cause: String,
    /// Points that could be spent after it.
    pub available_points: i64,
}

/// A stored entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryRow {
    /// Number of its transaction.
    pub number: i64,
    /// The account of the books; none when the stored value means nothing.
    pub book: Option<Book>,
    /// Points into the account.
    pub points: i64,
}

/// A stored movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MovementRow {
    /// Number of its transaction.
    pub number: i64,
    /// The lot.
    pub lot: Uuid,
    /// Points into the lot.
    pub points: i64,
}

/// A stored lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LotRow {
    /// Its id.
    pub id: Uuid,
    /// Number of the transaction that opened it.
    pub number: i64,
    /// Points at first.
    pub original: i64,
    /// Points left.
    pub remaining: i64,
    /// Points that holds keep.
    pub reserved: i64,
    /// When it expires; none means never.
    pub expire_time: Option<Timestamp>,
}

/// Everything that does not hold in a member's record, in plain English with its place. Sums are taken in 128 bits: a
/// record that was tampered with must be reported, not overflow.
pub fn differences(record: &Record) -> Vec<String> {
    let mut found = Vec::new();
    transactions(record, &mut found);
    entries(record, &mut found);
    movements(record, &mut found);
    lots(record, &mut found);
    holds(record, &mut found);
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
        total += i128::from(row.points);
        let place = format!("{name}/transactions/{} (number {})", row.id, row.number);
        let sign_fits = match row.kind {
            None => {
                found.push(format!("{place}: its kind means nothing"));
                true
            }
            Some(TransactionKind::Earn | TransactionKind::Compensate) => row.points > 0,
            Some(TransactionKind::Redeem | TransactionKind::Expire) => row.points < 0,
            Some(TransactionKind::TakeBack) => row.points <= 0,
            Some(TransactionKind::Adjust) => row.points != 0,
        };
        if !sign_fits {
            found.push(format!("{place}: {} points do not fit its kind", row.points));
        }
        let available = i128::from(row.available_points);
        let fits = if record.holds.is_empty() {
            available == total
        } else {
            (0..=total).contains(&available)
        };
        if !fits {
            found.push(format!(
                "{place}: says that {available} points could be spent after it; the transactions add up to {total}"
            ));
        }
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
        if of(Book::Member) != Some(row.points) {
            found.push(format!(
                "{place}: moves {} points, but its entry in the member's account has {}",
                row.points,
                of(Book::Member).map_or("nothing".to_owned(), |points| points.to_string())
            ));
        }
        if let Some(book) = row.kind.map(TransactionKind::book)
            && of(book).map(i128::from) != Some(-i128::from(row.points))
        {
            found.push(format!(
                "{place}: its entry in the program's account {book:?} is missing or has another amount"
            ));
        }
        if entries.len() != 2 {
            found.push(format!("{place}: has {} entries instead of 2", entries.len()));
        }
    }
    for number in by_number.keys() {
        found.push(format!(
            "{}: entries of transaction number {number}, which is not stored",
            record.name
        ));
    }
}

fn movements(record: &Record, found: &mut Vec<String>) {
    let mut sums: BTreeMap<i64, i128> = BTreeMap::new();
    for movement in &record.movements {
        *sums.entry(movement.number).or_default() += i128::from(movement.points);
    }
    for row in &record.transactions {
        let sum = sums.remove(&row.number).unwrap_or_default();
        if sum != i128::from(row.points) {
            found.push(format!(
                "{}/transactions/{} (number {}): moves {} points, but its lot movements add up to {sum}",
                record.name, row.id, row.number, row.points
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

fn holds(record: &Record, found: &mut Vec<String>) {
    for hold in &record.holds {
        let name = format!("{}/holds/{}", record.name, hold.id);
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
            .filter(|row| row.kind == Some(TransactionKind::Redeem) && row.cause == name)
            .map(|row| -i128::from(row.points))
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
    let sum = |of: fn(&LotRow) -> i64| record.lots.iter().map(|lot| i128::from(of(lot))).sum::<i128>();
    let reserved = sum(|lot| lot.reserved);
    let available = sum(|lot| lot.remaining) - reserved;
    if available != i128::from(record.available_points) {
        found.push(format!(
            "{}: its balance says {} available points, but its open lots have {available}",
            record.name, record.available_points
        ));
    }
    if reserved != i128::from(record.reserved_points) {
        found.push(format!(
            "{}: its balance says {} reserved points, but its lots have {reserved}",
            record.name, record.reserved_points
        ));
    }
}

fn due_time(record: &Record, found: &mut Vec<String>) {
    let holds = record.holds.iter().filter(|hold| hold.state == HoldState::Open);
    let lots = record.lots.iter().filter(|lot| lot.remaining > lot.reserved);
    let due = holds
        .map(|hold| hold.expire_time)
        .chain(lots.filter_map(|lot| lot.expire_time))
        .min();
    if due != record.due_time {
        let text = |time: Option<Timestamp>| time.map_or("never".to_owned(), |time| time.to_string());
        found.push(format!(
            "{}: says that something is due {}, but its lots and holds say {}",
            record.name,
            text(record.due_time),
            text(due)
        ));
    }
}
