//! The one place where points move.

use jiff::Timestamp;
use rapport_status::{Error, Reason};
use uuid::Uuid;

use super::{
    HOLD_RESOURCE_TYPE,
    account::{Account, Allocation, Hold, HoldState},
    command::{Command, Note},
    draft::Draft,
    hold_not_found, out_of_range,
    posting::{Change, Outcome, Posting, Transaction, TransactionKind},
    sale::{Purchase, PurchaseKind, SaleKey},
};

/// Decides what a command does to an account at a moment. Pure: the same arguments give the same posting, and the
/// account itself is not changed; [`Account::apply`] carries the changes out.
///
/// Whatever is asked, what is due is booked first: holds whose time is over give their points back, and points that
/// have expired leave. It is booked once more at the end, because points that a hold gives back may have expired
/// meanwhile. A refusal changes nothing.
///
/// `new_id` gives new identifiers, for transactions and holds.
pub fn decide(
    account: &Account,
    command: &Command,
    now: Timestamp,
    new_id: &mut dyn FnMut() -> Uuid,
) -> Result<Posting, Error> {
    let mut draft = Draft::new(account, now, new_id);
    draft.settle();
    let outcome = carry_out(&mut draft, command)?;
    draft.settle();
    Ok(draft.finish(outcome))
}

/// The account as it stands at a moment, with what is due taken into account although it is not booked yet.
pub fn as_of(account: &Account, now: Timestamp) -> Account {
    let mut no_id = Uuid::nil;
    let mut draft = Draft::new(account, now, &mut no_id);
    draft.settle();
    draft.account
}

fn carry_out(draft: &mut Draft<'_>, command: &Command) -> Result<Outcome, Error> {
    let transaction = match command {
        Command::Earn {
            points,
            expire_time,
            note,
        } => {
            draft.require_active()?;
            require_future(*expire_time, draft.now)?;
            draft.credit(TransactionKind::Earn, *points, *expire_time, note.clone())?
        }
        Command::Compensate {
            points,
            expire_time,
            note,
        } => {
            draft.require_active()?;
            draft.credit(TransactionKind::Compensate, *points, *expire_time, note.clone())?
        }
        Command::Redeem { points, note } => {
            draft.require_active()?;
            draft.debit(TransactionKind::Redeem, *points, note.clone())?
        }
        Command::Adjust {
            points,
            expire_time,
            note,
        } => adjust(draft, *points, *expire_time, note)?,
        Command::Capture { hold, points } => capture(draft, *hold, *points)?,
        Command::Reserve {
            points,
            expire_time,
            reason,
        } => return reserve(draft, *points, *expire_time, reason).map(Outcome::Hold),
        Command::Release { hold } => return release(draft, *hold).map(Outcome::Hold),
        Command::RecordSale {
            sale,
            amount_minor,
            points,
            expire_time,
            note,
        } => {
            record_sale(draft, sale, *amount_minor, (*points, *expire_time), note)?;
            return Ok(Outcome::Done);
        }
        Command::RecordReturn {
            sale,
            source_id,
            amount_minor,
            note,
        } => {
            record_return(draft, sale, source_id, *amount_minor, note);
            return Ok(Outcome::Done);
        }
        Command::Settle => return Ok(Outcome::Done),
    };
    Ok(Outcome::Transaction(transaction))
}

fn require_future(expire_time: Option<Timestamp>, now: Timestamp) -> Result<(), Error> {
    if expire_time.is_some_and(|expire_time| expire_time <= now) {
        return Err(Error::invalid_field(
            "expire_time",
            format!("must be in the future; it is {now} now"),
        ));
    }
    Ok(())
}

fn adjust(
    draft: &mut Draft<'_>,
    points: i64,
    expire_time: Option<Timestamp>,
    note: &Note,
) -> Result<Transaction, Error> {
    if points > 0 {
        draft.credit(TransactionKind::Adjust, points, expire_time, note.clone())
    } else {
        let fewer = points
            .checked_neg()
            .ok_or_else(|| out_of_range("so many points cannot be taken"))?;
        draft.debit(TransactionKind::Adjust, fewer, note.clone())
    }
}

fn reserve(draft: &mut Draft<'_>, points: i64, expire_time: Timestamp, reason: &str) -> Result<Hold, Error> {
    draft.require_active()?;
    let chosen = draft.choose(points)?;
    let kept = chosen.iter().map(|movement| Allocation {
        lot: movement.lot,
        points: -movement.points,
    });
    let hold = Hold {
        allocations: kept.collect(),
        id: draft.new_id(),
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

fn capture(draft: &mut Draft<'_>, id: Uuid, points: Option<i64>) -> Result<Transaction, Error> {
    let mut hold = known_hold(draft, id)?;
    if hold.state != HoldState::Open {
        return Err(not_open(draft, &hold));
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
    let spent = first_points(&hold.allocations, points);
    let note = Note {
        reason: hold.reason.clone(),
        cause: hold_name(draft, id),
    };
    // The hold gives all its points back, and those that are spent leave in the same breath.
    draft.record(Change::Resolved(hold));
    Ok(draft.post(TransactionKind::Redeem, draft.movements(&spent), note, 0))
}

/// Giving back what was given back before, by hand or by time, changes nothing.
fn release(draft: &mut Draft<'_>, id: Uuid) -> Result<Hold, Error> {
    let mut hold = known_hold(draft, id)?;
    match hold.state {
        HoldState::Released | HoldState::TimedOut => {}
        HoldState::Captured => return Err(not_open(draft, &hold)),
        HoldState::Open => {
            hold.state = HoldState::Released;
            draft.record(Change::Resolved(hold.clone()));
        }
    }
    Ok(hold)
}

fn known_hold(draft: &Draft<'_>, id: Uuid) -> Result<Hold, Error> {
    let known = draft.account.hold(id).cloned();
    known.ok_or_else(|| hold_not_found(&hold_name(draft, id)))
}

fn hold_name(draft: &Draft<'_>, id: Uuid) -> String {
    format!("{}/holds/{id}", draft.account.name)
}

fn not_open(draft: &Draft<'_>, hold: &Hold) -> Error {
    let name = hold_name(draft, hold.id);
    let what = match hold.state {
        HoldState::Captured => "was captured",
        HoldState::Released => "was released",
        HoldState::TimedOut => "timed out",
        HoldState::Open => "is open",
    };
    let message = format!("{name} {what}; reserve the points again");
    Error::about(Reason::HoldNotOpen, HOLD_RESOURCE_TYPE, name, message)
}

/// The first points of allocations, in their order.
fn first_points(allocations: &[Allocation], points: i64) -> Vec<Allocation> {
    let mut wanted = points;
    let mut first = Vec::new();
    for allocation in allocations {
        let points = wanted.min(allocation.points);
        if points > 0 {
            first.push(Allocation {
                points,
                ..*allocation
            });
        }
        wanted -= points;
    }
    first
}

fn record_sale(
    draft: &mut Draft<'_>,
    key: &SaleKey,
    amount_minor: i64,
    (points, expire_time): (i64, Option<Timestamp>),
    note: &Note,
) -> Result<(), Error> {
    if draft.account.sale(key).amount_minor.is_some() {
        return Ok(());
    }
    draft.require_active()?;
    let earned = match points {
        0 => None,
        _ => Some(draft.credit(TransactionKind::Earn, points, expire_time, note.clone())?),
    };
    let purchase = Purchase {
        sale: key.clone(),
        source_id: key.source_id.clone(),
        kind: PurchaseKind::Sale,
        amount_minor,
        earned_points: points,
        lot: earned.map(|transaction| transaction.id),
        claimed_points: 0,
    };
    record_purchase(draft, purchase, note);
    Ok(())
}

fn record_return(draft: &mut Draft<'_>, key: &SaleKey, source_id: &str, amount_minor: i64, note: &Note) {
    let purchase = Purchase {
        sale: key.clone(),
        source_id: source_id.to_owned(),
        kind: PurchaseKind::Return,
        amount_minor,
        earned_points: 0,
        lot: None,
        claimed_points: 0,
    };
    record_purchase(draft, purchase, note);
}

/// Takes note of a purchase. Whichever of a sale and its returns comes last takes back what is due: so any order ends
/// with the same points.
fn record_purchase(draft: &mut Draft<'_>, mut purchase: Purchase, note: &Note) {
    let sale = draft.account.sale(&purchase.sale).after(&purchase);
    let due = sale.due_points();
    if due > 0 {
        let note = Note {
            reason: "the purchase was returned".to_owned(),
            cause: note.cause.clone(),
        };
        draft.take_back(due, sale.lot, note);
        purchase.claimed_points = due;
    }
    draft.record(Change::Recorded(purchase));
}
