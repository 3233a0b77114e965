//! The decisions: what a command does to an account.

mod holds;
mod lots;
mod purchases;
mod reversals;
mod transfers;

use jiff::Timestamp;
use rapport_status::Error;
use uuid::Uuid;

use super::{
    account::{Account, Slide},
    command::{Command, Note},
    draft::Draft,
    out_of_range,
    posting::{Outcome, Posting, Transaction, TransactionKind},
};

/// Decides what a command does to an account at a moment.
///
/// What is due is booked before and after the command, so that an account never has anything due when the decision has
/// been carried out. A refused command changes nothing: what was due stays due.
///
/// Errors: `MEMBER_NOT_ACTIVE`, `INSUFFICIENT_POINTS`, `POINTS_OUT_OF_RANGE`, `HOLD_NOT_FOUND`, `HOLD_NOT_OPEN`,
/// `TRANSACTION_NOT_FOUND`, `TRANSACTION_NOT_REVERSIBLE`, `LOT_NOT_FOUND`, `INVALID_FIELDS` (a moment that is over).
pub fn decide(
    account: &Account,
    command: &Command,
    now: Timestamp,
    new_id: &mut dyn FnMut() -> Uuid,
) -> Result<Posting, Error> {
    let mut draft = Draft::new(account, now, new_id);
    draft.settle();
    let outcome = carry_out(&mut draft, command)?;
    if let Some(slide) = account.rules().slide.filter(|slide| is_moved_by(*slide, command)) {
        lots::slide(&mut draft, slide.expire_time);
    }
    draft.settle();
    Ok(draft.finish(outcome))
}

/// Whether a command is an activity that moves the expiry of points.
fn is_moved_by(slide: Slide, command: &Command) -> bool {
    match command {
        Command::Earn { .. } | Command::RecordSale { .. } | Command::Award { .. } => slide.earning,
        Command::Redeem { .. } | Command::Capture { .. } => slide.redeeming,
        _ => false,
    }
}

/// The account as of a moment: with everything that is due by then carried out.
pub fn as_of(account: &Account, now: Timestamp) -> Account {
    let mut no_id = Uuid::nil;
    let mut draft = Draft::new(account, now, &mut no_id);
    draft.settle();
    draft.account
}

fn carry_out(draft: &mut Draft<'_>, command: &Command) -> Result<Outcome, Error> {
    match command {
        Command::Hold {
            kind,
            points,
            expire_time,
            reason,
        } => holds::hold(draft, *kind, *points, *expire_time, reason).map(Outcome::Hold),
        Command::Release { hold } => holds::release(draft, *hold).map(Outcome::Hold),
        Command::RecordSale { sold, note } => {
            purchases::record_sale(draft, sold, note)?;
            Ok(Outcome::Done)
        }
        Command::RecordReturn { returned, note } => {
            purchases::record_return(draft, returned, note)?;
            Ok(Outcome::Done)
        }
        Command::Award { awards, note } => {
            draft.require_active()?;
            for award in awards {
                draft.award(TransactionKind::Earn, award, note.clone())?;
            }
            Ok(Outcome::Done)
        }
        Command::Settle => Ok(Outcome::Done),
        movement => post(draft, movement).map(Outcome::Transaction),
    }
}

/// Carries out a command that is told by the transaction that it asked for.
fn post(draft: &mut Draft<'_>, command: &Command) -> Result<Transaction, Error> {
    match command {
        Command::Earn {
            points,
            expire_time,
            pending,
            note,
        } => {
            draft.require_active()?;
            require_future("expire_time", *expire_time, draft.now)?;
            let release_time = pending.as_ref().and_then(|pending| pending.release_time);
            require_future("release_time", release_time, draft.now)?;
            draft.credit(
                TransactionKind::Earn,
                *points,
                *expire_time,
                pending.clone(),
                note.clone(),
            )
        }
        Command::Compensate {
            points,
            expire_time,
            note,
        } => {
            draft.require_active()?;
            draft.credit(
                TransactionKind::Compensate,
                *points,
                *expire_time,
                None,
                note.clone(),
            )
        }
        Command::Redeem { points, note } => {
            draft.require_active()?;
            draft.debit(TransactionKind::Redeem, *points, note.clone())
        }
        Command::Adjust {
            points,
            expire_time,
            note,
        } => adjust(draft, *points, *expire_time, note),
        Command::Capture { hold, points } => holds::capture(draft, *hold, *points),
        Command::ReleasePending { which, note } => lots::release(draft, which, note),
        Command::CancelPending { which, note } => lots::cancel(draft, which, note),
        Command::Extend {
            lot,
            expire_time,
            note,
        } => lots::extend(draft, *lot, *expire_time, note),
        Command::Reverse {
            transaction,
            points,
            note,
        } => reversals::reverse(draft, *transaction, *points, note),
        Command::Reinstate {
            transaction,
            points,
            expire_time,
            note,
        } => reversals::reinstate(draft, *transaction, *points, *expire_time, note),
        Command::TransferOut { points, note } => transfers::give(draft, *points, note),
        Command::TransferIn { parts, note } => transfers::take(draft, parts, note),
        Command::Hold { .. }
        | Command::Release { .. }
        | Command::RecordSale { .. }
        | Command::RecordReturn { .. }
        | Command::Award { .. }
        | Command::Settle => Err(Error::internal("the command is not told by a transaction")),
    }
}

fn require_future(field: &str, moment: Option<Timestamp>, now: Timestamp) -> Result<(), Error> {
    if moment.is_some_and(|moment| moment <= now) {
        return Err(Error::invalid_field(
            field,
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
        draft.credit(TransactionKind::Adjust, points, expire_time, None, note.clone())
    } else {
        let fewer = points
            .checked_neg()
            .ok_or_else(|| out_of_range("so many points cannot be taken"))?;
        draft.debit(TransactionKind::Adjust, fewer, note.clone())
    }
}
