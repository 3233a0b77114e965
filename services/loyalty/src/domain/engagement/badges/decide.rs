//! What facts and people change in a cabinet.

use jiff::Timestamp;
use rapport_status::Error;
use uuid::Uuid;

use super::{
    record::{Award, Cabinet, Change, MOST_AWARDS, Origin, Revocation},
    terms::{Facts, Terms},
};
use crate::domain::engagement::require_text;

/// Something that bears on a cabinet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// The facts may have changed.
    Evaluate(Facts),
    /// Somebody awards a level.
    Award {
        /// Which.
        level: usize,
        /// Who.
        by: String,
        /// Why, in words.
        reason: String,
    },
    /// Somebody revokes a level.
    Revoke {
        /// Which.
        level: usize,
        /// Who.
        by: String,
        /// Why, in words.
        reason: String,
    },
}

/// What was decided: changes in their order. None when nothing is new.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decision {
    /// The changes, in order.
    pub changes: Vec<Change>,
}

/// Decides what a command changes. Pure: the cabinet itself is not changed; [`Cabinet::apply`] carries the changes out.
/// Awarding by hand what is held already makes it an award by hand, so that no rule revokes it. Revoking what is not
/// held only bars it.
///
/// `new_id` gives new identifiers, for awards.
pub fn decide(
    cabinet: &Cabinet,
    command: &Command,
    terms: &Terms,
    now: Timestamp,
    new_id: &mut dyn FnMut() -> Uuid,
) -> Result<Decision, Error> {
    let changes = match command {
        Command::Evaluate(facts) => evaluate(cabinet, facts, terms, now, new_id),
        Command::Award { level, by, reason } => {
            require_hand(terms, *level, by, reason)?;
            award(cabinet, (*level, by, reason), now, new_id)
        }
        Command::Revoke { level, by, reason } => {
            require_hand(terms, *level, by, reason)?;
            revoke(cabinet, *level, format!("{reason} ({by})"), now)
        }
    };
    let awarded = changes
        .iter()
        .filter(|change| matches!(change, Change::Awarded(_)))
        .count();
    if cabinet.awards.len() + awarded > MOST_AWARDS {
        let description = format!(
            "the member was awarded this badge {} times, and {MOST_AWARDS} is the most; see why it comes and goes",
            cabinet.awards.len()
        );
        return Err(Error::invalid_field("badge", description));
    }
    Ok(Decision { changes })
}

/// Revokes what the present rules no longer give, the highest first, and awards what they newly give, the lowest first.
fn evaluate(
    cabinet: &Cabinet,
    facts: &Facts,
    terms: &Terms,
    now: Timestamp,
    new_id: &mut dyn FnMut() -> Uuid,
) -> Vec<Change> {
    let mut changes = Vec::new();
    let by_present_rule = Origin::Rule {
        terms_version: terms.version,
    };
    for (number, level) in terms.levels.iter().enumerate().rev() {
        let held = cabinet
            .held(number)
            .filter(|award| award.origin == by_present_rule);
        if let Some(award) = held
            && terms.revocable
            && level.rule.holds(facts).is_none()
        {
            let reason = format!("no longer: {}", award.reason);
            changes.push(Change::Revoked(award.id, Revocation { time: now, reason }));
        }
    }
    for (number, level) in terms.levels.iter().enumerate() {
        if cabinet.held(number).is_some() || cabinet.barred.contains(&number) {
            continue;
        }
        if let Some(reason) = level.rule.holds(facts) {
            changes.push(Change::Awarded(Award {
                id: new_id(),
                level: number,
                time: now,
                reason,
                origin: by_present_rule.clone(),
                revocation: None,
            }));
        }
    }
    changes
}

fn award(
    cabinet: &Cabinet,
    (level, by, reason): (usize, &str, &str),
    now: Timestamp,
    new_id: &mut dyn FnMut() -> Uuid,
) -> Vec<Change> {
    let mut changes = Vec::new();
    match cabinet.held(level) {
        Some(held) if matches!(held.origin, Origin::Hand { .. }) => return changes,
        Some(held) => {
            let reason = format!("awarded by hand instead: {reason}");
            changes.push(Change::Revoked(held.id, Revocation { time: now, reason }));
        }
        None => {}
    }
    if cabinet.barred.contains(&level) {
        changes.push(Change::Allowed(level));
    }
    changes.push(Change::Awarded(Award {
        id: new_id(),
        level,
        time: now,
        reason: reason.to_owned(),
        origin: Origin::Hand { by: by.to_owned() },
        revocation: None,
    }));
    changes
}

fn revoke(cabinet: &Cabinet, level: usize, reason: String, now: Timestamp) -> Vec<Change> {
    let held = cabinet.held(level);
    let revoked = held.map(|award| Change::Revoked(award.id, Revocation { time: now, reason }));
    let barred = (!cabinet.barred.contains(&level)).then_some(Change::Barred(level));
    revoked.into_iter().chain(barred).collect()
}

fn require_hand(terms: &Terms, level: usize, by: &str, reason: &str) -> Result<(), Error> {
    require_text("by", by)?;
    require_text("reason", reason)?;
    if level < terms.levels.len() {
        return Ok(());
    }
    let description = format!(
        "must be 0 to {}, the levels of the badge; it is {level}",
        terms.levels.len() - 1
    );
    Err(Error::invalid_field("level", description))
}
