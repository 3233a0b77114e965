//! What a program does besides points for purchases: referrals, challenges and badges.
//!
//! All three rest on one idea. What a member has reached is a **pure function of history**: of what happened and when it
//! happened, not of the order in which it became known. A decision compares what history now gives with what was given
//! before, and the difference is a list of [`Effect`]s for the ledger, the vouchers and the badges to carry out. So a
//! return takes back exactly what would not have been given without the returned purchase, late news is as good as
//! early news, and nothing is given or taken twice.
//!
//! | room | what |
//! |---|---|
//! | [`referral`] | members bring friends; both are rewarded once the fraud window is over |
//! | [`challenges`] | streaks, milestones and ordered steps, once or in each day, week or month |
//! | [`badges`] | what a member may show, by rule or by hand, with date and reason |
//! | [`reward`] | what is given, and the effects that give it and take it back |

pub mod badges;
pub mod challenges;
pub mod referral;
pub mod reward;

#[cfg(test)]
mod examples;

pub use reward::{Effect, Grant, Reward};

use jiff::Timestamp;
use rapport_status::{Error, FieldViolation, Reason};

/// Most characters of a name, a title or a reason.
pub const LONGEST_TEXT: usize = 200;

/// The reason for news that contradicts older news of the same id.
const CONTRADICTION: Reason = Reason::PurchaseConflict;

/// Notes a text that is empty or too long.
fn check_text(field: &str, text: &str, found: &mut Vec<FieldViolation>) {
    if text.trim().is_empty() || text.chars().count() > LONGEST_TEXT {
        let description = format!("must have 1 to {LONGEST_TEXT} characters, not only spaces");
        found.push(FieldViolation::new(field, description));
    }
}

/// Notes a number out of its range, both limits included.
fn check_range(field: &str, number: i64, (low, high): (i64, i64), found: &mut Vec<FieldViolation>) {
    if !(low..=high).contains(&number) {
        let description = format!("must be {low} to {high}; it is {number}");
        found.push(FieldViolation::new(field, description));
    }
}

/// Refuses a text of a command that is empty or too long.
fn require_text(field: &str, text: &str) -> Result<(), Error> {
    let mut found = Vec::new();
    check_text(field, text, &mut found);
    if found.is_empty() {
        Ok(())
    } else {
        Err(Error::invalid(Reason::InvalidFields, found))
    }
}

/// Refuses news of the future: a clock is wrong somewhere, and what it says would count too early.
fn require_past(field: &str, moment: Timestamp, now: Timestamp) -> Result<(), Error> {
    if moment <= now {
        return Ok(());
    }
    let description =
        format!("must not be in the future: it is {moment}, and now is {now}; check the sender's clock");
    Err(Error::invalid_field(field, description))
}

/// The error that one id came with two contents.
fn contradiction(what: &str, id: &str) -> Error {
    Error::new(
        CONTRADICTION,
        format!(
            "{what} {id} is known already with other content; send it again as it was, or under another id"
        ),
    )
    .with("id", id)
}
