//! What of the points that moved counts for tiers.

use uuid::Uuid;

use crate::{
    domain::{
        ledger::{Change, Posting, Transaction, TransactionKind},
        tiers::{Record, Recorded},
    },
    store::accounts::Ledger,
};

/// What counts of a posting that was decided on an account and is not carried out yet: points that were earned or
/// corrected, and those that were taken back from what gave them.
pub(super) fn records(ledger: &Ledger, posting: &Posting) -> Vec<Record> {
    posting
        .transactions()
        .flat_map(|transaction| match transaction.kind {
            TransactionKind::Earn | TransactionKind::Adjust => earned(ledger, transaction),
            TransactionKind::TakeBack => taken_back(ledger, posting, transaction),
            TransactionKind::Cancel => cancelled(transaction),
            _ => Vec::new(),
        })
        .collect()
}

fn earned(ledger: &Ledger, transaction: &Transaction) -> Vec<Record> {
    let wallet = ledger.wallet.clone();
    let points = transaction.amounts.points + transaction.amounts.pending + transaction.amounts.debt;
    vec![record(transaction, 0, Recorded::Points { wallet, points })]
}

/// All that had to be taken back counts, whether it was there, is owed, or was let go: the member has not earned it.
fn taken_back(ledger: &Ledger, posting: &Posting, transaction: &Transaction) -> Vec<Record> {
    let of_sale = || {
        posting.changes.iter().find_map(|change| match change {
            Change::Recorded(purchase) => {
                let before = ledger.account.sale(&purchase.sale).lots;
                purchase.lots.iter().chain(&before).next().copied()
            }
            _ => None,
        })
    };
    let Some(earned) = transaction.reverses.or_else(of_sale) else {
        return Vec::new();
    };
    let amounts = transaction.amounts;
    let points = transaction.shortfall_points - (amounts.points + amounts.pending + amounts.debt);
    vec![record(transaction, 0, Recorded::TakenBack { earned, points })]
}

/// Pending points that will never be there were not earned either. A lot has the id of the transaction that opened it.
fn cancelled(transaction: &Transaction) -> Vec<Record> {
    let movements = (0_u128..).zip(&transaction.movements);
    let taken = movements.filter(|(_, movement)| movement.points < 0);
    taken
        .map(|(place, movement)| {
            let (earned, points) = (movement.lot, -movement.points);
            record(transaction, place, Recorded::TakenBack { earned, points })
        })
        .collect()
}

fn record(transaction: &Transaction, place: u128, content: Recorded) -> Record {
    Record {
        id: Uuid::from_u128(transaction.id.as_u128() ^ place),
        time: transaction.post_time,
        content,
    }
}
