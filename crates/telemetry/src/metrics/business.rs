//! What the business wants to know: points, purchases, answers, cases.
//!
//! What is recorded within a transaction counts when it is committed: the transaction runs
//! [`upon_commit`], and what it recorded is dropped with it when it fails.

use std::cell::RefCell;

use opentelemetry::KeyValue;

use super::{
    catalogue,
    meters::{Meters, meters},
};

tokio::task_local! {
    static TRANSACTION: RefCell<Vec<Change>>;
}

/// Why points came or went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Movement {
    /// Given to members.
    Issued,
    /// Spent by members.
    Redeemed,
    /// Lapsed.
    Expired,
    /// Taken back, because what they were given for was returned.
    TakenBack,
    /// Corrected, up or down.
    Adjusted,
}

#[derive(Debug, Clone, Copy)]
enum Change {
    Points(Movement, u64),
    Purchase { is_return: bool },
    Answers,
}

/// Runs a transaction: what it records counts when `is_committed` says so of its outcome.
pub async fn upon_commit<F: Future>(
    transaction: F,
    is_committed: impl FnOnce(&F::Output) -> bool,
) -> F::Output {
    let Some(meters) = meters() else {
        return transaction.await;
    };
    let recorded = async {
        let outcome = transaction.await;
        (outcome, TRANSACTION.with(RefCell::take))
    };
    let (outcome, changes) = TRANSACTION.scope(RefCell::new(Vec::new()), recorded).await;
    if is_committed(&outcome) {
        for change in changes {
            apply(meters, change);
        }
    }
    outcome
}

/// Records that points came or went.
pub fn points_moved(movement: Movement, points: i64) {
    record(Change::Points(movement, points.unsigned_abs()));
}

/// Records that a purchase, or the return of one, was recorded for the first time.
pub fn purchase_recorded(is_return: bool) {
    record(Change::Purchase { is_return });
}

/// Records that a set of answers was taken.
pub fn answers_taken() {
    record(Change::Answers);
}

/// Tells how many cases of a priority somebody has to work on. Forgotten after two minutes.
pub fn cases_open(priority: &'static str, cases: u64) {
    if let Some(meters) = meters() {
        #[allow(clippy::cast_precision_loss, reason = "nobody has 2^52 cases")]
        let cases = cases as f64;
        let labels = [KeyValue::new("priority", priority)];
        meters.levels.set(catalogue::CASES_OPEN.name, &labels, cases);
    }
}

fn record(change: Change) {
    let Some(meters) = meters() else { return };
    // Outside of a transaction it counts at once.
    let kept = TRANSACTION.try_with(|changes| changes.borrow_mut().push(change));
    if kept.is_err() {
        apply(meters, change);
    }
}

fn apply(meters: &Meters, change: Change) {
    match change {
        Change::Points(movement, points) => {
            let movement = match movement {
                Movement::Issued => "issued",
                Movement::Redeemed => "redeemed",
                Movement::Expired => "expired",
                Movement::TakenBack => "taken_back",
                Movement::Adjusted => "adjusted",
            };
            meters.points.add(points, &[KeyValue::new("movement", movement)]);
        }
        Change::Purchase { is_return } => {
            let kind = if is_return { "return" } else { "sale" };
            meters.purchases.add(1, &[KeyValue::new("kind", kind)]);
        }
        Change::Answers => meters.answers.add(1, &[]),
    }
}
